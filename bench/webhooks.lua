-- Replays requests that were signed beforehand (WEBHOOK_REQUESTS: a file of lengths and requests), each once.
local requests, at = {}, 0
function init()
  local file = io.open(os.getenv("WEBHOOK_REQUESTS"), "rb")
  while true do
    local length = file:read("*n")
    if not length then break end
    file:read(1)
    requests[#requests + 1] = file:read(length)
    file:read(1)
  end
  file:close()
end
function request()
  at = at + 1
  return requests[(at - 1) % #requests + 1]
end
local bad = 0
function response(status)
  if status ~= 200 then bad = bad + 1; if bad == 1 then io.stderr:write("status " .. status .. "\n") end end
end
function done(summary, latency)
  io.write(string.format("RESULT %d %d %.3f %.3f %d\n", summary.requests, summary.duration, latency:percentile(50) / 1000,
                         latency:percentile(99) / 1000, summary.errors.status))
end

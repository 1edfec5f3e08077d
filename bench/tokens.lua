-- wrk: the next bearer token of $TOKENS for each request, so that none is repeated soon.
local requests, at = {}, 0

function init(args)
  for token in io.lines(os.getenv("TOKENS")) do
    requests[#requests + 1] = wrk.format("GET", wrk.path, {["Authorization"] = "Bearer " .. token, ["Accept"] = "application/json"})
  end
  math.randomseed(os.time())
  at = math.random(#requests)
end

function request()
  at = at % #requests + 1
  return requests[at]
end

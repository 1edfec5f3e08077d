-- wrk: the next bearer token of $TOKENS for each request, from the $STARTth on and round again. A run begins where the
-- last one against the same program ended, so that each token comes back only after all the others: no cache that holds
-- fewer of them than there are can have it still.
local requests, at = {}, 0

function init(args)
  for token in io.lines(os.getenv("TOKENS")) do
    requests[#requests + 1] = wrk.format("GET", wrk.path, {["Authorization"] = "Bearer " .. token, ["Accept"] = "application/json"})
  end
  at = tonumber(os.getenv("START")) % #requests
end

function request()
  at = at % #requests + 1
  return requests[at]
end

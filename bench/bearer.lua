-- An RS256 bearer check for the peer nginx: signature, audience and expiry.
local pkey, digest, json = require "openssl.pkey", require "openssl.digest", require "cjson.safe"

local bearer = {}
local key

function bearer.load(path)
  local file = assert(io.open(path))
  key = pkey.new(file:read("*a"))
  file:close()
end

local function decode(text)
  local base64 = text:gsub("[-_]", {["-"] = "+", ["_"] = "/"})
  return ngx.decode_base64(base64 .. string.rep("=", -#base64 % 4))
end

local function valid(token)
  local head, payload, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
  if not head then return false end
  local header = json.decode(decode(head) or "")
  local claims = json.decode(decode(payload) or "")
  local bytes = decode(signature)
  if type(header) ~= "table" or type(claims) ~= "table" or not bytes or header.alg ~= "RS256" then return false end
  if claims.aud ~= "bench" or type(claims.exp) ~= "number" or claims.exp <= ngx.time() then return false end
  local hash = digest.new("sha256")
  hash:update(head .. "." .. payload)
  return key:verify(bytes, hash)
end

function bearer.check()
  local header = ngx.var.http_authorization
  local token = header and header:match("^Bearer (.+)$")
  if not token or not valid(token) then
    ngx.header["WWW-Authenticate"] = "Bearer"
    return ngx.exit(401)
  end
end

return bearer

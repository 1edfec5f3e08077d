// What a request presents: the Authorization field and the cookies that carry tokens.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/http/message.h"

namespace gatehouse::controls::jwt {

enum class Presented : unsigned char {
  none,       // no Authorization field, or one of another scheme, which is not ours to judge
  token,      // Bearer and a token
  malformed,  // two fields, Bearer without a token, a token without Bearer
};

// Reads Authorization (RFC 6750 §2.1; the scheme without regard to case, RFC 9110 §11.1).
Presented read_authorization(const http::Fields& fields, std::string_view& token, std::string_view& fault);

struct CookieValue {
  std::string_view value;
  std::size_t exact = 0;  // how many cookies have exactly this name
};
// The cookie of exactly this name; the first one when there are several.
CookieValue read_cookie(const http::Fields& fields, std::string_view name);

// Adds to `names` every cookie name of the request that begins with `prefix`.
void cookie_names(const http::Fields& fields, std::string_view prefix, std::vector<std::string>& names);

}  // namespace gatehouse::controls::jwt

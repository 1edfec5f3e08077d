#include "controls/jwt/credential.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::controls::jwt {
namespace {

constexpr http::FieldName kAuthorization{"authorization"};
constexpr http::FieldName kCookie{"cookie"};

// RFC 9110 §11.1: a token.
bool is_scheme(std::string_view s) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !s.empty() && std::all_of(s.begin(), s.end(), [&](char c) {
    return text::is_alpha(c) || text::is_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

template <class F>
void each_cookie(const http::Fields& fields, F&& f) {
  for (const http::Field& field : fields) {
    if (!field.is(kCookie)) continue;
    std::string_view rest = field.value;
    for (;;) {
      const std::size_t end = rest.find(';');
      const std::string_view piece = text::trim(rest.substr(0, end));
      const std::size_t equals = piece.find('=');
      if (equals != std::string_view::npos) f(piece.substr(0, equals), piece.substr(equals + 1));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
}

}  // namespace

Presented read_authorization(const http::Fields& fields, std::string_view& token, std::string_view& fault) {
  std::string_view value;
  bool found = false;
  for (const http::Field& field : fields) {
    if (!field.is(kAuthorization)) continue;
    // Stops: one token for us to judge and another for the backend to obey.
    if (found) return fault = "more than one Authorization field", Presented::malformed;
    found = true;
    value = field.value;
  }
  if (!found) return Presented::none;
  const std::size_t blank = value.find(' ');
  const std::string_view scheme = value.substr(0, blank);
  if (!text::iequals(scheme, "Bearer")) {
    // Stops: "Bearer", a tab or U+00A0, and a token: nothing to us, and a bearer token to backends that split at any
    // blank.
    if (!is_scheme(scheme)) return fault = "an Authorization field whose scheme is no token", Presented::malformed;
    // Stops: a bare token, which some backends take and which would pass here unjudged.
    if (blank == std::string_view::npos) return fault = "an Authorization field without a scheme", Presented::malformed;
    return Presented::none;
  }
  if (blank == std::string_view::npos) return fault = "Bearer without a token", Presented::malformed;
  // Whatever else stands there is no base64url, which the reader of tokens refuses.
  token = value.substr(std::min(value.find_first_not_of(' ', blank), value.size()));
  if (token.empty()) return fault = "Bearer without a token", Presented::malformed;
  return Presented::token;
}

CookieValue read_cookie(const http::Fields& fields, std::string_view name) {
  CookieValue found;
  each_cookie(fields, [&](std::string_view n, std::string_view value) {
    if (n != name) return;
    if (found.exact++ == 0) found.value = value;
  });
  return found;
}

void cookie_names(const http::Fields& fields, std::string_view prefix, std::vector<std::string>& names) {
  each_cookie(fields, [&](std::string_view n, std::string_view) {
    if (n.starts_with(prefix)) names.emplace_back(n);
  });
}

}  // namespace gatehouse::controls::jwt

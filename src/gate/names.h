// Names as a careless reader sees them.
#pragma once

#include <string>
#include <string_view>

#include "base/text.h"

namespace gatehouse::gate {

// CGI, WSGI and PHP write '-', '_', '.' and blanks in a name as one character, some of them whatever is neither letter
// nor digit, and drop case: to them "X-User.Id", "x_user_id" and "X-User~Id" are the same.
constexpr char fold(char c) { return text::is_alpha(c) || text::is_digit(c) ? text::lower(c) : '-'; }

constexpr bool folded_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (fold(a[i]) != fold(b[i])) return false;
  return true;
}

}  // namespace gatehouse::gate

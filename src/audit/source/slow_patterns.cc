#include "audit/source/slow_patterns.h"

#include <cstddef>

namespace gatehouse::audit::source {

namespace {

// Behind one piece: a character, an escape or a class.
std::size_t behind_piece(std::string_view p, std::size_t at) {
  if (at >= p.size() || p[at] == '(' || p[at] == ')' || p[at] == '|' || p[at] == '^' || p[at] == '$') return at;
  if (p[at] == '\\') return at + 2;
  if (p[at] != '[') return at + 1;
  for (std::size_t i = at + 1; i < p.size(); ++i) {
    if (p[i] == '\\')
      ++i;
    else if (p[i] == ']' && i > at + 1)
      return i + 1;
  }
  return p.size();
}

// At the character after the group that opens at `at`, when the group is one repeated piece with optional ones around.
std::size_t behind_group(std::string_view p, std::size_t at) {
  std::size_t i = at + 1;
  if (p.substr(i).starts_with("?:")) i += 2;
  std::size_t next = behind_piece(p, i);
  while (next != i && next < p.size() && p[next] == '?') {  // ([.-]?\w+)*: an optional piece before it
    i = next + 1;
    next = behind_piece(p, i);
  }
  if (next == i || next >= p.size() || (p[next] != '+' && p[next] != '*')) return 0;
  i = next + 1;
  while (i < p.size() && p[i] != ')') {
    next = behind_piece(p, i);
    if (next == i || next >= p.size() || (p[next] != '?' && p[next] != '*')) return 0;
    i = next + 1;
  }
  return i < p.size() ? i + 1 : 0;
}

}  // namespace

bool backtracks(std::string_view p) {
  for (std::size_t at = p.find('('); at != std::string_view::npos; at = p.find('(', at + 1)) {
    if (at > 0 && p[at - 1] == '\\') continue;
    const std::size_t end = behind_group(p, at);
    // What comes behind must be able to fail.
    if (end > 0 && end < p.size() && (p[end] == '+' || p[end] == '*') && end + 1 < p.size()) return true;
  }
  return false;
}

}  // namespace gatehouse::audit::source

// How a judge looks around a candidate: the line it stands on, the name beside it, whether it is a comment. Every look
// is bounded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace gatehouse::audit::secrets {

inline bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }
inline bool is_word(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }

// Stops: a file of one long line or one long word, in which every candidate's look around would cost the whole file.
constexpr std::size_t kAround = 400;

// Where the line of `at` begins, or kAround before it: a minified file is one line, and a window tells enough.
std::size_t line_start(std::string_view text, std::size_t at);
std::string_view line_around(std::string_view text, std::size_t at);
// The last place of `part` that begins in the `most` characters before `at` or at it; npos when there is none.
std::size_t last_before(std::string_view text, std::string_view part, std::size_t at, std::size_t most);
std::string_view before(std::string_view text, std::size_t at, std::size_t n);
// The identifier on the left of `= "value"`, `: "value"` and the like; `at` is where the value begins.
std::string name_before(std::string_view text, std::size_t at);
// The string literal that begins at `at` (its opening quote). Nothing when it does not end on the line.
std::optional<std::string_view> literal(std::string_view text, std::size_t at);
// Does `at` stand in a comment: one of its own line, or behind code?
bool in_comment(std::string_view text, std::size_t at);

// Back from `at` over characters of `part`, at most `most` of them.
template <typename Part>
std::size_t back_over(std::string_view text, std::size_t at, std::size_t most, Part part) {
  std::size_t begin = at;
  while (begin > 0 && at - begin < most && part(text[begin - 1])) --begin;
  return begin;
}

}  // namespace gatehouse::audit::secrets

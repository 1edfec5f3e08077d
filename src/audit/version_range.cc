#include "audit/version_range.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

using Parts = std::vector<std::uint64_t>;  // one to three of them

constexpr std::uint64_t kOpen = 99999;

// "3.1.2", "3.1", "3.1.x", "3.*": the numbers that are said.
std::optional<Parts> numbers(std::string_view version) {
  Parts out;
  for (std::string_view piece : text::split(version, '.')) {
    if (piece == "x" || piece == "X" || piece == "*") break;
    const auto n = text::parse_u64(piece);
    if (!n || *n >= kOpen) return std::nullopt;
    out.push_back(*n);
  }
  if (out.empty() || out.size() > 3) return std::nullopt;
  return out;
}

// The first `fixed` numbers stay, the rest is open.
std::string line_of(Parts parts, std::size_t fixed) {
  parts.resize(3, kOpen);
  std::string out;
  for (std::size_t i = 0; i < 3; ++i) out += (i > 0 ? "." : "") + std::to_string(i < fixed ? parts[i] : kOpen);
  return out;
}

// The newest below "4", "4.0" or "3.2.1"; below "0" there is none.
std::string below(Parts bound) {
  while (!bound.empty() && bound.back() == 0) bound.pop_back();
  if (bound.empty()) return {};
  --bound.back();
  return line_of(bound, bound.size());
}

}  // namespace

std::string newest_of_range(std::string_view wanted) {
  wanted = text::trim(wanted);
  if (wanted.find("||") != std::string_view::npos) return {};
  // ">=3.1,<3.2" and ">=3.1 <3.2": what closes it is what counts.
  if (const std::size_t less = wanted.find('<'); less != std::string_view::npos) {
    std::string_view bound = wanted.substr(less + 1);
    if (bound.starts_with('=')) return {};
    bound = text::trim(bound);
    const auto parts = numbers(bound.substr(0, bound.find_first_of(", ")));
    return parts ? below(*parts) : std::string{};
  }
  const bool compatible = wanted.starts_with("~=");
  const bool tilde = !compatible && wanted.starts_with('~');
  const bool caret = wanted.starts_with('^');
  const bool any_of_line = wanted.ends_with(".*") || wanted.ends_with(".x") || wanted.ends_with(".X");
  const std::size_t from = wanted.find_first_not_of("~^= ");
  if (from == std::string_view::npos || (!compatible && !tilde && !caret && !any_of_line)) return {};
  const auto parts = numbers(wanted.substr(from));
  if (!parts) return {};
  const std::size_t said = parts->size();
  if (compatible) return said < 2 ? std::string{} : line_of(*parts, said - 1);
  if (any_of_line) return line_of(*parts, said);
  if (tilde) return line_of(*parts, std::min<std::size_t>(said, 2));
  // ^1.2.3 keeps the first number that is not zero.
  std::size_t fixed = 1;
  while (fixed < said && (*parts)[fixed - 1] == 0) ++fixed;
  return line_of(*parts, fixed);
}

}  // namespace gatehouse::audit

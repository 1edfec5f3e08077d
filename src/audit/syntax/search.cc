// Words in code: the readers ask for hundreds of them in every function.
#include <algorithm>
#include <cstring>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::syntax {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

namespace {

// Where in `part` the byte stands that is rarest in code: the search jumps from one of these to the next.
std::size_t rarest(std::string_view part) {
  static constexpr std::string_view kCommon = " etaoinsr.(lcdump\"'=,)hfg_:;bvyw-kx";  // the commonest first
  std::size_t best = 0, best_rank = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const std::size_t at = kCommon.find(part[i]);
    const std::size_t rank = at == std::string_view::npos ? kCommon.size() : at;
    if (rank >= best_rank) best = i, best_rank = rank;
  }
  return best;
}

}  // namespace

bool icontains(std::string_view s, std::string_view part) {
  if (part.empty()) return true;
  if (s.size() < part.size()) return false;
  const std::size_t pivot = rarest(part);
  const char low = part[pivot];
  const char high = low >= 'a' && low <= 'z' ? static_cast<char>(low - 'a' + 'A') : low;
  const char* const end = s.data() + (s.size() - part.size()) + pivot + 1;
  const auto next = [end](const char* from, char c) {
    const void* at = from < end ? std::memchr(from, c, static_cast<std::size_t>(end - from)) : nullptr;
    return at != nullptr ? static_cast<const char*>(at) : end;
  };
  const char* small = next(s.data() + pivot, low);
  const char* large = high == low ? end : next(s.data() + pivot, high);
  while (small < end || large < end) {
    const bool first = small < large;
    const char* const at = (first ? small : large) - pivot;
    if (std::equal(part.begin(), part.end(), at, [](char b, char a) { return text::lower(a) == b; })) return true;
    (first ? small : large) = first ? next(small + 1, low) : next(large + 1, high);
  }
  return false;
}

bool icontains_any(std::string_view s, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view p) { return icontains(s, p); });
}

}  // namespace gatehouse::audit::syntax

// Words in code: the readers ask for hundreds of them in every function.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::syntax {

namespace {

// How rare a byte is in code: 0 is the commonest, the greatest are all that are not listed.
constexpr std::array<unsigned char, 256> kRarity = [] {
  constexpr std::string_view kCommon = " etaoinsr.(lcdump\"'=,)hfg_:;bvyw-kx";
  std::array<unsigned char, 256> rarity{};
  rarity.fill(kCommon.size());
  for (std::size_t i = 0; i < kCommon.size(); ++i)
    rarity[static_cast<unsigned char>(kCommon[i])] = static_cast<unsigned char>(i);
  return rarity;
}();

// One byte of what is looked for: where it stands, and how a byte of the text is brought to its case.
struct Anchor {
  std::size_t at = 0;
  unsigned char byte = 0;
  unsigned char fold = 0;  // this bit makes a letter small
  bool meets(char c) const { return static_cast<unsigned char>(static_cast<unsigned char>(c) | fold) == byte; }
  unsigned met(char c) const { return meets(c) ? 1u : 0u; }
};

// A text has few places where the two rarest bytes of a word stand as far apart as in the word; only there are the
// others compared.
template <bool kAnyCase>
class Search {
 public:
  static constexpr std::size_t kFewest = 16;  // places that are worth its preparation

  explicit Search(std::string_view part) : part_(part) {
    std::size_t best = 0, second = 0;
    for (std::size_t i = 1; i < part.size(); ++i) {
      if (rarity(i) >= rarity(best))
        second = best, best = i;
      else if (second == best || rarity(i) >= rarity(second))
        second = i;
    }
    one_ = anchor(best), two_ = anchor(second);
  }

  bool stands_in(std::string_view s) const {
    const std::size_t places = s.size() - part_.size() + 1;
    return places >= 64 ? stands_in_blocks<64>(s.data(), places) : stands_in_blocks<16>(s.data(), places);
  }

 private:
  std::size_t rarity(std::size_t at) const { return kRarity[static_cast<unsigned char>(part_[at])]; }

  template <std::size_t kBlock>
  bool stands_in_blocks(const char* s, std::size_t places) const {
    for (std::size_t i = 0; i + kBlock <= places; i += kBlock)
      if (may_stand<kBlock>(s + i) && stands_between(s, i, i + kBlock)) return true;
    const std::size_t last = places - kBlock;  // overlaps the block before it
    return may_stand<kBlock>(s + last) && stands_between(s, last, places);
  }

  Anchor anchor(std::size_t at) const {
    const char c = part_[at];
    const bool letter = kAnyCase && c >= 'a' && c <= 'z';
    return {at, static_cast<unsigned char>(c), static_cast<unsigned char>(letter ? 0x20 : 0)};
  }

  // Without a branch, so that the compiler takes many bytes at a time.
  template <std::size_t kBlock>
  bool may_stand(const char* from) const {
    unsigned char found = 0;
    for (std::size_t i = 0; i < kBlock; ++i)
      found |= static_cast<unsigned char>(one_.met(from[one_.at + i]) & two_.met(from[two_.at + i]));
    return found != 0;
  }

  bool stands_between(const char* s, std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to; ++i)
      if (one_.meets(s[one_.at + i]) && two_.meets(s[two_.at + i]) && equal(s + i)) return true;
    return false;
  }

  bool equal(const char* at) const {
    if constexpr (!kAnyCase) return std::memcmp(at, part_.data(), part_.size()) == 0;
    return std::equal(part_.begin(), part_.end(), at, [](char b, char a) { return text::lower(a) == b; });
  }

  std::string_view part_;
  Anchor one_, two_;
};

// Names are short: letter by letter.
bool icontains_plainly(std::string_view s, std::string_view part) {
  const char first = part.front();
  for (std::size_t i = 0; i + part.size() <= s.size(); ++i) {
    if (text::lower(s[i]) != first) continue;
    std::size_t same = 1;
    while (same < part.size() && text::lower(s[i + same]) == part[same]) ++same;
    if (same == part.size()) return true;
  }
  return false;
}

// Names and lines are asked for dozens of words at once: which two bytes stand side by side in them is found out once.
class Pairs {
 public:
  static constexpr std::size_t kFewest = 4;     // words that are worth it
  static constexpr std::size_t kLongest = 256;  // bytes in which words are told apart by it

  explicit Pairs(std::string_view s) {
    for (std::size_t i = 0; i + 1 < s.size(); ++i) bits_[slot(s.data() + i) / 64] |= bit(s.data() + i);
  }
  bool may_hold(std::string_view part) const {
    for (std::size_t i = 0; i + 1 < part.size(); ++i)
      if ((bits_[slot(part.data() + i) / 64] & bit(part.data() + i)) == 0) return false;
    return true;
  }

 private:
  static unsigned slot(const char* at) {  // of 1024, letters of either case alike
    const auto one = static_cast<unsigned>(static_cast<unsigned char>(at[0])) & 0x1fu;
    const auto two = static_cast<unsigned>(static_cast<unsigned char>(at[1])) & 0x1fu;
    return one << 5 | two;
  }
  static std::uint64_t bit(const char* at) { return std::uint64_t{1} << slot(at) % 64; }

  std::array<std::uint64_t, 16> bits_{};
};

}  // namespace

bool contains(const Code& s, std::string_view part) {
  if (!s.may_hold(part)) return false;
  if (part.size() <= 1 || s.size() < part.size() + Search<false>::kFewest)
    return s.find(part) != std::string_view::npos;
  return Search<false>(part).stands_in(s);
}

bool icontains(const Code& s, std::string_view part) {
  if (part.empty()) return true;
  if (s.size() < part.size() || !s.may_hold(part)) return false;
  if (s.size() < part.size() + Search<true>::kFewest) return icontains_plainly(s, part);
  return Search<true>(part).stands_in(s);
}

bool icontains_any(const Code& s, std::initializer_list<std::string_view> parts) {
  if (parts.size() < Pairs::kFewest || s.size() > Pairs::kLongest)
    return std::any_of(parts.begin(), parts.end(), [&](std::string_view p) { return icontains(s, p); });
  std::optional<Pairs> pairs;  // made for the first word that the file may hold
  for (const std::string_view part : parts) {
    if (part.size() > s.size() || !s.may_hold(part)) continue;
    if (!pairs) pairs.emplace(s);
    if (pairs->may_hold(part) && icontains(s, part)) return true;
  }
  return false;
}

}  // namespace gatehouse::audit::syntax

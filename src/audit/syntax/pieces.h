// Which words a text can hold at all: readers ask every function for hundreds of words that hardly any file has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::audit::syntax {

// The set of all three bytes that stand together in a text, letters of either case alike. It may name some that do not
// (two of them can share a bit), never the other way round.
class Pieces {
 public:
  Pieces() = default;  // of nothing known: everything may stand there
  explicit Pieces(std::string_view text);

  // False: the word stands nowhere in the text, in no case of its letters. Costs a few steps, whatever the text's
  // length.
  bool may_hold(std::string_view word) const {
    if (bits_.empty()) return true;
    for (std::size_t i = 0; i + kLength <= word.size(); ++i)
      if (const std::uint32_t bit = bit_of(word.data() + i); (bits_[bit / 64] >> bit % 64 & 1) == 0) return false;
    return true;
  }

 private:
  static constexpr std::size_t kLength = 3;
  static constexpr unsigned kBits = 16;  // 8 KiB: a file of 30 KB fills a tenth

  static std::uint32_t bit_of(const char* at) {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i]) | 0x20);
    };
    return (byte(0) | byte(1) << 8 | byte(2) << 16) * 0x9e3779b1u >> (32 - kBits);
  }

  std::vector<std::uint64_t> bits_;
};

// A part of a file's code, which knows the pieces of the whole file. It is a plain view for everybody else, and plain
// text is code that knows nothing.
class Code : public std::string_view {
 public:
  Code() = default;
  Code(std::string_view text, const Pieces* pieces = nullptr) : std::string_view(text), pieces_(pieces) {}
  Code(const std::string& text) : std::string_view(text) {}
  Code(const char* text) : std::string_view(text) {}
  bool may_hold(std::string_view word) const { return pieces_ == nullptr || pieces_->may_hold(word); }

 private:
  const Pieces* pieces_ = nullptr;  // the tree's
};

}  // namespace gatehouse::audit::syntax

#include "audit/syntax/pieces.h"

namespace gatehouse::audit::syntax {

Pieces::Pieces(std::string_view text) : bits_((std::size_t{1} << kBits) / 64) {
  for (std::size_t i = 0; i + kLength <= text.size(); ++i) {
    const std::uint32_t bit = bit_of(text.data() + i);
    bits_[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
}

}  // namespace gatehouse::audit::syntax

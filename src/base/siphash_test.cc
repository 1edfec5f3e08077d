#include "base/siphash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gatehouse {
namespace {

SipKey counting_key() {
  SipKey k;
  for (std::size_t i = 0; i < k.size(); ++i) k[i] = static_cast<std::uint8_t>(i);
  return k;
}

std::string hex_of(const Sip128& d) {
  std::string out;
  for (std::uint64_t half : {d.low, d.high})
    for (int nibble = 0; nibble < 16; ++nibble)
      out += "0123456789abcdef"[half >> (8 * (nibble / 2) + 4 * (1 - nibble % 2)) & 15];
  return out;
}

TEST(SipHash, AgreesWithTheReferenceVectorsOf128Bits) {
  std::string input;
  EXPECT_EQ(hex_of(siphash128(counting_key(), input)), "a3817f04ba25a8e66df67214c7550293");
  input.push_back(0);
  EXPECT_EQ(hex_of(siphash128(counting_key(), input)), "da87c1d86b99af44347659119b22fc45");
  input.push_back(1);
  EXPECT_EQ(hex_of(siphash128(counting_key(), input)), "8177228da4a45dc7fca38bdef60affe4");
}

TEST(SipHash, EveryLengthAndEveryKeyGivesAnotherDigest) {
  std::set<std::string> seen;
  SipKey other = counting_key();
  other[15] ^= 1;
  for (std::size_t n = 0; n < 64; ++n) {
    seen.insert(hex_of(siphash128(counting_key(), std::string(n, '\0'))));
    seen.insert(hex_of(siphash128(other, std::string(n, '\0'))));
  }
  EXPECT_EQ(seen.size(), 128u);
}

}  // namespace
}  // namespace gatehouse

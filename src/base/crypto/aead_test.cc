#include "base/crypto/aead.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gatehouse::crypto {
namespace {

TEST(Aead, MatchesTheVectorOfTheStandard) {
  // NIST GCM, test case 14 (AES-256, zero key, zero nonce, one zero block), with our nonce in front.
  std::string key(32, '\0'), sealed(12, '\0');
  sealed += *text::unhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  auto plain = aead_open(key, "", sealed);
  ASSERT_TRUE(plain);
  EXPECT_EQ(*plain, std::string(16, '\0'));
}

TEST(Aead, OpensWhatItSealedAndNothingElse) {
  SystemEntropy entropy;
  std::string key(32, 'k');
  for (std::string plain : {std::string(), std::string("x"), std::string(70000, '\xff')}) {
    std::string sealed = aead_seal(key, "event 7", plain, entropy);
    EXPECT_EQ(aead_open(key, "event 7", sealed), plain);
    EXPECT_FALSE(aead_open(key, "event 8", sealed)) << "another context";
    EXPECT_FALSE(aead_open(std::string(32, 'l'), "event 7", sealed)) << "another key";
    for (std::size_t at : {std::size_t{0}, sealed.size() / 2, sealed.size() - 1}) {
      std::string bent = sealed;
      bent[at] = static_cast<char>(bent[at] ^ 1);
      EXPECT_FALSE(aead_open(key, "event 7", bent)) << at;
    }
    EXPECT_FALSE(aead_open(key, "event 7", sealed.substr(0, sealed.size() - 1)));
  }
  EXPECT_NE(aead_seal(key, "", "same", entropy), aead_seal(key, "", "same", entropy));
}

}  // namespace
}  // namespace gatehouse::crypto

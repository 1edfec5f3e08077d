#include "base/crypto/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::crypto {
namespace {

template <std::size_t N>
std::string hex_of(const Digest<N>& d) {
  std::string out;
  for (auto b : d) {
    out += "0123456789abcdef"[b >> 4];
    out += "0123456789abcdef"[b & 15];
  }
  return out;
}

TEST(Digest, AgreesWithTheExamplesOfFips180) {
  EXPECT_EQ(hex_of(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_of(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of(sha384("abc")),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hex_of(sha512("abc")),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Hmac, AgreesWithRfc4231AndRfc2202) {
  EXPECT_EQ(hex_of(hmac_sha1("Jefe", "what do ya want for nothing?")), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_of(hmac_sha384("Jefe", "what do ya want for nothing?")),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
  EXPECT_EQ(hex_of(hmac_sha512("Jefe", "what do ya want for nothing?")),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
  const std::string long_key(131, '\xaa');  // longer than a block: hashed first
  EXPECT_EQ(hex_of(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex_of(hmac_sha512(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")),
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
            "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598");
}

TEST(DigestStream, PiecesGiveWhatTheWholeGives) {
  const std::string text(1000, 'x');
  for (std::size_t cut : {0u, 1u, 63u, 64u, 65u, 999u, 1000u}) {
    Sha256Stream plain;
    plain.add(std::string_view(text).substr(0, cut));
    plain.add(std::string_view(text).substr(cut));
    EXPECT_EQ(plain.finish(), sha256(text));
    for (const std::string& key : {std::string(), std::string("key"), std::string(64, 'k'), std::string(200, 'k')}) {
      HmacSha256Stream keyed(key);
      keyed.add(std::string_view(text).substr(0, cut));
      keyed.add(std::string_view(text).substr(cut));
      EXPECT_EQ(keyed.finish(), hmac_sha256(key, text));
      const HmacSha256Key ready(key);
      for (int again = 0; again < 2; ++again) EXPECT_EQ(ready.of(text), hmac_sha256(key, text));
    }
  }
}

}  // namespace
}  // namespace gatehouse::crypto

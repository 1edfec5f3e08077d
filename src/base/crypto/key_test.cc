#include "base/crypto/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/crypto/digest.h"
#include "base/crypto/jwk.h"
#include "base/text.h"

namespace gatehouse::crypto {
namespace {

using testing::HasSubstr;

std::string raw(std::string_view base64url) { return text::unbase64url(base64url).value(); }

constexpr std::string_view kRfc7515Modulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
    "pCgNMs"
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
    "UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

TEST(Keys, EveryKindSignsAndVerifiesWithEachOfItsAlgorithms) {
  for (KeyKind kind : {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519}) {
    const SigningKey key = SigningKey::generate(kind).value();
    const SigningKey other = SigningKey::generate(kind).value();
    EXPECT_EQ(key.kind(), kind);
    for (int i = 0; i < kAlgorithms; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      const auto signature = key.sign(algorithm, "what is signed");
      ASSERT_EQ(signature.has_value(), kind_of(algorithm) == kind) << name(kind) << ' ' << name(algorithm);
      if (!signature) continue;
      const VerifyKey verify = key.public_key();
      EXPECT_TRUE(verify.verify(algorithm, "what is signed", *signature)) << name(algorithm);
      EXPECT_FALSE(verify.verify(algorithm, "what is Signed", *signature)) << name(algorithm);
      EXPECT_FALSE(other.public_key().verify(algorithm, "what is signed", *signature)) << name(algorithm);
      EXPECT_FALSE(verify.verify(algorithm, "what is signed", *signature + "x")) << name(algorithm);
      EXPECT_FALSE(verify.verify(algorithm, "what is signed", signature->substr(1))) << name(algorithm);
      EXPECT_FALSE(verify.verify(algorithm, "what is signed", "")) << name(algorithm);
      for (int j = 0; j < kAlgorithms; ++j)
        EXPECT_EQ(verify.verify(static_cast<Algorithm>(j), "what is signed", *signature), i == j)
            << "signed " << name(algorithm) << " read " << name(static_cast<Algorithm>(j));
    }
  }
}

TEST(Keys, OneKeyServesSeveralThreadsAndAlgorithmsAtOnce) {
  const SigningKey key = SigningKey::generate(KeyKind::rsa).value();
  const VerifyKey verify = key.public_key();
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      const Algorithm mine = t % 2 == 0 ? Algorithm::rs256 : Algorithm::ps384;
      const std::string data = "of thread " + std::to_string(t);
      const std::string signature = key.sign(mine, data).value();
      for (int i = 0; i < 200; ++i) {
        wrong += !verify.verify(mine, data, signature);
        wrong += verify.verify(mine, data + "!", signature);
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Keys, PemAndJwkGiveTheSameKeyBack) {
  for (KeyKind kind : {KeyKind::rsa, KeyKind::p256, KeyKind::p384, KeyKind::p521, KeyKind::ed25519}) {
    const SigningKey key = SigningKey::generate(kind).value();
    const SigningKey again = SigningKey::from_pem(key.to_pem().reveal()).value();
    EXPECT_EQ(again.public_key().thumbprint(), key.public_key().thumbprint());
    const VerifyKey from_pem = VerifyKey::from_pem(key.public_key().to_pem()).value();
    EXPECT_EQ(from_pem.thumbprint(), key.public_key().thumbprint());
    const KeySet set = KeySet::parse(json::write(key.public_key().to_jwk()), KeyTrust::remote).value();
    ASSERT_EQ(set.records().size(), 1u) << (set.warnings().empty() ? "" : set.warnings()[0]);
    EXPECT_EQ(set.records()[0].key->thumbprint(), key.public_key().thumbprint());
    EXPECT_EQ(key.public_key().to_jwk().find("d"), nullptr);
    EXPECT_THAT(key.public_key().to_pem(), Not(HasSubstr("PRIVATE")));
  }
}

TEST(Keys, ThumbprintIsThatOfRfc7638) {
  const VerifyKey key =
      VerifyKey::rsa(raw("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
                         "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
                         "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
                         "bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
                     raw("AQAB"))
          .value();
  EXPECT_EQ(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Keys, WrittenPemIsTheTextThatConfusionAttacksUse) {
  const VerifyKey key = VerifyKey::rsa(raw(kRfc7515Modulus), raw("AQAB")).value();
  EXPECT_EQ(key.bits(), 2048);
  EXPECT_THAT(text::hex(sha256(key.to_pem()).view()), testing::StartsWith("2c5eeea3"));
}

TEST(Keys, WeakRsaKeysAreNotMade) {
  const std::string n = raw(kRfc7515Modulus);
  EXPECT_THAT(VerifyKey::rsa(n.substr(0, 128), raw("AQAB")).error().detail, HasSubstr("2048"));
  for (std::string_view e : {"AQ", "Ag", "AQAA", "BA"}) {  // 1, 2, 65536, 4
    EXPECT_FALSE(VerifyKey::rsa(n, raw(e))) << e;
  }
  EXPECT_FALSE(VerifyKey::rsa(n, std::string("\x01\x00\x00\x00\x01", 5)));  // above 2^32
  EXPECT_FALSE(VerifyKey::rsa(std::string(256, '\0'), raw("AQAB")));
  EXPECT_FALSE(VerifyKey::rsa(std::string(1, '\0') + n, raw("AQAB"))) << "leading zero";
  EXPECT_FALSE(VerifyKey::rsa("", raw("AQAB")));
  std::string even = n;
  even.back() = static_cast<char>(even.back() & ~1);
  EXPECT_FALSE(VerifyKey::rsa(even, raw("AQAB")));
  EXPECT_FALSE(VerifyKey::rsa(std::string(2000, '\x81'), raw("AQAB"))) << "16000 bits cost too much to use";
  EXPECT_TRUE(VerifyKey::rsa(n, raw("Aw")));
}

TEST(Keys, PointsOffTheCurveAreNotMade) {
  const std::string x = raw("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  const std::string y = raw("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  EXPECT_TRUE(VerifyKey::ec(KeyKind::p256, x, y));
  std::string off = y;
  off[31] ^= 1;
  EXPECT_FALSE(VerifyKey::ec(KeyKind::p256, x, off));
  EXPECT_FALSE(VerifyKey::ec(KeyKind::p256, std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(VerifyKey::ec(KeyKind::p256, std::string(1, '\0') + x, std::string(1, '\0') + y));
  EXPECT_FALSE(VerifyKey::ec(KeyKind::p384, x, y));
  EXPECT_FALSE(VerifyKey::ec(KeyKind::p256, std::string(32, '\xff'), y)) << "x above the prime";
  EXPECT_FALSE(VerifyKey::ec(KeyKind::rsa, x, y));
}

TEST(Keys, Ed25519PointsOfSmallOrderAreNotMade) {
  std::string zero(32, '\0'), one = zero, minus_one(32, '\xff'), prime(32, '\xff');
  one[0] = 1;
  minus_one[0] = '\xec', minus_one[31] = '\x7f';
  prime[0] = '\xed', prime[31] = '\x7f';
  const std::string order8 = text::unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a").value();
  std::string order8_signed = order8;
  order8_signed[31] = '\xfa';
  const std::string order8b = text::unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05").value();
  for (const std::string& point : {zero, one, minus_one, prime, order8, order8_signed, order8b})
    EXPECT_FALSE(VerifyKey::ed25519(point)) << text::hex(point);
  EXPECT_FALSE(VerifyKey::ed25519(zero.substr(1)));
  EXPECT_TRUE(VerifyKey::ed25519(raw("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")));
}

TEST(Keys, Ed25519AgreesWithRfc8032) {
  // §7.1, TEST 2.
  const std::string seed = text::unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value();
  const std::string pub = text::unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c").value();
  const std::string signature = text::unhex(
                                    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
                                    .value();
  EXPECT_EQ(SigningKey::ed25519(seed).value().sign(Algorithm::eddsa, "\x72").value(), signature);
  EXPECT_TRUE(ed25519_verify(pub, "\x72", signature));
  EXPECT_FALSE(ed25519_verify(pub, "\x73", signature));
  EXPECT_FALSE(ed25519_verify(pub, "\x72", signature.substr(0, 63)));
  EXPECT_FALSE(ed25519_verify(pub.substr(0, 31), "\x72", signature));
  // S + L is the same number modulo the group's order: a second spelling of the signature.
  std::string malleable = signature;
  const std::string order = text::unhex(
                                "edd3f55c1a631258d69cf7a2def9de14000000000000000000000000000000"
                                "10")
                                .value();
  int carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const int sum = static_cast<unsigned char>(malleable[32 + i]) + static_cast<unsigned char>(order[i]) + carry;
    malleable[32 + i] = static_cast<char>(sum & 0xff);
    carry = sum >> 8;
  }
  EXPECT_FALSE(ed25519_verify(pub, "\x72", malleable));
}

TEST(Keys, PemThatIsNotOnePublicKeyIsRefused) {
  const SigningKey key = SigningKey::generate(KeyKind::p256).value();
  const std::string pem = key.public_key().to_pem();
  EXPECT_TRUE(VerifyKey::from_pem(pem));
  EXPECT_FALSE(VerifyKey::from_pem(pem + pem));
  EXPECT_FALSE(VerifyKey::from_pem(key.to_pem().reveal())) << "a private key where a public one is wanted";
  EXPECT_FALSE(VerifyKey::from_pem(""));
  EXPECT_FALSE(VerifyKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  EXPECT_FALSE(SigningKey::from_pem(pem));
}

TEST(KeySets, LeaveOutWhatIsUnfitAndSayWhy) {
  const auto warning = [](std::string_view members, KeyTrust trust = KeyTrust::remote) {
    const auto set = KeySet::parse("{\"keys\":[{" + std::string(members) + "}]}", trust);
    if (!set) return "whole: " + set.error().detail;
    return set->empty() ? set->warnings().at(0) : std::string("taken");
  };
  const std::string good = R"("kty":"RSA","e":"AQAB","n":")" + std::string(kRfc7515Modulus) + "\"";
  const std::string secret =
      R"("kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")";
  EXPECT_EQ(warning(good), "taken");
  EXPECT_EQ(warning(good + R"(,"use":"sig","key_ops":["verify"],"alg":"PS512","kid":"a","x5c":["zzz"])"), "taken");
  EXPECT_THAT(warning(good + R"(,"use":"enc")"), HasSubstr("use"));
  EXPECT_THAT(warning(good + R"(,"use":7)"), HasSubstr("use"));
  EXPECT_THAT(warning(good + R"(,"key_ops":["sign"])"), HasSubstr("key_ops"));
  EXPECT_THAT(warning(good + R"(,"key_ops":[])"), HasSubstr("key_ops"));
  EXPECT_THAT(warning(good + R"(,"alg":"HS256")"), HasSubstr("does not fit"));
  EXPECT_THAT(warning(good + R"(,"alg":"none")"), HasSubstr("alg"));
  EXPECT_THAT(warning(good + R"(,"alg":7)"), HasSubstr("alg"));
  EXPECT_THAT(warning(good + R"(,"kid":7)"), HasSubstr("kid"));
  EXPECT_THAT(warning(good + R"(,"d":"AQAB")"), HasSubstr("private"));
  EXPECT_EQ(warning(good + R"(,"d":"AQAB")", KeyTrust::local), "taken");
  EXPECT_THAT(warning(secret), HasSubstr("shared secret"));
  EXPECT_EQ(warning(secret, KeyTrust::local), "taken");
  EXPECT_THAT(warning(R"("kty":"oct","k":"AyM1")", KeyTrust::local), HasSubstr("shorter"));
  EXPECT_THAT(warning(R"("kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")"),
              HasSubstr("crv"));
  EXPECT_THAT(warning(R"("kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA")"), HasSubstr("crv"));
  EXPECT_THAT(warning(R"("kty":"RSA","e":"AQAB","n":"AQ==")"), HasSubstr("base64url"));
  EXPECT_THAT(warning(R"("kty":"RSA","e":"AQAB")"), HasSubstr("missing"));
  EXPECT_THAT(warning(R"("kty":"XYZ")"), HasSubstr("kty"));
  EXPECT_THAT(warning(good + R"(,"kty":"EC")"), HasSubstr("not JSON")) << "a duplicate member";
}

TEST(KeySets, RefuseWhatIsNoKeySet) {
  for (std::string_view text : {"", "[]", "{}", "\"x\"", "{\"keys\":{}}", "{\"keys\":[],\"keys\":[]}", "<html>"})
    EXPECT_FALSE(KeySet::parse(text, KeyTrust::remote)) << text;
  EXPECT_FALSE(KeySet::parse(std::string(300000, ' ') + "{\"keys\":[]}", KeyTrust::remote));
  std::string many = "{\"keys\":[0";
  for (int i = 0; i < 100; ++i) many += ",0";
  EXPECT_FALSE(KeySet::parse(many + "]}", KeyTrust::remote));
  EXPECT_TRUE(KeySet::parse("{\"keys\":[]}", KeyTrust::remote).value().empty());
}

TEST(KeySets, SecretsMustBeAsLongAsTheirDigest) {
  EXPECT_TRUE(KeySet::from_secret(Secret(std::string(32, 's'))));
  EXPECT_FALSE(KeySet::from_secret(Secret(std::string(31, 's'))));
  EXPECT_FALSE(KeySet::from_secret(Secret(std::string(63, 's')), {Algorithm::hs512}));
  EXPECT_FALSE(KeySet::from_secret(Secret(std::string(64, 's')), {Algorithm::rs256}));
  const KeySet set = KeySet::from_secret(Secret(std::string(48, 's')), AlgorithmSet::all()).value();
  EXPECT_EQ(set.records()[0].algorithms.text(), "HS256 HS384");
}

}  // namespace
}  // namespace gatehouse::crypto

#include "base/crypto/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::crypto {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kNow = 1700000000;
constexpr std::string_view kSecret = "a-string-secret-at-least-256-bits-long";
constexpr std::string_view kGood =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWUsImlhdCI6MTUxNjIzOTAyMn0."
    "KMUFsIDTnFmyG3nMiGM6H9FNFUROf3wh7SmqJp-QV30";

const KeySet& secret_keys() {
  static const KeySet keys = KeySet::from_secret(Secret(kSecret)).value();
  return keys;
}

JwtRules lenient() {
  JwtRules rules;
  rules.expiry_required = false;
  return rules;
}

std::string hs256(std::string_view header, std::string_view payload) {
  std::string token = text::base64url(header) + "." + text::base64url(payload);
  return token + "." + text::base64url(hmac_sha256(kSecret, token).view());
}
std::string with_payload(std::string_view payload) { return hs256(R"({"alg":"HS256"})", payload); }

// "valid", or the code and detail of the refusal.
std::string verdict(std::string_view token, const KeySet& keys = secret_keys(), const JwtRules& rules = lenient(),
                    std::int64_t now = kNow) {
  const auto jwt = verify_jwt(token, keys, rules, now);
  return jwt ? "valid" : std::string(jwt.error().code) + ": " + jwt.error().detail;
}
std::string claims_verdict(std::string_view payload, const JwtRules& rules = lenient()) {
  return verdict(with_payload(payload), secret_keys(), rules);
}

#define REFUSED(token) EXPECT_THAT(verdict(token), testing::StartsWith("token_invalid: "))
#define CLAIMS_REFUSED(payload) EXPECT_THAT(claims_verdict(payload), testing::StartsWith("token_invalid: ")) << payload

TEST(Jwt, TheBaseVectorIsGood) {
  EXPECT_EQ(verdict(kGood), "valid");
  const Jwt jwt = verify_jwt(kGood, secret_keys(), lenient(), kNow).value();
  EXPECT_EQ(jwt.claims.string_at("sub"), "1234567890");
  EXPECT_EQ(jwt.issued_at, 1516239022);
}

TEST(Jwt, ExamplesOfTheRfcsAreGood) {
  // RFC 7515 A.1, A.2, A.3: one payload, three keys. It expired in 2011.
  const std::string payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const std::string keys_text = R"({"keys":[
    {"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
    {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
    {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
  const KeySet keys = KeySet::parse(keys_text, KeyTrust::local).value();
  ASSERT_EQ(keys.records().size(), 4u);
  const std::vector<std::string> tokens = {
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      "eyJhbGciOiJSUzI1NiJ9." + payload +
          ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9"
          "CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6"
          "_dO--xi12jzDwusC-"
          "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0i"
          "gcN_IoypGlUPQGe77Rw",
      "eyJhbGciOiJFUzI1NiJ9." + payload +
          ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"};
  for (const std::string& token : tokens) {
    EXPECT_EQ(verdict(token, keys, JwtRules{}, 1300819379), "valid") << token;
    EXPECT_THAT(verdict(token, keys, JwtRules{}, kNow), testing::StartsWith("token_expired")) << token;
  }
  // RFC 8037 A.4: the payload is a sentence, so only the signature can be judged.
  const auto jws = parse_jws(
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->payload, "Example of Ed25519 signing");
  EXPECT_TRUE(verify_jws(*jws, keys, AlgorithmSet::all()));
}

TEST(JwtRow1, AlgNoneInEverySpellingIsRefused) {
  REFUSED("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIiwiYWRtaW4iOnRydWV9.");
  for (std::string_view header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"nOnE"})", R"({"alg":"NONE"})", R"({"typ":"JWT"})",
        R"({"alg":7})", R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":"hs256"})", R"({"alg":""})",
        R"({"alg":"HS256 "})", R"({"alg":"HS256\u0000"})"})
    REFUSED(hs256(header, R"({"sub":"a"})")) << header;
}

TEST(JwtRow2, AMissingSignatureIsRefused) {
  const std::string unsigned_token(kGood.substr(0, kGood.rfind('.') + 1));
  REFUSED(unsigned_token);
  const KeySet rsa = KeySet::from_pem(SigningKey::generate(KeyKind::rsa).value().public_key().to_pem()).value();
  EXPECT_THAT(verdict(text::base64url(R"({"alg":"RS256"})") + "." + text::base64url("{}") + ".", rsa),
              HasSubstr("not signed"));
}

TEST(JwtRow3, APublicKeyIsNeverAnHmacSecret) {
  const std::string n =
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
      "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
      "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
      "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
  const VerifyKey key = VerifyKey::rsa(text::unbase64url(n).value(), std::string("\x01\x00\x01", 3)).value();
  for (const KeySet& keys :
       {KeySet::from_pem(key.to_pem()).value(), KeySet::parse(json::write(key.to_jwk()), KeyTrust::local).value()}) {
    for (std::string_view signature :
         {"jYxBqn8PDoLOQ2i7YQvx0Q0otZNNWrcocy-5nzz-MI4", "vh9jaT7HOo7aDojxXvAfE4n9eIgTCYr6utumakIJgog"})
      EXPECT_THAT(
          verdict("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhdHRhY2tlciJ9." + std::string(signature), keys),
          HasSubstr("not for HS256"));
  }
}

TEST(JwtRow4, ASecondSpellingOfTheSignatureIsRefused) {
  std::string token(kGood);
  token.back() = '1';  // the same bytes to a lenient decoder
  REFUSED(token);
}

TEST(JwtRow5, PaddingAndBlanksAreRefused) {
  const std::string good(kGood);
  for (const std::string& token : {good + "=", good + "\n", " " + good, good + " ", "\t" + good, good + "\r\n",
                                   good.substr(0, 10) + "\n" + good.substr(10), good + std::string(1, '\0')})
    REFUSED(token) << token;
  std::string plus = good, slash = good;
  plus[plus.rfind('-')] = '+';
  REFUSED(plus);
  slash[slash.rfind('.') + 3] = '/';
  REFUSED(slash);
}

TEST(JwtRow6, DuplicateMembersAreRefused) {
  REFUSED(
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ2aWN0aW0iLCJzdWIiOiJhdHRhY2tlciJ9.WTja0inX89wuapgOmSU37XjXZHWHfy09VYPphmWU-Vw");
  REFUSED(hs256(R"({"alg":"none","alg":"HS256"})", R"({"sub":"a"})"));
  REFUSED(hs256(R"({"alg":"HS256","\u0061lg":"HS256"})", R"({"sub":"a"})"));
  CLAIMS_REFUSED(R"({"a":{"b":1,"b":2}})");
}

TEST(JwtRow7, PsychicAndMisshapenEcdsaSignaturesAreRefused) {
  const SigningKey key = SigningKey::generate(KeyKind::p256).value();
  const KeySet keys = KeySet::from_pem(key.public_key().to_pem()).value();
  const std::string input = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhdHRhY2tlciJ9";
  const std::string signature = key.sign(Algorithm::es256, input).value();
  ASSERT_EQ(signature.size(), 64u);
  EXPECT_EQ(verdict(input + "." + text::base64url(signature), keys), "valid");
  EXPECT_THAT(verdict(input + "." + std::string(86, 'A'), keys), HasSubstr("does not verify"));
  EXPECT_THAT(
      verdict(input + "._____wAAAAD__________7zm-q2nF56E87nKwvxjJVH_____AAAAAP__________vOb6racXnoTzucrC_GMlUQ", keys),
      HasSubstr("does not verify"));
  for (const std::string& wrong : {signature.substr(1), signature.substr(0, 63), signature + std::string(1, '\0'),
                                   std::string(1, '\0') + signature, signature.substr(0, 32) + std::string(32, '\0')})
    EXPECT_THAT(verdict(input + "." + text::base64url(wrong), keys), HasSubstr("does not verify"));
  // The same two numbers as DER.
  const auto integer = [](std::string_view bytes) {
    std::string out(bytes);
    if (static_cast<unsigned char>(out[0]) >= 0x80) out.insert(0, 1, '\0');
    return std::string("\x02") + static_cast<char>(out.size()) + out;
  };
  const std::string both = integer(signature.substr(0, 32)) + integer(signature.substr(32));
  const std::string der = std::string("\x30") + static_cast<char>(both.size()) + both;
  EXPECT_THAT(verdict(input + "." + text::base64url(der), keys), HasSubstr("does not verify"));
}

TEST(JwtRow8, KidIsANameAndNothingElse) {
  for (std::string_view kid : {R"("../../../../dev/null")", R"("' OR 1=1--")", R"("a\u0000b")", "7", "{}", "null",
                               "[\"a\"]", R"("https://evil.example/jwks.json")", "\"\"", R"("line\nbreak")"}) {
    const std::string token = hs256(R"({"alg":"HS256","kid":)" + std::string(kid) + "}", R"({"sub":"a"})");
    const KeySet named =
        KeySet::parse(R"({"kty":"oct","kid":"k1","k":")" + text::base64url(kSecret) + "\"}", KeyTrust::local).value();
    EXPECT_THAT(verdict(token, named), testing::StartsWith("token_invalid: ")) << kid;
  }
  REFUSED(hs256(R"({"alg":"HS256","kid":")" + std::string(10000, 'a') + "\"}", R"({"sub":"a"})"));
  REFUSED(hs256(R"({"alg":"HS256","kid":")" + std::string(257, 'a') + "\"}", R"({"sub":"a"})"));
  EXPECT_EQ(verdict(hs256(R"({"alg":"HS256","kid":"any"})", R"({"sub":"a"})")), "valid") << "a key configured alone";
}

TEST(JwtRow9, KeysInTheHeaderAreIgnored) {
  const SigningKey attacker = SigningKey::generate(KeyKind::ed25519).value();
  const KeySet keys = KeySet::from_pem(SigningKey::generate(KeyKind::ed25519).value().public_key().to_pem()).value();
  for (const std::string& member :
       {"\"jwk\":" + json::write(attacker.public_key().to_jwk()),
        std::string(R"("jku":"http://127.0.0.1:1/jwks.json")"), std::string(R"("x5u":"http://127.0.0.1:1/cert.pem")"),
        std::string(R"("x5c":["MIIB"])")}) {
    const std::string input =
        text::base64url("{\"alg\":\"EdDSA\"," + member + "}") + "." + text::base64url(R"({"sub":"a"})");
    EXPECT_THAT(verdict(input + "." + text::base64url(attacker.sign(Algorithm::eddsa, input).value()), keys),
                HasSubstr("does not verify"));
    EXPECT_EQ(verdict(hs256("{\"alg\":\"HS256\"," + member + "}", R"({"sub":"a"})")), "valid")
        << "ignored, not an error";
  }
}

TEST(JwtRow10, ExtensionsAreRefused) {
  for (std::string_view header : {R"({"alg":"HS256","crit":["exp"],"exp":1})", R"({"alg":"HS256","crit":[]})",
                                  R"({"alg":"HS256","crit":["b64"],"b64":false})", R"({"alg":"HS256","b64":false})",
                                  R"({"alg":"HS256","crit":null})"})
    REFUSED(hs256(header, R"({"sub":"a"})")) << header;
}

TEST(JwtRow11, ClaimsOfAWrongTypeAreRefused) {
  for (std::string_view payload :
       {R"({"exp":"9999999999"})", R"({"exp":-1})", R"({"exp":1e300})", R"({"exp":null})", R"({"exp":true})",
        R"({"sub":123})", R"({"aud":{}})", R"({"aud":[1]})", R"({"aud":7})", R"({"iss":7})", R"({"azp":[]})",
        R"({"jti":{}})", R"({"nbf":"1"})", R"({"iat":[]})", "[]", "\"x\"", "null", "7", ""})
    CLAIMS_REFUSED(payload);
  EXPECT_EQ(claims_verdict(R"({"exp":9999999999.5})"), "valid");
  EXPECT_EQ(claims_verdict(R"({"exp":9.9999e9})"), "valid");
}

TEST(JwtRow12, NumbersNeverWrap) {
  for (std::string_view n : {"99999999999999999999999", "1e400", "-0", "9007199254740993", "9223372036854775808",
                             "18446744073709551617", "253402300800", "-1e400", "1e-400e1", "0x7fffffff"})
    CLAIMS_REFUSED("{\"exp\":" + std::string(n) + "}");
  EXPECT_EQ(claims_verdict(R"({"exp":253402300799})"), "valid");
}

TEST(JwtRow13, NestedTokensAreRefused) {
  REFUSED(hs256(R"({"alg":"HS256","cty":"JWT"})", kGood));
  REFUSED(hs256(R"({"alg":"HS256","cty":"jwt"})", R"({"sub":"a"})"));
  REFUSED(hs256(R"({"alg":"HS256","cty":"application/JWT"})", R"({"sub":"a"})"));
  REFUSED(hs256(R"({"alg":"HS256","cty":7})", R"({"sub":"a"})"));
  REFUSED(hs256(R"({"alg":"HS256"})", kGood));
}

TEST(JwtRow14, SizesAreBoundedBeforeAnyCryptography) {
  REFUSED(with_payload(R"({"a":")" + std::string(8000, 'x') + "\"}"));
  REFUSED(hs256(R"({"alg":"HS256","x":")" + std::string(2050, 'x') + "\"}", "{}"));
  EXPECT_EQ(claims_verdict(R"({"a":[[[[[[[1]]]]]]]})"), "valid");
  CLAIMS_REFUSED(R"({"a":[[[[[[[[1]]]]]]]]})");
  REFUSED(hs256(R"({"alg":"HS256","a":[[[[[[[[1]]]]]]]]})", "{}"));
  for (std::string_view token : {"a.b", "a", "a.b.c.d", "a.b.c.d.e", "..", ".", "....", "a..", ".b.", "..c"})
    REFUSED(token) << token;
  REFUSED(std::string(kGood) + ".");
}

TEST(JwtRow16, TypDecidesWhatATokenIsFor) {
  const auto typed = [](std::string_view typ) {
    return hs256("{\"alg\":\"HS256\",\"typ\":\"" + std::string(typ) + "\"}", R"({"sub":"a"})");
  };
  EXPECT_EQ(verdict(typed("at+jwt")), "valid");
  EXPECT_EQ(verdict(typed("application/at+jwt")), "valid");
  EXPECT_EQ(verdict(typed("jwt")), "valid");
  for (std::string_view typ : {"logout+jwt", "dpop+jwt", "id_token+jwt", "JWE", "", "JOSE", "secevent+jwt"})
    EXPECT_THAT(verdict(typed(typ)), HasSubstr("typ")) << typ;
  JwtRules access = lenient();
  access.types = {"at+jwt"};
  access.typ_required = true;
  EXPECT_EQ(verdict(typed("at+jwt"), secret_keys(), access), "valid");
  EXPECT_THAT(verdict(typed("JWT"), secret_keys(), access), HasSubstr("typ"));
  EXPECT_THAT(verdict(hs256(R"({"alg":"HS256"})", "{}"), secret_keys(), access), HasSubstr("typ"));
}

TEST(JwtRow17, TimeIsJudgedWithTheSkewOnBothSides) {
  JwtRules rules;
  const auto at = [&](std::string_view claim, std::int64_t offset, std::string_view more = "") {
    return claims_verdict("{\"" + std::string(claim) + "\":" + std::to_string(kNow + offset) + std::string(more) + "}",
                          rules);
  };
  EXPECT_THAT(at("exp", -31), testing::StartsWith("token_expired"));
  EXPECT_THAT(at("exp", -30), testing::StartsWith("token_expired"));
  EXPECT_EQ(at("exp", -29), "valid");
  const std::string exp = ",\"exp\":" + std::to_string(kNow + 60);
  EXPECT_THAT(at("nbf", 31, exp), HasSubstr("nbf"));
  EXPECT_EQ(at("nbf", 30, exp), "valid");
  EXPECT_THAT(at("iat", 1000, exp), HasSubstr("iat"));
  EXPECT_EQ(at("iat", 30, exp), "valid");
  EXPECT_THAT(at("iat", -60), HasSubstr("no exp"));
  rules.skew = 0;
  EXPECT_THAT(at("exp", 0), testing::StartsWith("token_expired"));
  EXPECT_EQ(at("exp", 1), "valid");
  EXPECT_THAT(at("nbf", 1, exp), HasSubstr("nbf"));
}

TEST(JwtRow18, IssuerAudienceAndPartyMustBeOurs) {
  JwtRules rules = lenient();
  rules.issuers = {"https://issuer.example", "https://other.example/"};
  EXPECT_EQ(claims_verdict(R"({"iss":"https://issuer.example"})", rules), "valid");
  EXPECT_EQ(claims_verdict(R"({"iss":"https://other.example/"})", rules), "valid");
  for (std::string_view payload : {R"({"iss":"https://issuer.example/"})", R"({"iss":"https://other.example"})",
                                   R"({})", R"({"iss":"HTTPS://issuer.example"})", R"({"iss":""})"})
    EXPECT_THAT(claims_verdict(payload, rules), HasSubstr("issuer")) << payload;

  rules = lenient();
  rules.audiences = {"api"};
  EXPECT_EQ(claims_verdict(R"({"aud":"api"})", rules), "valid");
  EXPECT_EQ(claims_verdict(R"({"aud":["other","api"]})", rules), "valid");
  for (std::string_view payload :
       {R"({"aud":["other"]})", R"({"aud":[]})", R"({"aud":"api2"})", R"({})", R"({"aud":"API"})"})
    EXPECT_THAT(claims_verdict(payload, rules), HasSubstr("audience")) << payload;

  rules = lenient();
  rules.authorized_parties = {"https://app.example"};
  EXPECT_EQ(claims_verdict(R"({"azp":"https://app.example"})", rules), "valid");
  EXPECT_THAT(claims_verdict(R"({"azp":"https://app.example.evil"})", rules), HasSubstr("authorized party"));
  EXPECT_THAT(claims_verdict(R"({})", rules), HasSubstr("authorized party"));
  rules.azp_absent_allowed = true;
  EXPECT_EQ(claims_verdict(R"({})", rules), "valid");

  rules = lenient();
  rules.subject_required = true;
  EXPECT_THAT(claims_verdict(R"({})", rules), HasSubstr("subject"));
  EXPECT_THAT(claims_verdict(R"({"sub":""})", rules), HasSubstr("subject"));
}

TEST(JwtRow19, TextThatIsNotCleanUnicodeIsRefused) {
  CLAIMS_REFUSED("{\"sub\":\"\xff\"}");
  CLAIMS_REFUSED("{\"sub\":\"\xc0\xaf\"}");
  CLAIMS_REFUSED(R"({"sub":"\ud800"})");
  CLAIMS_REFUSED(R"({"sub":"\udc00x"})");
  CLAIMS_REFUSED("\xef\xbb\xbf{\"sub\":\"a\"}");
  CLAIMS_REFUSED(R"({"sub":"admin\u0000x"})");
  CLAIMS_REFUSED(R"({"a":[{"b\u0000":1}]})");
  CLAIMS_REFUSED(std::string("{\"sub\":\"a\0\"}", 12));
  CLAIMS_REFUSED(R"({"sub":"a"} x)");
  CLAIMS_REFUSED(R"({"sub":"a"}{"sub":"b"})");
  CLAIMS_REFUSED("{\"sub\":\"a\nb\"}");
}

TEST(JwtRow20, CompressionAndEncryptionAreRefused) {
  REFUSED(hs256(R"({"alg":"HS256","zip":"DEF"})", "{}"));
  REFUSED(hs256(R"({"alg":"HS256","enc":"A256GCM"})", "{}"));
  REFUSED(hs256(R"({"alg":"PBES2-HS256+A128KW","p2c":2147483647,"enc":"A128CBC-HS256"})", "{}"));
  REFUSED(hs256(R"({"alg":"dir","enc":"A256GCM"})", "{}"));
}

TEST(JwsKeys, TheRecordFixesTheAlgorithm) {
  const SigningKey rsa = SigningKey::generate(KeyKind::rsa).value();
  const auto keys = [&](Algorithm a) {
    return KeySet::parse(json::write(publish(rsa.public_key(), "k1", a)), KeyTrust::remote).value();
  };
  const std::string rs256 = sign_jws(rsa, Algorithm::rs256, "k1", "JWT", R"({"sub":"a"})").value();
  EXPECT_EQ(verdict(rs256, keys(Algorithm::rs256)), "valid");
  EXPECT_THAT(verdict(rs256, keys(Algorithm::ps256)), HasSubstr("not for RS256"));
  EXPECT_THAT(verdict(rs256, keys(Algorithm::rs512)), HasSubstr("not for RS256"));
  JwtRules only_es = lenient();
  only_es.algorithms = {Algorithm::es256};
  EXPECT_THAT(verdict(rs256, keys(Algorithm::rs256), only_es), HasSubstr("not allowed"));
}

TEST(JwsKeys, AnUnknownKidIsToldApartFromABadSignature) {
  const SigningKey key = SigningKey::generate(KeyKind::ed25519).value();
  const KeySet keys =
      KeySet::parse(json::write(publish(key.public_key(), "k1", Algorithm::eddsa)), KeyTrust::remote).value();
  const auto unknown =
      verify_jwt(sign_jws(key, Algorithm::eddsa, "k2", "", R"({"sub":"a"})").value(), keys, lenient(), kNow);
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(is_unknown_key(unknown.error()));
  const SigningKey other = SigningKey::generate(KeyKind::ed25519).value();
  const auto forged =
      verify_jwt(sign_jws(other, Algorithm::eddsa, "k1", "", R"({"sub":"a"})").value(), keys, lenient(), kNow);
  ASSERT_FALSE(forged);
  EXPECT_FALSE(is_unknown_key(forged.error()));
  EXPECT_EQ(verdict(sign_jws(key, Algorithm::eddsa, "k1", "", R"({"sub":"a"})").value(), keys), "valid");
}

TEST(JwsKeys, WithoutAKidExactlyOneKeyMustFit) {
  const SigningKey one = SigningKey::generate(KeyKind::ed25519).value(),
                   two = SigningKey::generate(KeyKind::ed25519).value();
  json::Value set;
  json::Array list;
  list.push_back(publish(one.public_key(), "k1", Algorithm::eddsa));
  list.push_back(publish(two.public_key(), "k2", Algorithm::eddsa));
  set.set("keys", std::move(list));
  const KeySet keys = KeySet::parse(json::write(set), KeyTrust::remote).value();
  EXPECT_THAT(verdict(sign_jws(one, Algorithm::eddsa, "", "", "{}").value(), keys), HasSubstr("several keys"));
  EXPECT_EQ(verdict(sign_jws(two, Algorithm::eddsa, "k2", "", "{}").value(), keys), "valid");
  EXPECT_THAT(verdict(sign_jws(two, Algorithm::eddsa, "k1", "", "{}").value(), keys), HasSubstr("does not verify"));
}

TEST(JwsKeys, AnEmptySetKnowsNoToken) {
  EXPECT_THAT(verdict(kGood, KeySet{}), HasSubstr("no usable key"));
  EXPECT_THAT(verdict(""), testing::StartsWith("unauthenticated"));
}

TEST(Jwt, EveryCutAndEveryFlippedBitOfATokenIsRefused) {
  const std::string good(kGood);
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_NE(verdict(good.substr(0, n)), "valid") << n;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bent = good;
      bent[i] = static_cast<char>(bent[i] ^ (1 << bit));
      EXPECT_NE(verdict(bent), "valid") << i << ' ' << bit;
    }
}

}  // namespace
}  // namespace gatehouse::crypto

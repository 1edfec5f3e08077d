#include "app/token_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/crypto/dev_issuer.h"
#include "base/crypto/jwt.h"
#include "base/crypto/key_file.h"
#include "base/json.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using crypto::Algorithm;
using crypto::KeyKind;
using crypto::SigningKey;
using testing::HasSubstr;

class TokenCommand : public testing::Test {
 protected:
  void SetUp() override {
    jwks_ = write("jwks.json", json::write(crypto::publish(key_.public_key(), "k1", Algorithm::eddsa)));
  }

  std::string write(const std::string& name, std::string_view text) {
    std::ofstream(folder_.at(name)) << text;
    return folder_.at(name);
  }
  std::string token(std::string_view payload) {
    return crypto::sign_jws(key_, Algorithm::eddsa, "k1", "JWT", payload).value();
  }

  // Runs and keeps exit code, output and the parsed line.
  int run(std::vector<std::string> words, std::string_view input = "") {
    std::istringstream in{std::string(input)};
    std::ostringstream out, err;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock_, entropy_};
    const auto commands = token_commands([this](std::string_view url) -> Result<std::string> {
      fetched_.emplace_back(url);
      return remote_;
    });
    words.insert(words.begin(), "token");
    code_ = dispatch(commands, words, world);
    out_ = out.str();
    err_ = err.str();
    line_ = json::parse(out_).value_or(json::Value());
    return code_;
  }
  std::string verdict() const { return std::string(line_.string_at("code").value_or("(no line)")); }

  SigningKey key_ = SigningKey::generate(KeyKind::ed25519).value();
  ManualClock clock_;
  CountingEntropy entropy_;
  Result<std::string> remote_ = fail(Source::origin, "unreachable", "refused");
  std::vector<std::string> fetched_;
  const TemporaryFolder folder_;
  std::string jwks_, out_, err_;
  int code_ = -1;
  json::Value line_;
};

TEST_F(TokenCommand, PrintsOneLineWithTheClaimsOfAValidToken) {
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, token(R"({"sub":"alice","exp":1700000060})")), kOk) << out_ << err_;
  EXPECT_EQ(out_, R"({"valid":true,"code":"ok","detail":"","claims":{"sub":"alice","exp":1700000060}})"
                  "\n");
  EXPECT_EQ(err_, "");
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, token(R"({"sub":"alice","exp":1700000060})") + "\n"), kOk)
      << "one line end";
}

TEST_F(TokenCommand, RefusesWithAStableCodeAndShowsNoClaims) {
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, token(R"({"sub":"alice","exp":1})")), kFindings);
  EXPECT_EQ(verdict(), "token_expired");
  EXPECT_THAT(out_, HasSubstr(R"("claims":{})"));
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, token(R"({"sub":"alice"})")), kFindings);
  EXPECT_EQ(verdict(), "token_invalid");
  for (std::string_view nothing : {"", "\n"}) {
    EXPECT_EQ(run({"verify", "--jwks", jwks_}, nothing), kFindings);
    EXPECT_EQ(verdict(), "unauthenticated");
  }
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, token(R"({"sub":"a","exp":1700000060})") + "\n\n"), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, std::string(100000, 'x')), kFindings);
}

TEST_F(TokenCommand, ChecksOnlyThePartiesThatAreNamed) {
  const std::string t = token(R"({"iss":"i","aud":["a"],"azp":"p","exp":1700000060})");
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, t), kOk);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--issuer", "x", "--issuer", "i", "--audience=a", "--azp", "q,p"}, t), kOk)
      << out_;
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--issuer", "x"}, t), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--audience", "x"}, t), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--azp", "x"}, t), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--alg", "RS256,ES256"}, t), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--alg", "RS256,EdDSA"}, t), kOk);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--typ", "at+jwt"}, t), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--now", "1700000100"}, t), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--now", "1700000100", "--skew", "120"}, t), kOk);
}

TEST_F(TokenCommand, JwsOnlyLeavesThePayloadAlone) {
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--jws-only"}, token("not json")), kOk) << out_;
  EXPECT_EQ(run({"verify", "--jwks", jwks_}, token("not json")), kFindings);
  std::string bent = token("not json");
  bent[bent.size() - 5] = bent[bent.size() - 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--jws-only"}, bent), kFindings);
  EXPECT_EQ(run({"verify", "--jwks", jwks_, "--jws-only"}, ""), kFindings);
}

TEST_F(TokenCommand, SharedSecretsComeFromFilesOnly) {
  const std::string oct = R"({"keys":[{"kty":"oct","k":"YS1zdHJpbmctc2VjcmV0LWF0LWxlYXN0LTI1Ni1iaXRzLWxvbmc"}]})";
  const std::string good =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiYWRtaW4iOnRydWUsImlhdCI6M"
      "TUxNjIzOTAyMn0.KMUFsIDTnFmyG3nMiGM6H9FNFUROf3wh7SmqJp-QV30";
  EXPECT_EQ(run({"verify", "--jwks", write("oct.json", oct), "--jws-only"}, good), kOk) << out_;
  remote_ = oct;
  EXPECT_EQ(run({"verify", "--jwks", "https://issuer.example/jwks.json", "--jws-only"}, good), kFindings);
  EXPECT_THAT(err_, HasSubstr("shared secret"));
}

TEST_F(TokenCommand, KeysComeFromAUrlOrAPemToo) {
  remote_ = json::write(crypto::publish(key_.public_key(), "k1", Algorithm::eddsa));
  EXPECT_EQ(run({"verify", "--jwks", "https://issuer.example/jwks.json"}, token(R"({"exp":1700000060})")), kOk);
  EXPECT_THAT(fetched_, testing::ElementsAre("https://issuer.example/jwks.json"));
  EXPECT_EQ(run({"verify", "--jwks", write("key.pem", key_.public_key().to_pem())}, token(R"({"exp":1700000060})")),
            kOk);
  remote_ = fail(Source::origin, "unreachable", "refused");
  EXPECT_EQ(run({"verify", "--jwks", "https://issuer.example/jwks.json"}, token(R"({"exp":1700000060})")), kFindings);
  EXPECT_EQ(verdict(), "identity_unavailable");
  EXPECT_EQ(run({"verify", "--jwks", write("bad.json", "{")}, token(R"({"exp":1700000060})")), kFindings);
  EXPECT_EQ(verdict(), "identity_unavailable");
}

TEST_F(TokenCommand, MistakesOnTheCommandLineExitWithTwoAndPrintNoVerdict) {
  const std::vector<std::vector<std::string>> mistakes = {{"verify"},
                                                          {"verify", "--jwks", folder_.at("missing.json")},
                                                          {"verify", "--jwks", jwks_, "--alg", "none"},
                                                          {"verify", "--jwks", jwks_, "--now", "tomorrow"},
                                                          {"verify", "--jwks", jwks_, "--now", "99999999999999"},
                                                          {"verify", "--jwks", jwks_, "--skew", "121"},
                                                          {"issue"},
                                                          {"issue", "--dev", "--claims", "[1]"},
                                                          {"issue", "--dev", "--claims", R"({"iss":"x"})"},
                                                          {"issue", "--dev", "--lifetime", "0"}};
  for (const auto& words : mistakes) {
    EXPECT_EQ(run(words, token("{}")), kUsage);
    EXPECT_EQ(out_, "");
    EXPECT_THAT(err_, HasSubstr("gatehouse: "));
  }
}

TEST_F(TokenCommand, IssuesDevelopmentTokensThatVerifyWithTheLocalKey) {
  EXPECT_EQ(
      run({"issue", "--dev", "--sub", "alice", "--claims", R"({"roles":["admin"]})", "--state-dir", folder_.path()}),
      kOk)
      << err_;
  const std::string minted = out_;
  const SigningKey local = crypto::read_key_file(crypto::dev_key_path(folder_.path())).value();
  const std::string pem = write("dev.pem", local.public_key().to_pem());
  EXPECT_EQ(run({"verify", "--jwks", pem, "--issuer", std::string(crypto::kDevIssuer), "--audience",
                 std::string(crypto::kDevAudience)},
                minted),
            kOk)
      << out_;
  const json::Value* claims = line_.find("claims");
  ASSERT_NE(claims, nullptr);
  EXPECT_EQ(claims->string_at("sub"), "alice");
  EXPECT_EQ(claims->find("roles")->array().size(), 1u);
  EXPECT_EQ(run({"issue", "--dev", "--state-dir", folder_.path()}), kOk);
  EXPECT_EQ(run({"verify", "--jwks", pem}, out_), kOk) << "the key is kept";
}

}  // namespace
}  // namespace gatehouse::app

#include "app/check_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "app/testing/policy_text.h"
#include "app/testing/variables.h"
#include "base/json.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// One route, in lines 9 and 10.
const std::string kClean = std::string(testing::kPolicyHead) + "[[route]]\npath = \"/\"\n";

// A file of its own for each test, and a command line.
class Check : public ::testing::Test {
 protected:
  int run(std::string_view text, std::vector<std::string> words = {}) {
    std::ofstream(path_) << text;
    words.insert(words.begin(), {"check", "-c", path_});
    return dispatch(std::move(words));
  }
  int dispatch(std::vector<std::string> words) {
    out_.str("");
    err_.str("");
    std::istringstream in;
    ManualClock clock;
    CountingEntropy entropy;
    World world{in, out_, err_, false, testing::seen_in(variables_), clock, entropy};
    const Command commands[] = {check_command()};
    return app::dispatch(commands, words, world);
  }
  std::string out() const { return out_.str(); }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.at("gatehouse.toml");
  testing::Variables variables_;
  std::ostringstream out_, err_;
};

TEST_F(Check, ACleanFileExitsZeroAndSaysSo) {
  EXPECT_EQ(run(kClean), kOk) << out();
  EXPECT_THAT(out(), HasSubstr("clean, 1 route, 1 secret not looked at"));
}

TEST_F(Check, FindingsExitOneWithPlaceAndRemedy) {
  EXPECT_EQ(run(kClean + "upstraem = \"app\"\n"), kFindings);
  EXPECT_EQ(out(),
            path_ + ":11:1: error: route[0].upstraem: unknown key [unknown_key]\n  remedy: did you mean `upstream`?\n");
}

TEST_F(Check, JsonHasTheSameFindings) {
  EXPECT_EQ(run(kClean + "upstraem = \"app\"\n", {"--format", "json"}), kFindings);
  auto v = json::parse(out());
  ASSERT_TRUE(v);
  EXPECT_EQ(v->find("ok")->boolean(), false);
  const json::Value& f = v->find("findings")->array().at(0);
  EXPECT_EQ(f.string_at("severity"), "error");
  EXPECT_EQ(f.string_at("code"), "unknown_key");
  EXPECT_EQ(f.string_at("file"), path_);
  EXPECT_EQ(f.find("line")->integer(), 11);
  EXPECT_EQ(f.find("column")->integer(), 1);
  EXPECT_EQ(f.string_at("key"), "route[0].upstraem");
  EXPECT_EQ(f.string_at("remedy"), "did you mean `upstream`?");
  EXPECT_EQ(run(kClean, {"--format", "json"}), kOk);
  EXPECT_EQ(json::parse(out())->find("ok")->boolean(), true);
}

TEST_F(Check, AnUnreadableFileIsIncompleteAndABadOptionIsUsage) {
  EXPECT_EQ(dispatch({"check", "-c", "/nowhere/gatehouse.toml"}), kIncomplete);
  EXPECT_THAT(err_.str(), HasSubstr("cannot be read: No such file or directory\n  remedy: name the file with -c FILE"));
  EXPECT_EQ(dispatch({"check", "-c", "/tmp"}), kIncomplete);
  EXPECT_EQ(dispatch({"check", "-c", "/nowhere/x", "--format", "json"}), kIncomplete);
  EXPECT_EQ(json::parse(out())->find("ok")->boolean(), false);
  EXPECT_EQ(run(kClean, {"--format", "xml"}), kUsage);
}

TEST_F(Check, SecretsAreJudgedOnlyWhenAsked) {
  EXPECT_EQ(run(kClean), kOk) << out();
  EXPECT_EQ(run(kClean, {"--env"}), kFindings);
  EXPECT_THAT(out(), HasSubstr(":6:1: error: tls.key: the variable TLS_KEY is not set [missing_secret]"));
  variables_["TLS_KEY"] = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----";
  EXPECT_EQ(run(kClean, {"--env"}), kOk) << out();
  EXPECT_THAT(out(), HasSubstr("1 secret judged"));
  EXPECT_THAT(out(), Not(HasSubstr("MC4C")));
}

TEST_F(Check, EffectiveNamesTheLineOfEveryRule) {
  std::string text = kClean + "[[route]]\npath = \"/api\"\n[route.cors]\norigins = \"https://a.example\"\n";
  EXPECT_EQ(run(text, {"--effective", "/api/x?y=1"}), kOk) << out();
  EXPECT_THAT(out(), HasSubstr("route /api from " + path_ + ":11, answered by upstream app\n"));
  EXPECT_THAT(out(), HasSubstr("  methods: all but CONNECT and TRACE; body: at most 1MiB\n"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("cors +=.*https://a.example.* from [^ ]*:13 \\(route\\)\n"));
  EXPECT_THAT(out(), ::testing::ContainsRegex("request_id +=.*\\(built-in default\\)\n"));
  EXPECT_EQ(run(text, {"--effective", "/", "--format", "json"}), kOk);
  EXPECT_EQ(json::parse(out())->find("effective")->string_at("route"), "/");
  run(text, {"--effective", "/a/../b"});
  EXPECT_THAT(out(), HasSubstr("every request for this path is refused"));
}

TEST_F(Check, EffectiveSaysOfAPathThatItsRouteRefusesThatItDoes) {
  std::string text = kClean + "[[route]]\npath = \"/api\"\n";
  run(text, {"--effective", "/api/a%2Fb"});
  EXPECT_THAT(out(), HasSubstr("refused without encoded_slash = \"keep\" (route /api, line 11)"));
  run(text, {"--effective", "/Api/x"});
  EXPECT_THAT(out(), HasSubstr("refused without path_case = \"exact\" (route /, line "));
  run(text + "encoded_slash = \"keep\"\n", {"--effective", "/api/a%2Fb"});
  EXPECT_THAT(out(), HasSubstr("route /api from "));
}

}  // namespace
}  // namespace gatehouse::app

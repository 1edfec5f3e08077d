#include "app/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace gatehouse::app {
namespace {

using testing::HasSubstr;

struct Terminal {
  std::istringstream in;
  std::ostringstream out, err;
  ManualClock clock;
  CountingEntropy entropy;
  std::string ran;
  int code = -1;

  int run(std::vector<std::string> words) {
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock, entropy};
    const Command commands[] = {
        {"check",
         "Say what is wrong with a configuration",
         "",
         0,
         0,
         {{"config", 'c', "FILE", "The file", false}, {"env", 0, "", "Also secrets", false}},
         "Reads a file and says everything that is wrong with it, all at once, so that nobody mends one thing only\n"
         "to be told of the next.\n\n"
         "  gatehouse check --config "
         "a/very/long/path/that/nobody/may/break/because/it/is/to/be/copied/into/a/shell.toml\n"
         "\nexit codes: 0 clean",
         [&](const Arguments& a, World&) {
           ran = "check " + a.value_or("config", "none") + (a.has("env") ? " env" : "");
           return kOk;
         }},
        {"token verify",
         "Judge a token",
         "[TOKEN]",
         0,
         1,
         {{"alg", 0, "NAME", "Allowed", true}},
         "",
         [&](const Arguments& a, World&) {
           ran = "verify";
           for (const auto& v : a.values("alg")) ran += " alg=" + v;
           for (const auto& w : a.words()) ran += " " + w;
           return kFindings;
         }},
        {"why", "Explain a refusal", "REQUEST_ID", 1, 1, {}, "", [](const Arguments&, World&) { return kOk; }},
    };
    return code = dispatch(commands, words, world);
  }
};

TEST(Cli, OptionsComeInEverySpelling) {
  for (auto words :
       {std::vector<std::string>{"check", "-c", "a.toml", "--env"}, {"check", "--env", "--config=a.toml"}}) {
    Terminal t;
    EXPECT_EQ(t.run(words), kOk);
    EXPECT_EQ(t.ran, "check a.toml env");
  }
}

TEST(Cli, TwoWordCommandsTakeRepeatedOptionsAndPlainWords) {
  Terminal t;
  EXPECT_EQ(t.run({"token", "verify", "--alg", "ES256", "--alg=RS256", "--", "-x"}), kFindings);
  EXPECT_EQ(t.ran, "verify alg=ES256 alg=RS256 -x");
}

TEST(Cli, EachMistakeIsNamedWithItsRemedyAndExitsTwo) {
  const std::pair<std::vector<std::string>, std::string> mistakes[] = {
      {{"chek"}, "unknown command `chek`; did you mean `check`?"},
      {{"token", "verfy"}, "unknown command `token verfy`; did you mean `token verify`?"},
      {{"check", "--confg", "x"}, "unknown option `--confg`; did you mean --config?"},
      {{"check", "-x"}, "unknown option `-x`"},
      {{"check", "-c"}, "--config needs a value (FILE)"},
      {{"check", "--env=yes"}, "--env takes no value"},
      {{"check", "-c", "a", "-c", "b"}, "--config is given twice"},
      {{"check", "extra"}, "`extra` is one word too many"},
      {{"check", "a.toml"}, "`a.toml` is one word too many; a configuration is named by --config `a.toml`"},
      {{"why"}, "REQUEST_ID is missing"},
      {{"zzz\x1b[2J"}, "unknown command `zzz\\x1b[2J`\n"},
  };
  for (const auto& [words, message] : mistakes) {
    Terminal t;
    EXPECT_EQ(t.run(words), kUsage);
    EXPECT_THAT(t.err.str(), HasSubstr(message));
    EXPECT_EQ(t.ran, "");
    EXPECT_EQ(t.out.str(), "");
  }
}

TEST(Cli, HelpFitsATerminalAndBreaksNoLineThatIsToBeCopied) {
  Terminal t;
  EXPECT_EQ(t.run({"check", "--help"}), kOk);
  std::istringstream lines(t.out.str());
  bool example = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  gatehouse check --config ")) {
      example = line.ends_with("/shell.toml");
      continue;
    }
    EXPECT_LE(line.size(), 80u) << line;
  }
  EXPECT_TRUE(example) << t.out.str();
  EXPECT_THAT(t.out.str(), HasSubstr("only to be told of the next.\n"));
}

TEST(Cli, HelpTeachesOnStandardOutputAndExitsZero) {
  for (auto words : {std::vector<std::string>{"check", "--help"}, {"help", "check"}, {"check", "-c", "x", "-h"}}) {
    Terminal t;
    EXPECT_EQ(t.run(words), kOk);
    EXPECT_THAT(t.out.str(), HasSubstr("usage: gatehouse check [options]"));
    EXPECT_THAT(t.out.str(), HasSubstr("-c, --config FILE  The file"));
    EXPECT_THAT(t.out.str(), HasSubstr("exit codes: 0 clean"));
  }
  Terminal list;
  EXPECT_EQ(list.run({"--help"}), kOk);
  EXPECT_THAT(list.out.str(), HasSubstr("token verify  Judge a token"));
  Terminal group;
  EXPECT_EQ(group.run({"token", "--help"}), kOk);
  EXPECT_THAT(group.out.str(), testing::Not(HasSubstr("REQUEST_ID")));
  Terminal bare;
  EXPECT_EQ(bare.run({}), kUsage);
  EXPECT_THAT(bare.err.str(), HasSubstr("commands:"));
}

}  // namespace
}  // namespace gatehouse::app

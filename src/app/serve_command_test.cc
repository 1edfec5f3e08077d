#include "app/serve_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/testing/temporary_folder.h"
#include "net/http/listener.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

// What serve says before it opens a port, and what reload makes of the answers. Serving itself is tested end to end.
class ServeCommand : public ::testing::Test {
 protected:
  int run(const std::vector<std::string>& words) {
    std::istringstream in;
    std::ostringstream out, err;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock_, entropy_};
    const auto commands = serve_commands([this](const AdminAddress&, std::string_view method, std::string_view path,
                                                const std::string&) -> Result<AdminAnswerText> {
      EXPECT_EQ(method, "POST");
      EXPECT_EQ(path, "/.gatehouse/reload");
      if (answer_.status == 0) return fail(Source::origin, "connect", "refused");
      return answer_;
    });
    const int code = dispatch(commands, words, world);
    out_ = out.str(), err_ = err.str();
    return code;
  }
  std::string file(const std::string& text) {
    const std::string path = folder_.at("gatehouse.toml");
    std::ofstream(path) << text;
    return path;
  }

  ManualClock clock_{1700000000};
  CountingEntropy entropy_;
  AdminAnswerText answer_{0, ""};
  const TemporaryFolder folder_;
  std::string out_, err_;
};

TEST_F(ServeCommand, WithoutAFileTellsTheFiveLinesToWrite) {
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  EXPECT_EQ(run({"serve"}), kUsage);
  std::filesystem::current_path(here);
  for (const char* line : {"listen = [", "site = {", "tls = {", "upstream.app = {", "route = [{", "serve --dev"})
    EXPECT_THAT(err_, HasSubstr(line));
}

TEST_F(ServeCommand, DevelopmentIsAllOnTheCommandLineOrNotAtAll) {
  const std::string path = file("");
  for (const std::vector<std::string>& words : {
           std::vector<std::string>{"serve", "--dev"},
           {"serve", "--dev", "--listen", "http://127.0.0.1:0"},
           {"serve", "--dev", "--upstream", "http://127.0.0.1:9000"},
           {"serve", "--dev", "--listen", "http://127.0.0.1:0", "--upstream", "http://127.0.0.1:9", "-c", path},
           {"serve", "-c", path, "--listen", "http://127.0.0.1:0"},
           {"serve", "-c", path, "--upstream", "http://127.0.0.1:9000"},
       })
    EXPECT_EQ(run(words), kUsage) << err_;
  EXPECT_THAT(err_, HasSubstr("go with --dev"));
}

TEST_F(ServeCommand, RefusesAFileWithFindingsBeforeAnythingIsOpened) {
  const std::string state = folder_.at("state");
  EXPECT_EQ(run({"serve", "-c", file("state_dir = \"" + state + "\"\nlisten = [\"http://0.0.0.0:0\"]\nlisn = 1\n")}),
            kFindings);
  EXPECT_THAT(err_, HasSubstr("lisn"));
  EXPECT_THAT(err_, HasSubstr("nothing was opened"));
  EXPECT_FALSE(std::filesystem::exists(state));
}

TEST_F(ServeCommand, IsRefusedWhereAnotherProgramListensAndLeavesNothingBehind) {
  const auto anywhere = conf::ServerUrl::parse("http://127.0.0.1:0");
  auto theirs = http::open_listener(*anywhere);
  ASSERT_TRUE(theirs) << theirs.error().text();
  const std::string taken = "http://127.0.0.1:" + std::to_string(http::local_port(*theirs));
  const std::string state = folder_.at("state");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--listen", taken},
                                                {"--listen", "http://127.0.0.1:0", "--listen", taken},
                                                {"--listen", "http://127.0.0.1:0", "--admin", taken}}) {
    std::vector<std::string> all{"serve", "--dev", "--upstream", "http://127.0.0.1:9", "--state-dir", state};
    all.insert(all.end(), words.begin(), words.end());
    EXPECT_EQ(run(all), kIncomplete);
    EXPECT_THAT(err_, HasSubstr(taken + ": another program listens there"));
    EXPECT_FALSE(std::filesystem::exists(state)) << words.back();
  }
  ::close(*theirs);
}

TEST_F(ServeCommand, SaysWhichFileItCannotRead) {
  EXPECT_EQ(run({"serve", "-c", folder_.at("absent.toml")}), kIncomplete);
  EXPECT_THAT(err_, HasSubstr("absent.toml: cannot be read"));
}

TEST_F(ServeCommand, ReloadTellsWhatTheRunningGateSaid) {
  const std::string path = file("state_dir = \"" + folder_.path() + "\"\n");
  EXPECT_EQ(run({"reload", "-c", path}), kIncomplete) << "nobody answers";
  EXPECT_THAT(err_, HasSubstr("remedy"));
  answer_ = {200, R"({"reloaded":true,"message":"the new policy serves"})"};
  EXPECT_EQ(run({"reload", "-c", path}), kOk);
  EXPECT_EQ(out_, "the new policy serves\n");
  answer_ = {409, R"({"error":{"code":"bad_configuration","message":"line 3: no such key"}})"};
  EXPECT_EQ(run({"reload", "-c", path}), kFindings);
  EXPECT_THAT(err_, HasSubstr("not reloaded: line 3: no such key"));
  answer_ = {500, "no JSON at all"};
  EXPECT_EQ(run({"reload", "-c", path}), kFindings);
  EXPECT_THAT(err_, HasSubstr("refused"));
}

}  // namespace
}  // namespace gatehouse::app

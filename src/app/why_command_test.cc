#include "app/why_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kLog =
    R"({"time":"2026-11-22T12:00:00.100Z","level":"info","id":"aaaa0001","client":"203.0.113.7","method":"GET","route":"api","path":"/api/notes","status":200,"bytes":12,"ms":3.100,"upstream":"http://127.0.0.1:9000","upstream_ms":2.500,"upstream_status":200,"protocol":"HTTP/1.1"}
{"time":"2026-11-22T12:00:01.100Z","level":"warning","id":"aaaa0002","client":"203.0.113.7","method":"POST","route":"api","path":"/api/notes","status":403,"code":"csrf_origin","control":"csrf","detail":"Origin: https://evil.example \u001b[2J","place":"gatehouse.toml:12","bytes":120,"ms":0.100,"user":"1f2e","protocol":"HTTP/1.1"}
{"time":"2026-11-22T12:00:02.100Z","level":"warning","id":"aaaa0003","client":"203.0.113.7","method":"GET","path":"/x","status":404,"code":"not_found","bytes":120,"ms":0.100}
{"time":"2026-11-22T12:00:03.100Z","level":"info","id":"aaaa0004","client":"203.0.113.7","method":"GET","path":"/y?ref=aaaa0002","status":200,"observed":"rate_limited","observed_control":"rate_limit","bytes":1,"ms":0.100}
not a line of ours with aaaa0005
{"time":"2026-11-22T12:00:04.100Z","level":"error","id":"aaaa0006","method":"GET","path":"/z","status":502,"code":"from_the_future","bytes":1,"ms":0.1}
)";

class WhyCommand : public ::testing::Test {
 protected:
  WhyCommand() { std::ofstream(log_) << kLog; }

  int run(std::vector<std::string> words, std::string input = "") {
    std::istringstream in(std::move(input));
    std::ostringstream out, err;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock_, entropy_};
    const std::vector<Command> commands{why_command()};
    words.insert(words.begin(), "why");
    const int code = dispatch(commands, words, world);
    out_ = out.str(), err_ = err.str();
    return code;
  }
  ManualClock clock_;
  CountingEntropy entropy_;
  const TemporaryFolder folder_;
  const std::string log_ = folder_.at("access.log");
  std::string out_, err_;
};

TEST_F(WhyCommand, NamesTheRuleTheLineAndTheRemedyOfARefusal) {
  EXPECT_EQ(run({"aaaa0002", "--log", log_}), kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("POST /api/notes -> 403 csrf_origin"));
  EXPECT_THAT(out_, HasSubstr("rule     csrf\n"));
  EXPECT_THAT(out_, HasSubstr("place    gatehouse.toml:12\n"));
  EXPECT_THAT(out_, HasSubstr("remedy   "));
  EXPECT_THAT(out_, HasSubstr("detail   Origin: https://evil.example"));
  EXPECT_THAT(out_, Not(HasSubstr("\x1b"))) << "what a client wrote is shown, not obeyed";
}

TEST_F(WhyCommand, SaysThatNoRuleRefusedAnAnsweredRequest) {
  EXPECT_EQ(run({"aaaa0001", "--log", log_}), kOk);
  EXPECT_THAT(out_, HasSubstr("no rule refused it"));
  EXPECT_THAT(out_, HasSubstr("http://127.0.0.1:9000 answered 200 after 2.500 ms"));
}

TEST_F(WhyCommand, SaysWhereNothingIsConfigured) {
  EXPECT_EQ(run({"aaaa0003", "--log", log_}), kOk);
  EXPECT_THAT(out_, HasSubstr("rule     the gate itself"));
  EXPECT_THAT(out_, HasSubstr("place    a default"));
}

TEST_F(WhyCommand, TellsAnObservedRefusalFromARealOne) {
  EXPECT_EQ(run({"aaaa0004", "--log", log_}), kOk);
  EXPECT_THAT(out_, HasSubstr("only observes"));
  EXPECT_THAT(out_, HasSubstr("-> 200\n"));
  EXPECT_THAT(out_, HasSubstr("rule     rate_limit"));
}

TEST_F(WhyCommand, ACodeItDoesNotKnowIsShownAsItIs) {
  EXPECT_EQ(run({"aaaa0006", "--log", log_}), kOk);
  EXPECT_THAT(out_, HasSubstr("from_the_future"));
}

TEST_F(WhyCommand, AnswersInJson) {
  EXPECT_EQ(run({"aaaa0002", "--log", log_, "--format", "json"}), kOk);
  const auto v = json::parse(out_).value();
  EXPECT_EQ(v.find("refused")->boolean(), true);
  EXPECT_EQ(v.string_at("code"), "csrf_origin");
  EXPECT_EQ(v.string_at("place"), "gatehouse.toml:12");
  EXPECT_FALSE(v.string_at("remedy")->empty());
  EXPECT_EQ(v.find("record")->string_at("method"), "POST");
  EXPECT_EQ(run({"nothere", "--log", log_, "--format", "json"}), kFindings);
  EXPECT_EQ(out_, "{\"found\":false}\n");
}

TEST_F(WhyCommand, ReadsWhatIsPipedIn) {
  EXPECT_EQ(
      run({"aaaa0002", "--log", "-"}, "Nov 22 host gatehouse[1]: " + std::string(kLog.substr(kLog.find('\n') + 1))),
      kOk);
  EXPECT_THAT(out_, HasSubstr("csrf_origin"));
}

TEST_F(WhyCommand, FindsTheLogByTheConfiguration) {
  const std::string file = folder_.at("gatehouse.toml");
  std::ofstream(file) << "listen = [\"http://127.0.0.1:8080\"]\n[log]\nfile = \"" << log_ << "\"\n";
  EXPECT_EQ(run({"aaaa0002", "-c", file}), kOk) << err_;
  std::ofstream(file) << "listen = [\"http://127.0.0.1:8080\"]\n";
  EXPECT_EQ(run({"aaaa0002", "-c", file}), kUsage);
  EXPECT_THAT(err_, HasSubstr("--log"));
}

TEST_F(WhyCommand, LooksIntoRotatedFilesAndNamesThosePacked) {
  std::filesystem::rename(log_, log_ + ".1");
  std::ofstream(log_) << R"({"id":"bbbb0001","method":"GET","path":"/now","status":200})" << "\n";
  std::ofstream(log_ + ".2.gz") << "packed";
  std::ofstream(folder_.at("access.logs-of-others")) << R"({"id":"cccc0001","path":"/other","status":200})" << "\n";
  EXPECT_EQ(run({"bbbb0001", "--log", log_}), kOk) << err_;
  EXPECT_EQ(run({"aaaa0002", "--log", log_}), kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("csrf_origin"));
  EXPECT_EQ(run({"cccc0001", "--log", log_}), kFindings);
  EXPECT_THAT(err_, HasSubstr("access.log, "));
  EXPECT_THAT(err_, HasSubstr("access.log.1;"));
  EXPECT_THAT(err_, HasSubstr("not looked into: " + log_ + ".2.gz"));
}

TEST_F(WhyCommand, OnlyTheRequestsOwnLineCounts) {
  EXPECT_EQ(run({"aaaa000", "--log", log_}), kFindings);
  EXPECT_EQ(run({"aaaa0005", "--log", log_}), kFindings);
  EXPECT_EQ(run({"aaaa0002", "--log", log_}), kOk);
  EXPECT_THAT(out_, HasSubstr("/api/notes")) << "not the one that mentions it in its query";
}

TEST_F(WhyCommand, MistakesHaveTheirOwnExits) {
  EXPECT_EQ(run({}), kUsage);
  EXPECT_EQ(run({"a\"b", "--log", log_}), kUsage);
  EXPECT_EQ(run({"aaaa0002", "--log", folder_.at("missing")}), kIncomplete);
  EXPECT_EQ(run({"aaaa0002", "--log", log_, "--format", "xml"}), kUsage);
}

}  // namespace
}  // namespace gatehouse::app

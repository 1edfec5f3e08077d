#include "app/revoke_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/testing/temporary_folder.h"
#include "gate/revocations_api.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

// The commands against the real list and its admin interface, without a socket between.
class RevokeCommand : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words) {
    std::istringstream in;
    std::ostringstream out, err;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock_, entropy_};
    const auto commands =
        revoke_commands([this](const AdminAddress& address, std::string_view method, std::string_view path,
                               const std::string& body) -> Result<AdminAnswerText> {
          asked_ = address;
          if (down_) return fail(Source::origin, "connect", "refused");
          EXPECT_EQ(path, "/revocations");
          auto a = gate::revocations_api(list_, method, body, clock_);
          return AdminAnswerText{status_ ? status_ : a.status, a.body};
        });
    words.insert(words.begin(), "revoke");
    const int code = dispatch(commands, words, world);
    out_ = out.str(), err_ = err.str();
    return code;
  }
  bool refused(std::string subject, std::string session, std::int64_t issued_at = 1) {
    gate::Principal p;
    p.subject = std::move(subject), p.session = std::move(session), p.issued_at = issued_at;
    return list_.refuses(p);
  }

  ManualClock clock_{1700000000};
  CountingEntropy entropy_;
  gate::Revocations list_{clock_};
  AdminAddress asked_;
  bool down_ = false;
  int status_ = 0;
  std::string out_, err_;
};

TEST_F(RevokeCommand, EndsASessionAtOnceAndSaysUntilWhen) {
  EXPECT_EQ(run({"session", "sess_1", "--for", "1h", "--reason", "stolen laptop"}), kOk) << err_;
  EXPECT_EQ(out_, "revoked: session sess_1, until 2023-11-14T23:13:20Z (stolen laptop)\n");
  EXPECT_TRUE(refused("u", "sess_1"));
  EXPECT_FALSE(refused("u", "sess_2"));
}

TEST_F(RevokeCommand, ASubjectIsShutOutOrSignedOutEverywhere) {
  EXPECT_EQ(run({"subject", "user_1"}), kOk);
  EXPECT_TRUE(refused("user_1", "", 1800000000));
  EXPECT_EQ(run({"subject", "user_2", "--sessions"}), kOk);
  EXPECT_TRUE(refused("user_2", "", 1700000000));
  EXPECT_FALSE(refused("user_2", "", 1700000001));
}

TEST_F(RevokeCommand, AllMakesEverybodySignInAgainAndCanBeTakenBack) {
  EXPECT_EQ(run({"all", "--reason", "key lost"}), kOk);
  EXPECT_TRUE(refused("anyone", "", 1700000000));
  EXPECT_EQ(run({"lift", "all"}), kOk);
  EXPECT_FALSE(refused("anyone", "", 1700000000));
}

TEST_F(RevokeCommand, ListShowsWhatHolds) {
  EXPECT_EQ(run({"list"}), kOk);
  EXPECT_EQ(out_, "nothing is revoked\n");
  run({"session", "sess_1"});
  run({"subject", "user_1", "--sessions"});
  EXPECT_EQ(run({"list"}), kOk);
  EXPECT_THAT(out_, HasSubstr("session sess_1, until 2024-02-12T22:13:20Z\n"));
  EXPECT_THAT(out_, HasSubstr("sessions of subject user_1 issued up to 2023-11-14T22:13:20Z, until lifted\n"));
  EXPECT_EQ(run({"list", "--format", "json"}), kOk);
  EXPECT_EQ(json::parse(out_).value().find("revocations")->array().size(), 2u);
}

TEST_F(RevokeCommand, LiftTakesBackAndSaysWhenThereWasNothing) {
  run({"session", "sess_1"});
  EXPECT_EQ(run({"lift", "session", "sess_1"}), kOk);
  EXPECT_FALSE(refused("u", "sess_1"));
  EXPECT_EQ(run({"lift", "session", "sess_1"}), kFindings);
  EXPECT_EQ(run({"lift", "session"}), kUsage);
  EXPECT_EQ(run({"lift", "all", "x"}), kUsage);
  EXPECT_EQ(run({"lift", "nonsense", "x"}), kUsage);
}

TEST_F(RevokeCommand, MistakesAndSilenceHaveTheirOwnExits) {
  EXPECT_EQ(run({"session"}), kUsage);
  EXPECT_EQ(run({"session", "s", "--for", "soon"}), kUsage);
  EXPECT_EQ(run({"session", "s", "--format", "xml"}), kUsage);
  down_ = true;
  EXPECT_EQ(run({"session", "s"}), kIncomplete);
  EXPECT_THAT(err_, HasSubstr("remedy"));
  down_ = false;
  status_ = 401;
  EXPECT_EQ(run({"list"}), kIncomplete);
}

TEST_F(RevokeCommand, TerminalEscapesInTheListAreShownAndNotObeyed) {
  run({"session", "s\x1b[2J"});
  EXPECT_EQ(run({"list"}), kOk);
  EXPECT_EQ(out_.find('\x1b'), std::string::npos);
}

TEST_F(RevokeCommand, FindsTheRunningGatehouseByItsConfiguration) {
  const TemporaryFolder folder;
  const std::string file = folder.at("gatehouse.toml");
  std::ofstream(file)
      << "listen = [\"http://127.0.0.1:8080\"]\nadmin = \"http://127.0.0.1:9555\"\nstate_dir = \"/var/lib/x\"\n";
  run({"list", "-c", file});
  EXPECT_EQ(asked_.url, "http://127.0.0.1:9555");
  EXPECT_EQ(asked_.token_file, "/var/lib/x/admin-token");
  run({"list", "-c", file, "--admin", "http://127.0.0.1:9666", "--state-dir", "/tmp/y"});
  EXPECT_EQ(asked_.url, "http://127.0.0.1:9666");
  EXPECT_EQ(asked_.token_file, "/tmp/y/admin-token");
}

TEST(AdminOverLoopback, NeverSendsTheTokenToAnotherMachine) {
  SystemClock clock;
  auto ask = admin_over_loopback(clock);
  for (const char* url : {"http://192.0.2.1:9100", "https://127.0.0.1:9100", "http://example.com", "nonsense"}) {
    auto answer = ask({url, "/dev/null"}, "GET", "/revocations", "");
    ASSERT_FALSE(answer) << url;
    EXPECT_NE(answer.error().code, "connect") << url;
  }
}

}  // namespace
}  // namespace gatehouse::app

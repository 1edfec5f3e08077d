#include "app/admin_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;

// A command that asks one thing, against answers made here.
class AdminCommand : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words, bool quiet_404 = false) {
    std::istringstream in;
    std::ostringstream out, err;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock_, entropy_};
    const AskAdmin ask = [this](const AdminAddress& address, std::string_view method, std::string_view path,
                                const std::string& body) -> Result<AdminAnswerText> {
      asked_ = std::string(method) + " " + std::string(path) + " " + body;
      address_ = address;
      if (answer_.status == 0) return fail(Source::origin, "connect", "refused");
      return answer_;
    };
    Command c;
    c.name = "ask";
    c.options = with_admin_options({{"own", 0, "X", "an option of the command's own"}});
    c.run = checked_format([&](const Arguments& args, World& w) {
      json_ = as_json(args);
      reply_ = ask_running(ask, args, w, "POST", "/thing", "{}", quiet_404);
      return reply_.exit;
    });
    words.insert(words.begin(), "ask");
    const int code = dispatch(std::vector<Command>{c}, words, world);
    out_ = out.str(), err_ = err.str();
    return code;
  }

  ManualClock clock_{1700000000};
  CountingEntropy entropy_;
  AdminAnswerText answer_{200, "{\"n\":3,\"word\":\"a\\u001bb\"}"};
  AdminAddress address_;
  AdminReply reply_;
  bool json_ = false;
  std::string asked_, out_, err_;
};

TEST_F(AdminCommand, hands_the_question_on_and_the_answer_back) {
  EXPECT_EQ(run({"--admin", "http://127.0.0.1:7", "--state-dir", "/state"}), kOk) << err_;
  EXPECT_EQ(asked_, "POST /thing {}");
  EXPECT_EQ(address_.url, "http://127.0.0.1:7");
  EXPECT_EQ(address_.token_file, "/state/admin-token");
  EXPECT_EQ(reply_.status, 200);
  EXPECT_EQ(number_at(reply_.answer, "n"), 3);
  EXPECT_EQ(number_at(reply_.answer, "word"), 0) << "no number";
  EXPECT_EQ(number_at(reply_.answer, "absent"), 0);
  EXPECT_EQ(word_at(reply_.answer, "word").find('\x1b'), std::string::npos) << "fit for a terminal";
  EXPECT_EQ(word_at(reply_.answer, "absent"), "");
}

TEST_F(AdminCommand, keeps_the_commands_own_options_and_takes_two_formats_only) {
  EXPECT_EQ(run({"--own", "x", "--format", "json"}), kOk) << err_;
  EXPECT_TRUE(json_);
  EXPECT_EQ(run({"--format", "text"}), kOk);
  EXPECT_FALSE(json_);
  asked_.clear();
  EXPECT_EQ(run({"--format", "yaml"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("--format is text or json"));
  EXPECT_EQ(asked_, "") << "nothing is asked for a form that nobody can print";
}

TEST_F(AdminCommand, tells_where_it_asked_and_what_to_do_when_nobody_answers) {
  answer_.status = 0;
  EXPECT_EQ(run({"--admin", "http://127.0.0.1:7", "--state-dir", "/state"}), kIncomplete);
  EXPECT_THAT(err_, HasSubstr("asked: http://127.0.0.1:7, token: /state/admin-token"));
  EXPECT_THAT(err_, HasSubstr("remedy: name the running gatehouse by --config FILE"));
}

TEST_F(AdminCommand, a_refusal_speaks_for_itself_and_its_kind_is_the_exit_code) {
  const auto refused = [&](int status) {
    answer_ = {status, "{\"error\":{\"code\":\"c\",\"message\":\"no such endpoint\"}}"};
    return run({});
  };
  EXPECT_EQ(refused(400), kUsage);
  EXPECT_EQ(err_, "gatehouse: no such endpoint\n");
  EXPECT_EQ(refused(404), kFindings);
  EXPECT_EQ(refused(409), kFindings);
  EXPECT_EQ(refused(401), kIncomplete) << "the wrong token is not an answer";
  EXPECT_EQ(refused(500), kIncomplete);
  EXPECT_EQ(err_, "gatehouse: the admin listener answered 500: no such endpoint\n");
}

TEST_F(AdminCommand, what_is_no_answer_of_ours_is_never_taken_for_one) {
  for (const AdminAnswerText& odd :
       {AdminAnswerText{200, "<html>"}, AdminAnswerText{200, ""},
        AdminAnswerText{200, "{\"error\":{\"message\":\"x\"}}"}, AdminAnswerText{302, "{}"}}) {
    answer_ = odd;
    EXPECT_EQ(run({}), kIncomplete) << odd.status << odd.body;
    EXPECT_THAT(err_, HasSubstr("answered " + std::to_string(odd.status)));
  }
}

TEST_F(AdminCommand, a_missing_thing_is_quiet_where_the_command_has_better_words) {
  answer_ = {404, "{\"error\":{\"message\":\"gone\"}}"};
  EXPECT_EQ(run({}, true), kFindings);
  EXPECT_EQ(err_, "");
  EXPECT_EQ(reply_.status, 404);
  answer_.status = 500;
  EXPECT_EQ(run({}, true), kIncomplete);
  EXPECT_THAT(err_, HasSubstr("500"));
}

// Stops: an answer that moves the cursor and rewrites what the operator reads.
TEST_F(AdminCommand, messages_cannot_write_over_the_terminal) {
  answer_ = {400, "{\"error\":{\"message\":\"a\\u001b[2Jb\"}}"};
  EXPECT_EQ(run({}), kUsage);
  EXPECT_EQ(err_.find('\x1b'), std::string::npos);
}

TEST(UtcText, is_one_form_for_every_time) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(1700000000), "2023-11-14T22:13:20Z");
  EXPECT_EQ(utc_text_ms(1700000000999), "2023-11-14T22:13:20Z");
}

}  // namespace
}  // namespace gatehouse::app

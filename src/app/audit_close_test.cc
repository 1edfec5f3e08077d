#include "app/audit_close.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "app/audit_site.h"
#include "app/testing/little_site.h"
#include "app/text_file.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LittleSite;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kPolicy =
    "listen = [\"http://127.0.0.1:8080\"]\n[ingress]\ntrusted_proxies = [\"127.0.0.1\"]\ntls_upstream = true\n"
    "[site]\nhosts = [\"app.shop.example\"]\n[upstream.app]\nservers = [\"http://127.0.0.1:8000\"]\n"
    "[[route]]\npath = \"/\"\naccess = \"public\"\n";

// close_finding() by itself: its words, its exit code, and what it hands to the report.
class AuditClose : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words) {
    out.str(""), err.str("");
    report = {}, closing = {};
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock, entropy};
    Command c;
    c.name = "close";
    c.options = {{"close", 0, "ID", ""},   {"prove", 0, "", ""},   {"config", 'c', "FILE", ""},
                 {"route", 0, "PATH", ""}, {"dry-run", 0, "", ""}, {"behind", 0, "URL", ""},
                 {"reload", 0, "PID", ""}, {"wait", 0, "TIME", ""}};
    for (Option& o : site_options()) c.options.push_back(o);
    c.run = [this](const Arguments& a, World& w) { return close_finding(a, w, report, closing); };
    words.insert(words.begin(), {"close", "--close"});
    return dispatch(std::vector<Command>{c}, words, world);
  }
  std::string policy(std::string_view text = kPolicy) {
    const std::string path = folder.at("gatehouse.toml");
    EXPECT_TRUE(replace_text_file(path, std::string(text)));
    return path;
  }
  // Reflects every origin with credentials, unless `strict`.
  static std::string answer(const std::string& head, bool strict) {
    return strict ? LittleSite::reply(200, "Content-Type: application/json\r\n", "{}") : LittleSite::any_origin(head);
  }

  const TemporaryFolder folder;
  proof::Report report;
  audit::report::Closing closing;
  std::istringstream in;
  std::ostringstream out, err;
  SystemClock clock;
  CountingEntropy entropy;
};

TEST_F(AuditClose, tells_the_line_and_what_it_is_for) {
  EXPECT_EQ(run({"CORS-001"}), kOk) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("policy:\n[cors]\norigins = "));
  EXPECT_EQ(closing.id, "CORS-001");
  EXPECT_THAT(closing.title, Not(IsEmpty()));
  EXPECT_THAT(closing.mitigation, HasSubstr("origins"));
  EXPECT_THAT(closing.looks, IsEmpty()) << "nobody looked";
}

TEST_F(AuditClose, what_only_code_closes_is_told_with_the_fix) {
  EXPECT_EQ(run({"SEC-001"}), kFindings);
  EXPECT_THAT(out.str(), HasSubstr("No policy line closes SEC-001: only the code can."));
}

TEST_F(AuditClose, a_misspelt_id_or_a_missing_option_is_said_with_the_remedy) {
  EXPECT_EQ(run({"CORS-9\x1b[2J"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("gatehouse explain name them"));
  EXPECT_EQ(err.str().find('\x1b'), std::string::npos);
  EXPECT_EQ(run({"CORS-001", "--prove"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("--prove needs --url"));
  EXPECT_EQ(run({"SEC-001", "--prove", "--url", "http://127.0.0.1:1"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("gatehouse explain SEC-001"));
  EXPECT_EQ(run({"CSRF-001", "--prove", "--url", "http://127.0.0.1:1"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("add --active"));
}

TEST_F(AuditClose, a_file_that_cannot_be_read_is_named_and_a_dry_run_writes_nothing) {
  EXPECT_EQ(run({"CORS-001", "--config", folder.at("none.toml")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("none.toml"));
  const std::string file = policy();
  EXPECT_EQ(run({"CORS-001", "--config", file, "--dry-run"}), kOk) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("+[cors]"));
  EXPECT_EQ(read_text_file(file), std::string(kPolicy));
}

TEST_F(AuditClose, a_line_that_the_loader_would_refuse_is_not_written) {
  const std::string file = policy();
  EXPECT_EQ(run({"JWT-003", "--config", file}), kUsage);  // half a [jwt]
  EXPECT_THAT(err.str(), HasSubstr("so it stays as it is"));
  EXPECT_EQ(read_text_file(file), std::string(kPolicy));
}

TEST_F(AuditClose, a_proof_keeps_both_looks) {
  const LittleSite open{[](const std::string& head) { return answer(head, false); }};
  const LittleSite mended{[](const std::string& head) { return answer(head, true); }};
  EXPECT_EQ(run({"CORS-001", "--prove", "--url", open.url(), "--behind", mended.url()}), kOk) << err.str();
  ASSERT_THAT(closing.looks, SizeIs(2));
  EXPECT_EQ(closing.looks[0].at, open.url());
  EXPECT_EQ(closing.looks[0].verdict, "open");
  EXPECT_EQ(closing.looks[1].verdict, "closed");
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_THAT(report.positives, SizeIs(1));
}

TEST_F(AuditClose, still_open_is_a_finding_and_not_judged_is_incomplete) {
  const LittleSite open{[](const std::string& head) { return answer(head, false); }};
  EXPECT_EQ(run({"CORS-001", "--prove", "--url", open.url(), "--behind", open.url()}), kFindings);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings[0].evidence, SizeIs(2));
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(run({"CORS-001", "--prove", "--url", open.url(), "--behind", "http://127.0.0.1:1"}), kIncomplete);
  EXPECT_THAT(out.str(), HasSubstr("could not be judged"));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(run({"CORS-001", "--prove", "--url", "http://127.0.0.1:1"}), kIncomplete) << "not even the first look";
}

TEST_F(AuditClose, odd_times_and_processes_are_refused_before_the_second_look) {
  const LittleSite open{[](const std::string& head) { return answer(head, false); }};
  EXPECT_EQ(run({"CORS-001", "--prove", "--url", open.url(), "--wait", "soon"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("--wait takes a duration such as 20s"));
  // Stops: a signal to every process of this user (-1), or to the first of the machine.
  for (const char* pid : {"0", "1", "shop", "4294967295", "4294967296"}) {
    EXPECT_EQ(run({"CORS-001", "--prove", "--url", open.url(), "--reload", pid, "--wait", "0s"}), kUsage) << pid;
    EXPECT_THAT(err.str(), HasSubstr("cannot ask process"));
  }
}

}  // namespace
}  // namespace gatehouse::app

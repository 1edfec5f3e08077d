// The summary in words, the order of work, and the commands that somebody copies into a shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "audit/catalog.h"
#include "audit/report/render.h"

namespace gatehouse::audit::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

proof::Finding of(std::string_view id, std::string path = "a.py") {
  proof::Finding f = finding_of(id);
  f.locations.push_back({std::move(path), 1, 1, {}});
  return f;
}

proof::Report with(std::vector<proof::Finding> findings) {
  proof::Report r;
  r.findings = std::move(findings);
  r.sort();
  return r;
}

TEST(Advice, work_begins_with_the_worst_and_a_box_comes_as_early_as_its_worst_finding) {
  const auto work = remediation(with({of("DEP-001"), of("DJ-007"), of("SEC-001"), of("DJ-009"), of("DEP-002")}));
  ASSERT_THAT(work, SizeIs(3));
  EXPECT_THAT(work[0].ids, ElementsAre("SEC-001"));
  EXPECT_THAT(work[1].ids, ElementsAre("DJ-009", "DJ-007")) << "the high one brings the medium one with it";
  EXPECT_THAT(work[2].ids, ElementsAre("DEP-001", "DEP-002"));
}

TEST(Advice, what_is_for_information_is_no_work) {
  proof::Finding f = of("DEP-001");
  f.severity = proof::Severity::info;
  EXPECT_THAT(remediation(with({f})), IsEmpty());
  EXPECT_THAT(remediation({}), IsEmpty());
}

TEST(Advice, one_way_to_mend_is_said_once_however_many_need_it) {
  proof::Finding one = of("DJ-007"), other = of("DJ-009");
  one.fix = "Redirect to HTTPS. And then more words.";
  other.fix = "Redirect to HTTPS. And then other words.";
  const auto work = remediation(with({one, other, of("DJ-007", "b.py")}));
  ASSERT_THAT(work, SizeIs(1));
  EXPECT_EQ(work[0].how, "Redirect to HTTPS.");
  EXPECT_EQ(work[0].places, 3u);
}

TEST(Advice, every_finding_that_is_no_remark_is_in_one_piece_of_work) {
  std::vector<proof::Finding> all;
  for (const Rule& r : rules()) all.push_back(of(r.finding.id));
  const proof::Report report = with(std::move(all));
  std::multiset<std::string> ids;
  for (const Work& w : remediation(report)) {
    ids.insert(w.ids.begin(), w.ids.end());
    EXPECT_FALSE(w.how.empty()) << w.ids.front();
  }
  for (const proof::Finding& f : report.findings)
    EXPECT_EQ(ids.count(f.id), f.severity == proof::Severity::info ? 0u : 1u) << f.id;
}

TEST(Advice, the_summary_counts_what_there_is_and_promises_no_more_than_that) {
  proof::Report r = with({of("SEC-001"), of("DEP-001")});
  EXPECT_THAT(in_short(r), HasSubstr("The audit found 2 faults: 1 critical and 1 low."));
  EXPECT_THAT(in_short(r), HasSubstr("The most pressing is SEC-001"));
  for (proof::Finding& f : r.findings) f.mitigation.clear();
  EXPECT_THAT(in_short(r), HasSubstr("None of them can be closed at the edge"));
  for (proof::Finding& f : r.findings) f.mitigation = "[x]";
  EXPECT_THAT(in_short(r), HasSubstr("All of them can be closed"));
  EXPECT_THAT(in_short({}), Not(HasSubstr("secure")));
  proof::Report gaps;
  gaps.not_checked = {"a site"};
  EXPECT_THAT(in_short(gaps), HasSubstr("Not Checked"));
}

TEST(Advice, what_holds_is_named_without_its_places_and_three_times_at_most) {
  proof::Report r = with({of("SEC-001")});
  r.positives = {"One holds (a.py:1, b.py:2).", "Two (in brackets) hold.", "Three hold.", "Four hold."};
  EXPECT_THAT(in_short(r), HasSubstr("One holds; Two (in brackets) hold; Three hold. "));
  EXPECT_THAT(in_short(r), Not(HasSubstr("Four")));
}

// Runs the words of a command line as a shell would, with `curl` and the like made harmless, and says what they became.
std::string as_a_shell_reads(const std::string& commands) {
  std::string script =
      "curl() { printf '%s\\n' \"$@\"; }; gatehouse() { :; }; grep() { cat; }; sed() { cat; }; seq() { echo 1; }\n" +
      commands;
  std::string quoted = "'";
  for (char c : script) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  std::string out;
  FILE* pipe = ::popen(("sh -c " + quoted + "' 2>&1").c_str(), "r");
  if (pipe == nullptr) return "no shell";
  char piece[512];
  for (std::size_t n = 0; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) out.append(piece, n);
  ::pclose(pipe);
  return out;
}

// Stops: an address of the audited site that runs as a command when its auditor copies the line.
TEST(Advice, addresses_reach_curl_as_they_are_and_run_nothing) {
  for (const std::string& evil :
       std::vector<std::string>{"/a;echo OWNED", "/a'$(echo OWNED)'", "/a`echo OWNED`", "/a\"&&echo OWNED",
                                "/a|echo OWNED", "/a b", "/a*", "/$HOME", "/a\\", "/?a=1&b=2"}) {
    Context c;
    c.host = "https://shop.example";
    c.protected_path = c.sign_in_path = evil;
    for (const Step& step : verification(c)) {
      if (step.language != "bash") continue;
      const std::string out = as_a_shell_reads(step.commands);
      EXPECT_EQ(out.find("\nOWNED"), std::string::npos) << step.commands << "\n" << out;
      EXPECT_EQ(out.find("not found"), std::string::npos) << step.commands << "\n" << out;
      if (step.title != "Authentication") continue;
      EXPECT_THAT(out, HasSubstr("\nhttps://shop.example" + evil + "\n"));
    }
  }
}

TEST(Advice, https_is_asked_about_only_where_the_plain_port_is_known) {
  const auto asked = [](std::string host) {
    Context c;
    c.host = std::move(host);
    for (const Step& s : verification(c))
      if (s.title == "HTTPS") return s.commands;
    return std::string();
  };
  EXPECT_THAT(asked("https://shop.example"), HasSubstr("http://shop.example/"));
  EXPECT_EQ(asked("https://127.0.0.1:8443"), "");
  EXPECT_EQ(asked("http://shop.example"), "");
}

}  // namespace
}  // namespace gatehouse::audit::report

#include <gtest/gtest.h>

#include "proof/card.h"
#include "proof/fake_target.h"
#include "proof/finding.h"
#include "proof/observe.h"
#include "proof/probe.h"
#include "proof/report.h"

namespace gatehouse::proof {
namespace {

TEST(Proof, SeverityAndConfidenceHaveNames) {
  EXPECT_EQ(text(Severity::info), "info");
  EXPECT_EQ(text(Severity::low), "low");
  EXPECT_EQ(text(Severity::medium), "medium");
  EXPECT_EQ(text(Severity::high), "high");
  EXPECT_EQ(text(Severity::critical), "critical");
  EXPECT_EQ(text(Confidence::low), "low");
  EXPECT_EQ(text(Confidence::medium), "medium");
  EXPECT_EQ(text(Confidence::high), "high");
}

TEST(Proof, AFindingStartsWithAllThatItsCardKnows) {
  static constexpr int kCwe[] = {352, 1275};
  static constexpr std::string_view kAsvs[] = {"v5.0.0-3.5.1"};
  static constexpr std::string_view kRequirements[] = {"CSRF-1"};
  Card card{.id = "csrf",
            .title = "Cross-site writes",
            .attack = "a page",
            .severity = Severity::high,
            .cwe = kCwe,
            .owasp_2021 = "A01",
            .owasp_2025 = "A02",
            .asvs = kAsvs,
            .requirements = kRequirements,
            .impact = "i",
            .fix = "f",
            .mitigation = "m",
            .false_positive = "p"};
  Finding f = from_card(card, "CSRF-001");
  EXPECT_EQ(f.id, "CSRF-001");
  EXPECT_EQ(f.title, "Cross-site writes");
  EXPECT_EQ(f.severity, Severity::high);
  EXPECT_EQ(f.cwe, (std::vector<int>{352, 1275}));
  EXPECT_EQ(f.asvs, std::vector<std::string>{"v5.0.0-3.5.1"});
  EXPECT_EQ(f.requirements, std::vector<std::string>{"CSRF-1"});
  EXPECT_EQ(f.owasp_2021 + f.owasp_2025 + f.impact + f.fix + f.mitigation + f.false_positive, "A01A02ifmp");
  EXPECT_EQ(f.control, "csrf");
}

TEST(Proof, AHeaderIsFoundByItsLowerCaseNameAndTheFirstValueCounts) {
  Seen seen;
  seen.headers = {{"vary", "Origin"}, {"vary", "Accept"}, {"x-empty", ""}};
  EXPECT_EQ(seen.header("vary"), "Origin");
  EXPECT_EQ(seen.header("absent"), "");
  EXPECT_TRUE(seen.has("x-empty"));
  EXPECT_FALSE(seen.has("absent"));
}

TEST(Proof, AnObservationSaysWhereItWasMade) {
  FakeTarget site([](const Sent&) -> Result<Seen> { return Seen{}; });
  EXPECT_EQ(page_of(site), "/");
  site.path("page", "/start");
  EXPECT_EQ(page_of(site), "/start");
  Finding f;
  f.id = "X-1";
  Observation o = broken(f, site, "/start", "seen");
  EXPECT_EQ(o.holds, Holds::no);
  EXPECT_EQ(o.findings.at(0).locations.at(0).url, "https://app.example.com/start");
  EXPECT_EQ(o.findings.at(0).evidence.at(0), "seen");
  EXPECT_EQ(holds("good").holds, Holds::yes);
  EXPECT_EQ(unanswered(Problem{Source::origin, "refused", "port closed", nullptr}).holds, Holds::unknown);
}

TEST(Proof, AFakeSiteRemembersWhatItWasAsked) {
  FakeTarget site([](const Sent& s) -> Result<Seen> { return Seen{.status = s.path == "/" ? 200 : 404}; });
  site.path("protected", "/api/me");
  EXPECT_EQ(site.send({.path = "/x"})->status, 404);
  EXPECT_EQ(site.send({})->status, 200);
  EXPECT_EQ(site.sent.size(), 2u);
  EXPECT_EQ(site.sent[0].path, "/x");
  EXPECT_FALSE(site.send_plain({}).has_value());
  EXPECT_EQ(site.paths("protected"), std::vector<std::string>{"/api/me"});
  EXPECT_TRUE(site.paths("write").empty());
}

TEST(Report, tells_a_positive_once_with_all_its_places) {
  Report r;
  r.positives = {"Queries are scoped (a.py:3).", "Nothing listens.", "Queries are scoped (b.py:9).", "Nothing listens.",
                 "Framing is bounded (X-Frame-Options: DENY)."};
  r.sort();
  EXPECT_EQ(r.positives, (std::vector<std::string>{"Queries are scoped (a.py:3, b.py:9).", "Nothing listens.",
                                                   "Framing is bounded (X-Frame-Options: DENY)."}));
}

}  // namespace
}  // namespace gatehouse::proof

#include "controls/error_mask/control.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controls/error_mask/card.h"
#include "controls/error_mask/testing/case.h"
#include "controls/testing/read_settings.h"
#include "proof/fake_target.h"

// What may be written in the file, what is said about it, and what a site tells when it is asked from outside.
namespace gatehouse::controls::error_mask {
namespace {

TEST(ErrorMaskSettings, AreReadAndBadTypesNamed) {
  auto control = make();
  auto good = testing::read_settings(*control, "pass_errors = ['application/problem+json']\nkeep_for = '2h'");
  EXPECT_EQ(good.keys(), "");
  EXPECT_EQ(good.as<ErrorMaskSettings>().keep_for, std::chrono::hours(2));
  for (const char* bad :
       {"pass_errors = ['*/*']", "pass_errors = ['json']", "pass_errors = ['text/html; charset=utf-8']"})
    EXPECT_EQ(testing::read_settings(*control, bad).keys(), "pass_errors") << bad;
}

TEST(ErrorMaskCheck, FindsAbsenceAndHoles) {
  auto found = [control = make()](const ErrorMaskSettings& s) {
    std::vector<proof::Finding> out;
    control->check(s, {}, {}, out);
    std::string ids;
    for (const auto& f : out) ids += f.id + " ";
    return ids;
  };
  ErrorMaskSettings off, html, keep, problem;
  off.enabled = false;
  html.pass_errors = {"text/html"};
  keep.keep_bodies = true;
  problem.pass_errors = {"application/problem+json"};
  EXPECT_EQ(found({}), "");
  EXPECT_EQ(found(off), "GH-ERROR-MASK ");
  EXPECT_EQ(found(html), "GH-ERROR-MASK-PASS ");
  EXPECT_EQ(found(keep), "GH-ERROR-MASK-KEEP ");
  EXPECT_EQ(found(problem), "");
}

TEST(ErrorMaskProbe, TellsASiteThatTalksFromOneThatDoesNot) {
  for (const proof::Probe& probe : probe_list()) {
    auto site = [](std::string_view body) {
      proof::FakeTarget t([body](const proof::Sent& s) -> Result<proof::Seen> {
        bool odd = s.method == "POST" || s.path.find("probe") != std::string::npos;
        proof::Seen seen{.status = odd ? 404 : 200};
        if (odd) seen.body = body;
        return seen;
      });
      t.path("write", "/api/notes").writes(true);
      return t;
    };
    auto bad = site(kTrace);
    auto seen = probe.run(bad);
    EXPECT_EQ(seen.holds, proof::Holds::no) << probe.id;
    ASSERT_EQ(seen.findings.size(), 1u);
    EXPECT_EQ(seen.findings[0].evidence.at(0).find("planted-detail"), std::string::npos);
    auto good = site("{\"error\":{\"code\":\"not_found\"}}");
    EXPECT_EQ(probe.run(good).holds, proof::Holds::yes) << probe.id;
    proof::FakeTarget silent([](const proof::Sent&) -> Result<proof::Seen> { return fail(Source::origin, "refused"); });
    silent.path("write", "/x");
    EXPECT_EQ(probe.run(silent).holds, proof::Holds::unknown) << probe.id;
  }
}

}  // namespace
}  // namespace gatehouse::controls::error_mask

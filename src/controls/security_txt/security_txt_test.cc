#include <gtest/gtest.h>

#include "controls/security_txt/card.h"
#include "controls/security_txt/control.h"
#include "controls/security_txt/filter.h"
#include "controls/testing/read_settings.h"
#include "gate/testing/exchange_fixture.h"
#include "proof/fake_target.h"

namespace gatehouse::controls::security_txt {
namespace {

using gate::testing::ExchangeFixture;

SecurityTxtSettings settings() {
  SecurityTxtSettings s;
  s.contact = {"mailto:security@example.com", "https://example.com/report"};
  s.policy = "https://example.com/disclosure";
  s.languages = {"en", "de"};
  return s;
}

TEST(SecurityTxt, AnswersWithEveryFieldAndADayThatMovesOn) {
  ManualClock clock(1'795'305'600);  // 2026-11-22
  const SecurityTxtFilter filter(settings(), {"app.example.com"}, clock);
  ExchangeFixture f("GET", kPath);
  gate::Verdict v = ExchangeFixture::settle(filter.request(f.x));
  ASSERT_TRUE(std::holds_alternative<gate::Reply>(v));
  const http::Response& out = std::get<gate::Reply>(v).response;
  EXPECT_EQ(out.fields.get("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(out.bytes,
            "Contact: mailto:security@example.com\nContact: https://example.com/report\n"
            "Policy: https://example.com/disclosure\nPreferred-Languages: en, de\n"
            "Canonical: https://app.example.com/.well-known/security.txt\nExpires: 2027-02-20T00:00:00Z\n");
  clock.advance(std::chrono::hours(24));
  ExchangeFixture later("GET", kPath);
  v = ExchangeFixture::settle(filter.request(later.x));
  EXPECT_NE(std::get<gate::Reply>(v).response.bytes.find("Expires: 2027-02-21T"), std::string_view::npos);
}

TEST(SecurityTxt, LeavesOtherPathsAndOtherMethodsAlone) {
  ManualClock clock;
  const SecurityTxtFilter filter(settings(), {}, clock);
  ExchangeFixture other("GET", "/.well-known/security.txt.bak"), write("POST", kPath);
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(other.x)));
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(write.x)));
}

TEST(SecurityTxt, RefusesWhatWouldBeNoContactOrAnotherLine) {
  const auto control = make();
  const auto keys = [&](std::string_view toml) { return testing::read_settings(*control, toml).keys(); };
  EXPECT_EQ(keys("contact = [\"mailto:security@example.com\"]\nencryption = \"dns:key.example.com\""), "");
  EXPECT_EQ(keys(""), "");
  EXPECT_EQ(keys("contact = [\"security@example.com\"]"), "contact");
  EXPECT_EQ(keys("contact = [\"mailto:\"]"), "contact");
  EXPECT_EQ(keys("contact = [\"mailto:a@b.c\\nExpires: 1970\"]"), "contact");
  EXPECT_EQ(keys("contact = [\"mailto:a@b.c\"]\npolicy = \"http://example.com\""), "policy");
  EXPECT_EQ(keys("contact = [\"mailto:a@b.c\"]\nlanguages = [\"en, de\"]"), "languages");
  EXPECT_EQ(keys("contact = [\"mailto:a@b.c\"]\nvalid_for = \"800d\""), "valid_for");
  EXPECT_EQ(keys("policy = \"https://example.com/p\""), "contact") << "alone it would publish nothing";
}

proof::Holds probed(int status, std::string body) {
  proof::FakeTarget site([&](const proof::Sent&) -> Result<proof::Seen> {
    proof::Seen seen;
    seen.status = status;
    seen.body = body;
    return seen;
  });
  return probe_list()[0].run(site).holds;
}

TEST(SecurityTxt, IsProvenByTheFieldsAndNotByAnyPage) {
  EXPECT_EQ(probed(200, "Contact: mailto:a@b.c\r\nExpires: 2027-01-01T00:00:00Z\r\n"), proof::Holds::yes);
  EXPECT_EQ(probed(200, "Contact: mailto:a@b.c\n"), proof::Holds::no);
  EXPECT_EQ(probed(200, "<p>Contact: us</p> Expires: never"), proof::Holds::no);
  EXPECT_EQ(probed(404, ""), proof::Holds::no);
}

}  // namespace
}  // namespace gatehouse::controls::security_txt

#include "services/billing/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::services::billing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  BillingConfig config;
  conf::Findings findings;
  explicit Read(std::string_view text) {
    auto document = conf::Document::parse(text, "g.toml", findings);
    document.read([&](conf::Form& f) { f.table({"billing", ""}, [&](conf::Form& t) { describe(t, config); }); },
                  findings);
  }
  std::string text() const { return conf::render_text(findings, false); }
};

constexpr std::string_view kGood = R"([billing]
secret_key = { env = "STRIPE_SECRET_KEY" }
prices = ["price_1"]
return_origins = ["https://app.example.com"]
[billing.endpoints]
checkout = "/stripe/checkout"
subscriptions = "/billing/subscriptions"
)";

std::string changed(std::string_view from, std::string_view to) {
  std::string text(kGood);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos);
  return text.replace(at, from.size(), to);
}

TEST(BillingConfig, MountsWhatIsListedAndNothingElse) {
  Read r(kGood);
  EXPECT_EQ(r.text(), "");
  auto all = mounted(r.config);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].at.path, "=/stripe/checkout");
  EXPECT_THAT(all[0].at.methods, ElementsAre("POST"));
  EXPECT_THAT(all[0].tables, HasSubstr("billing-write"));
  EXPECT_EQ(all[2].at.path, "=/billing/subscriptions/{id}");
  EXPECT_THAT(all[2].at.methods, ElementsAre("DELETE"));
  EXPECT_EQ(endpoint_at(r.config, "=/billing/subscriptions/{id}"), Endpoint::subscriptions);
  EXPECT_EQ(endpoint_at(r.config, "=/stripe/checkout"), Endpoint::checkout);
  EXPECT_EQ(endpoint_at(r.config, "=/other"), Endpoint::count_);
}

TEST(BillingConfig, SaysEverythingThatIsUnsafeOrMissing) {
  EXPECT_THAT(Read(changed("secret_key = { env = \"STRIPE_SECRET_KEY\" }", "")).text(), HasSubstr("no key to Stripe"));
  EXPECT_THAT(Read(changed("{ env = \"STRIPE_SECRET_KEY\" }", "\"sk_test_abc\"")).findings.has_errors(), true);
  EXPECT_THAT(Read(changed("prices = [\"price_1\"]", "")).text(), HasSubstr("nothing is for sale"));
  EXPECT_THAT(Read(changed("price_1", "plan one")).text(), HasSubstr("no id of Stripe's"));
  EXPECT_THAT(Read(changed("https://app.example.com", "http://app.example.com")).text(), HasSubstr("in the clear"));
  EXPECT_THAT(Read(changed("return_origins", "api = \"http://stripe.internal:80\"\nreturn_origins")).text(),
              HasSubstr("in the clear"));
  EXPECT_THAT(Read(changed("/stripe/checkout", "stripe/checkout")).text(), HasSubstr("no path of a desk"));
  EXPECT_THAT(Read(changed("/stripe/checkout", "/a/../b")).text(), HasSubstr("no path of a desk"));
  EXPECT_THAT(Read(changed("prices", "manual_confirmation = true\nprices")).text(), HasSubstr("by hand"));
  EXPECT_THAT(Read(std::string(kGood) + "[billing.entitles.prod_1]\nto = [\"pro plan\"]\n").text(),
              HasSubstr("no name of an entitlement"));
}

TEST(BillingConfig, PeopleReturnToListedOriginsOnly) {
  Read r(kGood);
  for (std::string_view good : {"https://app.example.com", "https://app.example.com/",
                                "https://app.example.com/ok?session_id={CHECKOUT_SESSION_ID}",
                                "https://app.example.com?x", "https://app.example.com#x"})
    EXPECT_TRUE(may_return_to(r.config, good)) << good;
  for (std::string_view bad :
       {"", "/ok", "//app.example.com/", "http://app.example.com/", "https://app.example.com.evil.example/",
        "https://app.example.com@evil.example/", "https://app.example.com:8443/",
        "https://evil.example/https://app.example.com/", "https://app.example.com\\@evil.example",
        "https://app.example.com/\r\nX: y", "javascript:alert(1)", "https://app.example.com/ \xc3\xa4"})
    EXPECT_FALSE(may_return_to(r.config, bad)) << bad;
  EXPECT_FALSE(may_return_to(r.config, "https://app.example.com/" + std::string(2000, 'a')));
}

TEST(BillingConfig, EntitlementsAreReadWithoutWhatCouldBeMisread) {
  EXPECT_THAT(entitlement_names("pro, export,,pro , x y, a\"b, v1.2:z"), ElementsAre("pro", "export", "v1.2:z"));
  EXPECT_THAT(entitlement_names(""), ElementsAre());
}

}  // namespace
}  // namespace gatehouse::services::billing

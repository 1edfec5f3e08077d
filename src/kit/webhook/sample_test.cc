#include "kit/webhook/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "kit/webhook/scheme.h"

namespace gatehouse::kit::webhook {
namespace {

constexpr std::int64_t kNow = 1700000000;

SchemeConfig config_of(Provider provider) {
  SchemeConfig c;
  c.provider = provider;
  if (provider == Provider::twilio) c.public_url = "https://example.com/in";
  if (provider == Provider::generic_hmac) {
    c.header = "X-Sig";
    c.content = "{timestamp}.{body}";
    c.timestamp_header = "X-Time";
    c.id_field = "event.id";
    c.type_field = "event.type";
  }
  return c;
}

Accepted sent(const SchemeConfig& c, const Sample& s) {
  std::vector<Secret> secrets;
  secrets.emplace_back("whsec_" + text::base64("0123456789abcdefghijklmn"));
  const Scheme scheme = std::move(Scheme::build(c, std::move(secrets)).value());
  const auto made = scheme.sign({s.id, s.type, kNow, s.body, s.content_type}).value();
  Arena arena;
  http::Fields fields(arena);
  for (const auto& [name, value] : made.headers) fields.add(name, value);
  fields.add(http::FieldName("content-type"), s.content_type);
  const Verdict v = scheme.verify({fields, made.query, s.body, kNow});
  EXPECT_TRUE(std::holds_alternative<Accepted>(v)) << traits(c.provider).name;
  return std::holds_alternative<Accepted>(v) ? std::get<Accepted>(v) : Accepted{};
}

TEST(Sample, IsAnEventOfItsTypeForEveryProvider) {
  for (const ProviderTraits& t : all_providers()) {
    const SchemeConfig c = config_of(t.provider);
    const Sample s = sample_of(c, {"", "a1", "", kNow});
    const Accepted a = sent(c, s);
    EXPECT_EQ(a.type, s.type) << t.name;
    EXPECT_TRUE(a.id == s.id || a.id_from == IdFrom::content) << t.name;
    const Sample other = sample_of(c, {"", "a2", "", kNow});
    EXPECT_NE(sent(c, s).id, sent(c, other).id) << t.name << ": two samples are two events";
  }
}

TEST(Sample, TakesTheTypeAndTheUserThatAreAskedFor) {
  for (const ProviderTraits& t : all_providers()) {
    const SchemeConfig c = config_of(t.provider);
    const std::string type = t.provider == Provider::twilio ? "call.completed" : "thing.happened";
    const Sample s = sample_of(c, {type, "a1", "user_7", kNow});
    EXPECT_EQ(sent(c, s).type, type) << t.name;
    EXPECT_THAT(s.body, testing::HasSubstr("user_7")) << t.name;
  }
}

TEST(Sample, OfStripeIsAPaidSessionInTestMode) {
  const Accepted a = sent(config_of(Provider::stripe), sample_of(config_of(Provider::stripe), {"", "a1", "", kNow}));
  EXPECT_EQ(a.id, "evt_test_a1");
  EXPECT_EQ(a.livemode, false);
  EXPECT_EQ(a.created, kNow);
  EXPECT_THAT(sample_of(config_of(Provider::stripe), {"", "a1", "", kNow}).body,
              testing::HasSubstr(R"("payment_status":"paid")"));
  EXPECT_THAT(sample_of(config_of(Provider::stripe), {"", "a1", "", kNow, true}).body,
              testing::HasSubstr(R"("payment_status":"unpaid")"));
}

}  // namespace
}  // namespace gatehouse::kit::webhook

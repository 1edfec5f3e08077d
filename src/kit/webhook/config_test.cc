#include "kit/webhook/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::kit::webhook {
namespace {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kSecret = "secret = { env = \"HOOK_SECRET\" }\n";

// "key code" of every finding.
std::vector<std::string> findings_of(std::string_view text, SchemeConfig* out = nullptr) {
  conf::Findings findings;
  SchemeConfig config;
  conf::Document::parse(text, "test.toml", findings).read([&](conf::Form& f) { describe(f, config); }, findings);
  if (out != nullptr) *out = config;
  std::vector<std::string> all;
  for (const auto& f : findings.all()) all.push_back(f.key + " " + f.code);
  return all;
}
std::vector<std::string> with_secret(std::string_view text) {
  return findings_of(std::string(kSecret) + std::string(text));
}

TEST(WebhookConfig, NeedsOnlyProviderAndSecretForMost) {
  for (const ProviderTraits& t : all_providers()) {
    if (t.provider == Provider::twilio || t.provider == Provider::generic_hmac) continue;
    SchemeConfig c;
    EXPECT_THAT(findings_of(std::string(kSecret) + "provider = \"" + std::string(t.name) + "\"", &c), IsEmpty())
        << t.name;
    EXPECT_EQ(c.provider, t.provider);
    EXPECT_EQ(weakness(c), "");
  }
}

TEST(WebhookConfig, RefusesAnEndpointWithoutSecretOrWithALiteralOne) {
  EXPECT_THAT(findings_of("provider = \"stripe\""), UnorderedElementsAre("secret bad_value"));
  EXPECT_THAT(findings_of("provider = \"stripe\"\nsecret = []"), UnorderedElementsAre("secret bad_value"));
  EXPECT_THAT(findings_of("provider = \"stripe\"\nsecret = \"abc\""), testing::Not(IsEmpty()));
}

TEST(WebhookConfig, TakesSeveralSecretsWhileOneIsRolled) {
  SchemeConfig c;
  EXPECT_THAT(findings_of("provider = \"github\"\nsecret = [{ env = \"NEW\" }, { env = \"OLD\" }]", &c), IsEmpty());
  ASSERT_EQ(c.secrets.size(), 2u);
  EXPECT_EQ(c.secrets[0].name, "NEW");
}

TEST(WebhookConfig, RefusesATimeThatBoundsNothing) {
  EXPECT_THAT(with_secret("provider = \"stripe\"\ntolerance = \"15m\""), IsEmpty());
  EXPECT_THAT(with_secret("provider = \"stripe\"\ntolerance = \"16m\""), UnorderedElementsAre("tolerance unsafe"));
  EXPECT_THAT(with_secret("provider = \"stripe\"\ntolerance = \"0s\""), UnorderedElementsAre("tolerance bad_value"));
  EXPECT_THAT(with_secret("provider = \"github\"\ntolerance = \"60s\""), UnorderedElementsAre("tolerance bad_value"));
}

TEST(WebhookConfig, WantsTheAddressThatTwilioSigns) {
  EXPECT_THAT(with_secret("provider = \"twilio\""), UnorderedElementsAre("public_url bad_value"));
  EXPECT_THAT(with_secret("provider = \"twilio\"\npublic_url = \"https://example.com/in?a=1\""), IsEmpty());
  EXPECT_THAT(with_secret("provider = \"twilio\"\npublic_url = \"http://127.0.0.1:80/in\""), IsEmpty());
  EXPECT_THAT(with_secret("provider = \"twilio\"\npublic_url = \"http://example.com/in\""),
              UnorderedElementsAre("public_url unsafe"));
  EXPECT_THAT(with_secret("provider = \"twilio\"\npublic_url = \"example.com\""),
              UnorderedElementsAre("public_url bad_value"));
  EXPECT_THAT(with_secret("provider = \"stripe\"\npublic_url = \"https://example.com/in\""),
              UnorderedElementsAre("public_url bad_value"));
}

TEST(WebhookConfig, RefusesGenericSignaturesThatProveTooLittle) {
  const std::string base = "provider = \"generic-hmac\"\nheader = \"X-Sig\"\n";
  EXPECT_THAT(with_secret(base), IsEmpty());
  EXPECT_THAT(
      with_secret(base + "content = \"{timestamp}.{body}\"\ntimestamp_header = \"X-Time\"\ntolerance = \"60s\""),
      IsEmpty());
  EXPECT_THAT(with_secret("provider = \"generic-hmac\""), UnorderedElementsAre("header bad_value"));
  EXPECT_THAT(with_secret(base + "content = \"{timestamp}\"\ntimestamp_header = \"X-Time\""),
              UnorderedElementsAre("content unsafe"));
  EXPECT_THAT(with_secret(base + "content = \"{timestamp}.{body}\""),
              UnorderedElementsAre("timestamp_header bad_value"));
  EXPECT_THAT(with_secret(base + "timestamp_header = \"X-Time\""), UnorderedElementsAre("timestamp_header unsafe"));
  EXPECT_THAT(with_secret(base + "content = \"{id}{body}\"\nid_header = \"X-Id\""),
              UnorderedElementsAre("content unsafe"));
  EXPECT_THAT(with_secret(base + "content = \"{id}.{body}\""), UnorderedElementsAre("id_header bad_value"));
  EXPECT_THAT(with_secret(base + "content = \"{url}{body}\""), UnorderedElementsAre("public_url bad_value"));
  EXPECT_THAT(with_secret(base + "id_header = \"X Id\""), UnorderedElementsAre("id_header bad_value"));
  EXPECT_THAT(with_secret(base + "id_header = \"X-Id\"\nid_field = \"id\""),
              UnorderedElementsAre("id_field bad_value"));
  EXPECT_THAT(with_secret(base + "type_header = \"X-T\"\ntype_field = \"t\""),
              UnorderedElementsAre("type_field bad_value"));
}

TEST(WebhookConfig, KeepsEachKeyToItsProvider) {
  EXPECT_THAT(with_secret("provider = \"stripe\"\nheader = \"X-Sig\"\nencoding = \"hex\""),
              UnorderedElementsAre("header bad_value", "encoding bad_value"));
  EXPECT_THAT(with_secret("provider = \"stripe\"\nstatic_header = \"X-Hook\""),
              UnorderedElementsAre("static_header bad_value"));
  EXPECT_THAT(with_secret("provider = \"slack\"\nrequest_query = true"),
              UnorderedElementsAre("request_query bad_value"));
}

TEST(WebhookConfig, CallsAStaticHeaderAndSha1Weak) {
  SchemeConfig c;
  EXPECT_THAT(findings_of(std::string(kSecret) + "provider = \"supabase\"\nstatic_header = \"X-Hook\"", &c), IsEmpty());
  EXPECT_NE(weakness(c), "");
  EXPECT_THAT(
      findings_of(std::string(kSecret) + "provider = \"generic-hmac\"\nheader = \"X-Sig\"\nalgorithm = \"sha1\"", &c),
      IsEmpty());
  EXPECT_NE(weakness(c), "");
}

TEST(WebhookConfig, NamesTheNearestProvider) {
  EXPECT_THAT(with_secret("provider = \"strpe\""), UnorderedElementsAre("provider bad_value"));
}

}  // namespace
}  // namespace gatehouse::kit::webhook

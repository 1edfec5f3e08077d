#include "kit/webhook/scheme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto/digest.h"
#include "base/text.h"
#include "kit/webhook/keys.h"

namespace gatehouse::kit::webhook {
namespace {

using testing::HasSubstr;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kWhsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kOtherWhsec = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

// A request and the scheme it meets. Each test changes what it is about.
struct Case {
  SchemeConfig config;
  std::vector<std::string> secrets;
  Headers headers;
  std::string query, body;
  std::int64_t now = 1700000000;

  Scheme scheme() const {
    std::vector<Secret> held;
    for (const auto& s : secrets) held.emplace_back(s);
    auto built = Scheme::build(config, std::move(held));
    EXPECT_TRUE(built) << (built ? "" : built.error().text());
    return std::move(*built);
  }
  Verdict run() const {
    Arena arena;
    http::Fields fields(arena);
    for (const auto& [name, value] : headers) fields.add(name, value);
    return scheme().verify({fields, query, body, now});
  }
  // "ok", or the reason.
  std::string verdict() const {
    const Verdict v = run();
    const auto* refused = std::get_if<Refused>(&v);
    return refused ? std::string(text(refused->reason)) : "ok";
  }
  Accepted accepted() const {
    const Verdict v = run();
    const auto* refused = std::get_if<Refused>(&v);
    EXPECT_EQ(refused, nullptr) << text(refused->reason) << ": " << refused->detail;
    return refused ? Accepted{} : std::get<Accepted>(v);
  }
  std::string& header(std::string_view name) {
    for (auto& [n, value] : headers)
      if (text::iequals(n, name)) return value;
    return headers.emplace_back(name, "").second;
  }
  void drop(std::string_view name) {
    std::erase_if(headers, [&](const auto& h) { return text::iequals(h.first, name); });
  }
  void sign(std::string_view id = "msg_1", std::string_view type = "order.created",
            std::string_view content_type = "application/json") {
    auto made = scheme().sign({id, type, now, body, content_type});
    ASSERT_TRUE(made) << made.error().text();
    headers = made->headers;
    query = made->query;
    if (config.provider == Provider::twilio) headers.emplace_back("Content-Type", content_type);
  }
};

SchemeConfig of(Provider provider) {
  SchemeConfig c;
  c.provider = provider;
  return c;
}

Case stripe() {
  return {of(Provider::stripe),
          {"whsec_test_secret"},
          {{"Stripe-Signature", "t=1700000000,v1=d1e4aa90551919f198c22ba0a9691b35338d4b631d54ce1f1465e93b1d41c430"}},
          "",
          R"({"id":"evt_1","object":"event","type":"checkout.session.completed"})"};
}

Case standard(Provider provider = Provider::standard_webhooks) {
  return {of(provider),
          {std::string(kWhsec)},
          {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
           {"webhook-timestamp", "1614265330"},
           {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}},
          "",
          R"({"test": 2432232314})",
          1614265330};
}

Case clerk() {
  return {
      of(Provider::clerk),
      {std::string(kWhsec)},
      {{"svix-id", "msg_2clerk"},
       {"svix-timestamp", "1654012592"},
       {"svix-signature", "v1,7VSum9yo7FvikSaqIJ+k+UO4F+h0VnxUG76UWfB3m4M="}},
      "",
      R"({"data":{"id":"user_29w83sxmDNGwOuEthce5gg56FcC","object":"user"},"instance_id":"ins_123","object":"event","timestamp":1654012591835,"type":"user.created"})",
      1654012592};
}

Case supabase() {
  return {of(Provider::supabase),
          {std::string(kWhsec)},
          {{"webhook-id", "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"},
           {"webhook-timestamp", "1700000000"},
           {"webhook-signature",
            "v1,ZD6XWYO6N7O/m8CXGRH1oiy1tLd+mThMLuCNcDQN0sA=, v1,BhYRoiZpM8EoU7NzRNWgeFNx96cjKvPDvwguEdIWdEI="}},
          "",
          R"({"user":{"id":"00000000-0000-0000-0000-000000000001"}})"};
}

Case github() {
  return {of(Provider::github),
          {"It's a Secret to Everybody"},
          {{"X-Hub-Signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
           {"X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
           {"X-GitHub-Event", "push"}},
          "",
          "Hello, World!"};
}

Case slack() {
  return {of(Provider::slack),
          {"8f742231b10e8888abcd99yyyzzz85a5"},
          {{"X-Slack-Request-Timestamp", "1531420618"},
           {"X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}},
          "",
          "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
          "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
          "hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
          "47445629121.803a0bc887a14d10d2c447fce8b6703c",
          1531420618};
}

Case shopify() {
  return {of(Provider::shopify),
          {"hush"},
          {{"X-Shopify-Hmac-SHA256", "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY="},
           {"X-Shopify-Webhook-Id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"},
           {"X-Shopify-Topic", "orders/create"}},
          "",
          R"({"id":1})"};
}

Case lemonsqueezy() {
  return {of(Provider::lemonsqueezy),
          {"ls_secret"},
          {{"X-Signature", "5d937ef635a85484d12a1c2c2232840f82a2632b89f4a6514dd6dfd883714df4"}},
          "",
          R"({"meta":{"event_name":"order_created"}})"};
}

Case paddle() {
  return {of(Provider::paddle),
          {"pdl_ntfset_secret"},
          {{"Paddle-Signature", "ts=1671552777;h1=6b135b3e4e0d75cf04855bddb78f94c4a41bf041e44287e1c82cb3661d615a26"}},
          "",
          R"({"event_id":"evt_01"})",
          1671552777};
}

Case twilio() {
  Case c{
      of(Provider::twilio),
      {"12345"},
      {{"X-Twilio-Signature", "L/OH5YylLD5NRKLltdqwSvS0BnU="}, {"Content-Type", "application/x-www-form-urlencoded"}},
      "foo=1&bar=2",
      "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212"};
  c.config.public_url = "https://example.com/myapp.php?foo=1&bar=2";
  return c;
}

Case generic() {
  Case c{of(Provider::generic_hmac), {"a shared secret of our own"}, {}, "", R"({"event":{"id":"e1","kind":"ping"}})"};
  c.config.header = "X-Sig";
  c.config.prefix = "hmac ";
  c.config.encoding = SignatureEncoding::base64url;
  c.config.content = "{timestamp}.{body}";
  c.config.timestamp_header = "X-Time";
  c.config.id_field = "event.id";
  c.config.type_field = "event.kind";
  return c;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases{stripe(), standard(), standard(Provider::svix), clerk(),  supabase(), github(),
                          slack(),  shopify(),  lemonsqueezy(),           paddle(), twilio()};
  cases.push_back(generic());
  cases.back().sign();
  return cases;
}

TEST(Scheme, VerifiesThePublishedVectorOfEveryProvider) {
  for (const Case& c : all_cases()) EXPECT_EQ(c.verdict(), "ok") << traits(c.config.provider).name;
}

TEST(Scheme, RefusesEveryVectorWithOneBitOfBodyOrSecretChanged) {
  for (const Case& original : all_cases()) {
    const auto name = traits(original.config.provider).name;
    Case body = original;
    body.body.back() = static_cast<char>(body.body.back() ^ 1);
    EXPECT_EQ(body.verdict(), "signature_mismatch") << name;
    Case longer = original;
    longer.body += original.config.provider == Provider::twilio ? "&a=" : "\n";
    EXPECT_EQ(longer.verdict(), "signature_mismatch") << name;
    Case secret = original;
    const std::string_view other =
        is_standard_family(original.config.provider) ? kOtherWhsec : "whsec_another_secret_altogether";
    secret.secrets = {std::string(other)};
    if (original.config.provider != Provider::supabase)
      EXPECT_EQ(secret.verdict(), "signature_mismatch") << name;
    else
      EXPECT_EQ(secret.verdict(), "ok") << "the vector is signed with both";
  }
}

}  // namespace
}  // namespace gatehouse::kit::webhook

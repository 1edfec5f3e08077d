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

TEST(Scheme, RefusesWithoutAnyHeaderAsUnsigned) {
  for (Case c : all_cases()) {
    c.headers.clear();
    const Verdict v = c.run();
    ASSERT_TRUE(std::holds_alternative<Refused>(v)) << traits(c.config.provider).name;
    EXPECT_EQ(std::get<Refused>(v).reason, Reason::signature_missing);
    EXPECT_EQ(std::get<Refused>(v).status(), 401);
  }
}

TEST(Scheme, BoundsTheTimeOnBothSides) {
  for (const Case& original : all_cases()) {
    const ProviderTraits& t = traits(original.config.provider);
    if (!original.accepted().timestamp) continue;
    Case c = original;
    c.now = original.now + t.tolerance.count();
    EXPECT_EQ(c.verdict(), "ok") << t.name;
    c.now += 1;
    EXPECT_EQ(c.verdict(), "timestamp_too_old") << t.name;
    c.now = original.now - t.tolerance.count();
    EXPECT_EQ(c.verdict(), "ok") << t.name;
    c.now -= 1;
    EXPECT_EQ(c.verdict(), "timestamp_too_new") << t.name;
    c.config.tolerance = t.tolerance + std::chrono::seconds(1);
    EXPECT_EQ(c.verdict(), "ok") << t.name;
  }
}

TEST(Scheme, TellsNothingAboutClocksToWhoCannotSign) {
  Case c = stripe();
  c.now += 100000;
  c.body += " ";
  EXPECT_EQ(c.verdict(), "signature_mismatch");
}

TEST(Scheme, EarnsEveryReason) {
  const auto with = [](Case c, auto&& change) {
    change(c);
    return c.verdict();
  };
  const auto set = [&with](Case c, std::string_view name, std::string value) {
    return with(std::move(c), [&](Case& x) { x.header(name) = std::move(value); });
  };
  EXPECT_EQ(with(standard(), [](Case& c) { c.drop("webhook-id"); }), "header_missing");
  EXPECT_EQ(with(slack(), [](Case& c) { c.drop("X-Slack-Request-Timestamp"); }), "header_missing");
  EXPECT_EQ(with(stripe(), [](Case& c) { c.headers.push_back(c.headers[0]); }), "header_repeated");
  EXPECT_EQ(with(standard(), [](Case& c) { c.headers.push_back(c.headers[0]); }), "header_repeated");
  EXPECT_EQ(with(github(), [](Case& c) { c.headers.push_back(c.headers[1]); }), "header_repeated");
  EXPECT_EQ(set(stripe(), "stripe-signature", "t=1700000000"), "no_known_version");
  EXPECT_EQ(set(stripe(), "stripe-signature", "v1=00"), "header_malformed");
  EXPECT_EQ(set(stripe(), "stripe-signature", "t=x,v1=00"), "timestamp_malformed");
  EXPECT_EQ(set(stripe(), "stripe-signature", std::string(4097, 'a')), "header_too_long");
  EXPECT_EQ(with(stripe(),
                 [](Case& c) {
                   for (int i = 0; i < 16; ++i) c.header("stripe-signature") += ",v1=" + std::string(64, '0');
                 }),
            "too_many_signatures");
  EXPECT_EQ(set(standard(), "webhook-id", "a.b"), "id_malformed");
  EXPECT_EQ(set(github(), "X-GitHub-Delivery", "a b"), "id_malformed");
  EXPECT_EQ(set(standard(), "webhook-timestamp", "1614265330.0"), "timestamp_malformed");
  EXPECT_EQ(set(standard(), "webhook-timestamp", "01614265330"), "timestamp_malformed");
  EXPECT_EQ(set(standard(), "webhook-signature", "v2,AAAA"), "no_known_version");
  EXPECT_EQ(set(github(), "Content-Encoding", "gzip"), "content_encoded");
  EXPECT_EQ(set(github(), "Content-Encoding", "identity"), "ok");
  EXPECT_EQ(with(twilio(), [](Case& c) { c.body = "a"; }), "form_malformed");
  EXPECT_EQ(with(twilio(), [](Case& c) { c.query = "foo=1"; }), "query_mismatch");
  EXPECT_EQ(with(twilio(), [](Case& c) { c.query += "&bodySHA256=00"; }), "body_hash_malformed");
  EXPECT_EQ(set(twilio(), "Content-Type", "text/plain"), "body_hash_malformed");
}

TEST(Scheme, ReadsSupabasesCommasButNobodyElses) {
  Case c = supabase();
  EXPECT_EQ(c.verdict(), "ok");
  c.secrets = {std::string(kOtherWhsec)};
  EXPECT_EQ(c.verdict(), "ok") << "the second signature counts as well";
  c.config.provider = Provider::standard_webhooks;
  EXPECT_EQ(c.verdict(), "header_malformed");
}

TEST(Scheme, TakesAllThreeHeadersFromOneFamily) {
  Case c = standard(Provider::svix);
  EXPECT_EQ(c.verdict(), "ok") << "svix senders may use the standard names";
  c.headers[0].first = "svix-id";
  EXPECT_EQ(c.verdict(), "signature_missing") << "one svix name, and the signature must have one too";
  Case strict = standard(Provider::clerk);
  EXPECT_EQ(strict.verdict(), "signature_missing") << "Clerk has the svix names only";
}

TEST(Scheme, VerifiesEd25519ByThePublicKeyOfTheConfiguration) {
  Case c = standard();
  c.secrets = {"whpk_iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="};
  EXPECT_EQ(c.verdict(), "signature_mismatch") << "v1 needs a shared secret";
  c.header("webhook-signature") =
      "v1a,Ykcu7AtGZGmZxFEH1Gaa2Nd7feY/CTuruoL4fqgnKwfbHU4DhemoVHZdvGfIvKvn4BIgwktLGGPGIr/i9nK7AA==";
  EXPECT_EQ(c.verdict(), "ok");
  c.body += " ";
  EXPECT_EQ(c.verdict(), "signature_mismatch");
  EXPECT_FALSE(c.scheme().sign({"msg_1", "", c.now, c.body})) << "a public key signs nothing";
  c.secrets = {"whsk_" + text::base64(std::string(32, '\x01'))};
  c.body = R"({"test": 2432232314})";
  EXPECT_EQ(c.verdict(), "ok") << "the private key knows its public one";
  c.sign();
  EXPECT_EQ(c.verdict(), "ok");
  const std::string seed(32, '\x01');
  c.secrets = {"whsk_" + text::base64(seed + *text::unbase64("iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="))};
  EXPECT_EQ(c.verdict(), "ok") << "seed and public key";
  std::vector<Secret> torn;
  torn.emplace_back("whsk_" + text::base64(seed + std::string(32, 'x')));
  EXPECT_FALSE(Scheme::build(c.config, std::move(torn))) << "two halves of two keys";
}

TEST(Scheme, VerifiesUnderEitherSecretWhileOneIsRolled) {
  Case c = stripe();
  c.secrets = {"whsec_new_secret_of_ours", "whsec_test_secret"};
  EXPECT_EQ(c.verdict(), "ok");
  c.header("stripe-signature") =
      "t=1700000000,v1=d133b16c0249962bdd3114e6d00cd94c64f2c05b4b67c432752afeebd7f4c806,"
      "v1=d1e4aa90551919f198c22ba0a9691b35338d4b631d54ce1f1465e93b1d41c430";
  for (const std::string secret : {"whsec_old_secret", "whsec_test_secret"}) {
    c.secrets = {secret};
    EXPECT_EQ(c.verdict(), "ok") << secret;
  }
  c.secrets = {"whsec_third_secret"};
  EXPECT_EQ(c.verdict(), "signature_mismatch");
}

TEST(Scheme, AcceptsItsOwnSignatureForEveryProvider) {
  for (Case c : all_cases()) {
    const bool twilio = c.config.provider == Provider::twilio;
    c.sign("msg_1", "order.created", twilio ? "application/x-www-form-urlencoded" : "application/json");
    EXPECT_EQ(c.verdict(), "ok") << traits(c.config.provider).name;
  }
}

TEST(Scheme, SignsWithEverySecretWhereAHeaderHoldsSeveral) {
  for (Case c : {stripe(), standard(), supabase(), paddle()}) {
    const std::string first = c.secrets[0], second = is_standard_family(c.config.provider) ? std::string(kOtherWhsec)
                                                                                           : "whsec_the_second_secret";
    c.secrets = {first, second};
    c.sign();
    for (const std::string& one : {first, second}) {
      c.secrets = {one};
      EXPECT_EQ(c.verdict(), "ok") << traits(c.config.provider).name;
    }
  }
}

TEST(Scheme, TellsIdTypeAndWhatTheyAreWorth) {
  const Accepted s = stripe().accepted();
  EXPECT_EQ(s.id, "evt_1");
  EXPECT_EQ(s.type, "checkout.session.completed");
  EXPECT_EQ(s.id_from, IdFrom::body);
  EXPECT_TRUE(s.type_signed);
  EXPECT_EQ(s.timestamp, 1700000000);
  EXPECT_EQ(s.digest, crypto::sha256(stripe().body));
  EXPECT_GE(s.retry_window, std::chrono::hours(72));

  const Accepted k = clerk().accepted();
  EXPECT_EQ(k.id, "msg_2clerk");
  EXPECT_EQ(k.id_from, IdFrom::signed_header);
  EXPECT_EQ(k.type, "user.created");
  EXPECT_EQ(k.created, 1654012591) << "milliseconds in the body";

  const Accepted g = github().accepted();
  EXPECT_EQ(g.id_from, IdFrom::unsigned_header);
  EXPECT_TRUE(g.same_by_digest());
  EXPECT_EQ(g.type, "push");
  EXPECT_FALSE(g.type_signed);

  const Accepted h = shopify().accepted();
  EXPECT_EQ(h.id_from, IdFrom::unsigned_header);
  EXPECT_EQ(h.type, "orders/create");
  EXPECT_EQ(paddle().accepted().id, "evt_01");
  EXPECT_EQ(lemonsqueezy().accepted().type, "order_created");
  EXPECT_EQ(lemonsqueezy().accepted().id_from, IdFrom::content);

  Case c = generic();
  c.sign();
  EXPECT_EQ(c.accepted().id, "e1");
  EXPECT_EQ(c.accepted().type, "ping");
}

TEST(Scheme, NamesSupabasesEventsByTheirBodyBecauseEveryRetryHasANewId) {
  Case first = supabase(), retry = supabase();
  first.sign("11111111-1111-4111-8111-111111111111");
  retry.sign("22222222-2222-4222-8222-222222222222");
  EXPECT_EQ(first.accepted().id, retry.accepted().id);
  EXPECT_EQ(first.accepted().id, "sha256:" + text::hex(crypto::sha256(first.body)));
}

TEST(Scheme, ReadsLivemodeSoThatTestEventsGrantNothing) {
  Case c = stripe();
  EXPECT_FALSE(c.accepted().livemode.has_value());
  c.body = R"({"id":"evt_2","type":"a","livemode":false,"created":1699999999})";
  c.sign();
  EXPECT_EQ(c.accepted().livemode, false);
  EXPECT_EQ(c.accepted().created, 1699999999);
}

TEST(Scheme, KeepsAGenuineEventWhoseBodyItCannotRead) {
  for (const std::string body : {"", "not JSON", "[1]", R"({"id":"a","id":"b"})", R"({"id":7.5})", R"({"id":"a b"})",
                                 R"({"id":{"x":1},"type":"\u0000"})"}) {
    Case c = stripe();
    c.body = body;
    c.sign();
    const Accepted a = c.accepted();
    EXPECT_EQ(a.id, "sha256:" + text::hex(crypto::sha256(body))) << body;
    EXPECT_EQ(a.id_from, IdFrom::content);
    EXPECT_EQ(a.type, "");
  }
}

TEST(Scheme, AnswersSlacksChallengeOnlyAfterItsSignatureHeld) {
  Case c = slack();
  c.body =
      R"({"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"})";
  EXPECT_EQ(c.verdict(), "signature_mismatch");
  c.sign();
  EXPECT_EQ(c.accepted().challenge, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
  c.body = R"({"type":"event_callback","event_id":"Ev1","event_time":1531420600,"event":{"type":"message"}})";
  c.sign();
  const Accepted a = c.accepted();
  EXPECT_FALSE(a.challenge);
  EXPECT_EQ(a.id, "Ev1");
  EXPECT_EQ(a.type, "message");
  c.body = R"({"type":"url_verification","challenge":"a\nb"})";
  c.sign();
  EXPECT_FALSE(c.accepted().challenge) << "nothing with control bytes is echoed";
}

TEST(Scheme, SignsAndVerifiesTwiliosOtherBodiesByTheirHash) {
  Case c = twilio();
  c.body = R"({"a":1})";
  c.sign();
  EXPECT_THAT(c.query, HasSubstr("foo=1&bar=2&bodySHA256="));
  EXPECT_EQ(c.verdict(), "ok");
  c.body = R"({"a":2})";
  EXPECT_EQ(c.verdict(), "body_mismatch");
}

TEST(Scheme, KnowsTwiliosEventAgainInAnyOrderAndSpelling) {
  Case a = twilio(), b = twilio();
  b.body = "To=%2b18005551212&From=%2B14158675310&Digits=1234&CallSid=CA1234567890ABCDE&Caller=%2B14158675310";
  EXPECT_EQ(a.accepted().id, b.accepted().id);
  // "a=bc" and "ab=c" are signed alike: the border is not covered, so both must be one event.
  Case moved = twilio();
  moved.body = "CallSidC=A1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";
  EXPECT_EQ(moved.accepted().id, a.accepted().id);
  a.body = "MessageSid=SM1&MessageStatus=sent";
  a.sign("", "", "application/x-www-form-urlencoded");
  EXPECT_EQ(a.accepted().type, "message.sent");
}

TEST(Scheme, TriesTheDefaultPortOfTheConfiguredAddress) {
  Case c = twilio();
  c.config.public_url = "https://example.com:443/myapp.php?foo=1&bar=2";
  EXPECT_EQ(c.verdict(), "ok");
  c.config.public_url = "https://example.com:8443/myapp.php?foo=1&bar=2";
  EXPECT_EQ(c.verdict(), "ok") << "Twilio may leave the port out";
  c.config.public_url = "https://example.org/myapp.php?foo=1&bar=2";
  EXPECT_EQ(c.verdict(), "signature_mismatch");
}

TEST(Scheme, ComparesAStaticHeaderAndCallsItWeak) {
  Case c{of(Provider::supabase),
         {"a static secret of the database"},
         {{"X-Hook", "a static secret of the database"}},
         "",
         R"({"type":"INSERT","table":"users"})"};
  c.config.static_header = "X-Hook";
  const Accepted a = c.accepted();
  EXPECT_TRUE(a.weak);
  EXPECT_FALSE(a.type_signed);
  EXPECT_EQ(a.type, "INSERT");
  EXPECT_EQ(a.retry_window.count(), 0) << "it is sent once: two equal ones are two events";
  EXPECT_FALSE(weakness(c.config).empty());
  c.header("X-Hook") = "a static secret of the databasE";
  EXPECT_EQ(c.verdict(), "signature_mismatch");
  c.drop("X-Hook");
  EXPECT_EQ(c.verdict(), "signature_missing");
}

TEST(Scheme, IsNotBuiltWithoutAUsableSecret) {
  const auto fault = [](Provider provider, std::vector<std::string> secrets) {
    SchemeConfig c = of(provider);
    c.public_url = provider == Provider::twilio ? "https://example.com/x" : "";
    std::vector<Secret> held;
    for (const auto& s : secrets) held.emplace_back(s);
    auto built = Scheme::build(c, std::move(held));
    return built ? std::string("built") : std::string(built.error().code);
  };
  for (const ProviderTraits& t : all_providers()) {
    EXPECT_EQ(fault(t.provider, {}), "bad_secret") << t.name;
    EXPECT_EQ(fault(t.provider, {""}), "bad_secret") << t.name;
    EXPECT_EQ(fault(t.provider, {" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}), "bad_secret") << t.name;
    EXPECT_EQ(fault(t.provider, {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"}), "bad_secret") << t.name;
    EXPECT_EQ(fault(t.provider, {std::string(kWhsec), ""}), "bad_secret") << t.name << ": one good one is not enough";
    EXPECT_EQ(fault(t.provider, std::vector<std::string>(9, std::string(kWhsec))), "bad_secret") << t.name;
  }
  EXPECT_EQ(fault(Provider::stripe, {"sk_"
                                     "live_0123456789"}),
            "bad_secret")
      << "an API key is no signing secret";
  for (const std::string s : {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_not base64", "whsec_c2hvcnQ=",
                              "whpk_c2hvcnQ=", "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "whsk_c2hvcnQ="})
    EXPECT_EQ(fault(Provider::svix, {s}), "bad_secret") << s;
  EXPECT_EQ(fault(Provider::supabase, {"v1," + std::string(kWhsec) + "|v1," + std::string(kOtherWhsec)}), "built");
  EXPECT_EQ(fault(Provider::supabase, {"v1a,whpk_iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=:whsk_x"}), "built");
}

TEST(Scheme, DoesNotMixTheTwoMeaningsOfWhsec) {
  // Stripe: the text is the key. Svix: what the rest encodes. Either reading of the other's is refused.
  Case s = stripe();
  s.secrets = {std::string(kWhsec)};
  s.header("stripe-signature") =
      "t=1700000000,v1=" + text::hex(crypto::hmac_sha256(*text::unbase64(kWhsec.substr(6)), "1700000000." + s.body));
  EXPECT_EQ(s.verdict(), "signature_mismatch");
  Case w = standard();
  w.header("webhook-signature") =
      "v1," + text::base64(crypto::hmac_sha256(kWhsec, "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + w.body).view());
  EXPECT_EQ(w.verdict(), "signature_mismatch");
}

TEST(Scheme, RefusesGenericHeadersThatHoldTheirOwnSeparator) {
  Case c = generic();
  c.config.content = "{id}.{timestamp}.{body}";
  c.config.id_header = "X-Id";
  c.config.id_field.clear();
  c.sign("msg_1");
  EXPECT_EQ(c.accepted().id, "msg_1");
  EXPECT_EQ(c.accepted().id_from, IdFrom::signed_header);
  c.header("X-Id") = "msg_1.1700000000";
  EXPECT_EQ(c.verdict(), "header_malformed");
}
}  // namespace
}  // namespace gatehouse::kit::webhook

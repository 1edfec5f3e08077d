#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "base/text.h"
#include "services/webhooks/back_off.h"
#include "services/webhooks/config.h"
#include "services/webhooks/endpoint.h"
#include "services/webhooks/inbox_store.h"
#include "services/webhooks/pointer.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::webhooks {
namespace {

class InboxStoreTest : public ::testing::Test {
 protected:
  InboxStoreTest() {
    auto db = store::open_sqlite({.file = folder_.at("t.db")});
    EXPECT_TRUE(db);
    db_ = std::move(*db);
    EXPECT_TRUE(InboxStore::migrate(*db_));
  }
  template <class F>
  auto in(F work) {
    auto r = db_->write_now(std::move(work));
    EXPECT_TRUE(r) << (r ? "" : r.error().text());
    return *r;
  }
  NewEvent event(const std::string& id, std::optional<std::string> key = {}, const std::string& body = "{}") {
    NewEvent e;
    e.endpoint = "stripe";
    e.id = id;
    e.type = "a.b";
    e.content_type = "application/json";
    e.digest = std::string(31, 'd') + (body.empty() ? ' ' : body[0]);
    e.received = 1000;
    e.remember = 5000;
    e.order_key = std::move(key);
    e.body = body;
    e.size = body.size();
    return e;
  }
  Arrival add(const NewEvent& e) {
    return in([&](Transaction& t) { return InboxStore::add(t, e); });
  }
  std::vector<Claimed> claim(std::int64_t now, std::int64_t most = 10, std::string_view owner = "me") {
    return in([&](Transaction& t) { return InboxStore::claim(t, "stripe", owner, now, 100, most, 1 << 20); });
  }
  template <class F>
  void done(F work) {
    in([&](Transaction& t) -> Result<bool> {
      Result<void> r = work(t);
      if (!r) return fail(r.error());
      return true;
    });
  }
  void deliver(std::int64_t seq, std::int64_t now, State state = State::delivered) {
    done([&](Transaction& t) { return InboxStore::end(t, seq, "me", state, now, 200, ""); });
  }
  EventRow row(std::int64_t seq) {
    auto found = in([&](Transaction& t) { return InboxStore::find(t, seq); });
    EXPECT_TRUE(found);
    return *found;
  }

  const TemporaryFolder folder_;
  std::unique_ptr<Db> db_;
};

TEST_F(InboxStoreTest, StoresAnEventOnce) {
  EXPECT_EQ(add(event("evt_1")), Arrival::fresh);
  EXPECT_EQ(add(event("evt_1")), Arrival::duplicate);
  auto other = event("evt_1", {}, "[]");
  EXPECT_EQ(add(other), Arrival::anomaly);
  EXPECT_EQ(row(1).anomalies, 1);
  auto elsewhere = event("evt_1");
  elsewhere.endpoint = "github";
  EXPECT_EQ(add(elsewhere), Arrival::fresh) << "ids belong to their endpoint";
}

TEST_F(InboxStoreTest, TakesEqualDigestsForOneEventWhereTheIdIsNotSigned) {
  auto first = event("delivery-1");
  first.by_digest = true;
  auto replayed = event("delivery-2");
  replayed.by_digest = true;
  EXPECT_EQ(add(first), Arrival::fresh);
  EXPECT_EQ(add(replayed), Arrival::duplicate) << "a captured request under a fresh id";
  replayed.received = 6000;
  EXPECT_EQ(add(replayed), Arrival::fresh) << "once the window is over they are two events";
}

// Shopify signs the body alone: "orders/create" and "orders/paid" of one moment may be equal byte by byte.
TEST_F(InboxStoreTest, KeepsAnEqualBodyOfAnotherTypeForAPersonToJudge) {
  auto created = event("delivery-1"), paid = event("delivery-2");
  created.by_digest = paid.by_digest = true;
  created.type = "orders/create";
  paid.type = "orders/paid";
  EXPECT_EQ(add(created), Arrival::fresh);
  EXPECT_EQ(add(paid), Arrival::quarantined) << "answered 200, and still there";
  EXPECT_EQ(row(2).state, State::quarantined);
  ASSERT_EQ(claim(2000).size(), 1u) << "not delivered by itself: the type may be a forgery";
  EXPECT_EQ(add(paid), Arrival::duplicate);
  EXPECT_TRUE(in([](Transaction& t) { return InboxStore::replay(t, 2, 2001); }));
  auto released = claim(2001);
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].type, "orders/paid");
}

TEST_F(InboxStoreTest, KeepsFewCopiesOfOneBodyHoweverManyTypesItComesUnder) {
  auto replayed = event("delivery-0");
  replayed.by_digest = true;
  int kept = 0;
  for (int i = 0; i < 50; ++i) {
    replayed.id = "delivery-" + std::to_string(i);
    replayed.type = "type-" + std::to_string(i);
    kept += add(replayed) != Arrival::duplicate;
  }
  EXPECT_EQ(kept, 8);
}

TEST_F(InboxStoreTest, LeasesAnEventToOneAndGivesItToAnotherWhenTheLeaseEnds) {
  add(event("evt_1"));
  EXPECT_EQ(claim(1000).size(), 1u);
  EXPECT_EQ(claim(1050, 10, "other").size(), 0u);
  EXPECT_EQ(claim(1101, 10, "other").size(), 1u);
  deliver(1, 1102);
  EXPECT_EQ(row(1).state, State::pending) << "whose lease has ended records nothing";
}

TEST_F(InboxStoreTest, ReleasesTheLeasesOfTheDead) {
  add(event("evt_1"));
  claim(1000, 10, "dead");
  EXPECT_EQ(in([](Transaction& t) { return InboxStore::release_others(t, "me", 1010); }), 1);
  EXPECT_EQ(claim(1010).size(), 1u);
  EXPECT_EQ(in([](Transaction& t) { return InboxStore::release_others(t, "me", 1011); }), 0) << "not one's own";
}

TEST_F(InboxStoreTest, HandsOutTheEventsOfAKeyOneAfterTheOther) {
  for (const char* id : {"a1", "a2", "a3"}) add(event(id, "a"));
  add(event("b1", "b"));
  add(event("free"));
  auto first = claim(1000);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].id, "a1");
  EXPECT_EQ(first[1].id, "b1");
  EXPECT_EQ(first[2].id, "free");
  done([](Transaction& t) { return InboxStore::try_again(t, 1, "me", 1001, 1050, 500, "failed"); });
  EXPECT_EQ(claim(1040).size(), 0u) << "the head is in its pause, and the others wait behind it";
  auto again = claim(1050);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].attempts, 1);
  EXPECT_EQ(again[0].first_try, 1001);
  deliver(1, 1051);
  auto second = claim(1051);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].id, "a2");
  deliver(2, 1052, State::dead);
  ASSERT_EQ(claim(1052).size(), 1u) << "a dead letter does not stop its key";
}

TEST_F(InboxStoreTest, ReplaysInTurnAndLetsTheNextGoWhenTheHeadIsDiscarded) {
  add(event("a1", "a"));
  claim(1000);
  deliver(1, 1001, State::dead);
  add(event("a2", "a"));
  add(event("a3", "a"));
  EXPECT_TRUE(in([](Transaction& t) { return InboxStore::replay(t, 1, 1100); }));
  auto turn = claim(1200);
  ASSERT_EQ(turn.size(), 1u) << "never two of a key at once";
  EXPECT_EQ(turn[0].id, "a2");
  EXPECT_TRUE(in([](Transaction& t) { return InboxStore::discard(t, 2, 1201); }));
  turn = claim(1201);
  ASSERT_EQ(turn.size(), 1u);
  EXPECT_EQ(turn[0].id, "a1") << "the older one first";
  EXPECT_FALSE(in([](Transaction& t) { return InboxStore::replay(t, 99, 1100); }));
}

TEST_F(InboxStoreTest, ClaimsNoMoreBytesThanAskedButOneAtLeast) {
  for (int i = 0; i < 4; ++i) add(event("e" + std::to_string(i), {}, std::string(1000, 'x')));
  auto some = in([](Transaction& t) { return InboxStore::claim(t, "stripe", "me", 1000, 100, 10, 2500); });
  EXPECT_EQ(some.size(), 2u);
  auto one = in([](Transaction& t) { return InboxStore::claim(t, "stripe", "me", 1000, 100, 10, 10); });
  EXPECT_EQ(one.size(), 1u);
}

TEST_F(InboxStoreTest, ErasesAUserAndStillKnowsTheIds) {
  auto e = event("evt_1");
  e.user_key = "user_1";
  add(e);
  EXPECT_EQ(in([](Transaction& t) { return InboxStore::erase_user(t, "user_1", 2000); }), 1);
  EXPECT_FALSE(in([](Transaction& t) { return InboxStore::body(t, 1); }));
  EXPECT_EQ(claim(3000).size(), 0u);
  EXPECT_EQ(add(e), Arrival::duplicate);
}

TEST_F(InboxStoreTest, RemovesOldBodiesAtOnceAndIdsWhenTheyNeedNotBeRemembered) {
  add(event("evt_1"));
  claim(1000);
  deliver(1, 1001);
  auto remove = [&](std::int64_t now) {
    return in([&](Transaction& t) { return InboxStore::remove_old(t, State::delivered, now - 1000, now, 10); });
  };
  EXPECT_EQ(remove(1500), 0);
  EXPECT_EQ(remove(3000), 1);
  EXPECT_EQ(add(event("evt_1")), Arrival::duplicate) << "its id must be known until the sender's window is over";
  EXPECT_EQ(remove(3001), 0);
  EXPECT_EQ(remove(6000), 1);
  EXPECT_EQ(add(event("evt_1")), Arrival::fresh);
}

TEST_F(InboxStoreTest, ListsByWhatIsAsked) {
  for (const char* id : {"a", "b", "c"}) add(event(id));
  auto odd = event("d");
  odd.type = "checkout.session.completed";
  odd.state = State::quarantined;
  add(odd);
  auto rows = [&](Filter f) { return in([&](Transaction& t) { return InboxStore::list(t, f); }); };
  Filter f;
  EXPECT_EQ(rows(f).size(), 4u);
  EXPECT_EQ(rows(f)[0].id, "d") << "newest first";
  f.after = 2;
  EXPECT_EQ(rows(f)[0].id, "c") << "and rising after a number";
  Filter typed;
  typed.type = "checkout.*";
  ASSERT_EQ(rows(typed).size(), 1u);
  typed.state = State::pending;
  EXPECT_EQ(rows(typed).size(), 0u);
}

// A key is blinded by the seal key of its day; what waits was blinded by the one before.
TEST_F(InboxStoreTest, KeepsTheOrderOfAKeyWhileTheSealKeyIsRotated) {
  auto after = [&](const std::string& id) {
    auto e = event(id, "new");
    e.order_key_names = {"old", "plain"};
    return e;
  };
  add(event("1", "old"));
  add(after("2"));
  add(after("3"));
  ASSERT_EQ(claim(2000).size(), 1u) << "the second waits behind the first, whatever names its key has";
  deliver(1, 2001);
  auto second = claim(2001);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].id, "2");
  deliver(2, 2002);
  ASSERT_EQ(claim(2002).size(), 1u);
  deliver(3, 2003);
  add(after("4"));
  EXPECT_EQ(row(3).order_key, "old");
  EXPECT_EQ(row(4).order_key, "new") << "when nothing waits under the old name, the new one begins";
  add(after("5"));
  EXPECT_EQ(claim(2004).size(), 1u);
}

TEST_F(InboxStoreTest, EndsWaitsThatOnlyAClockAheadCouldHaveMade) {
  constexpr std::int64_t kHour = 3'600'000;
  auto wake = [&](std::int64_t now) {
    return in([&](Transaction& t) { return InboxStore::wake(t, "stripe", {kHour, 1000}, now, 100); });
  };
  auto ahead = event("1", "key");
  ahead.received = 100 * kHour;
  add(ahead);
  add(event("2", "key"));  // waits for the first, not for the clock
  add(event("3"));
  ASSERT_EQ(claim(2000, 10, "me").size(), 1u);
  done([&](Transaction& t) { return InboxStore::try_again(t, 3, "me", 2000, 2000 + kHour, 500, ""); });
  EXPECT_EQ(wake(5000), 1) << "a pause that is no longer than the longest stays";
  auto due = claim(5000, 1);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].id, "1");
  done([&](Transaction& t) { return InboxStore::try_again(t, 1, "me", 90 * kHour, 90 * kHour + 5, 500, ""); });
  EXPECT_EQ(wake(6000), 1) << "tried by a clock that was ahead";
  ASSERT_EQ(claim(6000, 1).size(), 1u);
  in([&](Transaction& t) { return InboxStore::claim(t, "stripe", "dead", 80 * kHour, 100, 10, 1 << 20); });
  EXPECT_EQ(wake(7000), 2) << "leased by one";
  EXPECT_EQ(claim(8000, 10).size(), 2u);
  EXPECT_EQ(wake(9000), 0);
}

TEST_F(InboxStoreTest, NamesTheEventThatAnotherStandsBehind) {
  for (const char* id : {"1", "2", "3"}) add(event(id, "key"));
  add(event("4"));
  auto behind = [&](std::int64_t seq) { return in([&](Transaction& t) { return InboxStore::behind(t, seq); }); };
  EXPECT_EQ(behind(1), 0);
  EXPECT_EQ(behind(3), 1);
  EXPECT_EQ(behind(4), 0);
  claim(2000);
  deliver(1, 2001);
  EXPECT_EQ(behind(2), 0);
  EXPECT_EQ(behind(3), 2);
}

TEST_F(InboxStoreTest, MakesRoomFirstByWhatNobodyWanted) {
  auto skipped = event("skipped", {}, "12345");
  skipped.state = State::skipped;
  add(event("delivered", {}, "1"));
  add(skipped);
  auto quarantined = event("quarantined", {}, "123");
  quarantined.state = State::quarantined;
  add(quarantined);
  claim(2000);
  deliver(1, 2001);
  EXPECT_EQ(in([](Transaction& t) { return InboxStore::held_bytes(t); }), 6) << "a person looks at the quarantine";
  auto remove = [&] { return in([](Transaction& t) { return InboxStore::remove_bodies(t, 1); }); };
  EXPECT_EQ(remove(), 5);
  EXPECT_EQ(remove(), 1);
  EXPECT_EQ(remove(), 0);
}

TEST(JudgeTest, KeepsInQuarantineWhatDoesNotSayThatItIsLive) {
  SystemEntropy entropy;
  EndpointConfig c;
  c.name = "stripe";
  c.scheme.provider = kit::webhook::Provider::stripe;
  c.scheme.secrets = {conf::SecretRef{}};
  c.deliver_to = "http://127.0.0.1:9/x";
  EndpointParts parts;
  parts.secret = [](const conf::SecretRef&) -> Result<std::string> {
    return "whsec_" + text::base64(std::string(32, 'k'));
  };
  parts.counters = std::make_shared<Counters>();
  parts.ring = std::make_shared<const kit::KeyRing>(std::move(*kit::KeyRing::build({})));
  auto judged = [&](gate::Mode mode, std::optional<bool> livemode) {
    parts.mode = mode;
    auto made = build(c, parts);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    kit::webhook::Accepted a;
    a.livemode = livemode;
    return judge(**made, a, "{}", "application/json", 1000, entropy).state;
  };
  EXPECT_EQ(judged(gate::Mode::production, true), State::pending);
  EXPECT_EQ(judged(gate::Mode::production, false), State::quarantined);
  EXPECT_EQ(judged(gate::Mode::production, std::nullopt), State::quarantined);
  EXPECT_EQ(judged(gate::Mode::development, std::nullopt), State::pending);
  c.scheme.provider = kit::webhook::Provider::standard_webhooks;
  EXPECT_EQ(judged(gate::Mode::production, std::nullopt), State::pending) << "only Stripe says";
}

TEST(JudgeTest, NamesTheKeyOfOrderAsEverySealKeyBlindsIt) {
  const std::string old_key = text::base64(std::string(32, 'o')), new_key = text::base64(std::string(32, 'n'));
  SystemEntropy entropy;
  auto judged = [&](const std::vector<std::string>& keys) {
    EndpointConfig c;
    c.name = "shop";
    c.scheme.provider = kit::webhook::Provider::standard_webhooks;
    c.scheme.secrets = {conf::SecretRef{}};
    c.order_by = {"/customer"};
    EndpointParts parts;
    parts.secret = [](const conf::SecretRef&) -> Result<std::string> {
      return "whsec_" + text::base64(std::string(32, 'k'));
    };
    parts.counters = std::make_shared<Counters>();
    parts.ring = std::make_shared<const kit::KeyRing>(std::move(*kit::KeyRing::build(keys)));
    auto made = build(c, parts);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    return judge(**made, kit::webhook::Accepted{}, R"({"customer":"cus_1"})", "application/json", 1000, entropy);
  };
  const NewEvent plain = judged({}), before = judged({old_key}), after = judged({new_key, old_key});
  EXPECT_EQ(plain.order_key, "cus_1");
  EXPECT_TRUE(plain.order_key_names.empty());
  EXPECT_NE(after.order_key, before.order_key);
  EXPECT_EQ(after.order_key_names, (std::vector<std::string>{*before.order_key, "cus_1"}));
}

TEST(BackOffTest, DoublesIsBoundedAndScatters) {
  SystemEntropy entropy;
  BackOff b{100, 1000, 10'000};
  for (int i = 0; i < 50; ++i) {
    EXPECT_GE(b.pause(1, entropy), 50);
    EXPECT_LE(b.pause(1, entropy), 100);
    EXPECT_GE(b.pause(3, entropy), 200);
    EXPECT_LE(b.pause(60, entropy), 1000);
  }
  EXPECT_FALSE(b.over(0, 1'000'000)) << "never tried yet";
  EXPECT_TRUE(b.over(1000, 11'000));
  EXPECT_EQ(b.next(1000, 10'900, 500), 11'000) << "the last try stands at the end of the span";
}

TEST(BreakerTest, OpensAfterFiveInARowLetsOneThroughAndCloses) {
  Breaker b;
  for (int i = 0; i < 4; ++i) b.failed(0);
  EXPECT_EQ(b.room(0, 16), 16);
  b.failed(0);
  EXPECT_EQ(b.room(10, 16), 0);
  EXPECT_EQ(b.room(500, 16), 1);
  b.failed(500);
  EXPECT_EQ(b.room(1400, 16), 0) << "the pause has doubled";
  EXPECT_EQ(b.room(1500, 16), 1);
  b.succeeded();
  EXPECT_EQ(b.room(1500, 16), 16);
}

TEST(BreakerTest, ForgetsAPauseThatAClockAheadBegan) {
  Breaker b;
  for (int i = 0; i < 5; ++i) b.failed(1'000'000'000);
  EXPECT_EQ(b.room(1'000'000'000, 16), 0);
  EXPECT_EQ(b.room(5000, 16), 1) << "the clock went back: one may try";
}

TEST(PointerTest, FindsWhatRfc6901Says) {
  auto doc = json::parse(R"({"a/b":{"m~n":[10,{"x":"y"}]},"":"empty","t":true,"n":null,"e":""})");
  ASSERT_TRUE(doc);
  auto at = [&](std::string_view p) { return Pointer::parse(p)->text_in(*doc).value_or("(none)"); };
  EXPECT_EQ(at("/a~1b/m~0n/0"), "10");
  EXPECT_EQ(at("/a~1b/m~0n/1/x"), "y");
  EXPECT_EQ(at("/a~1b/m~0n/01"), "(none)");
  EXPECT_EQ(at("/a~1b/m~0n/2"), "(none)");
  EXPECT_EQ(at("/"), "empty");
  EXPECT_EQ(at("/t"), "true");
  EXPECT_EQ(at("/n"), "(none)");
  EXPECT_EQ(at("/e"), "(none)");
  EXPECT_EQ(at(""), "(none)") << "a whole document is no key";
  for (const char* bad : {"a", "/~", "/~2"}) EXPECT_FALSE(Pointer::parse(bad)) << bad;
}

TEST(TypesTest, FitWholeOrByBeginning) {
  EXPECT_TRUE(type_fits({}, "anything"));
  EXPECT_TRUE(type_fits({"checkout.*"}, "checkout.session.completed"));
  EXPECT_FALSE(type_fits({"checkout.*"}, "checkouts"));
  EXPECT_TRUE(type_fits({"a", "b"}, "b"));
  EXPECT_FALSE(type_fits({"a"}, "a.b"));
}

std::string findings_of(const std::string& text) {
  conf::Findings findings;
  Config config;
  auto document = conf::Document::parse(text, "t.toml", findings);
  document.read([&](conf::Form& f) { f.table({"webhooks", ""}, [&](conf::Form& t) { describe(t, config); }); },
                findings);
  std::string all;
  for (const auto& f : findings.all()) all += f.key + " " + f.code + "\n";
  return all;
}

constexpr std::string_view kGood =
    "[webhooks.endpoint.stripe]\nprovider = \"stripe\"\nsecret = { env = \"S\" }\n"
    "deliver_to = \"http://127.0.0.1:9000/events\"\ndeliver_secret = { env = \"D\" }\n";

TEST(WebhooksConfigTest, TakesAPlainEndpoint) { EXPECT_EQ(findings_of(std::string(kGood)), ""); }

TEST(WebhooksConfigTest, RefusesWhatIsUnsafeOrCannotBe) {
  auto with = [](const std::string& line) { return findings_of(std::string(kGood) + line); };
  EXPECT_NE(with("order_by = [\"data\"]\n").find("order_by"), std::string::npos);
  EXPECT_NE(with("types = [\"a*b\"]\n").find("types"), std::string::npos);
  EXPECT_NE(with("path = \"webhooks\"\n").find("path"), std::string::npos);
  EXPECT_NE(findings_of("[webhooks.endpoint.s]\nprovider = \"stripe\"\nsecret = { env = \"S\" }\n").find("missing_key"),
            std::string::npos)
      << "nobody gets the events";
  EXPECT_NE(findings_of("[webhooks.endpoint.s]\nprovider = \"stripe\"\nsecret = { env = \"S\" }\ndeliver_to = "
                        "\"http://10.0.0.1/x\"\ndeliver_secret = { env = \"D\" }\n")
                .find("unsafe"),
            std::string::npos)
      << "in the clear to another machine";
  EXPECT_NE(findings_of("[webhooks.endpoint.s]\nprovider = \"stripe\"\nsecret = { env = \"S\" }\ndeliver_to = "
                        "\"http://127.0.0.1/x\"\n")
                .find("deliver_secret"),
            std::string::npos)
      << "unsigned deliveries";
}

// What check() says, as "line code key: remedy".
std::vector<std::string> checked(const std::string& text) {
  conf::Findings ignored, findings;
  Config config;
  auto document = conf::Document::parse(text, "t.toml", ignored);
  document.read([&](conf::Form& f) { f.table({"webhooks", ""}, [&](conf::Form& t) { describe(t, config); }); },
                ignored);
  check(config, {{"billing", kit::webhook::Provider::stripe, "stripe", "billing.webhook", {}}}, findings);
  std::vector<std::string> all;
  for (const auto& f : findings.all())
    all.push_back(std::to_string(f.place.line) + " " + f.code + " " + f.key + ": " + f.remedy);
  return all;
}

std::string handing(std::string_view name, std::string_view provider = "stripe") {
  return "[webhooks.endpoint." + std::string(name) + "]\nprovider = \"" + std::string(provider) +
         "\"\nsecret = { env = \"S\" }\nhandle = [\"billing\"]\n";
}

TEST(WebhooksConfigTest, SaysWhichEndpointAHandlerWouldNeverHear) {
  EXPECT_TRUE(checked(handing("stripe")).empty());
  const auto two = checked(handing("stripe") + handing("stripe-eu"));
  ASSERT_EQ(two.size(), 1u);
  EXPECT_EQ(two[0],
            "5 wrong_endpoint webhooks.endpoint.stripe-eu.handle: set `billing.webhook` to \"stripe-eu\", or take "
            "\"billing\" out of this `handle`");
  const auto other = checked(handing("stripe", "github"));
  ASSERT_EQ(other.size(), 1u);
  EXPECT_EQ(other[0].substr(0, 16), "1 wrong_provider");
  const auto nobody = checked(kGood.data());
  ASSERT_EQ(nobody.size(), 1u);
  EXPECT_NE(nobody[0].find("unheard_handler billing.webhook: write handle = [\"billing\"] in "
                           "[webhooks.endpoint.stripe]"),
            std::string::npos)
      << nobody[0];
}

}  // namespace
}  // namespace gatehouse::services::webhooks

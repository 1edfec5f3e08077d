#include "services/billing/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::billing {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

// A database of its own and a clock that each event moves on.
class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("ledger-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto db = store::open_sqlite({.file = (folder_ / "t.db").string()});
    ASSERT_TRUE(db.has_value()) << db.error().text();
    db_ = std::move(*db);
    auto made = db_->migrate(kComponent, billing_migrations());
    ASSERT_TRUE(made.has_value()) << made.error().text();
  }
  void TearDown() override {
    db_.reset();
    std::filesystem::remove_all(folder_);
  }

  template <class F>
  auto with(F f) {
    return db_->write_now([&](Transaction& t) {
      Ledger ledger(t, rules_, now_, told_);
      return f(ledger);
    });
  }

  void add_order(std::string id, std::string kind, std::int64_t amount = 900) {
    Order o;
    o.id = std::move(id);
    o.person = alice_;
    o.kind = std::move(kind);
    o.state = State::open;
    o.items = "price_pro";
    o.entitlements = "pro";
    o.customer = "cus_a";
    o.currency = "eur";
    o.amount = amount;
    o.created = o.updated = now_;
    auto added = with([&](Ledger& l) -> Result<bool> {
      if (auto r = l.store().add_order(o, "test"); !r) return fail(r.error());
      return true;
    });
    ASSERT_TRUE(added.has_value()) << added.error().text();
  }

  // An event with this object; its id from the type and a count.
  std::string event(std::string_view type, std::string_view object, std::string_view more = "") {
    return "{\"id\":\"evt_" + std::to_string(++count_) + "\",\"object\":\"event\",\"type\":\"" + std::string(type) +
           "\",\"created\":" + std::to_string(++now_) +
           ",\"livemode\":false,\"data\":{\"object\":" + std::string(object) + std::string(more) + "}}";
  }

  Problem apply(const std::string& payload) {
    auto e = read_event(payload);
    if (!e) return e.error();
    auto r = with([&](Ledger& l) -> Result<bool> {
      if (auto done = l.apply("stripe", *e); !done) return fail(done.error());
      return true;
    });
    return r ? Problem{Source::us, "", "", nullptr} : r.error();
  }
  void applies(const std::string& payload) {
    const Problem p = apply(payload);
    EXPECT_EQ(p.code, "") << p.text() << "\n" << payload;
  }

  State state(const std::string& id) {
    auto o = with([&](Ledger& l) { return l.store().order(id); });
    return o && *o ? (*o)->state : State::count_;
  }
  std::vector<std::string> entitled() {
    auto e = with([&](Ledger& l) { return l.store().entitlements(alice_, now_, 3600); });
    return e ? *e : std::vector<std::string>{"failed: " + e.error().text()};
  }
  std::vector<std::string> steps(const std::string& id) {
    auto all = with([&](Ledger& l) { return l.store().transitions(id); });
    std::vector<std::string> out;
    for (const Transition& t : *all) out.push_back(t.trigger + ">" + std::string(name_of(t.to)) + " " + t.cause);
    return out;
  }
  std::vector<std::string> business() {
    std::vector<std::string> out;
    for (const Happened& h : told_) out.push_back(h.what);
    return out;
  }

  static std::string session(std::string_view status, std::string_view payment, std::string_view order = "ord_1") {
    return R"({"id":"cs_1","object":"checkout.session","status":")" + std::string(status) + R"(","payment_status":")" +
           std::string(payment) + R"(","metadata":{"order_id":")" + std::string(order) +
           R"("},"customer":"cus_a","payment_intent":"pi_1","subscription":null,"amount_total":900,"currency":"eur"})";
  }
  static std::string charge(int refunded, bool all) {
    return R"({"id":"ch_1","object":"charge","customer":"cus_a","payment_intent":"pi_1","amount":900,"amount_refunded":)" +
           std::to_string(refunded) + ",\"refunded\":" + (all ? "true" : "false") + "}";
  }
  static std::string subscription(std::string_view status, std::string_view order = "ord_1",
                                  std::string_view product = "prod_pro") {
    return R"({"id":"sub_1","object":"subscription","customer":"cus_a","status":")" + std::string(status) +
           R"(","metadata":{"order_id":")" + std::string(order) +
           R"("},"items":{"data":[{"current_period_end":1800000000,"price":{"id":"price_pro","product":")" +
           std::string(product) + R"("}}]}})";
  }
  static std::string invoice(std::string_view status, std::string_view reason, int amount = 900,
                             std::string_view intent = "pi_1") {
    return R"({"id":"in_)" + std::string(reason) + R"(","object":"invoice","customer":"cus_a","status":")" +
           std::string(status) + R"(","billing_reason":")" + std::string(reason) + R"(","amount_paid":)" +
           std::to_string(amount) +
           R"(,"currency":"eur","parent":{"subscription_details":{"subscription":"sub_1","metadata":{"order_id":"ord_1"}}},)"
           R"("payments":{"data":[{"status":"paid","payment":{"type":"payment_intent","payment_intent":")" +
           std::string(intent) + R"("}}]}})";
  }

  const Person alice_{"https://issuer.example", "alice"};
  LedgerRules rules_;
  std::int64_t now_ = 1700000000;
  int count_ = 0;
  std::vector<Happened> told_;
  std::filesystem::path folder_;
  std::unique_ptr<Db> db_;
};

TEST_F(LedgerTest, AnOrderIsConfirmedByMoneyAlone) {
  add_order("ord_1", "checkout");
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("checkout.session.completed", session("complete", "unpaid")));
  EXPECT_EQ(state("ord_1"), State::processing);
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("checkout.session.async_payment_succeeded", session("complete", "paid")));
  EXPECT_EQ(state("ord_1"), State::paid);
  EXPECT_THAT(entitled(), ElementsAre("pro"));
  EXPECT_THAT(steps("ord_1"), ElementsAre("created>open test", "processing>processing evt_1", "paid>paid evt_2"));
  EXPECT_THAT(business(), ElementsAre("order_processing", "order_confirmed"));
}

TEST_F(LedgerTest, TheTypeOfAnEventProvesNothingByItself) {
  add_order("ord_1", "checkout");
  applies(event("checkout.session.completed", session("open", "paid")));
  applies(event("checkout.session.async_payment_succeeded", session("complete", "unpaid")));
  EXPECT_EQ(state("ord_1"), State::processing);
  applies(event("invoice.paid", invoice("open", "subscription_create")));
  EXPECT_EQ(state("ord_1"), State::processing);
}

// A payment link takes client_reference_id from its address, which the payer writes; a guest has no customer.
TEST_F(LedgerTest, AReferenceThatThePayerWritesConfirmsNothing) {
  add_order("ord_1", "checkout", 90000);
  applies(event("checkout.session.completed",
                R"({"id":"cs_link","object":"checkout.session","status":"complete","payment_status":"paid",)"
                R"("client_reference_id":"ord_1","metadata":{},"customer":null,"payment_intent":"pi_link",)"
                R"("subscription":null,"amount_total":100,"currency":"eur"})"));
  EXPECT_EQ(state("ord_1"), State::open);
  EXPECT_THAT(entitled(), IsEmpty());
}

// The bank's question about another payment of the same subscription, answered, gives back nothing.
TEST_F(LedgerTest, AnInquiryThatClosesWinsNoDispute) {
  add_order("ord_1", "checkout");
  applies(event("checkout.session.completed", session("complete", "paid")));
  auto dispute = [](std::string_view status) {
    return R"({"id":"du_1","object":"dispute","payment_intent":"pi_1","status":")" + std::string(status) + "\"}";
  };
  applies(event("charge.dispute.created", dispute("needs_response")));
  EXPECT_EQ(state("ord_1"), State::disputed);
  applies(event("charge.dispute.closed", dispute("warning_closed")));
  EXPECT_EQ(state("ord_1"), State::disputed);
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("charge.dispute.closed", dispute("won")));
  EXPECT_EQ(state("ord_1"), State::paid);
}

TEST_F(LedgerTest, TheSameEventTwiceIsOnce) {
  add_order("ord_1", "checkout");
  const std::string paid = event("checkout.session.completed", session("complete", "paid"));
  applies(paid);
  applies(paid);
  EXPECT_EQ(steps("ord_1").size(), 2u);
  applies(event("checkout.session.completed", session("complete", "paid")));  // another event that says the same
  EXPECT_EQ(steps("ord_1").size(), 2u);
}

TEST_F(LedgerTest, EveryOrderOfTheSameEventsEndsAlike) {
  std::vector<std::string> all = {event("checkout.session.completed", session("complete", "unpaid")),
                                  event("checkout.session.async_payment_succeeded", session("complete", "paid")),
                                  event("charge.refunded", charge(400, false)),
                                  event("charge.refunded", charge(900, true))};
  std::sort(all.begin(), all.end());
  int n = 0;
  do {
    TearDown();
    SetUp();
    add_order("ord_1", "checkout");
    for (const std::string& e : all) applies(e);
    EXPECT_EQ(state("ord_1"), State::refunded) << "permutation " << n;
    EXPECT_THAT(entitled(), IsEmpty());
    ++n;
  } while (std::next_permutation(all.begin(), all.end()));
  EXPECT_EQ(n, 24);
}

TEST_F(LedgerTest, ExpiryAndFailureLeaveNothing) {
  add_order("ord_1", "checkout");
  applies(event("checkout.session.expired", session("expired", "unpaid")));
  EXPECT_EQ(state("ord_1"), State::expired);
  add_order("ord_2", "checkout");
  std::string other = session("complete", "unpaid", "ord_2");
  other.replace(other.find("cs_1"), 4, "cs_2");
  other.replace(other.find("pi_1"), 4, "pi_2");
  applies(event("checkout.session.async_payment_failed", other));
  EXPECT_EQ(state("ord_2"), State::failed);
  EXPECT_THAT(entitled(), IsEmpty());
}

TEST_F(LedgerTest, ADisputeTakesAwayAndWinningGivesBack) {
  add_order("ord_1", "checkout");
  applies(event("checkout.session.completed", session("complete", "paid")));
  auto dispute = [](std::string_view status) {
    return R"({"id":"du_1","object":"dispute","payment_intent":"pi_1","status":")" + std::string(status) + "\"}";
  };
  applies(event("charge.dispute.created", dispute("warning_needs_response")));
  EXPECT_EQ(state("ord_1"), State::paid);
  applies(event("charge.dispute.funds_withdrawn", dispute("needs_response")));
  EXPECT_EQ(state("ord_1"), State::disputed);
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("charge.dispute.closed", dispute("won")));
  EXPECT_EQ(state("ord_1"), State::paid);
  applies(event("charge.refunded", charge(100, false)));
  applies(event("charge.dispute.created", dispute("needs_response")));
  applies(event("charge.dispute.closed", dispute("won")));
  EXPECT_EQ(state("ord_1"), State::partially_refunded);
  applies(event("charge.dispute.closed", dispute("lost")));
  EXPECT_EQ(state("ord_1"), State::lost);
  EXPECT_THAT(entitled(), IsEmpty());
}

TEST_F(LedgerTest, OtherModesAccountsAndCustomersAreRefused) {
  add_order("ord_1", "checkout");
  std::string live = event("checkout.session.completed", session("complete", "paid"));
  live.replace(live.find("\"livemode\":false"), 16, "\"livemode\":true ");
  EXPECT_EQ(apply(live).code, "wrong_mode");
  std::string account = event("checkout.session.completed", session("complete", "paid"));
  account.insert(1, "\"account\":\"acct_other\",");
  EXPECT_EQ(apply(account).code, "wrong_account");
  std::string stranger = session("complete", "paid");
  stranger.replace(stranger.find("cus_a"), 5, "cus_b");
  applies(event("checkout.session.completed", stranger));
  EXPECT_EQ(state("ord_1"), State::open);
}

TEST_F(LedgerTest, AnAppsPaymentMustCoverTheOrderInItsCurrency) {
  add_order("ord_1", "intent");
  auto intent = [](int received, std::string_view currency) {
    return R"({"id":"pi_1","object":"payment_intent","status":"succeeded","customer":"cus_a","amount_received":)" +
           std::to_string(received) + ",\"currency\":\"" + std::string(currency) +
           R"(","metadata":{"order_id":"ord_1"}})";
  };
  applies(event("payment_intent.succeeded", intent(899, "eur")));
  applies(event("payment_intent.succeeded", intent(900, "jpy")));
  EXPECT_EQ(state("ord_1"), State::open);
  applies(event("payment_intent.succeeded", intent(900, "eur")));
  EXPECT_EQ(state("ord_1"), State::paid);
}

TEST_F(LedgerTest, TheIntentOfACheckoutIsNoProofOfItsOrder) {
  add_order("ord_1", "checkout");
  applies(event("payment_intent.succeeded",
                R"({"id":"pi_1","object":"payment_intent","status":"succeeded","customer":"cus_a",
                    "amount_received":900,"currency":"eur","metadata":{"order_id":"ord_1"}})"));
  EXPECT_EQ(state("ord_1"), State::open);
}

TEST_F(LedgerTest, ASubscriptionGivesWhileItIsPaid) {
  rules_.entitlements = {{"prod_pro", {"pro", "export"}}};
  add_order("ord_1", "subscription");
  applies(event("customer.subscription.created", subscription("incomplete")));
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("customer.subscription.updated", subscription("active"),
                R"(,"previous_attributes":{"status":"incomplete"})"));
  EXPECT_THAT(entitled(), IsEmpty()) << "active without a paid invoice";
  applies(event("invoice.paid", invoice("paid", "subscription_create")));
  EXPECT_EQ(state("ord_1"), State::paid);
  EXPECT_THAT(entitled(), ElementsAre("export", "pro"));

  applies(event("invoice.payment_failed", invoice("open", "subscription_cycle", 0)));
  applies(event("customer.subscription.updated", subscription("past_due"),
                R"(,"previous_attributes":{"status":"active"})"));
  EXPECT_THAT(entitled(), ElementsAre("export", "pro")) << "within the days of grace";
  now_ += 3601;
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("customer.subscription.updated", subscription("active"),
                R"(,"previous_attributes":{"status":"past_due"})"));
  EXPECT_THAT(entitled(), ElementsAre("export", "pro"));
  applies(event("customer.subscription.deleted", subscription("canceled")));
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("customer.subscription.updated", subscription("active")));
  EXPECT_THAT(entitled(), IsEmpty()) << "what ended never begins again";
  EXPECT_THAT(business(), testing::IsSupersetOf(
                              {"order_confirmed", "renewal_failed", "subscription_past_due", "subscription_canceled"}));
}

TEST_F(LedgerTest, EventsOfASubscriptionMayComeInAnyOrder) {
  std::vector<std::string> all = {event("customer.subscription.created", subscription("incomplete")),
                                  event("invoice.paid", invoice("paid", "subscription_create")),
                                  event("customer.subscription.updated", subscription("active"),
                                        R"(,"previous_attributes":{"status":"incomplete"})")};
  std::sort(all.begin(), all.end());
  do {
    TearDown();
    SetUp();
    add_order("ord_1", "subscription");
    for (const std::string& e : all) applies(e);
    EXPECT_EQ(state("ord_1"), State::paid);
    EXPECT_THAT(entitled(), ElementsAre("pro"));
  } while (std::next_permutation(all.begin(), all.end()));
}

TEST_F(LedgerTest, ATrialGivesUntilItEndsWithoutMoney) {
  add_order("ord_1", "subscription");
  applies(event("customer.subscription.created", subscription("trialing")));
  EXPECT_EQ(state("ord_1"), State::paid);
  EXPECT_THAT(entitled(), ElementsAre("pro"));
  applies(event("customer.subscription.trial_will_end", subscription("trialing")));
  applies(event("customer.subscription.updated", subscription("past_due"),
                R"(,"previous_attributes":{"status":"trialing"})"));
  EXPECT_THAT(entitled(), IsEmpty()) << "no money was ever seen, so there is no grace";
  applies(event("invoice.paid", invoice("paid", "subscription_cycle")));
  applies(event("customer.subscription.updated", subscription("active"),
                R"(,"previous_attributes":{"status":"past_due"})"));
  EXPECT_THAT(entitled(), ElementsAre("pro"));
  EXPECT_THAT(business(), testing::Contains("trial_ends_soon"));
}

TEST_F(LedgerTest, ARefundOfASubscriptionsMoneyEndsWhatItGave) {
  add_order("ord_1", "subscription");
  applies(event("charge.refunded", charge(900, true)));  // it came first of all
  applies(event("customer.subscription.created", subscription("active")));
  applies(event("invoice.paid", invoice("paid", "subscription_create")));
  EXPECT_EQ(state("ord_1"), State::refunded);
  EXPECT_THAT(entitled(), IsEmpty());
}

TEST_F(LedgerTest, TwoUpdatesOfOneSecondThatContradictAreMarked) {
  add_order("ord_1", "subscription");
  applies(event("customer.subscription.created", subscription("active")));
  --now_;
  applies(event("customer.subscription.updated", subscription("unpaid"),
                R"(,"previous_attributes":{"status":"past_due"})"));
  auto s = with([](Ledger& l) { return l.store().subscription("sub_1"); });
  ASSERT_TRUE(s && *s);
  EXPECT_EQ((*s)->status, "active");
  EXPECT_TRUE((*s)->unsure);
}

TEST_F(LedgerTest, ProductsTellWhatTheyEntitleTo) {
  add_order("ord_1", "subscription");
  applies(
      event("product.updated", R"({"id":"prod_pro","object":"product","metadata":{"entitlements":"gold, silver"}})"));
  applies(event("customer.subscription.created", subscription("trialing")));
  EXPECT_THAT(entitled(), ElementsAre("gold", "silver"));
}

TEST_F(LedgerTest, CustomersAreKeptOnceAndForgottenWhenDeleted) {
  auto keep = [&](std::int64_t generation, std::string_view id) {
    auto c = with([&](Ledger& l) { return l.store().keep_customer(alice_, generation, id, now_); });
    return c ? c->id : c.error().text();
  };
  EXPECT_EQ(keep(0, "cus_a"), "cus_a");
  EXPECT_EQ(keep(0, "cus_b"), "cus_a") << "the first one stays";
  applies(event("customer.deleted", R"({"id":"cus_a","object":"customer"})"));
  EXPECT_EQ(keep(0, "cus_b"), "") << "made before it was forgotten";
  EXPECT_EQ(keep(1, "cus_c"), "cus_c");
}

TEST_F(LedgerTest, NobodySeesTheOrdersOfOthers) {
  add_order("ord_1", "checkout");
  auto list = [&](const Person& p) {
    auto all = with([&](Ledger& l) { return l.store().orders(&p, std::nullopt, "", 10); });
    return all ? all->size() : 99;
  };
  EXPECT_EQ(list(alice_), 1u);
  EXPECT_EQ(list({alice_.issuer, "bob"}), 0u);
  EXPECT_EQ(list({"https://other.example", "alice"}), 0u);
  EXPECT_EQ(list({"", ""}), 0u);
}

TEST_F(LedgerTest, OrdersOfOneSecondAreListedNewestFirstPageByPage) {
  const std::vector<std::string> made = {"ord_5", "ord_1", "ord_9", "ord_3", "ord_7"};
  for (const std::string& id : made) add_order(id, "checkout");
  std::vector<std::string> seen;
  for (std::string after; seen.size() < made.size();) {
    auto page = with([&](Ledger& l) { return l.store().orders(&alice_, std::nullopt, after, 2); });
    ASSERT_TRUE(page && !page->empty());
    for (const Order& o : *page) seen.push_back(o.id);
    after = seen.back();
  }
  EXPECT_THAT(seen, ElementsAreArray(made.rbegin(), made.rend()));
}

TEST_F(LedgerTest, PayloadsThatAreNoEventsAreTold) {
  for (
      std::string_view bad :
      {"", "[]", "{}", R"({"id":"evt_1","object":"v2.core.event","type":"x"})",
       R"({"id":"evt_1","object":"event","type":"checkout.session.completed","data":{"object":{"id":"cs_1","object":"charge"}}})",
       R"({"id":"evt_1","object":"event","type":"checkout.session.completed","data":{}})",
       R"({"id":"evt_1","id":"evt_2","object":"event","type":"x","data":{"object":{}}})"})
    EXPECT_EQ(read_event(bad).error().code, "bad_event") << bad;
  EXPECT_TRUE(read_event(R"({"id":"evt_1","object":"event","type":"payout.paid","data":{"object":{}}})").has_value());
}

}  // namespace
}  // namespace gatehouse::services::billing

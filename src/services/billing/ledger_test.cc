#include "services/billing/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/testing/temporary_folder.h"
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
    auto db = store::open_sqlite({.file = folder_.at("t.db")});
    ASSERT_TRUE(db.has_value()) << db.error().text();
    db_ = std::move(*db);
    auto made = db_->migrate(kComponent, billing_migrations());
    ASSERT_TRUE(made.has_value()) << made.error().text();
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
  static std::string charge(int refunded, bool all, std::string_view intent = "pi_1") {
    return R"({"id":"ch_1","object":"charge","customer":"cus_a","payment_intent":")" + std::string(intent) +
           R"(","amount":900,"amount_refunded":)" + std::to_string(refunded) +
           ",\"refunded\":" + (all ? "true" : "false") + "}";
  }
  static std::string dispute(std::string_view status, std::string_view id = "du_1", std::string_view intent = "pi_1") {
    return R"({"id":")" + std::string(id) + R"(","object":"dispute","payment_intent":")" + std::string(intent) +
           R"(","status":")" + std::string(status) + "\"}";
  }
  static std::string subscription(std::string_view status, std::string_view order = "ord_1",
                                  std::string_view product = "prod_pro") {
    return R"({"id":"sub_1","object":"subscription","customer":"cus_a","status":")" + std::string(status) +
           R"(","metadata":{"order_id":")" + std::string(order) +
           R"("},"items":{"data":[{"current_period_end":1800000000,"price":{"id":"price_pro","product":")" +
           std::string(product) + R"("}}]}})";
  }
  // Of sub_1, with the order that it began with; `made` tells invoices apart.
  static std::string invoice(std::string_view status, std::string_view reason, int amount = 900,
                             std::string_view intent = "pi_1", std::int64_t made = 1700000000,
                             std::string_view order = "ord_1", bool whole = true) {
    return R"({"id":"in_)" + std::to_string(made) + std::string(reason) +
           R"(","object":"invoice","customer":"cus_a","status":")" + std::string(status) + R"(","billing_reason":")" +
           std::string(reason) + R"(","created":)" + std::to_string(made) + R"(,"amount_paid":)" +
           std::to_string(amount) +
           R"(,"currency":"eur","parent":{"subscription_details":{"subscription":"sub_1","metadata":{"order_id":")" +
           std::string(order) + R"("}}},"lines":{"data":[{"parent":{"subscription_item_details":{"proration":)" +
           (whole ? "false" : "true") +
           R"(}}}]},"payments":{"data":[{"status":"paid","payment":{"type":"payment_intent","payment_intent":")" +
           std::string(intent) + R"("}}]}})";
  }

  // Empty tables for each order in which the events may come.
  int in_every_order(const std::vector<std::string>& events, const std::function<void()>& before,
                     const std::function<void(const std::string& order)>& after) {
    std::vector<std::pair<std::string, StripeEvent>> read;
    for (const std::string& e : events) read.emplace_back(e.substr(7, 6), *read_event(e));
    std::vector<std::size_t> turn(events.size());
    std::iota(turn.begin(), turn.end(), 0);
    int n = 0;
    do {
      wipe();
      before();
      std::string order;
      auto done = with([&](Ledger& l) -> Result<bool> {
        for (std::size_t i : turn) {
          order += read[i].first + " ";
          if (auto r = l.apply("stripe", read[i].second); !r) return fail(r.error());
        }
        return true;
      });
      EXPECT_TRUE(done.has_value()) << order << (done ? "" : done.error().text());
      after(order);
      ++n;
    } while (std::next_permutation(turn.begin(), turn.end()));
    return n;
  }
  void wipe() {
    auto done = db_->write_now([](Transaction& t) -> Result<bool> {
      for (std::string_view table : {"customers", "orders", "transitions", "subscriptions", "events", "invoices",
                                     "payments", "disputes", "products"})
        if (auto gone = t.run("DELETE FROM billing_" + std::string(table)); !gone) return fail(gone.error());
      return true;
    });
    ASSERT_TRUE(done.has_value()) << done.error().text();
  }

  const Person alice_{"https://issuer.example", "alice"};
  LedgerRules rules_;
  std::int64_t now_ = 1700000000;
  int count_ = 0;
  std::vector<Happened> told_;
  const TemporaryFolder folder_;
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
  const int n = in_every_order(
      {event("checkout.session.completed", session("complete", "unpaid")),
       event("checkout.session.async_payment_succeeded", session("complete", "paid")),
       event("charge.refunded", charge(400, false)), event("charge.refunded", charge(900, true))},
      [&] { add_order("ord_1", "checkout"); },
      [&](const std::string& order) {
        EXPECT_EQ(state("ord_1"), State::refunded) << order;
        EXPECT_THAT(entitled(), IsEmpty()) << order;
      });
  EXPECT_EQ(n, 24);
}

// What counts is how the dispute stood last by Stripe's own times, not which event came last.
TEST_F(LedgerTest, EveryOrderOfTheEventsOfADisputeEndsAlike) {
  struct End {
    std::string_view status;
    State state;
    bool gives;
  };
  for (const End& end : {End{"won", State::partially_refunded, true}, End{"lost", State::lost, false},
                         End{"under_review", State::disputed, false}}) {
    std::vector<std::string> all = {
        event("checkout.session.completed", session("complete", "paid")),
        event("charge.dispute.created", dispute("warning_needs_response")),
        event("charge.dispute.funds_withdrawn", dispute("needs_response")),
        event(end.status == "under_review" ? "charge.dispute.updated" : "charge.dispute.closed", dispute(end.status))};
    if (end.gives) all.push_back(event("charge.refunded", charge(400, false)));
    const int n = in_every_order(
        all, [&] { add_order("ord_1", "checkout"); },
        [&](const std::string& order) {
          EXPECT_EQ(state("ord_1"), end.state) << end.status << " after " << order;
          EXPECT_EQ(entitled().size(), end.gives ? 1u : 0u) << end.status << " after " << order;
        });
    EXPECT_EQ(n, end.gives ? 120 : 24);
  }
}

TEST_F(LedgerTest, OneOfTwoDisputesThatIsWonGivesNothingBack) {
  add_order("ord_1", "checkout");
  applies(event("checkout.session.completed", session("complete", "paid")));
  applies(event("charge.dispute.created", dispute("needs_response", "du_1")));
  applies(event("charge.dispute.created", dispute("needs_response", "du_2")));
  applies(event("charge.dispute.closed", dispute("won", "du_1")));
  EXPECT_EQ(state("ord_1"), State::disputed);
  applies(event("charge.dispute.closed", dispute("won", "du_2")));
  EXPECT_EQ(state("ord_1"), State::paid);
}

TEST_F(LedgerTest, ADisputeThatIsWonProvesNoPayment) {
  add_order("ord_1", "checkout");
  applies(event("checkout.session.completed", session("complete", "unpaid")));
  applies(event("charge.dispute.closed", dispute("won")));
  EXPECT_EQ(state("ord_1"), State::processing);
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
  in_every_order(
      {event("customer.subscription.created", subscription("incomplete")),
       event("invoice.paid", invoice("paid", "subscription_create")),
       event("customer.subscription.updated", subscription("active"),
             R"(,"previous_attributes":{"status":"incomplete"})")},
      [&] { add_order("ord_1", "subscription"); },
      [&](const std::string& order) {
        EXPECT_EQ(state("ord_1"), State::paid) << order;
        EXPECT_THAT(entitled(), ElementsAre("pro")) << order;
      });
}

// What was begun in the dashboard, or by another program with the key, has no order of ours.
TEST_F(LedgerTest, ASubscriptionBegunOutsideGivesOnceItIsPaidForByAKnownCustomer) {
  rules_.entitlements = {{"prod_pro", {"pro"}}};
  const std::string created = event("customer.subscription.created", subscription("active", "")),
                    paid = event("invoice.paid", invoice("paid", "subscription_create", 900, "pi_1", 1700000000, ""));
  auto known = [&] {
    auto kept = with([&](Ledger& l) { return l.store().keep_customer(alice_, 0, "cus_a", now_); });
    ASSERT_TRUE(kept.has_value());
  };
  in_every_order({created, paid}, known,
                 [&](const std::string& order) { EXPECT_THAT(entitled(), ElementsAre("pro")) << order; });
  wipe();
  known();
  applies(created);
  EXPECT_THAT(entitled(), IsEmpty()) << "active without a paid invoice";
  applies(paid);
  EXPECT_THAT(entitled(), ElementsAre("pro"));
  EXPECT_THAT(business(), testing::Contains("subscription_paid"));
  applies(event("charge.refunded", charge(900, true)));
  EXPECT_THAT(entitled(), IsEmpty());
  wipe();
  applies(created);
  applies(paid);
  EXPECT_THAT(entitled(), IsEmpty()) << "nobody's that we know";
}

// What is entitled follows the newest period that was paid for, and what was paid within it.
TEST_F(LedgerTest, MoneyThatWentBackOfOneInvoiceEndsThatPeriodAlone) {
  add_order("ord_1", "subscription");
  applies(event("customer.subscription.created", subscription("active")));
  applies(event("invoice.paid", invoice("paid", "subscription_create", 900, "pi_1", 1700000000)));
  applies(event("charge.refunded", charge(900, true, "pi_1")));
  EXPECT_THAT(entitled(), IsEmpty());
  applies(event("invoice.paid", invoice("paid", "subscription_cycle", 900, "pi_2", 1702600000)));
  EXPECT_EQ(state("ord_1"), State::refunded) << "the purchase itself stays refunded";
  EXPECT_THAT(entitled(), ElementsAre("pro")) << "the next month was paid";

  applies(event("charge.dispute.created", dispute("needs_response", "du_1", "pi_2")));
  EXPECT_THAT(entitled(), IsEmpty());
  EXPECT_EQ(state("ord_1"), State::refunded);
  applies(event("invoice.paid", invoice("paid", "subscription_update", 1, "pi_3", 1702700000, "ord_1", false)));
  EXPECT_THAT(entitled(), IsEmpty()) << "a cheap change within the period pays for no period";
  applies(event("charge.dispute.closed", dispute("won", "du_1", "pi_2")));
  EXPECT_THAT(entitled(), ElementsAre("pro"));
  EXPECT_THAT(business(), testing::IsSupersetOf({"renewal_paid", "renewal_disputed", "renewal_dispute_won"}));
}

// The link between a renewal and its payment may come last of all.
TEST_F(LedgerTest, ARenewalThatWasRefundedGivesNothingInWhateverOrderItIsTold) {
  std::string renewal = invoice("paid", "subscription_cycle", 900, "pi_2", 1702600000);
  renewal.replace(renewal.find(R"("payments")"), std::string::npos, R"("payments":null})");
  const int n = in_every_order(
      {event("invoice.paid", invoice("paid", "subscription_create")), event("invoice.paid", renewal),
       event(
           "invoice_payment.paid",
           R"({"object":"invoice_payment","invoice":"in_1702600000subscription_cycle","payment":{"payment_intent":"pi_2"}})"),
       event("charge.refunded", charge(900, true, "pi_2"))},
      [&] {
        add_order("ord_1", "subscription");
        applies(event("customer.subscription.created", subscription("active")));
      },
      [&](const std::string& order) {
        EXPECT_THAT(entitled(), IsEmpty()) << order;
        EXPECT_EQ(state("ord_1"), State::paid) << order;
      });
  EXPECT_EQ(n, 24);
}

TEST_F(LedgerTest, AKeyThatStripeHasForgottenOpensNoSecondSession) {
  Order o;
  o.id = "ord_k";
  o.person = alice_;
  o.kind = "checkout";
  o.items = "price_pro x1";
  o.created = o.updated = now_;
  auto begin = [&](const Order& order) {
    auto r = with([&](Ledger& l) { return l.begin(order, "test"); });
    return r ? "made " + r->id : std::string(r.error().code);
  };
  EXPECT_EQ(begin(o), "made ord_k");
  const std::int64_t began = now_;
  now_ = began + 22 * 3600;
  EXPECT_EQ(begin(o), "made ord_k") << "the same answer comes from Stripe";
  Order other = o;
  other.items = "price_pro x2";
  EXPECT_EQ(begin(other), "idempotency_mismatch");
  now_ = began + 24 * 3600;
  EXPECT_EQ(begin(o), "conflict");
  now_ = began - 48 * 3600;
  EXPECT_EQ(begin(o), "conflict") << "a clock that went back tells no age";
  EXPECT_THAT(business(), ElementsAre("order_created"));
}

TEST_F(LedgerTest, EventsAndFactsOfStrangersAreForgottenAndOursAreKept) {
  add_order("ord_1", "subscription");
  applies(event("customer.subscription.created", subscription("active")));
  const std::string paid = event("invoice.paid", invoice("paid", "subscription_create"));
  applies(paid);
  std::string stranger = invoice("paid", "subscription_create", 900, "pi_x");
  stranger.replace(stranger.find("sub_1"), 5, "sub_x");
  stranger.replace(stranger.find("in_"), 3, "in_x");
  stranger.replace(stranger.find("ord_1"), 5, "");
  applies(event("invoice.paid", stranger));
  applies(event("charge.refunded", charge(900, true, "pi_y")));
  applies(event("charge.dispute.created", dispute("needs_response", "du_z", "pi_z")));
  applies(event("charge.dispute.created", dispute("needs_response", "du_1", "pi_1")));
  const std::int64_t then = now_ + 1;
  auto forget = [&](std::int64_t before) {
    return *with([&](Ledger& l) -> Result<std::int64_t> {
      auto events = l.store().forget_events(before, 100);
      auto facts = l.payments().remove_strangers(before, 100);
      return *events * 100 + *facts;
    });
  };
  EXPECT_EQ(forget(now_ - 100), 0) << "nothing is old yet";
  now_ += 1000;
  applies(paid);  // handed over once more: it is remembered anew
  EXPECT_EQ(forget(then), 504) << "all events but one; the stranger's invoice, two payments and a dispute";
  EXPECT_EQ(forget(then), 0);
  const std::size_t before = steps("ord_1").size();
  applies(paid);
  EXPECT_EQ(steps("ord_1").size(), before);
  EXPECT_THAT(entitled(), IsEmpty()) << "the dispute about our payment is kept";
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

// A database of the days when money that went back waited in a list until its order was known.
TEST_F(LedgerTest, WhatWaitedInAnOlderDatabaseIsKept) {
  db_ = std::move(*store::open_sqlite({.file = folder_.at("older.db")}));
  ASSERT_TRUE(db_->migrate(kComponent, billing_migrations().first(2)).has_value());
  auto filled = db_->write_now([](Transaction& t) -> Result<bool> {
    for (std::string_view sql :
         {"INSERT INTO billing_parked VALUES ('pi_1', 'evt_a', 'refunded_partly', 'cus_a', 400, 1)",
          "INSERT INTO billing_parked VALUES ('pi_1', 'evt_b', 'refunded', 'cus_a', 900, 2)",
          "INSERT INTO billing_parked VALUES ('pi_2', 'evt_c', 'dispute_lost', 'cus_a', 0, 3)",
          "INSERT INTO billing_orders VALUES ('ord_3', 'i', 's', 'checkout', 'refunded', 'p x1', 'pro', 'cus_a', "
          "'cs_3', "
          "'pi_3', NULL, 'eur', 900, 900, 1, 2, 1)"})
      if (auto r = t.run(sql); !r) return fail(std::move(r.error()));
    return true;
  });
  ASSERT_TRUE(filled.has_value()) << filled.error().text();
  auto migrated = db_->migrate(kComponent, billing_migrations());
  ASSERT_TRUE(migrated.has_value()) << migrated.error().text();
  auto back = [&](std::string_view intent) {
    return *with([&](Ledger& l) { return l.payments().money_back(intent); });
  };
  EXPECT_TRUE(back("pi_1").refunded);
  EXPECT_EQ(back("pi_1").amount_refunded, 900);
  EXPECT_TRUE(back("pi_2").lost);
  EXPECT_TRUE(back("pi_3").refunded);
  add_order("ord_1", "checkout");
  applies(event("checkout.session.completed", session("complete", "paid")));
  EXPECT_EQ(state("ord_1"), State::refunded);
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

#include "services/billing/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/testing/temporary_folder.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::billing {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Stripe as a table of answers by path, and whoever asks for something else is told that it is not there.
class ReconcileTest : public testing::Test {
 protected:
  ReconcileTest() {
    db_ = std::move(*store::open_sqlite({.file = folder_.at("t.db")}));
    EXPECT_TRUE(db_->migrate(kComponent, billing_migrations()).has_value());
    rules_.entitlements = {{"price_pro", {"pro"}}};
    answers_["/v1/subscriptions"] = answers_["/v1/refunds"] = answers_["/v1/disputes"] = kNothing;
  }
  template <class F>
  auto with(F f) {
    std::vector<Happened> told;
    return db_->write_now([&](Transaction& t) {
      Ledger ledger(t, rules_, kNow - 100, told);
      return f(ledger);
    });
  }
  void paid_order(const std::string& id, const std::string& intent, std::int64_t created) {
    Order o;
    o.id = id;
    o.person = alice_;
    o.kind = "checkout";
    o.state = State::paid;
    o.entitlements = "book";
    o.customer = "cus_a";
    o.payment_intent = intent;
    o.currency = "eur";
    o.amount = 900;
    o.created = o.updated = created;
    auto added = with([&](Ledger& l) -> Result<bool> {
      if (auto r = l.store().add_order(o, "test"); !r) return fail(r.error());
      return true;
    });
    ASSERT_TRUE(added.has_value());
  }
  void dispute(const std::string& id, const std::string& intent, const std::string& status) {
    auto done = with([&](Ledger& l) -> Result<bool> {
      if (auto r = l.dispute_news({id, intent, status}, "evt_1", kNow - 1000); !r) return fail(r.error());
      return true;
    });
    ASSERT_TRUE(done.has_value());
  }
  Reconciled run(bool apply = true) {
    asked_.clear();
    auto done = reconcile(*db_, rules_, {apply, kNow - 3600, kNow}, [&](const Call& c) -> Result<json::Value> {
      std::string what = c.path;
      if (auto after = c.params.string_at("starting_after")) what += " after " + std::string(*after);
      asked_.push_back(what);
      auto it = answers_.find(what);
      if (it == answers_.end()) return fail(Source::origin, "stripe_missing", what);
      if (it->second.empty()) return fail(Source::origin, "payment_unavailable", what);
      return json::parse(it->second);
    });
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().text());
    return *done;
  }
  State state(const std::string& id) {
    auto o = with([&](Ledger& l) { return l.store().order(id); });
    return o && *o ? (*o)->state : State::count_;
  }
  std::vector<std::string> entitled() {
    return *with([&](Ledger& l) { return l.store().entitlements(alice_, kNow, 0); });
  }

  static constexpr std::int64_t kNow = 1'700'000'000;
  static constexpr const char* kNothing = R"({"data":[],"has_more":false})";
  static std::string page(const std::string& data, bool more) {
    return R"({"data":[)" + data + R"(],"has_more":)" + (more ? "true" : "false") + "}";
  }
  static std::string refund(const std::string& id, const std::string& intent) {
    return R"({"id":")" + id + R"(","charge":{"id":"ch_1","customer":"cus_a","payment_intent":")" + intent +
           R"(","amount_refunded":900,"refunded":true}})";
  }
  static std::string disputed(const std::string& id, const std::string& intent, const std::string& status) {
    return R"({"id":")" + id + R"(","payment_intent":")" + intent + R"(","status":")" + status + R"("})";
  }

  const Person alice_{"https://issuer.example", "alice"};
  const TemporaryFolder folder_;
  std::unique_ptr<Db> db_;
  LedgerRules rules_;
  std::map<std::string, std::string> answers_;
  std::vector<std::string> asked_;
};

TEST_F(ReconcileTest, FindsYoungRefundsAndDisputesOfOldOrdersPageByPage) {
  paid_order("ord_old", "pi_old", kNow - 90 * 86400);
  paid_order("ord_older", "pi_older", kNow - 91 * 86400);
  answers_["/v1/refunds"] = page(refund("re_2", "pi_nobody"), true);
  answers_["/v1/refunds after re_2"] = page(refund("re_1", "pi_old"), false);
  answers_["/v1/disputes"] = page(disputed("du_1", "pi_older", "needs_response"), false);
  const Reconciled dry = run(false);
  EXPECT_EQ(dry.differences.size(), 2u);
  EXPECT_EQ(state("ord_old"), State::paid) << "only said";
  const Reconciled done = run();
  EXPECT_EQ(state("ord_old"), State::refunded);
  EXPECT_EQ(state("ord_older"), State::disputed);
  EXPECT_EQ(done.refunds, 2u);
  EXPECT_EQ(done.disputes, 1u);
  EXPECT_THAT(run().differences, IsEmpty());
}

TEST_F(ReconcileTest, AsksHowAnOldDisputeStandsThatWeKnowAsOpen) {
  paid_order("ord_1", "pi_1", kNow - 90 * 86400);
  dispute("du_1", "pi_1", "under_review");
  ASSERT_EQ(state("ord_1"), State::disputed);
  EXPECT_THAT(run().unknown, ElementsAre(HasSubstr("du_1")));
  answers_["/v1/disputes/du_1"] = disputed("du_1", "pi_1", "won");
  EXPECT_THAT(run().unknown, IsEmpty());
  EXPECT_EQ(state("ord_1"), State::paid);
  run();
  EXPECT_THAT(asked_, testing::Not(Contains("/v1/disputes/du_1"))) << "it has ended";
}

TEST_F(ReconcileTest, FindsASubscriptionThatACustomerOfOursBeganElsewhere) {
  auto kept = with([&](Ledger& l) { return l.store().keep_customer(alice_, 0, "cus_a", kNow); });
  ASSERT_TRUE(kept.has_value());
  auto sub = [](std::string_view id, std::string_view customer, std::string_view invoice) {
    return R"({"id":")" + std::string(id) + R"(","customer":")" + std::string(customer) +
           R"(","status":"active","metadata":{},"items":{"data":[{"price":{"id":"price_pro","product":"prod_pro"}}]},)"
           R"("latest_invoice":)" +
           std::string(invoice) + "}";
  };
  constexpr std::string_view kPaid =
      R"({"id":"in_1","status":"paid","customer":"cus_a","billing_reason":"subscription_create","created":1699999000,)"
      R"("amount_paid":900,"currency":"eur","parent":{"subscription_details":{"subscription":"sub_1","metadata":{}}}})";
  answers_["/v1/subscriptions"] = page(sub("sub_1", "cus_a", "\"in_1\"") + "," + sub("sub_2", "cus_b", "null"), false);
  answers_["/v1/subscriptions/sub_1"] = sub("sub_1", "cus_a", kPaid);
  EXPECT_EQ(run().subscriptions, 1u) << "nobody's that we know is none of our business";
  EXPECT_THAT(entitled(), ElementsAre("pro"));
  EXPECT_THAT(asked_, testing::Not(Contains("/v1/subscriptions/sub_2")));
}

TEST_F(ReconcileTest, SaysWhatCouldNotBeAsked) {
  answers_["/v1/refunds"].clear();
  EXPECT_THAT(run().unknown, ElementsAre(HasSubstr("/v1/refunds")));
}

}  // namespace
}  // namespace gatehouse::services::billing

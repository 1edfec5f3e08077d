#include "services/billing/billing.h"

#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::billing {
namespace {

class BillingEventsTest : public testing::Test {
 protected:
  BillingEventsTest() {
    db_ = std::move(*store::open_sqlite({.file = folder_.at("t.db")}));
    BillingConfig config;
    config.webhook = "stripe";
    BillingSetup setup{std::move(config), Secret("sk_test_0123456789abcdef"), *db_};
    billing_ = std::move(*Billing::open(std::move(setup)));
  }
  ~BillingEventsTest() override {
    billing_.reset();
    db_.reset();
  }

  Problem handle(std::string source, std::string provider, std::string payload) {
    BillingEvents events(billing_, clock_);
    kit::EventVerified event{
        std::move(source), std::move(provider), "evt_1", "product.created", 0, 0, std::move(payload), 1};
    Problem out{Source::us, "", "", nullptr};
    reactor_.spawn(tell(events, event, out));
    reactor_.run();
    return out;
  }
  Task<void> tell(BillingEvents& events, const kit::EventVerified& event, Problem& out) {
    auto handling = events.handle(event, reactor_);
    Result<void> done = co_await handling;
    if (!done) out = std::move(done.error());
    reactor_.stop();
  }

  Task<void> tidy(std::int64_t horizon) {
    BillingEvents events(billing_, clock_);
    auto tidying = events.tidy(horizon, reactor_);
    co_await tidying;
    reactor_.stop();
  }

  static constexpr std::string_view kProduct =
      R"({"id":"evt_1","object":"event","type":"product.created","created":1700000000,"livemode":false,)"
      R"("data":{"object":{"id":"prod_1","object":"product","metadata":{"entitlements":"pro"}}}})";
  std::optional<std::string> product() {
    auto kept = db_->read_now([](Transaction& t) { return OrdersStore(t).product_entitlements("prod_1"); });
    return kept ? *kept : std::nullopt;
  }

  const TemporaryFolder folder_;
  SystemClock clock_;
  net::Reactor reactor_{clock_};
  std::unique_ptr<Db> db_;
  std::shared_ptr<Billing> billing_;
};

TEST_F(BillingEventsTest, AppliesWhatComesThroughItsEndpoint) {
  EXPECT_EQ(handle("stripe", "stripe", std::string(kProduct)).code, "");
  EXPECT_EQ(product(), "pro");
}

// Source::client sends an event to the dead letters at once (kit/events.h); a value would count it as delivered.
TEST_F(BillingEventsTest, AnEventOfAnotherEndpointOrProviderIsADeadLetterAndIsNotApplied) {
  for (const auto& [source, provider] : {std::pair("stripe-eu", "stripe"), std::pair("stripe", "github")}) {
    const Problem p = handle(source, provider, std::string(kProduct));
    EXPECT_EQ(p.code, "wrong_endpoint") << source << " " << provider;
    EXPECT_EQ(p.source, Source::client);
    EXPECT_NE(p.detail.find("stripe"), std::string::npos) << "it names the endpoint that is heard";
    EXPECT_EQ(product(), std::nullopt);
  }
}

TEST_F(BillingEventsTest, WhatIsNoEventIsADeadLetterToo) {
  const Problem p = handle("stripe", "stripe", "{}");
  EXPECT_EQ(p.code, "bad_event");
  EXPECT_EQ(p.source, Source::client);
}

TEST_F(BillingEventsTest, TidyingForgetsOldEventsAloneHoweverManyThereAre) {
  auto filled = db_->write_now([](Transaction& t) -> Result<bool> {
    OrdersStore store(t);
    for (int i = 0; i < 1203; ++i)
      if (auto r = store.first_time("stripe", "evt_" + std::to_string(i), i < 1200 ? 1000 : 2000); !r)
        return fail(std::move(r.error()));
    return true;
  });
  ASSERT_TRUE(filled.has_value());
  reactor_.spawn(tidy(1500));
  reactor_.run();
  auto first = [&](const std::string& id) {
    return *db_->write_now([&](Transaction& t) { return OrdersStore(t).first_time("stripe", id, 3000); });
  };
  EXPECT_TRUE(first("evt_0"));
  EXPECT_TRUE(first("evt_1199"));
  EXPECT_FALSE(first("evt_1200"));
}

}  // namespace
}  // namespace gatehouse::services::billing

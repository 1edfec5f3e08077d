#include "services/webhooks/receiver.h"

#include <gtest/gtest.h>

#include "base/testing/temporary_folder.h"
#include "base/text.h"
#include "gate/testing/exchange_fixture.h"
#include "store/memory/memory_fast.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::webhooks {
namespace {

class ReceiverRateTest : public ::testing::Test {
 protected:
  ReceiverRateTest() {
    auto db = store::open_sqlite({.file = folder_.at("t.db")});
    EXPECT_TRUE(db);
    db_ = std::move(*db);
    EndpointConfig c;
    c.name = "shop";
    c.scheme.provider = kit::webhook::Provider::standard_webhooks;
    c.scheme.secrets = {conf::SecretRef{}};
    c.rate = {2, std::chrono::minutes(1)};
    EndpointParts parts;
    parts.secret = [](const conf::SecretRef&) -> Result<std::string> {
      return "whsec_" + text::base64(std::string(32, 'k'));
    };
    parts.counters = counters_;
    auto ring = kit::KeyRing::build({});
    parts.ring = std::make_shared<const kit::KeyRing>(std::move(*ring));
    auto made = build(c, parts);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    receiver_ = std::make_unique<Receiver>(Receiver::Setup{*db_, fast_, [](const std::string&) {}},
                                           Receiver::Endpoints{{"/webhooks/shop", *made}});
  }
  // A request that the door turns away at the next step (it has no Content-Type), when the rate lets it that far.
  Result<http::Response> ask(gate::testing::ExchangeFixture& f) {
    auto asking = receiver_->answer(f.x);
    asking.start();
    return asking.take();
  }

  const TemporaryFolder folder_;
  std::unique_ptr<Db> db_;
  ManualClock clock_;
  CountingEntropy entropy_;
  store::MemoryFast fast_{clock_, entropy_};
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
  std::unique_ptr<Receiver> receiver_;
};

TEST_F(ReceiverRateTest, SaysWhenToComeAgainAndThenLetsThrough) {
  gate::testing::ExchangeFixture f("POST", "/webhooks/shop");
  int let_through = 0;
  Result<http::Response> r = ask(f);
  for (; !r && let_through < 10; r = ask(f)) {
    EXPECT_EQ(r.error().code, "unsupported_media_type");
    ++let_through;
  }
  EXPECT_EQ(let_through, 3) << "a burst of two beside the one that is due";
  ASSERT_TRUE(r) << "the refusal is rendered";
  EXPECT_EQ(r->status, 429);
  EXPECT_EQ(f.x.facts.code, gate::Code::rate_limited) << "the log knows why";
  auto after = r->fields.get("Retry-After");
  ASSERT_TRUE(after);
  auto seconds = text::parse_u64(*after);
  ASSERT_TRUE(seconds) << *after;
  EXPECT_EQ(*seconds, 30u) << "two a minute";
  EXPECT_EQ(counters_->turned_away, static_cast<std::uint64_t>(let_through) + 1);

  f.x.now += std::chrono::seconds(29);
  EXPECT_TRUE(ask(f)) << "too early";
  f.x.now += std::chrono::seconds(1);
  EXPECT_FALSE(ask(f)) << "who waits as told is heard";
}

TEST_F(ReceiverRateTest, CountsAddressesApartAndThisMachineNotAtAll) {
  gate::testing::ExchangeFixture one("POST", "/webhooks/shop"), other("POST", "/webhooks/shop");
  other.from("203.0.113.8");
  for (int i = 0; i < 5; ++i) (void)ask(one);
  ASSERT_TRUE(ask(one));
  EXPECT_FALSE(ask(other));
  gate::testing::ExchangeFixture here("POST", "/webhooks/shop");
  here.from("127.0.0.1");
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(ask(here));
}

}  // namespace
}  // namespace gatehouse::services::webhooks

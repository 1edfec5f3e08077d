#include "services/webhooks/inbox.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "net/worker_pool.h"
#include "services/webhooks/inbox_api.h"
#include "store/memory/memory_fast.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::webhooks {
namespace {

// An inbox is there from the first reload that asks for one, also when that reload is refused for its secrets.
TEST(InboxTest, AnswersItsOperatorBeforeAnyConfigurationWasAdopted) {
  const TemporaryFolder folder;
  SystemClock clock;
  SystemEntropy entropy;
  net::Reactor reactor(clock);
  net::WorkerPool pool(1);
  net::Resolver resolver(reactor, pool);
  store::MemoryFast fast(clock, entropy);
  auto db = store::open_sqlite({.file = folder.at("t.db")});
  ASSERT_TRUE(db);
  auto inbox = Inbox::open({**db, fast, clock, entropy, reactor, resolver, folder.path()});
  ASSERT_TRUE(inbox);
  auto ask = [&](std::string_view path, std::string_view body) {
    return inbox_api(**inbox, "POST", path, "", body, entropy).status;
  };
  EXPECT_EQ(ask("/webhooks/replay", R"({"all":true})"), 200);
  EXPECT_EQ(ask("/webhooks/erase", R"({"user":"user_1"})"), 200);
  EXPECT_EQ(ask("/webhooks/test", R"({"endpoint":"stripe"})"), 404);
}

TEST(InboxTest, RemembersLongerThanAnythingCanComeAgain) {
  using std::chrono::hours;
  constexpr std::int64_t kDay = 24 * 3600;
  const std::int64_t now = 1'700'000'000;
  EXPECT_EQ(replay_horizon(hours(24 * 30), hours(24 * 90), now * 1000), now - (90 + 35) * kDay);
  EXPECT_EQ(replay_horizon(hours(24 * 400), hours(24 * 90), now * 1000), now - (400 + 35) * kDay);
}

// A listener that tells what came first of all, and how far back it need not remember.
class Listener final : public kit::EventHandler {
 public:
  std::string_view name() const override { return "listener"; }
  Task<Result<void>> handle(const kit::EventVerified& event, net::Reactor&) override {
    handled.set_value(event.id);
    co_return Result<void>();
  }
  Task<void> tidy(std::int64_t horizon, net::Reactor&) override {
    tidied.set_value(horizon);
    co_return;
  }
  std::promise<std::string> handled;
  std::promise<std::int64_t> tidied;
};

TEST(InboxTest, KeepsHouseForItsHandlersAndWakesWhatAClockAheadStored) {
  using namespace std::chrono_literals;
  const TemporaryFolder folder;
  SystemClock clock;
  SystemEntropy entropy;
  auto db = store::open_sqlite({.file = folder.at("t.db")});
  ASSERT_TRUE(db);
  net::Reactor reactor(clock);
  net::WorkerPool pool(1);
  net::Resolver resolver(reactor, pool);
  store::MemoryFast fast(clock, entropy);
  auto inbox = Inbox::open({**db, fast, clock, entropy, reactor, resolver, folder.path()});
  ASSERT_TRUE(inbox);
  NewEvent e;
  e.endpoint = "stripe";
  e.id = "evt_tomorrow";
  e.content_type = "application/json";
  e.digest = std::string(32, 'd');
  e.received = (clock.unix_seconds() + 24 * 3600) * 1000;
  e.remember = e.received;
  e.body = "{}";
  ASSERT_TRUE((*db)->write_now([&](Transaction& t) { return InboxStore::add(t, e); }));
  e.endpoint = "renamed";
  ASSERT_TRUE((*db)->write_now([&](Transaction& t) { return InboxStore::add(t, e); }));

  auto listener = std::make_shared<Listener>();
  Config config;
  EndpointConfig c;
  c.name = "stripe";
  c.path = "/webhooks/stripe";
  c.scheme.provider = kit::webhook::Provider::stripe;
  c.scheme.secrets = {conf::SecretRef{}};
  c.handle = {"listener"};
  config.endpoints.push_back(c);
  auto prepared = (*inbox)->prepare(
      config, gate::Mode::production,
      [](const conf::SecretRef&) -> Result<std::string> { return "whsec_0123456789abcdef0123456789abcdef"; },
      {{"listener", listener}});
  ASSERT_TRUE(prepared) << prepared.error().text();
  (*inbox)->adopt(std::move(*prepared));
  std::thread thread([&] { reactor.run(); });
  auto handled = listener->handled.get_future();
  auto tidied = listener->tidied.get_future();
  EXPECT_EQ(handled.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(tidied.wait_for(10s), std::future_status::ready);
  reactor.stop();
  thread.join();
  EXPECT_EQ(handled.get(), "evt_tomorrow");
  EXPECT_NE((*inbox)->metric_lines().find("gatehouse_webhooks_strays 1\n"), std::string::npos)
      << "nobody will ever bring it: an operator must see that";
  auto test = [&](std::string_view body) {
    return inbox_api(**inbox, "POST", "/webhooks/test", "", body, entropy).status;
  };
  EXPECT_EQ(test(R"({"endpoint":"stripe"})"), 200);
  EXPECT_EQ(test(R"({"endpoint":"stripe","body":"{\"type\":\"checkout.session.completed\"}"})"), 409)
      << "the admin token is no way to be paid";
  EXPECT_LT(tidied.get(), clock.unix_seconds() - 100 * 24 * 3600);
  reactor.drop_tasks();
  (*db)->settle();
  inbox->reset();
}

}  // namespace
}  // namespace gatehouse::services::webhooks

#include "services/webhooks/courier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "net/worker_pool.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::webhooks {
namespace {

using namespace std::chrono_literals;

// A wall clock that may jump while steady time goes on.
class JumpingClock final : public Clock {
 public:
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now() + std::chrono::seconds(jump_.load()); }
  void jump(std::int64_t seconds) { jump_ += seconds; }

 private:
  std::atomic<std::int64_t> jump_{0};
};

// A listener that writes down who came, and keeps "slow" and "wall" until they are let go.
class Recorder final : public kit::EventHandler {
 public:
  std::string_view name() const override { return "recorder"; }
  Task<Result<void>> handle(const kit::EventVerified& event, net::Reactor& reactor) override {
    {
      std::lock_guard lock(mutex_);
      came_.push_back(event.id);
    }
    while ((event.id == "slow" && !let_go) || (event.id == "wall" && !wall_down)) {
      net::Sleep pause(reactor, reactor.now() + 5ms);
      co_await pause;
    }
    co_return Result<void>();
  }
  int times(std::string_view id) const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(came_.begin(), came_.end(), id));
  }
  std::atomic<bool> let_go{false}, wall_down{false};

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> came_;
};

class CourierTest : public ::testing::Test {
 protected:
  CourierTest() {
    auto db = store::open_sqlite({.file = folder_.at("t.db")});
    EXPECT_TRUE(db);
    db_ = std::move(*db);
    EXPECT_TRUE(InboxStore::migrate(*db_));
    courier_ = std::make_unique<Courier>(Courier::Setup{*db_, reactor_, resolver_, clock_, entropy_, "me"});
    thread_ = std::thread([this] { reactor_.run(); });
  }
  ~CourierTest() override {
    reactor_.stop();
    thread_.join();
    reactor_.drop_tasks();
    db_->settle();
    courier_.reset();
    db_.reset();
  }

  std::shared_ptr<const Endpoint> endpoint(const std::string& deliver_to, std::int64_t concurrency = 16) {
    EndpointConfig c;
    c.name = "stripe";
    c.scheme.provider = kit::webhook::Provider::stripe;
    c.scheme.secrets = {{conf::SecretRef::Kind::env, "S", {}, ""}};
    c.handle = {"recorder"};
    c.deliver_to = deliver_to;
    c.deliver_secret = {conf::SecretRef::Kind::env, "D", {}, ""};
    c.concurrency = concurrency;
    c.timeout = 100ms;
    EndpointParts parts;
    parts.secret = [](const conf::SecretRef& r) -> Result<std::string> {
      return r.name == "S" ? "whsec_0123456789abcdef0123456789abcdef"
                           : "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    };
    parts.handler = [this](std::string_view) { return recorder_; };
    auto ring = kit::KeyRing::build({});
    parts.ring = std::make_shared<const kit::KeyRing>(std::move(*ring));
    parts.counters = counters_;
    auto built = build(c, parts);
    EXPECT_TRUE(built) << (built ? "" : built.error().text());
    return *built;
  }
  void adopt(std::shared_ptr<const Endpoint> e) {
    reactor_.post([this, e] { courier_->adopt({e}); });
  }
  void add(const std::string& id, std::int64_t received = 1000) {
    NewEvent e;
    e.endpoint = "stripe";
    e.id = id;
    e.type = "a.b";
    e.content_type = "application/json";
    e.digest = std::string(32, 'd');
    e.received = received;
    e.remember = received;
    e.body = "{}";
    e.size = 2;
    ASSERT_TRUE(db_->write_now([&](Transaction& t) { return InboxStore::add(t, e); }));
  }
  void poke() {
    reactor_.post([this] { courier_->poke("stripe"); });
  }
  static bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(5ms);
    return holds();
  }
  EventRow row(std::int64_t seq) {
    auto found = db_->read_now([&](Transaction& t) { return InboxStore::find(t, seq); });
    EXPECT_TRUE(found && *found);
    return **found;
  }

  const TemporaryFolder folder_;
  JumpingClock clock_;
  SystemEntropy entropy_;
  std::unique_ptr<Db> db_;
  net::Reactor reactor_{clock_};
  net::WorkerPool pool_{1};
  net::Resolver resolver_{reactor_, pool_};
  std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
  std::unique_ptr<Courier> courier_;
  std::thread thread_;
};

TEST_F(CourierTest, EndsADeliveryTheOldWayWhenAReloadTakesTheBackendAway) {
  add("slow");
  adopt(endpoint("http://127.0.0.1:9/events"));
  ASSERT_TRUE(soon([&] { return recorder_->times("slow") == 1; }));
  adopt(endpoint(""));
  poke();
  std::this_thread::sleep_for(50ms);
  recorder_->let_go = true;
  ASSERT_TRUE(soon([&] { return row(1).attempts == 1; }));
  EXPECT_EQ(row(1).state, State::pending) << "the old backend was not reached; the next try knows the new way";
}

TEST_F(CourierTest, DeliversNothingTwiceWhoseLeaseEndedWhileItWasUnderWay) {
  add("slow");
  adopt(endpoint("", 2));
  ASSERT_TRUE(soon([&] { return recorder_->times("slow") == 1; }));
  // The wall clock jumps and the lease is over: the event is claimed anew, and its copy waits behind one that takes the
  // last slot.
  clock_.jump(3600);
  add("wall");
  poke();
  ASSERT_TRUE(soon([&] { return recorder_->times("wall") == 1; }));
  recorder_->let_go = true;
  ASSERT_TRUE(soon([&] { return row(1).state == State::delivered; }));
  add("after");
  poke();
  ASSERT_TRUE(soon([&] { return recorder_->times("after") == 1; }));
  recorder_->wall_down = true;
  ASSERT_TRUE(soon([&] { return row(2).state == State::delivered && row(3).state == State::delivered; }));
  EXPECT_EQ(recorder_->times("slow"), 1);
}

}  // namespace
}  // namespace gatehouse::services::webhooks

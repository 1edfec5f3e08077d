#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/testing/temporary_folder.h"
#include "base/text.h"
#include "net/resolver.h"
#include "net/worker_pool.h"
#include "services/webhooks/courier.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::services::webhooks {
namespace {

using namespace std::chrono_literals;

// A listener that remembers what it was told, and answers as the test says. Runs on the courier's thread.
class Listener final : public kit::EventHandler {
 public:
  struct Told {
    std::string id, payload;
    int attempt = 0;
  };
  using Answer = std::function<Result<void>(const kit::EventVerified&)>;
  explicit Listener(Answer answer, Duration takes = 0ms) : answer_(std::move(answer)), takes_(takes) {}
  std::string_view name() const override { return "listener"; }
  Task<Result<void>> handle(const kit::EventVerified& event, net::Reactor& reactor) override {
    {
      std::lock_guard lock(mutex_);
      told_.push_back({event.id, event.payload, event.attempt});
      most_at_once_ = std::max(most_at_once_, ++at_once_);
    }
    if (takes_ > 0ms) {
      net::Sleep pause(reactor, reactor.now() + takes_);
      co_await pause;
    }
    std::lock_guard lock(mutex_);
    --at_once_;
    co_return answer_(event);
  }
  std::vector<Told> told() const {
    std::lock_guard lock(mutex_);
    return told_;
  }
  std::string ids() const {
    std::string all;
    for (const Told& t : told()) all += t.id + " ";
    return all;
  }
  int most_at_once() const {
    std::lock_guard lock(mutex_);
    return most_at_once_;
  }

 private:
  const Answer answer_;
  const Duration takes_;
  mutable std::mutex mutex_;
  std::vector<Told> told_;
  int at_once_ = 0, most_at_once_ = 0;
};

Result<void> takes_it(const kit::EventVerified&) { return {}; }

// A backend over real sockets: one request a connection, answered with the next of `statuses` (the last one stays).
class Backend {
 public:
  explicit Backend(std::vector<int> statuses) : statuses_(std::move(statuses)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    EXPECT_EQ(::listen(fd_, 16), 0);
    socklen_t size = sizeof a;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size);
    port_ = ntohs(a.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Backend() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/events?from=gate"; }
  std::vector<std::string> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (int c = 0; (c = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ::close(c)) {
      std::string request = read(c);
      std::size_t n = 0;
      {
        std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
        n = requests_.size();
      }
      std::string answer = "HTTP/1.1 " + std::to_string(statuses_[std::min(n, statuses_.size()) - 1]) +
                           " X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      ::send(c, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  static std::string read(int c) {
    timeval limit{5, 0};
    ::setsockopt(c, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string all;
    char buffer[4096];
    // The bodies of these tests are JSON objects without a nested one: they end with the first brace.
    while (!all.ends_with('}')) {
      ssize_t n = ::recv(c, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all;
  }

  const std::vector<int> statuses_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

// A process with its background thread, as often as a test wants one over the same store.
class Process {
 public:
  Process(Db& db, std::string owner, const std::shared_ptr<const Endpoint>& endpoint) : db_(db) {
    courier_ = std::make_unique<Courier>(Courier::Setup{db, reactor_, resolver_, clock_, entropy_, std::move(owner)});
    thread_ = std::thread([this] { reactor_.run(); });
    reactor_.post([this, endpoint] { courier_->adopt({endpoint}); });
  }
  ~Process() {
    reactor_.stop();
    thread_.join();
    reactor_.drop_tasks();
    db_.settle();
  }
  void poke() {
    reactor_.post([this] { courier_->poke("shop"); });
  }
  void adopt(std::vector<std::shared_ptr<const Endpoint>> endpoints) {
    reactor_.post([this, endpoints = std::move(endpoints)] { courier_->adopt(endpoints); });
  }

 private:
  Db& db_;
  SystemClock clock_;
  SystemEntropy entropy_;
  net::Reactor reactor_{clock_};
  net::WorkerPool blocking_{1};
  net::Resolver resolver_{reactor_, blocking_};
  std::unique_ptr<Courier> courier_;
  std::thread thread_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    auto db = store::open_sqlite({.file = folder_.at("t.db")});
    EXPECT_TRUE(db);
    db_ = std::move(*db);
    EXPECT_TRUE(InboxStore::migrate(*db_));
    config_.name = "shop";
    config_.scheme.provider = kit::webhook::Provider::standard_webhooks;
    config_.scheme.secrets = {conf::SecretRef{}};
    config_.first_pause = 20ms;
    config_.longest_pause = 40ms;
  }
  std::shared_ptr<const Endpoint> endpoint(const std::shared_ptr<Listener>& listener = nullptr) {
    EndpointParts parts;
    parts.secret = [](const conf::SecretRef&) -> Result<std::string> {
      return std::string("whsec_") + text::base64(std::string(32, 'k'));
    };
    parts.handler = [&](std::string_view) { return listener; };
    auto ring = kit::KeyRing::build({});
    EXPECT_TRUE(ring);
    parts.ring = std::make_shared<const kit::KeyRing>(std::move(*ring));
    parts.counters = counters_;
    if (listener) config_.handle = {"listener"};
    auto made = build(config_, parts);
    EXPECT_TRUE(made) << (made ? "" : made.error().text());
    return *made;
  }
  void store(const std::string& id, std::optional<std::string> key = {}) {
    NewEvent e;
    e.endpoint = "shop";
    e.id = id;
    e.type = "order.paid";
    e.content_type = "application/json";
    e.digest = std::string(32 - id.size(), 'd') + id;
    e.received = SystemClock().unix_seconds() * 1000;
    e.remember = e.received + 1'000'000;
    e.order_key = std::move(key);
    e.body = "{\"id\":\"" + id + "\"}";
    e.size = e.body.size();
    auto added = db_->write_now([&](Transaction& t) { return InboxStore::add(t, e); });
    ASSERT_TRUE(added);
    ASSERT_EQ(*added, Arrival::fresh);
  }
  EventRow row(std::int64_t seq) {
    auto found = db_->read_now([&](Transaction& t) { return InboxStore::find(t, seq); });
    EXPECT_TRUE(found && *found);
    return **found;
  }
  // Waits up to ten seconds.
  static bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  bool all_in(State state, std::int64_t events) {
    return soon([&] {
      for (std::int64_t seq = 1; seq <= events; ++seq)
        if (row(seq).state != state) return false;
      return true;
    });
  }

  const TemporaryFolder folder_;
  std::unique_ptr<Db> db_;
  EndpointConfig config_;
  std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
};

TEST_F(DeliveryTest, DeliversEachEventOnceHoweverOftenItIsPoked) {
  auto listener = std::make_shared<Listener>(takes_it);
  config_.concurrency = 4;
  Process process(*db_, "me", endpoint(listener));
  for (int i = 0; i < 40; ++i) {
    store("e" + std::to_string(i));
    process.poke();
    process.poke();
  }
  ASSERT_TRUE(all_in(State::delivered, 40));
  auto told = listener->told();
  EXPECT_EQ(told.size(), 40u);
  std::set<std::string> distinct;
  for (const auto& t : told) distinct.insert(t.id);
  EXPECT_EQ(distinct.size(), 40u);
  EXPECT_EQ(told[0].payload, "{\"id\":\"" + told[0].id + "\"}");
  EXPECT_TRUE(soon([&] { return counters_->in_flight == 0; }));
  EXPECT_EQ(counters_->delivered, 40u);
}

TEST_F(DeliveryTest, HoldsToTheConcurrencyItIsGiven) {
  auto listener = std::make_shared<Listener>(takes_it, 20ms);
  config_.concurrency = 3;
  for (int i = 0; i < 12; ++i) store("e" + std::to_string(i));
  Process process(*db_, "me", endpoint(listener));
  ASSERT_TRUE(all_in(State::delivered, 12));
  EXPECT_EQ(listener->most_at_once(), 3);
}

TEST_F(DeliveryTest, KeepsTheOrderOfAKeyThroughAFailure) {
  std::atomic<int> failures{2};
  auto listener = std::make_shared<Listener>(
      [&](const kit::EventVerified& e) -> Result<void> {
        if (e.id == "a1" && failures.fetch_sub(1) > 0) return fail(Source::origin, "busy", "not now");
        return {};
      },
      5ms);
  config_.order_by = {"/key"};
  for (const char* id : {"a1", "a2", "a3", "a4"}) store(id, "a");
  Process process(*db_, "me", endpoint(listener));
  ASSERT_TRUE(all_in(State::delivered, 4));
  EXPECT_EQ(listener->ids(), "a1 a1 a1 a2 a3 a4 ");
  EXPECT_EQ(listener->most_at_once(), 1);
  EXPECT_EQ(listener->told()[2].attempt, 3) << "the listener learns which try this is";
}

TEST_F(DeliveryTest, TriesAgainAfterAFailureAndGivesUpWhenItsTimeIsOver) {
  auto listener = std::make_shared<Listener>(
      [](const kit::EventVerified&) -> Result<void> { return fail(Source::origin, "down", "the ledger is away"); });
  config_.retry_for = 150ms;
  store("evt_1");
  Process process(*db_, "me", endpoint(listener));
  ASSERT_TRUE(all_in(State::dead, 1));
  EXPECT_GE(listener->told().size(), 3u);
  EXPECT_NE(row(1).last_error.find("the ledger is away"), std::string::npos) << row(1).last_error;
  EXPECT_TRUE(soon([&] { return counters_->dead == 1; }));
}

TEST_F(DeliveryTest, MakesADeadLetterAtOnceOfWhatCanNeverBeHandledOrThrows) {
  auto hopeless = std::make_shared<Listener>([](const kit::EventVerified& e) -> Result<void> {
    if (e.id == "thrown" && e.attempt < 2) throw std::runtime_error("a bug");
    if (e.id == "hopeless") return fail(Source::client, "no_order", "names no order");
    return {};
  });
  store("hopeless", "k");
  store("behind", "k");
  store("thrown");
  config_.order_by = {"/key"};
  Process process(*db_, "me", endpoint(hopeless));
  ASSERT_TRUE(soon([&] { return row(2).state == State::delivered && row(3).state == State::delivered; }));
  EXPECT_EQ(row(1).state, State::dead) << "and its key goes on";
  EXPECT_EQ(row(1).attempts, 1);
}

TEST_F(DeliveryTest, PostsSignedToABackendUntilItTakesTheEvent) {
  Backend backend({500, 503, 204});
  config_.deliver_to = backend.url();
  store("evt_1");
  Process process(*db_, "me", endpoint());
  ASSERT_TRUE(all_in(State::delivered, 1));
  auto requests = backend.requests();
  ASSERT_EQ(requests.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(requests[i].starts_with("POST /events?from=gate HTTP/1.1\r\n")) << requests[i];
    auto has = [&](std::string_view piece) { return text::to_lower(requests[i]).find(piece) != std::string::npos; };
    EXPECT_TRUE(has("webhook-id: evt_1\r\n")) << requests[i];
    EXPECT_TRUE(has("webhook-signature: v1,")) << requests[i];
    EXPECT_TRUE(has("gatehouse-attempt: " + std::to_string(i + 1) + "\r\n")) << requests[i];
    EXPECT_TRUE(has("{\"id\":\"evt_1\"}"));
  }
}

TEST_F(DeliveryTest, TellsAListenerThatHasAnEventNotAgainWhenTheNextOneFails) {
  auto listener = std::make_shared<Listener>(takes_it);
  Backend backend({500, 200});
  config_.deliver_to = backend.url();
  store("evt_1");
  Process process(*db_, "me", endpoint(listener));
  ASSERT_TRUE(all_in(State::delivered, 1));
  EXPECT_EQ(listener->told().size(), 1u);
  EXPECT_EQ(backend.requests().size(), 2u);
}

// What was noted for one listener says nothing about who stands in his place after a reload.
TEST_F(DeliveryTest, OwesTheBackendAnEventThatAHandlerHadBeforeItWasTakenAway) {
  auto listener = std::make_shared<Listener>(takes_it);
  Backend backend({500, 200});
  config_.deliver_to = backend.url();
  config_.first_pause = 1s;
  config_.longest_pause = 1s;
  store("evt_1");
  Process process(*db_, "me", endpoint(listener));
  ASSERT_TRUE(soon([&] { return row(1).attempts == 1; }));
  config_.handle.clear();
  process.adopt({endpoint()});
  ASSERT_TRUE(all_in(State::delivered, 1));
  EXPECT_EQ(listener->told().size(), 1u);
  EXPECT_EQ(backend.requests().size(), 2u);
}

TEST_F(DeliveryTest, LosesNothingWhenItEndsWithDeliveriesUnderWay) {
  auto slow = std::make_shared<Listener>(takes_it, 1h);
  config_.concurrency = 2;
  for (int i = 0; i < 6; ++i) store("e" + std::to_string(i));
  {
    Process process(*db_, "first", endpoint(slow));
    ASSERT_TRUE(soon([&] { return slow->told().size() == 2; }));
  }
  for (std::int64_t seq = 1; seq <= 6; ++seq) EXPECT_EQ(row(seq).state, State::pending);

  auto released = db_->write_now([](Transaction& t) {
    return InboxStore::release_others(t, "second", (SystemClock().unix_seconds() + 1) * 1000);
  });
  ASSERT_TRUE(released);
  EXPECT_EQ(*released, 6) << "all that the first had leased";
  auto listener = std::make_shared<Listener>(takes_it);
  Process process(*db_, "second", endpoint(listener));
  ASSERT_TRUE(all_in(State::delivered, 6));
  EXPECT_EQ(listener->told().size(), 6u);
}

TEST_F(DeliveryTest, EndsInTheMidstOfMuchTrafficWithoutDeliveringTwiceWhatItRecorded) {
  auto listener = std::make_shared<Listener>(takes_it);
  config_.concurrency = 8;
  for (int i = 0; i < 200; ++i) store("e" + std::to_string(i));
  std::set<std::string> recorded;
  {
    Process process(*db_, "first", endpoint(listener));
    ASSERT_TRUE(soon([&] { return listener->told().size() > 20; }));
  }
  for (std::int64_t seq = 1; seq <= 200; ++seq)
    if (auto r = row(seq); r.state == State::delivered) recorded.insert(r.id);
  ASSERT_TRUE(db_->write_now([](Transaction& t) {
    return InboxStore::release_others(t, "second", (SystemClock().unix_seconds() + 1) * 1000);
  }));
  auto later = std::make_shared<Listener>(takes_it);
  Process process(*db_, "second", endpoint(later));
  ASSERT_TRUE(all_in(State::delivered, 200));
  for (const auto& t : later->told()) EXPECT_FALSE(recorded.count(t.id)) << t.id;
  EXPECT_EQ(later->told().size(), 200 - recorded.size());
}

TEST_F(DeliveryTest, GivesBackWhatItHeldOfAnEndpointThatIsGone) {
  auto listener = std::make_shared<Listener>(takes_it, 100ms);
  config_.concurrency = 1;
  for (int i = 0; i < 5; ++i) store("e" + std::to_string(i));
  Process process(*db_, "me", endpoint(listener));
  ASSERT_TRUE(soon([&] { return listener->told().size() == 1; }));
  process.adopt({});
  ASSERT_TRUE(soon([&] { return row(1).state == State::delivered; })) << "what was under way ends as it began";
  ASSERT_TRUE(soon([&] {
    auto again = db_->write_now([](Transaction& t) {
      return InboxStore::claim(t, "shop", "other", (SystemClock().unix_seconds() + 1) * 1000, 1, 10, 1 << 20);
    });
    return again && again->size() == 4;
  }));
  EXPECT_EQ(listener->told().size(), 1u);
}

}  // namespace
}  // namespace gatehouse::services::webhooks

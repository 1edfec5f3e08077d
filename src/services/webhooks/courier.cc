#include "services/webhooks/courier.h"

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::services::webhooks {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kBytesAhead = 4 << 20;
constexpr std::int64_t kIdleMs = 30'000;  // looks at the store at least so often, whoever wrote into it

Duration ms(std::int64_t n) { return std::chrono::milliseconds(n); }

std::int64_t to_ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

// Names of Standard Webhooks take no dot, and headers only visible ASCII.
std::string header_id(const std::string& id) {
  bool plain = !id.empty() && id.size() <= 256;
  for (char c : id) plain = plain && c > ' ' && c < 0x7f && c != '.';
  return plain ? id : "sha256:" + text::hex(crypto::sha256(id).view());
}

std::string visible(std::string_view s) {
  std::string out;
  for (char c : s.substr(0, 256)) out += c >= ' ' && c < 0x7f ? c : '?';
  return out;
}

}  // namespace

// Waits for a time or for a word, whichever comes first. A word that comes while nobody waits is kept.
class Courier::Pause final : public net::Timer {
 public:
  explicit Pause(net::Reactor& reactor) : reactor_(reactor) {}
  void poke() {
    said_ = true;
    disarm();
    if (waiter_) std::exchange(waiter_, {}).resume();
  }
  struct Awaiter {
    Pause& pause;
    SteadyTime until;
    bool await_ready() const { return pause.said_; }
    void await_suspend(std::coroutine_handle<> h) {
      pause.waiter_ = h;
      pause.arm(pause.reactor_, until);
    }
    void await_resume() { pause.said_ = false; }
    ~Awaiter() { pause.waiter_ = {}; }
  };
  Awaiter until(SteadyTime t) { return {*this, t}; }

 private:
  void fire() override {
    if (waiter_) std::exchange(waiter_, {}).resume();
  }
  net::Reactor& reactor_;
  std::coroutine_handle<> waiter_;
  bool said_ = false;
};

struct Courier::Route {
  std::string key;  // of what it was made
  std::unique_ptr<http::ClientPool> pool;
};

struct Courier::Lane {
  explicit Lane(net::Reactor& reactor) : pause(reactor) {}
  std::shared_ptr<const Endpoint> endpoint;
  std::shared_ptr<Route> route;
  Pause pause;
  Breaker breaker;
  std::deque<Claimed> ahead;       // leased, not begun
  std::set<std::int64_t> running;  // seq of what is under way
  std::int64_t due = 0;            // when the store says there is something to do
  bool stopping = false;
};

void Courier::adopt(const std::vector<std::shared_ptr<const Endpoint>>& endpoints) {
  std::map<std::string, std::shared_ptr<Lane>> lanes;
  for (const auto& e : endpoints) {
    if (e->listeners() == 0) continue;
    std::shared_ptr<Lane>& lane = lanes[e->config.name];
    auto old = lanes_.find(e->config.name);
    bool known = old != lanes_.end();
    lane = known ? old->second : std::make_shared<Lane>(setup_.reactor);
    lane->route = route_for(*e, lane->route);
    lane->endpoint = e;
    lane->due = 0;
    if (!known) setup_.reactor.spawn(run(lane));
    lane->pause.poke();
  }
  for (auto& [name, lane] : lanes_) {
    if (lanes.count(name)) continue;
    lane->stopping = true;
    lane->pause.poke();
  }
  lanes_ = std::move(lanes);
}

void Courier::poke(const std::string& endpoint) {
  auto lane = lanes_.find(endpoint);
  if (lane == lanes_.end()) return;
  lane->second->due = 0;
  lane->second->pause.poke();
}

std::shared_ptr<Courier::Route> Courier::route_for(const Endpoint& e, const std::shared_ptr<Route>& old) {
  if (!e.url) return nullptr;
  std::string key = e.config.deliver_to + " " + e.config.ca_file + " " + std::to_string(e.config.timeout.count()) +
                    " " + std::to_string(e.config.concurrency);
  if (old && old->key == key) return old;
  http::ClientSetup setup;
  setup.name = "webhooks " + e.config.name;
  setup.servers = {{e.url->tls ? "https" : "http", e.url->host, e.url->port, e.url->origin()}};
  setup.tls = e.tls;
  setup.times = {2s, e.config.timeout, e.config.timeout, 4s};
  setup.max_idle = static_cast<std::size_t>(e.config.concurrency);
  setup.max_connections = static_cast<std::size_t>(e.config.concurrency) * 2;
  auto route = std::make_shared<Route>();
  route->key = std::move(key);
  route->pool = std::make_unique<http::ClientPool>(setup_.reactor, setup_.resolver, std::move(setup),
                                                   std::make_shared<http::ServerHealth>(1));
  return route;
}

Task<void> Courier::run(std::shared_ptr<Lane> lane) {
  for (;;) {
    std::shared_ptr<const Endpoint> e = lane->endpoint;
    std::shared_ptr<Route> route = lane->route;
    std::int64_t now = now_ms();
    std::int64_t room = lane->stopping ? 0 : lane->breaker.room(now, e->config.concurrency);
    e->counters->open.store(lane->breaker.open(), std::memory_order_relaxed);
    room -= static_cast<std::int64_t>(lane->running.size());
    if (lane->stopping || (lane->breaker.open() && !lane->ahead.empty())) {
      auto giving = give_back(*lane);
      co_await giving;
    }
    if (lane->stopping && lane->running.empty()) co_return;
    if (room > 0 && lane->ahead.empty() && lane->due <= now) {
      auto claiming = claim(*lane, *e, room);
      co_await claiming;
    }
    while (room > 0 && !lane->ahead.empty()) {
      Claimed event = std::move(lane->ahead.front());
      lane->ahead.pop_front();
      // Its lease ran out while it was under way here: whoever holds it ends it.
      if (!lane->running.insert(event.seq).second) continue;
      e->counters->in_flight.fetch_add(1, std::memory_order_relaxed);
      --room;
      setup_.reactor.spawn(deliver(lane, e, route, std::move(event)));
    }
    if (room > 0 && lane->due <= now_ms()) continue;  // more is due, and there is room for it
    std::int64_t wake = now + kIdleMs;
    if (lane->breaker.open())
      wake = std::min(wake, lane->breaker.until());
    else if (room > 0)
      wake = std::min(wake, lane->due);
    auto waiting = lane->pause.until(setup_.reactor.now() + ms(std::max<std::int64_t>(1, wake - now_ms())));
    co_await waiting;
  }
}

Task<void> Courier::claim(Lane& lane, const Endpoint& e, std::int64_t room) {
  // Twice what can be under way, so that the store is asked seldom; one alone while the circuit is tried out.
  std::int64_t most = lane.breaker.open() ? room : std::max<std::int64_t>(e.config.concurrency * 2, 32);
  const std::int64_t lease = lease_ms(e.config);
  struct Found {
    std::vector<Claimed> events;
    std::int64_t due = kNever;
  };
  auto asking = setup_.db.write(
      setup_.reactor,
      [name = e.config.name, owner = setup_.owner, now = now_ms(), lease, most](Transaction& t) -> Result<Found> {
        Found f;
        auto claimed = InboxStore::claim(t, name, owner, now, lease, most, kBytesAhead);
        if (!claimed) return fail(std::move(claimed.error()));
        f.events = std::move(*claimed);
        auto due = InboxStore::next_due(t, name);
        if (!due) return fail(std::move(due.error()));
        f.due = *due;
        return f;
      });
  std::int64_t asked = now_ms();
  lane.due = kNever;  // a poke while the store answers sets it back
  auto found = co_await asking;
  if (!found) {
    lane.due = asked + 1000;
    co_return;
  }
  lane.due = std::min(lane.due, found->due);
  for (Claimed& c : found->events) lane.ahead.push_back(std::move(c));
}

template <class F>
Task<void> Courier::record(F change) {
  for (std::int64_t pause = 50;; pause = std::min<std::int64_t>(pause * 2, 5000)) {
    auto writing = setup_.db.write(setup_.reactor, [change](Transaction& t) -> Result<bool> {
      Result<void> done = change(t);
      if (!done) return fail(std::move(done.error()));
      return true;
    });
    auto done = co_await writing;
    if (done) co_return;
    net::Sleep sleep(setup_.reactor, setup_.reactor.now() + ms(pause));
    co_await sleep;
  }
}

Task<void> Courier::give_back(Lane& lane) {
  while (!lane.ahead.empty()) {
    std::int64_t seq = lane.ahead.front().seq;
    lane.ahead.pop_front();
    if (lane.running.count(seq)) continue;
    auto recording = record([seq, owner = setup_.owner, now = now_ms()](Transaction& t) {
      return InboxStore::give_back(t, seq, owner, now);
    });
    co_await recording;
  }
  lane.due = 0;
}

Task<void> Courier::deliver(std::shared_ptr<Lane> lane, std::shared_ptr<const Endpoint> e, std::shared_ptr<Route> route,
                            Claimed event) {
  Counters& c = *e->counters;
  auto telling = tell_all(route.get(), *e, event);
  Outcome o = co_await telling;
  std::int64_t now = now_ms();
  if (o.backend_down)
    lane->breaker.failed(now);
  else
    lane->breaker.succeeded();

  BackOff back{to_ms(e->config.first_pause), to_ms(e->config.longest_pause), to_ms(e->config.retry_for)};
  bool given_up = !o.done && (o.hopeless || back.over(event.first_try, now));
  if (o.done || given_up) {
    State state = o.done ? State::delivered : State::dead;
    auto recording = record([seq = event.seq, owner = setup_.owner, state, now, o](Transaction& t) {
      return InboxStore::end(t, seq, owner, state, now, o.status, o.error);
    });
    co_await recording;
    count(o.done ? c.delivered : c.dead);
  } else {
    std::int64_t pause = std::max(back.pause(event.attempts + 1, setup_.entropy),
                                  std::min(o.retry_after_ms, to_ms(e->config.longest_pause)));
    std::int64_t next = back.next(event.first_try, now, pause);
    auto recording = record([seq = event.seq, owner = setup_.owner, now, next, o](Transaction& t) {
      return InboxStore::try_again(t, seq, owner, now, next, o.status, o.error);
    });
    co_await recording;
    count(c.failed);
    lane->due = std::min(lane->due, next);
  }
  c.in_flight.fetch_sub(1, std::memory_order_relaxed);
  lane->running.erase(event.seq);
  // Stops: an event delivered again from a copy that was leased anew meanwhile, when this try outlived its own lease
  // (the wall clock jumped, the disk was full for long).
  std::erase_if(lane->ahead, [&](const Claimed& copy) { return copy.seq == event.seq; });
  if (!e->order_by.empty()) lane->due = 0;  // the next of its key may go now
  lane->pause.poke();
}

Task<Courier::Outcome> Courier::tell_all(Route* route, const Endpoint& e, Claimed& event) {
  Outcome o;
  kit::EventVerified told;
  told.source = e.config.name;
  told.provider = kit::webhook::traits(e.scheme.provider()).name;
  told.id = event.id;
  told.type = event.type;
  told.created = event.created;
  told.received = event.received / 1000;
  told.attempt = static_cast<int>(event.attempts) + 1;
  if (event.sealed_by.empty()) {
    told.payload = std::move(event.body);
  } else if (auto plain = e.ring->open(event.sealed_by, seal_context(e.config.name, event.id), event.body)) {
    told.payload = std::move(*plain);
  } else {
    o.hopeless = true;
    o.error = "the body was sealed with key " + event.sealed_by + ", which is not in seal_keys; add it and replay";
    co_return o;
  }
  for (std::size_t i = 0; i < e.listeners(); ++i) {
    const bool built_in = i < e.handlers.size();
    const std::int64_t bit = built_in ? handler_bit(e.config.handle[i]) : kBackendBit;
    if (event.done & bit) continue;
    if (built_in) {
      auto handling = e.handlers[i]->handle(told, setup_.reactor);
      Result<void> handled = fail(Source::us, "internal", "the handler threw");
      try {
        handled = co_await handling;
      } catch (const std::exception& bug) {
        handled = fail(Source::us, "internal", bug.what());
      }
      if (!handled) {
        o.error = std::string(e.handlers[i]->name()) + ": " + text::printable(handled.error().text(), 300);
        o.hopeless = handled.error().source == Source::client;
        co_return o;
      }
    } else {
      auto posting = post(*route, e, told, event.content_type);
      o = co_await posting;
      if (!o.done) co_return o;
    }
    event.done |= bit;
    if (i + 1 == e.listeners()) break;
    auto recording = record([seq = event.seq, owner = setup_.owner, done = event.done](Transaction& t) {
      return InboxStore::mark_done(t, seq, owner, done);
    });
    co_await recording;
  }
  o.done = true;
  co_return o;
}

Task<Courier::Outcome> Courier::post(Route& route, const Endpoint& e, const kit::EventVerified& event,
                                     std::string_view content_type) {
  Outcome o;
  Arena arena;
  std::string id = header_id(event.id), attempt = std::to_string(event.attempt), type = visible(event.type);
  auto signature = e.outgoing->sign({id, {}, setup_.clock.unix_seconds(), event.payload, content_type});
  if (!signature) {
    o.hopeless = true;
    o.error = signature.error().text();
    co_return o;
  }
  http::Fields fields(arena);
  fields.add(http::FieldName("Content-Type"), content_type);
  fields.add(http::FieldName("User-Agent"), "gatehouse");
  fields.add(http::FieldName("Gatehouse-Source"), event.source);
  fields.add(http::FieldName("Gatehouse-Event-Id"), id);
  if (!type.empty()) fields.add(http::FieldName("Gatehouse-Event-Type"), type);
  fields.add(http::FieldName("Gatehouse-Attempt"), attempt);
  for (const auto& [name, value] : signature->headers) fields.add(std::string_view(name), value);
  http::ClientRequest request;
  request.method = "POST";
  std::string_view target = e.url->target;
  request.path = target.substr(0, target.find('?'));
  request.has_query = request.path.size() < target.size();
  if (request.has_query) request.query = target.substr(request.path.size() + 1);
  request.host = e.url->authority;
  request.fields = &fields;
  request.bytes = event.payload;
  auto sending = route.pool->send(request, arena);
  auto answer = co_await sending;
  if (!answer) {
    o.backend_down = true;
    o.error = answer.error().text();
    co_return o;
  }
  http::Response& r = answer->response;
  o.status = r.status;
  // Read to the end, so that the connection can be kept; a talkative backend loses it instead.
  for (int pieces = 0; r.stream && pieces < 32; ++pieces) {
    auto reading = r.stream->read();
    auto piece = co_await reading;
    if (!piece || piece->empty()) break;
  }
  if (o.status >= 200 && o.status < 300) {
    o.done = true;
    co_return o;
  }
  o.error = "the backend answered " + std::to_string(o.status);
  o.backend_down = o.status >= 500 || o.status == 429;
  if (auto after = r.fields.get("Retry-After"))
    if (auto seconds = text::parse_u64(*after); seconds && *seconds < 1'000'000)
      o.retry_after_ms = static_cast<std::int64_t>(*seconds) * 1000;
  co_return o;
}

}  // namespace gatehouse::services::webhooks

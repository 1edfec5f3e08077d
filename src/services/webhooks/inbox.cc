#include "services/webhooks/inbox.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/text.h"

namespace gatehouse::services::webhooks {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kBatch = 500;

std::int64_t to_ms(Duration d) { return std::chrono::duration_cast<std::chrono::milliseconds>(d).count(); }

std::int64_t wall_ms(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
}

// The longest that an event is tried, and that a provider tries one (days for most; Stripe's dashboard resends for 30).
constexpr Duration kComesAgain = std::chrono::hours(24 * 35);

}  // namespace

std::int64_t replay_horizon(Duration keep, Duration keep_dead, std::int64_t now) {
  return (now - to_ms(std::max(keep, keep_dead) + kComesAgain)) / 1000;
}

Inbox::Inbox(Setup setup) : setup_(std::move(setup)) {}

Inbox::~Inbox() {
  if (lock_ >= 0) ::close(lock_);
}

Result<std::shared_ptr<Inbox>> Inbox::open(Setup setup) {
  std::shared_ptr<Inbox> inbox(new Inbox(std::move(setup)));
  Setup& s = inbox->setup_;
  if (auto made = InboxStore::migrate(s.db); !made) return fail(std::move(made.error()));
  auto random = s.entropy.bytes<8>();
  std::string owner = text::hex(random);
  std::string file = s.state_dir + "/webhooks.lock";
  inbox->lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (inbox->lock_ < 0) return fail(Source::us, "state_dir", file + ": " + std::strerror(errno));
  // The only living process of this store: what others leased, they leased before they died. Else their leases run out.
  if (::flock(inbox->lock_, LOCK_EX | LOCK_NB) == 0) {
    auto released =
        s.db.write_now([&](Transaction& t) { return InboxStore::release_others(t, owner, wall_ms(s.clock)); });
    if (!released) return fail(std::move(released.error()));
  }
  // The admin listener may ask before a configuration was adopted: the first one may be refused for its secrets.
  auto none = kit::KeyRing::build({});
  if (!none) return fail(std::move(none.error()));
  Prepared nothing;
  nothing.ring = std::make_shared<const kit::KeyRing>(std::move(*none));
  inbox->current_ = std::make_shared<const Prepared>(std::move(nothing));
  inbox->courier_ =
      std::make_unique<Courier>(Courier::Setup{s.db, s.background, s.resolver, s.clock, s.entropy, std::move(owner)});
  return inbox;
}

std::shared_ptr<Counters> Inbox::counters(const std::string& endpoint) {
  std::lock_guard lock(mutex_);
  auto& c = counters_[endpoint];
  if (!c) c = std::make_shared<Counters>();
  auto& said = said_[endpoint];
  if (!said) said = std::make_shared<std::atomic<bool>>(false);
  return c;
}

Result<Inbox::Prepared> Inbox::prepare(const Config& config, gate::Mode mode,
                                       const std::function<Result<std::string>(const conf::SecretRef&)>& secret,
                                       const Handlers& handlers) {
  Prepared p;
  p.keep = config.keep;
  p.keep_dead = config.keep_dead;
  p.keep_bytes = config.keep_bytes;
  std::vector<std::string> keys;
  for (const conf::SecretRef& r : config.seal_keys) {
    auto value = secret(r);
    if (!value) return fail(std::move(value.error()));
    keys.push_back(std::move(*value));
  }
  auto ring = kit::KeyRing::build(keys);
  if (!ring) return fail(Source::us, "bad_secret", "webhooks.seal_keys: " + ring.error().detail);
  p.ring = std::make_shared<const kit::KeyRing>(std::move(*ring));
  Receiver::Endpoints doors;
  for (const EndpointConfig& c : config.endpoints) {
    EndpointParts parts;
    parts.mode = mode;
    parts.secret = secret;
    parts.handler = [&](std::string_view name) {
      auto it = handlers.find(name);
      return it == handlers.end() ? nullptr : it->second;
    };
    parts.ring = p.ring;
    parts.counters = counters(c.name);
    auto endpoint = build(c, parts);
    if (!endpoint) return fail(std::move(endpoint.error()));
    doors[c.path] = *endpoint;
    p.endpoints.push_back(std::move(*endpoint));
  }
  // One word at a time is on its way to the courier, however many events come.
  p.origin = std::make_shared<const Receiver>(
      Receiver::Setup{setup_.db, setup_.fast, [this](const std::string& name) { poke(name); }}, std::move(doors));
  return p;
}

void Inbox::poke(const std::string& endpoint) {
  std::shared_ptr<std::atomic<bool>> said;
  {
    std::lock_guard lock(mutex_);
    auto it = said_.find(endpoint);
    if (it == said_.end()) return;
    said = it->second;
  }
  if (said->exchange(true)) return;
  setup_.background.post([this, endpoint, said] {
    said->store(false);
    courier_->poke(endpoint);
  });
}

void Inbox::adopt(Prepared prepared) {
  auto next = std::make_shared<const Prepared>(std::move(prepared));
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    current_ = next;
    first = !std::exchange(keeping_, true);
  }
  setup_.background.post([this, next, first] {
    courier_->adopt(next->endpoints);
    if (first) setup_.background.spawn(keep_house());
  });
}

std::shared_ptr<const Inbox::Prepared> Inbox::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

// Old events go, and the gauges are read, for as long as the process lives.
Task<void> Inbox::keep_house() {
  for (int turn = 0;; ++turn) {
    auto looking = look();
    co_await looking;
    auto waking = wake();
    co_await waking;
    if (turn % 4 == 0) {
      auto removing = retention();
      co_await removing;
    }
    if (turn % 240 == 0) {
      auto tidying = tidy();
      co_await tidying;
    }
    net::Sleep pause(setup_.background, setup_.background.now() + 15s);
    co_await pause;
  }
}

Task<void> Inbox::retention() {
  auto now_config = current();
  std::int64_t now = wall_ms(setup_.clock);
  for (State state : {State::delivered, State::skipped, State::discarded, State::dead, State::quarantined}) {
    bool done_with = state == State::delivered || state == State::skipped || state == State::discarded;
    std::int64_t ended = now - to_ms(done_with ? now_config->keep : now_config->keep_dead);
    for (std::int64_t removed = kBatch; removed == kBatch;) {
      auto removing = setup_.db.write(setup_.background, [state, ended, now](Transaction& t) {
        return InboxStore::remove_old(t, state, ended, now, kBatch);
      });
      auto n = co_await removing;
      if (!n) co_return;
      removed = *n;
    }
  }
  // Counting walks every event: for nothing while the whole database is smaller.
  if (setup_.db.stats().bytes <= now_config->keep_bytes) co_return;
  auto asking = setup_.db.read(setup_.background, [](Transaction& t) { return InboxStore::held_bytes(t); });
  auto held = co_await asking;
  while (held && static_cast<std::uint64_t>(*held) > now_config->keep_bytes) {
    auto removing =
        setup_.db.write(setup_.background, [](Transaction& t) { return InboxStore::remove_bodies(t, kBatch); });
    auto gone = co_await removing;
    if (!gone || *gone == 0) co_return;
    *held -= *gone;
  }
}

// Stops: events that wait for hours, or for ever, because the clock ran ahead when they came.
Task<void> Inbox::wake() {
  auto now_config = current();
  for (const auto& e : now_config->endpoints) {
    InboxStore::Horizon h{to_ms(e->config.longest_pause), lease_ms(e->config)};
    std::int64_t woken = 0;
    for (std::int64_t part = kBatch; part >= kBatch; woken += part) {
      auto waking = setup_.db.write(setup_.background, [e, h, now = wall_ms(setup_.clock)](Transaction& t) {
        return InboxStore::wake(t, e->config.name, h, now, kBatch);
      });
      auto n = co_await waking;
      if (!n) co_return;
      part = *n;
    }
    if (woken > 0) courier_->poke(e->config.name);
  }
}

Task<void> Inbox::tidy() {
  auto now_config = current();
  const std::int64_t horizon = replay_horizon(now_config->keep, now_config->keep_dead, wall_ms(setup_.clock));
  std::set<const kit::EventHandler*> asked;
  for (const auto& e : now_config->endpoints)
    for (const auto& handler : e->handlers) {
      if (!asked.insert(handler.get()).second) continue;
      auto tidying = handler->tidy(horizon, setup_.background);
      co_await tidying;
    }
}

Task<void> Inbox::look() {
  auto asking = setup_.db.read(setup_.background, [](Transaction& t) { return InboxStore::waiting(t); });
  auto seen = co_await asking;
  if (!seen) co_return;
  // Events of an endpoint that the configuration does not name wait for ever, and are seen nowhere else.
  std::int64_t strays = 0;
  const auto now_config = current();
  for (const auto& [name, pending] : seen->pending) {
    const auto& known = now_config->endpoints;
    if (std::none_of(known.begin(), known.end(), [&](const auto& e) { return e->config.name == name; }))
      strays += pending;
  }
  strays_ = strays;
  dead_ = seen->dead;
  quarantined_ = seen->quarantined;
  std::lock_guard lock(mutex_);
  for (auto& [name, c] : counters_) c->pending = seen->pending[name];
}

std::string Inbox::metric_lines() const {
  std::map<std::string, std::shared_ptr<Counters>> all;
  {
    std::lock_guard lock(mutex_);
    all = counters_;
  }
  std::string out;
  auto head = [&](std::string_view name, std::string_view type, std::string_view help) {
    out += "# HELP gatehouse_" + std::string(name) + " " + std::string(help) + "\n# TYPE gatehouse_" +
           std::string(name) + " " + std::string(type) + "\n";
  };
  auto line = [&](std::string_view name, const std::string& labels, std::int64_t value) {
    out += "gatehouse_" + std::string(name) + labels + " " + std::to_string(value) + "\n";
  };
  auto labels = [](const std::string& endpoint, std::string_view outcome) {
    return "{endpoint=\"" + endpoint + "\",outcome=\"" + std::string(outcome) + "\"}";
  };
  head("webhooks_received_total", "counter", "Webhook requests by what came of them.");
  for (const auto& [name, c] : all) {
    for (const auto& [outcome, n] : {std::pair<std::string_view, const Counters::Number&>{"stored", c->fresh},
                                     {"duplicate", c->duplicates},
                                     {"anomaly", c->anomalies},
                                     {"quarantined", c->quarantined},
                                     {"malformed", c->malformed},
                                     {"bad_signature", c->unsigned_},
                                     {"turned_away", c->turned_away},
                                     {"not_stored", c->not_stored}})
      line("webhooks_received_total", labels(name, outcome), static_cast<std::int64_t>(n.load()));
  }
  head("webhooks_deliveries_total", "counter", "Tries to deliver, by how they ended.");
  for (const auto& [name, c] : all) {
    for (const auto& [outcome, n] : {std::pair<std::string_view, const Counters::Number&>{"delivered", c->delivered},
                                     {"failed", c->failed},
                                     {"dead", c->dead}})
      line("webhooks_deliveries_total", labels(name, outcome), static_cast<std::int64_t>(n.load()));
  }
  head("webhooks_pending", "gauge", "Events that wait for their delivery (looked at every 15 s).");
  for (const auto& [name, c] : all) line("webhooks_pending", "{endpoint=\"" + name + "\"}", c->pending);
  head("webhooks_strays", "gauge", "Events that wait for an endpoint that the configuration does not name.");
  line("webhooks_strays", "", strays_);
  head("webhooks_in_flight", "gauge", "Deliveries under way.");
  for (const auto& [name, c] : all) line("webhooks_in_flight", "{endpoint=\"" + name + "\"}", c->in_flight);
  head("webhooks_circuit_open", "gauge", "1 while a backend that keeps failing is left alone.");
  for (const auto& [name, c] : all) line("webhooks_circuit_open", "{endpoint=\"" + name + "\"}", c->open ? 1 : 0);
  head("webhooks_dead_letters", "gauge", "Events that were given up.");
  line("webhooks_dead_letters", "", dead_);
  head("webhooks_quarantined", "gauge", "Events that do not fit their rules.");
  line("webhooks_quarantined", "", quarantined_);
  return out;
}

}  // namespace gatehouse::services::webhooks

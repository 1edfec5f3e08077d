// The inbox: everything between the door for webhooks and the listeners, as it lives through reloads.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/reactor.h"
#include "net/resolver.h"
#include "services/webhooks/courier.h"
#include "services/webhooks/endpoint.h"
#include "services/webhooks/receiver.h"

namespace gatehouse::services::webhooks {

// Before when (unix seconds) no event was handed over that could be handed over once more: by a retry, by a replay of
// what is kept, or by a provider. `now` in milliseconds.
std::int64_t replay_horizon(Duration keep, Duration keep_dead, std::int64_t now);

class Inbox {
 public:
  struct Setup {
    Db& db;
    Fast& fast;
    Clock& clock;
    Entropy& entropy;          // shared between threads: the system's
    net::Reactor& background;  // only post() from here
    net::Resolver& resolver;   // of the background thread
    std::string state_dir;
  };
  // Makes the tables, and takes over what a process that died had leased. Problem codes: those of Db::migrate,
  // state_dir.
  static Result<std::shared_ptr<Inbox>> open(Setup setup);
  ~Inbox();

  // The endpoints of a configuration, with their secrets; nothing that runs changes. Problem codes: those of build().
  struct Prepared {
    std::vector<std::shared_ptr<const Endpoint>> endpoints;
    std::shared_ptr<const gate::Origin> origin;
    std::shared_ptr<const kit::KeyRing> ring;
    Duration keep{}, keep_dead{};
    std::uint64_t keep_bytes = 0;
  };
  using Handlers = std::map<std::string, std::shared_ptr<kit::EventHandler>, std::less<>>;
  Result<Prepared> prepare(const Config& config, gate::Mode mode,
                           const std::function<Result<std::string>(const conf::SecretRef&)>& secret,
                           const Handlers& handlers);
  // Takes the place of what ran before. Deliveries under way end as they began.
  void adopt(Prepared prepared);

  std::string metric_lines() const;
  Db& db() { return setup_.db; }
  Clock& clock() { return setup_.clock; }
  std::shared_ptr<const Prepared> current() const;
  // Looks at the store anew: after a replay.
  void poke(const std::string& endpoint);

 private:
  explicit Inbox(Setup setup);
  std::shared_ptr<Counters> counters(const std::string& endpoint);
  Task<void> keep_house();
  Task<void> retention();
  Task<void> tidy();
  Task<void> wake();
  Task<void> look();

  Setup setup_;
  int lock_ = -1;
  std::unique_ptr<Courier> courier_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Counters>> counters_;
  std::shared_ptr<const Prepared> current_;
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> said_;  // a word to the courier is on its way
  bool keeping_ = false;
  std::atomic<std::int64_t> dead_{0}, quarantined_{0}, strays_{0};
};

}  // namespace gatehouse::services::webhooks

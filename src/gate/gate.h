// The policy as it runs: routes, their filters and origins. Immutable; a reload builds another and swaps.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "gate/ingress.h"
#include "gate/log.h"
#include "gate/metrics.h"
#include "gate/record.h"
#include "gate/route.h"
#include "gate/router.h"
#include "net/http/client.h"
#include "net/http/server.h"

namespace gatehouse::gate {

class Gate;
class Doorway;

// What one thread keeps for one policy: its pools, its counters, and how many exchanges still need it.
struct Epoch {
  Epoch(std::shared_ptr<const Gate> policy, Worker lent) : gate(std::move(policy)), worker(lent) {}
  std::shared_ptr<const Gate> gate;
  Worker worker;
  std::vector<std::unique_ptr<http::ClientPool>> pools;
  std::vector<http::ClientPool*> pool_table;
  std::vector<RouteCounters*> counters;  // by Route::index
  std::size_t active = 0;
  bool retired = false;
};

// One exchange's hold on its epoch.
class Visit {
 public:
  Visit(Doorway& doorway, Epoch& epoch);
  Visit(Visit&& o) noexcept : doorway_(o.doorway_), epoch_(std::exchange(o.epoch_, nullptr)) {}
  Visit& operator=(Visit&&) = delete;
  ~Visit();
  Doorway& doorway() const { return *doorway_; }
  Epoch& epoch() const { return *epoch_; }

 private:
  Doorway* doorway_;
  Epoch* epoch_;
};

struct UpstreamRuntime {
  UpstreamConfig config;
  std::shared_ptr<net::tls::ClientContext> tls;
  std::shared_ptr<http::ServerHealth> health;
};

class Gate {
 public:
  struct Parts {
    GateConfig config;
    std::vector<std::unique_ptr<Route>> routes;  // in the order of config.routes
    std::unique_ptr<Route> not_found, malformed;
    std::vector<UpstreamRuntime> upstreams;  // in the order of config.upstreams
    std::string log_salt;
    std::size_t threads = 1;
  };
  explicit Gate(Parts parts);
  ~Gate();

  // The life of a request. docs/way.md names the same steps, and a test keeps the two in step.
  Task<void> serve(http::ServerExchange& t, Visit visit) const;

  const GateConfig& config() const { return parts_.config; }
  const std::vector<UpstreamRuntime>& upstreams() const { return parts_.upstreams; }
  std::vector<const Route*> routes() const;  // all, the built-in two last; position is Route::index
  const Ingress& ingress() const { return ingress_; }
  const Recorder& recorder() const { return recorder_; }
  std::size_t exchanges_per_thread() const { return exchanges_per_thread_; }

 private:
  const Route* choose(Exchange& x, const Epoch& epoch, Refusal& forced) const;
  Parts parts_;
  Ingress ingress_;
  Router router_;
  Recorder recorder_;
  std::size_t exchanges_per_thread_;
};

// One thread's door: hands every request to the policy of the moment.
class Doorway final : public http::Handler {
 public:
  struct Setup {
    net::Reactor& reactor;
    net::WorkerPool& blocking;
    net::Resolver& resolver;
    const Clock& clock;
    Entropy& entropy;
    LogSink& log;
    ThreadMetrics& metrics;
    std::atomic<std::int64_t>& body_budget;
  };
  explicit Doorway(Setup setup);
  ~Doorway() override;
  // Takes up a policy; what runs under the old one ends under it. On this thread only.
  void adopt(std::shared_ptr<const Gate> gate);
  Task<void> serve(http::ServerExchange& t) override;
  void abandoned(http::ServerExchange&) noexcept override {}
  void left(Epoch& epoch);

  std::size_t active() const;
  std::size_t open_upstream_connections() const;
  LogBuffer& log() { return log_; }
  ThreadMetrics& metrics() { return setup_.metrics; }
  net::Reactor& reactor() { return setup_.reactor; }

 private:
  Setup setup_;
  LogBuffer log_;
  std::vector<std::unique_ptr<Epoch>> epochs_;  // the last is the current one
};

}  // namespace gatehouse::gate

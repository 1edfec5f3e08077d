// The running program: one reactor a thread, all listeners on each, one policy at a time.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/wire.h"
#include "gate/gate.h"

namespace gatehouse::app {

class Server {
 public:
  // Opens the listeners of `config`; nothing is served before start(). Problem codes: listen, log_unwritable.
  static Result<std::unique_ptr<Server>> open(Wire& wire, const gate::GateConfig& config,
                                              std::shared_ptr<net::tls::ServerContext> tls);
  ~Server();

  void start(std::shared_ptr<const gate::Gate> gate);
  // Swaps the policy on every thread; returns when all have it.
  void adopt(std::shared_ptr<const gate::Gate> gate, std::shared_ptr<net::tls::ServerContext> tls);
  // New connections get the new certificate and new ticket keys; open ones stay as they are.
  void set_tls(std::shared_ptr<net::tls::ServerContext> tls);
  // No new connections; waits until the running exchanges have ended, at most `patience`. True: all ended.
  bool drain(Duration patience);
  void stop();

  // With the ports that were given where 0 was asked.
  const std::vector<conf::ListenUrl>& listening() const { return listening_; }
  gate::LogSink& log() { return *log_; }
  gate::Metrics& metrics() { return metrics_; }
  std::shared_ptr<const gate::Gate> gate() const;
  net::Reactor& reactor(std::size_t thread);
  net::WorkerPool& blocking() { return *blocking_; }
  bool draining() const { return draining_.load(std::memory_order_acquire); }

 private:
  struct Thread;
  explicit Server(Wire& wire);
  void add_metrics();
  void health_checks(Thread& thread, std::shared_ptr<const gate::Gate> gate);

  Wire& wire_;
  gate::Metrics metrics_;
  std::unique_ptr<gate::LogSink> log_;
  http::ConnectionLedger ledger_;
  std::unique_ptr<net::WorkerPool> blocking_;
  std::atomic<std::int64_t> body_budget_{0};
  std::vector<conf::ListenUrl> listening_;
  std::vector<std::unique_ptr<Thread>> threads_;
  mutable std::mutex gate_mutex_;
  std::shared_ptr<const gate::Gate> gate_;
  std::atomic<bool> draining_{false};
};

}  // namespace gatehouse::app

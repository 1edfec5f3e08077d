// One thread for the work that no request waits for: deliveries, retries, retention, reconciliation.
#pragma once

#include <memory>
#include <thread>

#include "net/reactor.h"
#include "net/resolver.h"
#include "net/worker_pool.h"

namespace gatehouse::app {

class Background {
 public:
  explicit Background(const Clock& clock) : reactor_(clock), resolver_(reactor_, blocking_) {
    thread_ = std::thread([this] { reactor_.run(); });
  }
  ~Background() { stop(); }
  // Ends the thread and drops its tasks. What they refer to may go afterwards.
  void stop() {
    if (!thread_.joinable()) return;
    reactor_.stop();
    thread_.join();
    reactor_.drop_tasks();
  }
  net::Reactor& reactor() { return reactor_; }     // from other threads: post() only
  net::Resolver& resolver() { return resolver_; }  // on its thread only

 private:
  net::Reactor reactor_;
  net::WorkerPool blocking_{1};
  net::Resolver resolver_;
  std::thread thread_;
};

}  // namespace gatehouse::app

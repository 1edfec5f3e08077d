// Names to addresses, looked up on the worker pool and kept for a while. One a thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "net/address.h"
#include "net/reactor.h"
#include "net/worker_pool.h"

namespace gatehouse::net {

class Resolver {
 public:
  Resolver(Reactor& reactor, WorkerPool& pool, Duration keep = std::chrono::seconds(30))
      : reactor_(reactor), pool_(pool), keep_(keep) {}
  // All addresses of a host (or the literal itself). An old answer serves while a new lookup fails.
  // Problem code "resolve".
  Task<Result<std::vector<Address>>> resolve(std::string host);
  // The addresses when they need no waiting: a literal or a fresh answer; null otherwise.
  const std::vector<Address>* known(const std::string& host);

 private:
  struct Entry {
    std::vector<Address> addresses;
    SteadyTime until{};
  };
  Reactor& reactor_;
  WorkerPool& pool_;
  Duration keep_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace gatehouse::net

// Brings stored events to their listeners: at least once, in order where asked, and patiently.
//
// One lane an endpoint, all on one background thread. A lane leases what is due, a few at a time, and holds no more of
// the backlog than that: a million waiting events cost no memory. An event that was delivered is marked so before its
// slot is free again; until the mark is durable it is tried by nobody else.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/http/client.h"
#include "net/reactor.h"
#include "services/webhooks/back_off.h"
#include "services/webhooks/endpoint.h"
#include "store/db.h"

namespace gatehouse::services::webhooks {

class Courier {
 public:
  struct Setup {
    Db& db;
    net::Reactor& reactor;    // the background thread's
    net::Resolver& resolver;  // of that thread
    Clock& clock;
    Entropy& entropy;
    std::string owner;  // names this process in leases
  };
  explicit Courier(Setup setup) : setup_(std::move(setup)) {}

  // These on the background thread only (by post).
  void adopt(const std::vector<std::shared_ptr<const Endpoint>>& endpoints);
  void poke(const std::string& endpoint);

 private:
  class Pause;
  struct Route;  // the way to a backend: its pool of connections
  struct Lane;
  struct Outcome {
    bool done = false, hopeless = false;
    bool backend_down = false;  // counts for the circuit
    int status = 0;
    std::int64_t retry_after_ms = 0;
    std::string error;
  };

  Task<void> run(std::shared_ptr<Lane> lane);
  Task<void> claim(Lane& lane, const Endpoint& e, std::int64_t room);
  Task<void> give_back(Lane& lane);
  // `route` is that of `e`, null when it has no backend: a reload may give the lane another one meanwhile.
  Task<void> deliver(std::shared_ptr<Lane> lane, std::shared_ptr<const Endpoint> e, std::shared_ptr<Route> route,
                     Claimed event);
  Task<Outcome> tell_all(Route* route, const Endpoint& e, Claimed& event);
  Task<Outcome> post(Route& route, const Endpoint& e, const kit::EventVerified& event, std::string_view content_type);
  // Until it is durable: what was delivered must not be delivered again because the disk was full for a minute.
  template <class F>
  Task<void> record(F change);
  std::int64_t now_ms() const { return setup_.reactor.unix_ms(); }
  std::shared_ptr<Route> route_for(const Endpoint& e, const std::shared_ptr<Route>& old);

  Setup setup_;
  std::map<std::string, std::shared_ptr<Lane>> lanes_;
};

}  // namespace gatehouse::services::webhooks

// Everything one request and its answer carry through the house.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/clock.h"
#include "base/entropy.h"
#include "gate/code.h"
#include "gate/filter.h"
#include "gate/identity.h"
#include "net/address.h"
#include "net/http/message.h"

namespace gatehouse::net {
class Reactor;
class WorkerPool;
}  // namespace gatehouse::net

namespace gatehouse::http {
class ClientPool;
}

namespace gatehouse::gate {

struct Route;

// Where the request really came from: settled once, before any filter (gate/ingress.h).
struct Client {
  net::Address address;       // the client, past trusted proxies
  net::Address peer;          // the socket's other end
  std::string_view text;      // `address`, written
  bool trusted_peer = false;  // the peer is a listed proxy, so its headers were believed
  bool unreadable = false;    // the proxy named a client, in words that tell no address: `address` is the proxy's own
};

// Facts for the record and for metrics, filled on the way. Written once, at the end.
struct Facts {
  Code code = Code::none;             // why it was refused
  Detail detail{};                    // never sent
  std::string_view control;           // the filter that refused
  std::string_view upstream;          // the server that answered
  std::int64_t upstream_ns = -1;      // until its response head
  std::uint32_t dropped_headers = 0;  // field names with '_' or '.', and aliases of ours
  std::string_view dropped_example;
  Code observed = Code::none;  // what a control in observe mode would have refused
  std::string_view observed_control;
  int upstream_status = 0;
  std::string_view trace;           // W3C trace id sent upstream, from request_id
  std::string_view trace_link;      // the traceparent of a client that is not trusted, as it came
  std::string_view place;           // the configuration line of the rule that refused
  std::string_view upstream_error;  // exception class and top frame, from error_mask
  std::string_view auditor;         // what an auditor's pass was worth: "verified", "forged" …; empty: none came
};

// A path parameter matched by the route pattern, for example {id}.
struct Parameter {
  std::string_view name;
  std::string_view value;  // as it stands in the normalized path
};

// What a worker thread lends to every exchange.
struct Worker {
  net::Reactor& reactor;
  net::WorkerPool& blocking;
  const Clock& clock;
  Entropy& entropy;
  http::ClientPool* const* upstreams = nullptr;      // this thread's pools, by the gate's upstream index
  std::atomic<std::int64_t>* body_budget = nullptr;  // bytes left for buffered bodies, all threads together
};

// What an exchange holds of a budget that all share, until it ends.
struct BudgetShare {
  BudgetShare() = default;
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() {
    if (from != nullptr) from->fetch_add(bytes, std::memory_order_relaxed);
  }
  // False: there is not that much left. What was taken is held all the same.
  bool take(std::atomic<std::int64_t>* budget, std::int64_t n) {
    if (budget == nullptr) return true;
    from = budget;
    bytes += n;
    return budget->fetch_sub(n, std::memory_order_relaxed) >= n;
  }
  std::atomic<std::int64_t>* from = nullptr;
  std::int64_t bytes = 0;
};

class Exchange {
 public:
  Exchange(http::Request& r, Arena& a, Worker& w) : request(r), arena(a), worker(w) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  http::Request& request;
  Arena& arena;
  Worker& worker;

  Client client;
  const Route* route = nullptr;  // never null once routed: not found and malformed are routes too
  std::array<Parameter, 8> parameters{};
  std::uint8_t parameter_count = 0;
  Identity identity;
  Facts facts;

  std::string_view id;           // request id, set by request_id (trace)
  std::string_view public_path;  // the client's path, once a route's prefixes have moved request.path
  std::string_view scheme_host;  // "https://app.example.com": the site's canonical origin for this request
  std::string_view cors_origin;  // the listed foreign origin whose page asked; set by cors
  std::string_view csp_nonce;    // set by csp
  std::string_view rate_limit, rate_limit_policy;  // RateLimit fields for the answer, set by rate_limit
  std::string_view body_bytes;                     // the request body, once read_body() has read it whole
  BudgetShare buffered;                            // of Worker::body_budget: what body_bytes takes
  SteadyTime started{};
  SteadyTime now{};           // coarse: the loop turn's time, refreshed by the reactor
  std::int64_t unix_now = 0;  // coarse wall time, seconds
  bool secure = false;        // the client's own hop was HTTPS
  bool development = false;
  bool auditor = false;            // the owner's audit, by a signed pass: no bans, no general limit, every verdict
  bool cookie_credential = false;  // a credential that travels by cookie is acting, or may act, on this request

  std::string_view parameter(std::string_view name) const {
    for (int i = 0; i < parameter_count; ++i)
      if (parameters[static_cast<std::size_t>(i)].name == name) return parameters[static_cast<std::size_t>(i)].value;
    return {};
  }
};

}  // namespace gatehouse::gate

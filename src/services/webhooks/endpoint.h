// One endpoint made ready: its scheme with its secrets, its rules, its listeners. Built once, then only read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gate/config.h"
#include "kit/events.h"
#include "kit/sealing.h"
#include "kit/webhook/scheme.h"
#include "net/http/url.h"
#include "net/tls/session.h"
#include "services/webhooks/config.h"
#include "services/webhooks/counters.h"
#include "services/webhooks/inbox_store.h"
#include "services/webhooks/pointer.h"
#include "store/fast.h"

namespace gatehouse::services::webhooks {

struct Endpoint {
  EndpointConfig config;
  kit::webhook::Scheme scheme;
  std::shared_ptr<Counters> counters;
  std::shared_ptr<const kit::KeyRing> ring;  // empty: nothing is sealed
  RateSpec rate;
  std::optional<bool> livemode;  // what an event must be; Stripe's alone say
  bool production = true;

  std::vector<Pointer> order_by;
  std::optional<Pointer> user_key;
  struct Ready {
    Rule rule;
    Pointer pointer;
  };
  std::vector<Ready> rules;

  std::vector<std::shared_ptr<kit::EventHandler>> handlers;  // first these, in order,
  std::optional<http::Url> url;                              // then the backend
  std::optional<kit::webhook::Scheme> outgoing;
  std::shared_ptr<net::tls::ClientContext> tls;

  // Everybody who must have an event.
  std::size_t listeners() const { return handlers.size() + (url ? 1 : 0); }
};

// Which bit of Claimed::done says that a listener has an event: one of the handler's name, so that a reload that takes
// one listener away leaves nobody else's note behind as his.
constexpr std::int64_t kBackendBit = std::int64_t{1} << 62;
std::int64_t handler_bit(std::string_view name);

struct EndpointParts {
  gate::Mode mode = gate::Mode::production;
  std::function<Result<std::string>(const conf::SecretRef&)> secret;
  std::function<std::shared_ptr<kit::EventHandler>(std::string_view)> handler;  // null: there is none of that name
  std::shared_ptr<const kit::KeyRing> ring;
  std::shared_ptr<Counters> counters;
};
// Problem codes: secret_missing, bad_secret, bad_scheme, unknown_handler, handler_twice, tls_config; the detail names
// the endpoint.
Result<std::shared_ptr<const Endpoint>> build(const EndpointConfig& config, const EndpointParts& parts);

// What is stored of a verified request: keys and rules are read from the body, and what does not fit is quarantined.
// `now` in milliseconds.
NewEvent judge(const Endpoint& e, const kit::webhook::Accepted& a, std::string_view body, std::string_view content_type,
               std::int64_t now, Entropy& entropy);

// Whose data an event holds, as it stands in the store: blinded when payloads are sealed. One for each key of the ring.
std::vector<std::string> user_keys(const kit::KeyRing& ring, std::string_view user);

// Binds a sealed body to its event.
std::string seal_context(std::string_view endpoint, std::string_view id);

}  // namespace gatehouse::services::webhooks

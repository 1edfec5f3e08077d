// [webhooks]: where events come in, what must be true of them, and where they go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/conf/form.h"
#include "kit/mount.h"
#include "kit/webhook/config.h"

namespace gatehouse::services::webhooks {

// What must stand in the body of an event before it is delivered. One that does not fit is kept in quarantine.
struct Rule {
  std::string pointer;              // RFC 6901
  std::vector<std::string> values;  // one of them; empty: it is there, and neither null nor empty
  std::vector<std::string> types;   // the events it is about, "checkout.*"; empty: all
};

enum class Livemode : std::uint8_t { by_mode, live, test, any };

// [webhooks.endpoint.NAME]
struct EndpointConfig {
  std::string name;
  kit::webhook::SchemeConfig scheme;
  std::string path;  // "/webhooks/NAME" when not given
  std::uint64_t body_limit = 1 << 20;
  conf::Rate rate{6000, std::chrono::minutes(1)};  // an address; loopback is exempt
  Livemode livemode = Livemode::by_mode;           // stripe

  std::string deliver_to;             // the backend's address
  conf::SecretRef deliver_secret;     // signs what is delivered
  std::string ca_file;                // for https
  std::vector<std::string> handle;    // built-in handlers by name, before the backend
  std::vector<std::string> types;     // what is delivered, "checkout.*"; empty: all
  std::vector<std::string> order_by;  // JSON pointers; the first that is there is the key
  std::string user_key;               // JSON pointer to whose data this is
  std::vector<Rule> rules;

  std::int64_t concurrency = 16;
  Duration timeout{std::chrono::seconds(15)};
  Duration first_pause{std::chrono::seconds(5)};
  Duration longest_pause{std::chrono::hours(4)};
  Duration retry_for{std::chrono::hours(72)};
  conf::Place place;
};

// How long a delivery may take with all its listeners, in milliseconds: then it may be another worker's.
std::int64_t lease_ms(const EndpointConfig& e);

struct Config {
  std::string path = "/webhooks";
  std::vector<conf::SecretRef> seal_keys;  // 32 bytes in base64 each; the first seals, all open
  Duration keep{std::chrono::hours(24 * 30)};
  Duration keep_dead{std::chrono::hours(24 * 90)};
  std::uint64_t keep_bytes = std::uint64_t{8} << 30;  // of payloads that are done
  std::vector<EndpointConfig> endpoints;
  bool configured() const { return !endpoints.empty(); }
};

void describe(conf::Form&, Config&);

// Where the endpoints stand.
std::vector<kit::MountedPath> mounted(const Config&);

// Does the type of an event fit one of the patterns ("a.b", "a.*", "*")? An empty list takes everything.
bool type_fits(const std::vector<std::string>& patterns, std::string_view type);

// A built-in handler of this configuration, as the one who wires it knows it.
struct KnownHandler {
  std::string name;                 // as in an endpoint's `handle`
  kit::webhook::Provider provider;  // whose events it reads
  std::string endpoint;             // the only endpoint that it hears,
  std::string told_by;              // the key that says so: "billing.webhook",
  conf::Place place;                // and where that stands
};

// What `check` says about endpoints that are valid and weak (unsigned hooks), and about handlers that would never apply
// what they are handed.
void check(const Config&, const std::vector<KnownHandler>& handlers, conf::Findings&);

}  // namespace gatehouse::services::webhooks

// The part of gatehouse.toml that the gate itself owns: listeners, ingress, site, upstreams, limits, routes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/conf/form.h"
#include "base/conf/values.h"

namespace gatehouse::gate {

enum class Mode : std::uint8_t { production, development };

// [ingress]: who may tell us address and scheme, and in which header.
struct IngressConfig {
  std::vector<conf::Cidr> trusted_proxies;         // nobody unless listed
  std::string address_header = "X-Forwarded-For";  // or X-Real-IP, CF-Connecting-IP, …
  std::string scheme_header = "X-Forwarded-Proto";
  bool tls_upstream = false;  // TLS is ended before us: the scheme header of a trusted proxy settles http/https
  conf::Place place{};        // of the table; line 0: there is none
};

struct SiteConfig {
  std::vector<std::string> hosts;  // public names; the first is canonical. Empty: development, any loopback name
  conf::Place place{};             // of the table; line 0: there is none
};

// [upstream.NAME]
struct UpstreamConfig {
  std::string name;
  std::vector<conf::ServerUrl> servers;
  std::string ca_file;      // for https servers; the system's roots when empty
  std::string server_name;  // SNI and name to verify; the URL's host when empty
  std::string host_header;  // sent as Host; the public host when empty
  Duration connect{std::chrono::seconds(2)};
  Duration first_byte{std::chrono::seconds(30)};
  Duration gap{std::chrono::seconds(60)};  // between bytes of a body
  Duration idle{std::chrono::seconds(4)};  // kept connections; Node and uvicorn close at 5 s
  std::int64_t max_idle = 64;              // kept connections a thread
  std::int64_t max_connections = 1024;     // a thread
  bool buffer_chunked = true;              // a chunked request body is read whole and sent with its length
  std::string health_path;                 // active checks when set
  Duration health_interval{std::chrono::seconds(5)};
  Duration resolve_interval{std::chrono::seconds(30)};
  conf::Place place{};  // of the table; line 0: there is none
};

// [limits], and per route where marked (r).
struct LimitsConfig {
  Duration header_time{std::chrono::seconds(10)};
  std::uint64_t min_body_rate = 500;  // bytes a second after a grace of 5 s
  Duration idle{std::chrono::seconds(60)};
  std::uint64_t header_bytes = 32 * 1024;
  std::int64_t header_count = 100;
  std::uint64_t body = 1 << 20;  // (r)
  std::int64_t connections = 20000;
  std::int64_t connections_per_address = 200;  // loopback and trusted proxies exempt
  std::uint64_t buffered_bytes = 256u << 20;   // all buffered bodies together
  std::int64_t max_exchanges = 10000;          // at once; beyond: 503 overloaded
  conf::Place place{};                         // of the table; line 0: there is none
};

// A declared query parameter.
struct QueryParameter {
  enum class Type : std::uint8_t { string, integer, boolean, uuid, choice } type = Type::string;
  std::string name;
  bool required = false;
  std::int64_t min = 0, max = 1024;  // value for integers, length for strings
  std::vector<std::string> values;   // for choice
  std::string equals_claim;          // must equal this verified claim
};

// [[route]]: the part that is not a control's.
struct RouteConfig {
  std::string name;  // for record and metrics; the path when empty
  std::string host;  // empty: every host
  std::string path;  // "/api" and all below it, "=/exact", "/users/{id}" with a parameter (gate/router.h)
  std::vector<std::string> methods;  // empty: all but CONNECT and TRACE
  std::string upstream;              // name of an upstream
  std::string desk;                  // a desk of our own answers in its place; never written in the file
  bool machines = false;             // its desk knows its callers by their signatures: nobody signs in
  bool deny = false;
  std::string strip_prefix, add_prefix;
  bool encoded_slash_keep = false;   // keep %2F and ; as opaque
  bool path_case_exact = false;      // its backend tells /Admin from /admin, whatever other routes say
  bool refuse_header_names = false;  // names with '_' or '.': 400 instead of dropping
  std::optional<std::uint64_t> body_limit;
  bool query_declared = false;  // undeclared parameters refused
  std::vector<QueryParameter> query;
  std::vector<std::string> remove_request_headers, remove_cookies;
  std::vector<std::pair<std::string, std::string>> set_request_headers;
  bool rewrite_locations = true;  // backend redirects and cookie domains to the public address
  conf::Place place;
};

struct LogConfig {
  std::string file = "-";  // "-": standard output
  int level = 1;           // 0 debug, 1 info, 2 warning, 3 error
  bool hash_user = true;
  bool hash_address = false;
  std::vector<std::string> redact_query = {"token", "code",  "key",     "secret", "pass",
                                           "sig",   "state", "session", "sid",    "credential",
                                           "otp",   "auth",  "ticket",  "email",  "phone"};
  conf::Place place{};  // of the table; line 0: there is none
};

struct TlsConfig {
  std::string certificate;  // PEM chain file
  conf::SecretRef key;      // PEM key: a file or an environment variable
  struct Extra {
    std::string certificate;
    conf::SecretRef key;
  };
  std::vector<Extra> more;  // chosen by SNI
  bool tls12 = true;
};

struct GateConfig {
  Mode mode = Mode::production;
  std::vector<conf::ListenUrl> listen;
  conf::Place listen_place{};
  conf::ListenUrl admin{"http", "127.0.0.1", 9100, "http://127.0.0.1:9100"};  // loopback only
  std::int64_t threads = 0;                                                   // 0: one a core
  std::string state_dir = "./gatehouse-state";                                // databases, development CA, dev keys
  IngressConfig ingress;
  SiteConfig site;
  TlsConfig tls;
  LimitsConfig limits;
  LogConfig log;
  std::vector<UpstreamConfig> upstreams;
  std::vector<RouteConfig> routes;
};

// Each reads its own table and refuses what is valid but unsafe in it.
void describe(conf::Form&, IngressConfig&);
void describe(conf::Form&, SiteConfig&);
void describe(conf::Form&, UpstreamConfig&);
void describe(conf::Form&, LimitsConfig&);
void describe(conf::Form&, RouteConfig&);
void describe(conf::Form&, LogConfig&);
void describe(conf::Form&, TlsConfig&);
// The top of the file: mode, listen, admin, threads, state_dir and the tables above; no routes. Then what only the
// whole can tell: development in the open, cleartext in the open, https without a certificate, clashing listeners.
void describe(conf::Form&, GateConfig&);
// What a route gets wrong beside the others: unknown upstream or host, and the same host, path and method twice.
// A route without an upstream gets the only one there is.
void check_routes(GateConfig&, conf::Findings&);

// Why `path` is no route path, as one sentence with its remedy after "; "; empty when it is one.
std::string path_fault(std::string_view path);

}  // namespace gatehouse::gate

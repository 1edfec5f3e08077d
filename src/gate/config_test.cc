#include "gate/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gate/canonical_path.h"

namespace gatehouse::gate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// A whole file in which every key has a value that is not its default.
constexpr std::string_view kEveryKey = R"(
listen = ["http://0.0.0.0:80", "https://[::]:443"]
admin = "unix:/run/gatehouse/admin.sock"
threads = 3
state_dir = "/var/lib/gatehouse"
[site]
hosts = ["App.Example.com", "shop.example.com"]
[ingress]
trusted_proxies = ["10.0.0.0/8", "2001:db8::/32"]
address_header = "CF-Connecting-IP"
scheme_header = "X-Scheme"
tls_upstream = true
[tls]
certificate = "/c.pem"
key = { file = "/k.pem" }
tls12 = false
[[tls.more]]
certificate = "/d.pem"
key = { env = "D_KEY" }
[limits]
header_time = "5s"
min_body_rate = "1KiB"
idle = "30s"
header_bytes = "16KiB"
header_count = 50
body = "2MiB"
connections = 1000
connections_per_address = 20
buffered_bytes = "64MiB"
max_exchanges = 500
[log]
file = "/var/log/gatehouse.log"
level = "warning"
hash_user = false
hash_address = true
redact_query = ["otp"]
[upstream.web]
servers = ["https://backend.internal:8443", "https://10.0.0.2"]
ca_file = "/ca.pem"
server_name = "backend.internal"
host_header = "backend.internal:8443"
connect = "1s"
first_byte = "20s"
gap = "10s"
idle = "3s"
max_idle = 8
max_connections = 32
buffer_chunked = false
health_path = "/healthz"
health_interval = "2s"
resolve_interval = "10s"
)";

constexpr std::string_view kEveryRouteKey = R"(
path = "/users/{id}/notes"
name = "notes"
host = "Shop.example.com"
methods = ["GET", "POST"]
upstream = "web"
strip_prefix = "/users"
add_prefix = "/v2"
encoded_slash = "keep"
path_case = "exact"
header_names = "refuse"
body_limit = "8MiB"
query_declared = true
query = ["page", { name = "sort", type = "choice", values = ["up", "down"], required = true, equals_claim = "sub" }]
remove_request_headers = ["X-Debug"]
remove_cookies = ["tracker"]
set_request_headers = { Accept = "application/json" }
rewrite_locations = false
)";

template <class T>
T read(std::string_view text, conf::Findings& findings) {
  T config;
  conf::Document document = conf::Document::parse(text, "g.toml", findings);
  document.read([&](conf::Form& f) { describe(f, config); }, findings);
  return config;
}

TEST(GateConfig, EveryKeyArrives) {
  conf::Findings findings;
  GateConfig c = read<GateConfig>(kEveryKey, findings);
  EXPECT_EQ(conf::render_text(findings, false), "");
  EXPECT_EQ(c.mode, Mode::production);
  EXPECT_EQ(c.listen[1].host, "::");
  EXPECT_EQ(c.admin.host, "/run/gatehouse/admin.sock");
  EXPECT_EQ(c.threads, 3);
  EXPECT_EQ(c.state_dir, "/var/lib/gatehouse");
  EXPECT_THAT(c.site.hosts, ElementsAre("app.example.com", "shop.example.com"));
  EXPECT_EQ(c.ingress.trusted_proxies.size(), 2u);
  EXPECT_EQ(c.ingress.address_header, "CF-Connecting-IP");
  EXPECT_EQ(c.ingress.scheme_header, "X-Scheme");
  EXPECT_TRUE(c.ingress.tls_upstream);
  EXPECT_EQ(c.tls.key.text(), "file:/k.pem");
  EXPECT_FALSE(c.tls.tls12);
  ASSERT_EQ(c.tls.more.size(), 1u);
  EXPECT_EQ(c.tls.more[0].key.text(), "env:D_KEY");
  EXPECT_EQ(c.limits.header_time, Duration(5s));
  EXPECT_EQ(c.limits.min_body_rate, 1024u);
  EXPECT_EQ(c.limits.idle, Duration(30s));
  EXPECT_EQ(c.limits.header_bytes, 16u * 1024);
  EXPECT_EQ(c.limits.header_count, 50);
  EXPECT_EQ(c.limits.body, 2u << 20);
  EXPECT_EQ(c.limits.connections, 1000);
  EXPECT_EQ(c.limits.connections_per_address, 20);
  EXPECT_EQ(c.limits.buffered_bytes, 64u << 20);
  EXPECT_EQ(c.limits.max_exchanges, 500);
  EXPECT_EQ(c.log.file, "/var/log/gatehouse.log");
  EXPECT_EQ(c.log.level, 2);
  EXPECT_FALSE(c.log.hash_user);
  EXPECT_TRUE(c.log.hash_address);
  EXPECT_THAT(c.log.redact_query, ElementsAre("otp"));
  ASSERT_EQ(c.upstreams.size(), 1u);
  const UpstreamConfig& u = c.upstreams[0];
  EXPECT_EQ(u.name, "web");
  EXPECT_EQ(u.servers.size(), 2u);
  EXPECT_EQ(u.ca_file, "/ca.pem");
  EXPECT_EQ(u.server_name, "backend.internal");
  EXPECT_EQ(u.host_header, "backend.internal:8443");
  EXPECT_EQ(u.connect, Duration(1s));
  EXPECT_EQ(u.first_byte, Duration(20s));
  EXPECT_EQ(u.gap, Duration(10s));
  EXPECT_EQ(u.idle, Duration(3s));
  EXPECT_EQ(u.max_idle, 8);
  EXPECT_EQ(u.max_connections, 32);
  EXPECT_FALSE(u.buffer_chunked);
  EXPECT_TRUE(UpstreamConfig().buffer_chunked);
  EXPECT_EQ(u.health_path, "/healthz");
  EXPECT_EQ(u.health_interval, Duration(2s));
  EXPECT_EQ(u.resolve_interval, Duration(10s));
}

TEST(GateConfig, EveryKeyOfARouteArrives) {
  conf::Findings findings;
  RouteConfig r = read<RouteConfig>(kEveryRouteKey, findings);
  EXPECT_EQ(conf::render_text(findings, false), "");
  EXPECT_EQ(r.path, "/users/{id}/notes");
  EXPECT_EQ(r.name, "notes");
  EXPECT_EQ(r.host, "shop.example.com");
  EXPECT_THAT(r.methods, ElementsAre("GET", "POST"));
  EXPECT_EQ(r.upstream, "web");
  EXPECT_EQ(r.strip_prefix, "/users");
  EXPECT_EQ(r.add_prefix, "/v2");
  EXPECT_TRUE(r.encoded_slash_keep);
  EXPECT_TRUE(r.path_case_exact);
  EXPECT_TRUE(r.refuse_header_names);
  EXPECT_EQ(r.body_limit, 8u << 20);
  EXPECT_TRUE(r.query_declared);
  ASSERT_EQ(r.query.size(), 2u);
  EXPECT_EQ(r.query[0].name, "page");
  EXPECT_EQ(r.query[1].type, QueryParameter::Type::choice);
  EXPECT_TRUE(r.query[1].required);
  EXPECT_EQ(r.query[1].equals_claim, "sub");
  EXPECT_THAT(r.remove_request_headers, ElementsAre("X-Debug"));
  EXPECT_THAT(r.remove_cookies, ElementsAre("tracker"));
  EXPECT_EQ(r.set_request_headers[0].second, "application/json");
  EXPECT_FALSE(r.rewrite_locations);
  EXPECT_EQ(read<RouteConfig>("path = \"/\"", findings).body_limit, std::nullopt);
}

TEST(GateConfig, PortZeroIsForTests) {
  conf::Findings findings;
  read<GateConfig>(
      "mode = \"development\"\nlisten = [\"http://127.0.0.1:0\", \"https://127.0.0.1:0\"]\n"
      "admin = \"http://127.0.0.1:0\"\n",
      findings);
  EXPECT_EQ(conf::render_text(findings, false), "");
}

// A route path that differs from every normal path would never match, and what it should guard would stand open.
TEST(GateConfig, ARoutePathIsAPathThatRequestsCanHave) {
  std::vector<std::string> pieces = {"",    "a",    ".",   "..",  "%41", "%C3%A4", "%c3%a4", "%2F", "%2f", "%00",
                                     ";x",  "{id}", "a{b", "{}",  "*",   "a b",    "ä",      "\\",  "%",   "%4",
                                     "%FF", "~-._", "a?b", "a#b", "%5C", "%7F",    "a:b@c",  "$&'", "(),", "+="};
  Arena arena;
  int accepted = 0;
  for (const std::string& first : pieces) {
    for (const std::string& second : pieces) {
      for (std::string path : {"/" + first, "/" + first + "/" + second, "/" + first + "/" + second + "/"}) {
        if (!path_fault(path).empty()) continue;
        ++accepted;
        std::string request = path;
        for (auto at = request.find("{id}"); at != request.npos; at = request.find("{id}")) request.replace(at, 4, "x");
        CanonicalPath canonical = canonical_path(request, Opaque::keep, arena);
        ASSERT_TRUE(canonical.good()) << path << ": " << canonical.fault;
        ASSERT_EQ(canonical.path, request);
      }
    }
  }
  EXPECT_GT(accepted, 50);
  for (auto good : {"/", "=/", "/api", "/api/", "=/health", "/users/{id}", "/users/{user_id}/notes", "/a.b/~c/%C3%A4"})
    EXPECT_EQ(path_fault(good), "") << good;
}

TEST(GateConfig, ClashingRoutesAreSeenThroughTheirSpelling) {
  auto clash = [](std::string_view a, std::string_view b, std::string method_a = "", std::string method_b = "") {
    GateConfig c;
    c.upstreams.push_back({});
    c.upstreams[0].name = "app";
    for (auto [path, method] : {std::pair(a, method_a), std::pair(b, method_b)}) {
      RouteConfig r;
      r.path = path;
      if (!method.empty()) r.methods = {method};
      c.routes.push_back(r);
    }
    conf::Findings findings;
    check_routes(c, findings);
    return findings.has_errors();
  };
  EXPECT_TRUE(clash("/api", "/api/"));
  EXPECT_TRUE(clash("/u/{id}", "/u/{name}"));
  EXPECT_TRUE(clash("/", "/"));
  EXPECT_TRUE(clash("/api", "/api", "GET", ""));
  EXPECT_FALSE(clash("/api", "=/api"));
  EXPECT_FALSE(clash("=/api", "=/api/"));
  EXPECT_FALSE(clash("/api", "/api", "GET", "POST"));
  EXPECT_FALSE(clash("/u/{id}", "/u/me"));
}

}  // namespace
}  // namespace gatehouse::gate

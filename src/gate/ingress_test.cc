#include "gate/ingress.h"

#include <gtest/gtest.h>

#include "gate/testing/exchange_fixture.h"

namespace gatehouse::gate {
namespace {

struct IngressTest : ::testing::Test {
  IngressConfig config;
  SiteConfig site{std::vector<std::string>{"app.example.com", "www.example.com"}};
  testing::ExchangeFixture f;

  Code settle(std::string_view peer, bool tls = false, Mode mode = Mode::production, bool refuse_odd = false) {
    Ingress ingress(config, site, mode);
    f.request.scheme = {};  // no absolute form
    return ingress.settle(f.x, *net::Address::parse(peer), tls, refuse_odd);
  }
  void trust(std::string_view cidr) { config.trusted_proxies.push_back(*conf::Cidr::parse(cidr)); }
  std::string field(std::string_view name) { return std::string(f.request.fields.get(name).value_or("(none)")); }
};

TEST_F(IngressTest, an_untrusted_peer_is_the_client_whatever_it_says) {
  for (auto name : {"X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP"})
    f.header(name, "10.9.9.9");
  f.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "evil.example").header("X-Original-URL", "/admin");
  EXPECT_EQ(settle("198.51.100.4"), Code::none);
  EXPECT_EQ(f.x.client.text, "198.51.100.4");
  EXPECT_FALSE(f.x.secure);
  EXPECT_EQ(field("x-forwarded-for"), "198.51.100.4");
  EXPECT_EQ(field("x-real-ip"), "198.51.100.4");
  EXPECT_EQ(field("x-forwarded-proto"), "http");
  EXPECT_EQ(field("x-forwarded-host"), "app.example.com");
  for (auto gone : {"forwarded", "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-original-url"})
    EXPECT_EQ(field(gone), "(none)") << gone;
}

TEST_F(IngressTest, what_only_proxies_and_frameworks_say_to_a_backend_is_never_a_clients_word) {
  const std::vector<std::string_view> names{
      "X-Forwarded-Client-Cert", "x-forwarded-User", "X-HTTP-Method",         "X-Original-URI",
      "X-Original-Host",         "X-Original-Proto", "X-Url-Scheme",          "X-Scheme",
      "Front-End-Https",         "X-Rewrite-Url",    "X-Envoy-Original-Path", "X-Envoy-External-Address",
      "x-middleware-subrequest"};
  for (auto name : names) f.header(name, "/admin");
  EXPECT_EQ(settle("198.51.100.4"), Code::none);
  for (auto name : names) EXPECT_EQ(field(name), "(none)") << name;
}

TEST_F(IngressTest, the_rightmost_address_that_is_no_proxy_is_the_client) {
  trust("10.0.0.0/8");
  f.header("X-Forwarded-For", "1.2.3.4, 203.0.113.9").header("X-Forwarded-For", "10.0.0.2");
  EXPECT_EQ(settle("10.0.0.1"), Code::none);
  EXPECT_EQ(f.x.client.text, "203.0.113.9");
  EXPECT_EQ(field("x-forwarded-for"), "203.0.113.9");
  EXPECT_TRUE(f.x.client.trusted_peer);
}

TEST_F(IngressTest, what_cannot_be_read_ends_the_walk_at_the_last_proxy) {
  trust("10.0.0.0/8");
  f.header("X-Forwarded-For", "203.0.113.9, unknown, 10.0.0.2");
  EXPECT_EQ(settle("10.0.0.1"), Code::none);
  EXPECT_EQ(f.x.client.text, "10.0.0.2");
  EXPECT_TRUE(f.x.client.unreadable);
}

TEST_F(IngressTest, a_single_address_header_must_be_single) {
  trust("10.0.0.0/8");
  config.address_header = "CF-Connecting-IP";
  f.header("CF-Connecting-IP", "203.0.113.9").header("CF-Connecting-IP", "203.0.113.10");
  EXPECT_EQ(settle("10.0.0.1"), Code::none);
  EXPECT_EQ(f.x.client.text, "10.0.0.1");
  EXPECT_TRUE(f.x.client.unreadable);
}

TEST_F(IngressTest, a_proxy_that_names_nobody_speaks_for_itself) {
  trust("10.0.0.0/8");
  EXPECT_EQ(settle("10.0.0.1"), Code::none);
  EXPECT_EQ(f.x.client.text, "10.0.0.1");
  EXPECT_FALSE(f.x.client.unreadable);
}

TEST_F(IngressTest, tls_ended_by_a_trusted_proxy_counts_as_https) {
  trust("10.0.0.0/8");
  f.header("X-Forwarded-Proto", "https").header("X-Forwarded-For", "2001:db8::7");
  EXPECT_EQ(settle("10.0.0.1"), Code::none);
  EXPECT_TRUE(f.x.secure);
  EXPECT_EQ(f.x.scheme_host, "https://app.example.com");
  EXPECT_EQ(f.x.client.text, "2001:db8::7");
}

TEST_F(IngressTest, a_host_that_is_not_ours_is_refused) {
  f.request.authority = "evil.example";
  EXPECT_EQ(settle("198.51.100.4"), Code::bad_host);
  f.request.authority = "app.example.com.evil.example";
  EXPECT_EQ(settle("198.51.100.4"), Code::bad_host);
}

TEST_F(IngressTest, development_knows_loopback_names_and_trusts_nobody) {
  site.hosts.clear();
  trust("127.0.0.0/8");
  f.header("X-Forwarded-For", "203.0.113.9");
  f.request.authority = "localhost:8080";
  EXPECT_EQ(settle("127.0.0.1", false, Mode::development), Code::none);
  EXPECT_EQ(f.x.client.text, "127.0.0.1");
  f.request.authority = "[::1]:8080";
  EXPECT_EQ(settle("127.0.0.1", false, Mode::development), Code::none);
  f.request.authority = "rebound.example";
  EXPECT_EQ(settle("127.0.0.1", false, Mode::development), Code::bad_host);
}

TEST_F(IngressTest, development_remembers_that_a_tunnel_spoke_and_production_has_no_need_to) {
  f.request.authority = "localhost";
  f.request.scheme = {};
  Ingress development(config, {}, Mode::development);
  EXPECT_EQ(development.settle(f.x, *net::Address::parse("127.0.0.1"), false, false), Code::none);
  EXPECT_FALSE(development.ignored_forwarding()) << "what we wrote ourselves is nobody's word";
  testing::ExchangeFixture tunnelled;
  tunnelled.request.authority = "localhost";
  tunnelled.request.scheme = {};
  tunnelled.header("X-Forwarded-For", "203.0.113.9");
  EXPECT_EQ(development.settle(tunnelled.x, *net::Address::parse("127.0.0.1"), false, false), Code::none);
  EXPECT_TRUE(development.ignored_forwarding());
  EXPECT_EQ(tunnelled.x.client.text, "127.0.0.1");
}

TEST_F(IngressTest, names_with_underscores_are_dropped_and_counted_or_refused) {
  f.request.fields.push({"X_Forwarded_For", "1.1.1.1", http::name_hash("X_Forwarded_For"), http::Field::odd_name});
  EXPECT_EQ(settle("198.51.100.4"), Code::none);
  EXPECT_EQ(f.x.facts.dropped_headers, 1u);
  EXPECT_EQ(f.x.facts.dropped_example, "X_Forwarded_For");
  f.request.fields.push({"x.auth", "1", http::name_hash("x.auth"), http::Field::odd_name});
  EXPECT_EQ(settle("198.51.100.4", false, Mode::production, true), Code::bad_header);
}

}  // namespace
}  // namespace gatehouse::gate

#include "gate/ingress.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/http/host.h"

namespace gatehouse::gate {

namespace {

// What proxies say to backends about the client. Only we say it here.
constexpr std::array<http::FieldName, 23> kForwarding = {
    "forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-connecting-ipv6",
    "x-cluster-client-ip", "fastly-client-ip", "x-original-forwarded-for", "x-envoy-external-address",
    "x-original-host", "x-original-proto", "x-url-scheme", "x-scheme", "front-end-https",
    // Stops: a backend that routes by these (IIS, Symfony, Rack) while policy read the request line.
    "x-original-url", "x-original-uri", "x-rewrite-url", "x-envoy-original-path", "x-http-method-override",
    "x-http-method", "x-method-override",
    // Stops: a client that tells Next.js to skip the middleware in which the application checks who may pass.
    "x-middleware-subrequest"};

constexpr std::array<std::uint64_t, 4> kSieve = [] {
  std::array<std::uint64_t, 4> s{};
  for (const auto& n : kForwarding) s[(n.hash >> 6) & 3] |= 1ull << (n.hash & 63);
  return s;
}();

constexpr std::string_view kForwardedPrefix = "x-forwarded-";

bool forwarding(const http::Field& f) {
  // Whatever comes behind the prefix: -For, -Proto, -Host, and -Client-Cert and -User, which name people.
  if (f.name.size() > kForwardedPrefix.size() && f.name[kForwardedPrefix.size() - 1] == '-' &&
      text::istarts_with(f.name, kForwardedPrefix))
    return true;
  if (!(kSieve[(f.hash >> 6) & 3] & (1ull << (f.hash & 63)))) return false;
  return std::any_of(kForwarding.begin(), kForwarding.end(), [&](const auto& n) { return f.is(n); });
}

constexpr http::FieldName kForwardedFor{"x-forwarded-for"}, kForwardedProto{"x-forwarded-proto"},
    kForwardedHost{"x-forwarded-host"}, kRealIp{"x-real-ip"};

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:443" -> the address.
std::optional<net::Address> one_address(std::string_view s) {
  s = text::trim(s);
  if (!s.empty() && s.front() == '[') {
    auto end = s.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return net::Address::parse(s.substr(1, end - 1));
  }
  if (std::count(s.begin(), s.end(), ':') == 1) s = s.substr(0, s.find(':'));
  return net::Address::parse(s);
}

bool loopback_name(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  auto a = net::Address::parse(host);
  return a && a->loopback();
}

}  // namespace

Ingress::Ingress(const IngressConfig& ingress, const SiteConfig& site, Mode mode)
    : config_(ingress),
      hosts_(site.hosts),
      canonical_(site.hosts.empty() ? "" : site.hosts.front()),
      development_(mode == Mode::development),
      address_name_(config_.address_header),
      scheme_name_(config_.scheme_header),
      list_header_(text::iequals(config_.address_header, "x-forwarded-for")) {}

bool Ingress::trusted(const net::Address& a) const {
  // In development nobody is: a tunnel in front would otherwise speak for the whole network.
  if (development_) return false;
  net::Address who = a;
  if (a.local_socket) who = *net::Address::parse("127.0.0.1");
  return std::any_of(config_.trusted_proxies.begin(), config_.trusted_proxies.end(),
                     [&](const conf::Cidr& c) { return who.in(c); });
}

bool Ingress::knows_host(std::string_view authority) const {
  std::string_view host = http::authority_host(authority);
  for (const auto& known : hosts_)
    if (known == host || known == authority) return true;
  // Stops: DNS rebinding against a development server.
  return development_ && loopback_name(host);
}

net::Address Ingress::client_of(Exchange& x, const net::Address& peer) const {
  if (!list_header_) {
    const std::size_t named = x.request.fields.count(address_name_);
    const auto a = named == 1 ? one_address(*x.request.fields.get(address_name_)) : std::nullopt;
    x.client.unreadable = named > 0 && !a;
    return a ? *a : peer;
  }
  // Stops: a client that writes its own address. From the right, each hop was written by the hop after it; the first
  // that is not a listed proxy is the client, and everything left of it is hearsay.
  net::Address client = peer;
  const http::Fields& fields = x.request.fields;
  for (const http::Field* f = fields.end(); f != fields.begin();) {
    --f;
    if (!f->is(address_name_)) continue;
    std::string_view list = f->value;
    for (;;) {
      auto comma = list.rfind(',');
      auto a = one_address(comma == std::string_view::npos ? list : list.substr(comma + 1));
      if (!a) {
        x.client.unreadable = true;
        return client;
      }
      client = *a;
      if (!trusted(client)) return client;
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return client;
}

Code Ingress::settle(Exchange& x, const net::Address& peer, bool tls, bool refuse_odd_names) const {
  http::Request& r = x.request;
  x.client.peer = peer;
  x.client.trusted_peer = trusted(peer);
  x.client.address = x.client.trusted_peer ? client_of(x, peer) : peer;
  auto* out = x.arena.array<std::array<char, 46>>(1);
  x.client.text = x.client.address.local_socket ? std::string_view("unix") : x.client.address.write(*out);

  x.secure = tls;
  if (!tls && x.client.trusted_peer) {
    if (auto said = r.fields.get(scheme_name_); said && r.fields.count(scheme_name_) == 1) {
      auto comma = said->rfind(',');
      std::string_view last = comma == std::string_view::npos ? *said : text::trim(said->substr(comma + 1));
      x.secure = text::iequals(last, "https");
    }
  }
  if (!r.scheme.empty() && r.scheme != (x.secure ? "https" : "http") && !x.client.trusted_peer) return Code::bad_host;
  r.scheme = x.secure ? "https" : "http";

  bool odd = false;
  r.fields.remove_if([&](const http::Field& f) {
    if (f.marks & http::Field::odd_name) {
      odd = true;
      ++x.facts.dropped_headers;
      x.facts.dropped_example = f.name;
      return true;
    }
    if ((f.marks & (http::Field::hop | http::Field::written)) != 0) return true;
    if (!forwarding(f) && !f.is(address_name_)) return false;
    if (development_) ignored_forwarding_.store(true, std::memory_order_relaxed);
    return true;
  });
  if (odd && refuse_odd_names) return Code::bad_header;
  if (!knows_host(r.authority)) return Code::bad_host;

  std::string_view host = canonical_.empty() ? r.authority : std::string_view(canonical_);
  for (const auto& known : hosts_)
    if (known == r.authority || known == http::authority_host(r.authority)) host = r.authority;
  x.scheme_host = x.arena.join(r.scheme, "://", host);
  r.fields.add(kForwardedFor, x.client.text);
  r.fields.add(kRealIp, x.client.text);
  r.fields.add(kForwardedProto, r.scheme);
  r.fields.add(kForwardedHost, r.authority);
  return Code::none;
}

}  // namespace gatehouse::gate

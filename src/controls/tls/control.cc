#include "controls/tls/control.h"

#include <algorithm>

#include "controls/tls/card.h"
#include "controls/weakness.h"
#include "net/address.h"

namespace gatehouse::controls::tls {
namespace {

constexpr int kCwe[] = {319, 295, 326};
constexpr std::string_view kAsvs[] = {"v5.0.0-12.1.1", "v5.0.0-12.2.1", "v5.0.0-12.2.2", "v5.0.0-12.3.1"};
constexpr std::string_view kRequirements[] = {"TLS-1", "TLS-2"};

}  // namespace

constexpr proof::Card kCard{
    .id = "tls",
    .title = "Connections can be read or taken over on the way",
    .attack =
        "Someone between a person and the site, or between the gate and a distant backend, reads the traffic, forces "
        "an old protocol or cipher, or presents a certificate that nobody checks.",
    .severity = proof::Severity::critical,
    .cwe = kCwe,
    .owasp_2021 = "A02",
    .owasp_2025 = "A04",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Passwords, sessions and data of everyone on that network path are exposed.",
    .fix = "Serve TLS 1.2 and 1.3 only, with a valid certificate; verify the certificates of servers that are called.",
    .mitigation = "[tls] certificate and key, or [ingress] tls_upstream = true behind a listed proxy that ends TLS.",
    .false_positive = "TLS is ended by a proxy on the same machine, and the plain listener stands on loopback only.",
};

namespace {

bool loopback(const conf::ServerUrl& u) {
  if (u.scheme == "unix" || u.host == "localhost") return true;
  auto address = net::Address::parse(u.host);
  return address && address->loopback();
}

// Inside one machine or one private network: a bare service name, a private or loopback address, a local domain.
bool near(const conf::ServerUrl& u) {
  if (loopback(u)) return true;
  if (auto address = net::Address::parse(u.host)) {
    static const auto kPrivate = [] {
      std::vector<conf::Cidr> all;
      for (const char* s : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"})
        all.push_back(*conf::Cidr::parse(s));
      return all;
    }();
    return std::any_of(kPrivate.begin(), kPrivate.end(), [&](const conf::Cidr& c) { return address->in(c); });
  }
  if (u.host.find('.') == std::string::npos) return true;
  return u.host.ends_with(".internal") || u.host.ends_with(".local") || u.host.ends_with(".localhost") ||
         u.host.ends_with(".lan");
}

class Tls final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<Settings>(); }
  void describe(conf::Form&, Settings&) const override {}

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig&,
             std::vector<proof::Finding>& out) const override {
    if (config.mode == gate::Mode::development) return;
    auto weak = [&](const conf::Place& place, std::string id, proof::Severity severity, std::string evidence,
                    std::string mitigation) {
      gate::RouteConfig at;
      at.place = place;
      auto f = weakness(kCard, std::move(id), settings, at, std::move(evidence));
      f.severity = severity;
      f.mitigation = std::move(mitigation);
      out.push_back(std::move(f));
    };
    bool https = false;
    const conf::ListenUrl* open = nullptr;  // plain, and reachable from elsewhere
    for (const auto& l : config.listen) {
      https |= l.scheme == "https";
      if (l.scheme == "http" && !loopback(l)) open = &l;
    }
    if (open && !https && !config.ingress.tls_upstream)
      weak(config.listen_place, "GH-TLS-NONE", proof::Severity::critical,
           open->text + " is the only way in, and nothing says that TLS is ended in front of it",
           "listen = [\"https://[::]:443\", \"http://[::]:80\"] with [tls], or [ingress] tls_upstream = true");
    if (config.ingress.tls_upstream && config.ingress.trusted_proxies.empty())
      weak(config.ingress.place, "GH-TLS-INGRESS", proof::Severity::high,
           "tls_upstream is set and no proxy is trusted, so every request counts as plain http",
           "[ingress] trusted_proxies = [\"the proxy's address\"]");
    for (const auto& upstream : config.upstreams)
      for (const auto& server : upstream.servers)
        if (server.scheme == "http" && !near(server))
          weak(upstream.place, "GH-TLS-UPSTREAM", proof::Severity::medium,
               "upstream " + upstream.name + " is reached in the clear at " + server.text,
               "servers = [\"https://" + server.host + "\"]");
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<Tls>(); }

}  // namespace gatehouse::controls::tls

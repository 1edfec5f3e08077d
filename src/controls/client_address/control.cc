#include "controls/client_address/control.h"

#include <algorithm>

#include "controls/client_address/card.h"
#include "controls/weakness.h"

namespace gatehouse::controls::client_address {
namespace {

constexpr int kCwe[] = {348, 290, 345};
constexpr std::string_view kAsvs[] = {"v5.0.0-4.1.3", "v5.0.0-15.3.4"};
constexpr std::string_view kRequirements[] = {"IP-1"};

}  // namespace

constexpr proof::Card kCard{
    .id = "client_address",
    .title = "Clients choose the address they are known by",
    .attack =
        "X-Forwarded-For and its kin are written by whoever sends the request. Where they are believed, one machine is "
        "a "
        "thousand addresses: past limits and bans, into what is open to 127.0.0.1, and under another's name in the "
        "log.",
    .severity = proof::Severity::high,
    .cwe = kCwe,
    .owasp_2021 = "A07",
    .owasp_2025 = "A07",
    .asvs = kAsvs,
    .requirements = kRequirements,
    .impact = "Limits and bans are without effect, internal pages may open, and the record points at the wrong person.",
    .fix =
        "Take the address from the socket; believe a header only when the socket's peer is a listed proxy, and then "
        "its "
        "rightmost entry that is no proxy.",
    .mitigation =
        "[ingress] trusted_proxies = [\"<the proxies' own networks>\"], or nothing when no proxy stands in front",
    .false_positive = "The proxy in front removes these headers before it writes its own, and nobody can go around it.",
};

namespace {

// Whole private ranges: every neighbour in the same network may then write addresses.
bool whole_private_range(const conf::Cidr& c) {
  static constexpr std::string_view kRanges[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
                                                 "fd00::/8"};
  return std::find(std::begin(kRanges), std::end(kRanges), c.text) != std::end(kRanges);
}

class ClientAddress final : public Control {
 public:
  const proof::Card& card() const override { return kCard; }
  bool can_observe() const override { return false; }
  bool can_disable() const override { return false; }
  bool per_route() const override { return false; }
  std::unique_ptr<Settings> settings() const override { return std::make_unique<Settings>(); }
  void describe(conf::Form&, Settings&) const override {}  // [ingress] is the gate's own table

  void check(const Settings& settings, const gate::GateConfig& config, const gate::RouteConfig&,
             std::vector<proof::Finding>& out) const override {
    if (config.mode == gate::Mode::development) return;
    auto report = [&](const conf::Place& place, std::string_view id, std::string_view title, std::string evidence,
                      std::string fix) {
      gate::RouteConfig at;
      at.place = place;
      auto f = weakness(kCard, std::string(id), settings, at, std::move(evidence));
      f.title = title;
      f.severity = proof::Severity::medium;
      f.mitigation = std::move(fix);
      out.push_back(std::move(f));
    };
    for (const conf::Cidr& c : config.ingress.trusted_proxies)
      if (whole_private_range(c))
        report(config.ingress.place, "GH-CLIENT-ADDRESS-WIDE", "A whole private range may write client addresses",
               "trusted_proxies holds " + c.text, "[ingress] trusted_proxies: the load balancer's own addresses only");
    const bool loopback_only =
        !config.listen.empty() &&
        std::all_of(config.listen.begin(), config.listen.end(), [](const conf::ListenUrl& l) { return l.loopback(); });
    // Stops: limits and bans that hold for nobody, because everybody comes from the exempt 127.0.0.1.
    if (loopback_only && config.ingress.trusted_proxies.empty())
      report(config.listen_place, "GH-CLIENT-ADDRESS-HIDDEN", "All clients look like the proxy in front",
             "every listener is on loopback, so a proxy stands in front, and trusted_proxies is empty",
             "[ingress] trusted_proxies = [\"127.0.0.1\"]");
  }
  std::span<const proof::Probe> probes() const override { return probe_list(); }
};

}  // namespace

std::unique_ptr<const Control> make() { return std::make_unique<ClientAddress>(); }

}  // namespace gatehouse::controls::client_address

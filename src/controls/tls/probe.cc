#include "base/text.h"
#include "controls/tls/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::tls {
namespace {

// A verified TLS connection, or none: the driver's client checks chain, name and time as a browser does.
proof::Observation handshake(proof::Target& site) {
  if (!text::istarts_with(site.url(), "https://")) {
    proof::Sent ask;
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    return proof::broken(kCard, "TLS-001", site, "/",
                         "the site was given as, and answers at, " + std::string(site.url()));
  }
  proof::Sent ask;
  ask.path = proof::page_of(site);
  auto seen = site.send(ask);
  if (seen) return proof::holds("The site answers over TLS.");
  if (seen.error().code != "tls") return proof::unanswered(seen.error());
  proof::Finding f = proof::from_card(kCard, "TLS-002");
  f.title = "The certificate or the handshake does not hold";
  return proof::broken(std::move(f), site, "/", text::printable(seen.error().detail));
}

constexpr proof::Probe kProbes[] = {{"TLS-001", "tls", false, handshake}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::tls

#include <string>

#include "controls/client_address/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::client_address {
namespace {

constexpr std::string_view kHeaders[] = {"X-Forwarded-For", "X-Real-IP",   "CF-Connecting-IP",    "True-Client-IP",
                                         "X-Client-IP",     "Client-IP",   "X-Cluster-Client-IP", "X-Originating-IP",
                                         "X-Remote-Addr",   "X-Remote-IP", "Fastly-Client-IP"};

// A path that is closed to us must stay closed when we say that we are the machine itself.
proof::Observation pretend_loopback(proof::Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no path that needs sign-in is known");
  for (const std::string& path : paths) {
    proof::Sent plain;
    plain.path = path;
    auto closed = site.send(plain);
    if (!closed) return proof::unanswered(closed.error());
    if (closed->status < 400 || closed->status >= 500) continue;
    for (std::string_view address : {"127.0.0.1", "10.0.0.1"}) {
      proof::Sent s;
      s.path = path;
      for (std::string_view name : kHeaders) s.headers.emplace_back(name, address);
      s.headers.emplace_back("Forwarded", "for=" + std::string(address));
      auto seen = site.send(s);
      if (!seen || seen->status < 200 || seen->status >= 300) continue;
      auto f = proof::from_card(kCard, "AU-010");
      f.title = "A closed path opens to who claims an inner address";
      f.severity = proof::Severity::critical;
      return proof::broken(std::move(f), site, path,
                           path + " answered " + std::to_string(closed->status) + ", and " +
                               std::to_string(seen->status) + " with X-Forwarded-For and its kin saying " +
                               std::string(address));
    }
    return proof::holds(path + " stays closed whatever address a header claims.");
  }
  return proof::unknown("no known path is closed");
}

// Our own claim must not come back in a page, a redirect or an error.
proof::Observation echoed(proof::Target& site) {
  proof::Sent s;
  s.path = proof::page_of(site);
  s.headers = {{"X-Forwarded-For", "198.51.100.77"}, {"X-Real-IP", "198.51.100.77"}};
  auto seen = site.send(s);
  if (!seen) return proof::unanswered(seen.error());
  bool told = seen->body.find("198.51.100.77") != std::string::npos;
  for (const auto& [name, value] : seen->headers) told = told || value.find("198.51.100.77") != std::string::npos;
  if (!told) return proof::holds("An address claimed in X-Forwarded-For does not come back.");
  auto f = proof::from_card(kCard, "IP-001");
  f.title = "The site believes the address that a client claims";
  return proof::broken(std::move(f), site, s.path, "X-Forwarded-For: 198.51.100.77 came back in the answer");
}

constexpr proof::Probe kProbes[] = {
    {"AU-010", "client_address", false, pretend_loopback},
    {"IP-001", "client_address", false, echoed},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::client_address

#include "controls/access/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::access {
namespace {

bool turned_away(int status) {
  return status == 401 || status == 403 || status == 404 || status == 405 || status == 429;
}

// A redirect to the sign-in page turns away too.
bool redirected(const proof::Seen& s) { return s.status >= 300 && s.status < 400; }

proof::Finding finding(std::string id, std::string title, proof::Severity severity) {
  proof::Finding f = proof::from_card(kCard, std::move(id));
  f.title = std::move(title);
  f.severity = severity;
  return f;
}

proof::Observation without_credentials(proof::Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no protected path is known; name some with the kind protected");
  for (const std::string& path : paths) {
    proof::Sent ask;
    ask.path = path;
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (!turned_away(seen->status) && !redirected(*seen) && seen->status < 500)
      return proof::broken(
          finding("AU-001", "A protected address answers people who are not signed in", proof::Severity::critical),
          site, path, "GET without any credential answered " + std::to_string(seen->status));
    if (seen->status >= 500) return proof::unknown(path + " answered " + std::to_string(seen->status));
  }
  return proof::holds("Protected addresses turn away people who are not signed in.");
}

proof::Observation other_methods(proof::Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no protected path is known; name some with the kind protected");
  for (const char* method : {"HEAD", "OPTIONS"}) {
    proof::Sent ask;
    ask.method = method;
    ask.path = paths[0];
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (std::string_view(method) == "HEAD" && seen->status >= 200 && seen->status < 300)
      return proof::broken(finding("AU-009", "HEAD goes around what GET asks", proof::Severity::medium), site, paths[0],
                           "HEAD without any credential answered " + std::to_string(seen->status));
    if (std::string_view(method) == "OPTIONS" && seen->status == 200 && seen->body.size() > 512)
      return proof::broken(
          finding("AU-009", "OPTIONS answers with content", proof::Severity::low), site, paths[0],
          "OPTIONS without any credential answered with " + std::to_string(seen->body.size()) + " bytes");
  }
  return proof::holds("HEAD and OPTIONS give nothing away on a protected address.");
}

proof::Observation challenge(proof::Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no protected path is known; name some with the kind protected");
  proof::Sent ask;
  ask.path = paths[0];
  auto seen = site.send(ask);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->status != 401)
    return proof::unknown(paths[0] + " does not answer 401: status " + std::to_string(seen->status));
  if (seen->has("www-authenticate")) return proof::holds("A 401 says how to sign in.");
  return proof::broken(finding("AU-002", "A 401 does not say how to sign in", proof::Severity::low), site, paths[0],
                       "401 without WWW-Authenticate (RFC 9110, 15.5.2)");
}

constexpr proof::Probe kProbes[] = {
    {"AU-001", "access", false, without_credentials},
    {"AU-002", "access", false, challenge},
    {"AU-009", "access", false, other_methods},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::access

#include "controls/csrf/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::csrf {
namespace {

constexpr std::string_view kElsewhere = "https://gatehouse-probe.invalid";

struct Shape {
  std::string_view name, method, content_type, body, origin, referer;
};

// "https://app.example.com" -> "https://app.example.com.gatehouse-probe.invalid"
std::string look_alike(const proof::Target& site) {
  std::string url(site.url());
  while (url.ends_with('/')) url.pop_back();
  return url + ".gatehouse-probe.invalid";
}

// The ways in which a page elsewhere can make a browser write. Bodies are empty of meaning, so nothing is stored.
constexpr Shape kShapes[] = {
    {"a form", "POST", "application/x-www-form-urlencoded", "gatehouse-probe=1", kElsewhere, ""},
    {"a multipart form", "POST", "multipart/form-data; boundary=x", "--x--\r\n", kElsewhere, ""},
    {"JSON", "POST", "application/json", "{}", kElsewhere, ""},
    {"JSON sent as text", "POST", "text/plain", "{}", kElsewhere, ""},
    {"a sandboxed page (Origin: null)", "POST", "application/x-www-form-urlencoded", "", "null", ""},
    {"a look-alike origin", "POST", "application/json", "{}", "look-alike", ""},
    {"a foreign Referer and no Origin", "POST", "application/x-www-form-urlencoded", "", "",
     "https://gatehouse-probe.invalid/page"},
    {"DELETE", "DELETE", "", "", kElsewhere, ""},
};

proof::Sent forged(const proof::Target& site, const std::string& path, const Shape& shape) {
  proof::Sent s;
  s.method = shape.method;
  s.path = path;
  s.headers.emplace_back("Cookie", "gatehouse-probe=1");
  if (!shape.content_type.empty()) s.headers.emplace_back("Content-Type", shape.content_type);
  if (!shape.origin.empty())
    s.headers.emplace_back("Origin", shape.origin == "look-alike" ? look_alike(site) : std::string(shape.origin));
  if (!shape.referer.empty()) s.headers.emplace_back("Referer", shape.referer);
  s.body = shape.body;
  return s;
}

proof::Finding finding(std::string id, std::string title, proof::Severity severity) {
  proof::Finding f = proof::from_card(kCard, std::move(id));
  f.title = std::move(title);
  f.severity = severity;
  return f;
}

proof::Observation cross_site_writes(proof::Target& site) {
  const auto paths = site.paths("write");
  if (paths.empty()) return proof::unknown("no writing path is known; name some with the kind write");
  bool only_unauthenticated = true;
  for (const std::string& path : paths)
    for (const Shape& shape : kShapes) {
      auto seen = site.send(forged(site, path, shape));
      if (!seen) return proof::unanswered(seen.error());
      if (seen->status == 403) only_unauthenticated = false;
      if (seen->status == 401 || seen->status == 403 || seen->status == 405 || seen->status == 429) continue;
      if (seen->status == 404 || seen->status >= 500)
        return proof::unknown(path + " answered " + std::to_string(seen->status));
      return proof::broken(finding("CSRF-001", "A write from another site is let through", proof::Severity::high), site,
                           path,
                           std::string(shape.name) + " from another site answered " + std::to_string(seen->status));
    }
  // Stops: calling a site safe that merely wanted a session first.
  if (only_unauthenticated)
    return proof::unknown("every write was turned away for want of a session, before its origin mattered");
  return proof::holds("Writes from other sites are refused in eight shapes.");
}

proof::Observation fetch_metadata(proof::Target& site) {
  const auto paths = site.paths("write");
  if (paths.empty()) return proof::unknown("no writing path is known; name some with the kind write");
  proof::Sent ask;
  ask.method = "POST";
  ask.path = paths[0];
  ask.headers = {{"Cookie", "gatehouse-probe=1"},
                 {"Content-Type", "application/x-www-form-urlencoded"},
                 {"Sec-Fetch-Site", "cross-site"},
                 {"Sec-Fetch-Mode", "navigate"}};
  auto seen = site.send(ask);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->status == 403) return proof::holds("Sec-Fetch-Site: cross-site is refused.");
  if (seen->status == 401 || seen->status == 404 || seen->status == 405 || seen->status == 429 || seen->status >= 500)
    return proof::unknown(paths[0] + " answered " + std::to_string(seen->status));
  return proof::broken(finding("CSRF-004", "Sec-Fetch-Site is not looked at", proof::Severity::low), site, paths[0],
                       "POST with Sec-Fetch-Site: cross-site answered " + std::to_string(seen->status));
}

proof::Observation socket(proof::Target& site) {
  const auto paths = site.paths("websocket");
  if (paths.empty()) return proof::unknown("no WebSocket path is known; name some with the kind websocket");
  proof::Sent ask;
  ask.path = paths[0];
  ask.headers = {{"Connection", "Upgrade"},       {"Upgrade", "websocket"},
                 {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "Z2F0ZWhvdXNlLXByb2JlIQ=="},
                 {"Cookie", "gatehouse-probe=1"}, {"Origin", std::string(kElsewhere)}};
  auto seen = site.send(ask);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->status == 101)
    return proof::broken(finding("AU-008", "A WebSocket opens for pages of other sites", proof::Severity::high), site,
                         paths[0], "the upgrade from a foreign Origin was accepted");
  if (seen->status == 403) return proof::holds("A WebSocket does not open for pages of other sites.");
  return proof::unknown(paths[0] + " answered " + std::to_string(seen->status));
}

constexpr proof::Probe kProbes[] = {
    {"CSRF-001", "csrf", true, cross_site_writes},
    {"CSRF-004", "csrf", true, fetch_metadata},
    {"AU-008", "csrf", false, socket},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::csrf

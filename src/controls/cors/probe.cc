#include <string>
#include <vector>

#include "base/text.h"
#include "controls/cors/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::cors {
namespace {

using proof::Severity;

constexpr std::string_view kStranger = "https://gatehouse-probe.invalid";

// Where answers matter: paths that need sign-in, else the page.
std::vector<std::string> places(const proof::Target& site) {
  auto paths = site.paths("protected");
  if (paths.empty()) paths.push_back(proof::page_of(site));
  if (paths.size() > 3) paths.resize(3);
  return paths;
}

// Asks with each origin, plainly and by preflight, and reports the first that is let in.
proof::Observation try_origins(proof::Target& site, std::string_view id, std::string_view title,
                               const std::vector<std::string>& origins, std::string positive) {
  for (const std::string& path : places(site))
    for (const std::string& origin : origins)
      for (bool preflight : {false, true}) {
        proof::Sent ask;
        ask.path = path;
        ask.headers = {{"Origin", origin}};
        if (preflight) {
          ask.method = "OPTIONS";
          ask.headers.emplace_back("Access-Control-Request-Method", "POST");
          ask.headers.emplace_back("Access-Control-Request-Headers", "authorization");
        }
        auto seen = site.send(ask);
        if (!seen) return proof::unanswered(seen.error());
        if (seen->header("access-control-allow-origin") != origin) continue;
        bool credentials = text::iequals(seen->header("access-control-allow-credentials"), "true");
        proof::Finding f = proof::from_card(kCard, std::string(id));
        f.title = title;
        f.severity = credentials ? Severity::critical : Severity::medium;
        return proof::broken(std::move(f), site, path,
                             std::string(preflight ? "a preflight" : "a request") +
                                 " with Origin: " + text::printable(origin) +
                                 " got Access-Control-Allow-Origin: " + text::printable(origin) +
                                 (credentials ? " and Access-Control-Allow-Credentials: true" : ""));
      }
  return proof::holds(std::move(positive));
}

proof::Observation reflected(proof::Target& site) {
  return try_origins(site, "CORS-001", "Any origin is reflected", {std::string(kStranger)},
                     "A foreign origin is not let in.");
}

proof::Observation null_origin(proof::Target& site) {
  return try_origins(site, "CORS-002", "The origin `null` is let in", {"null"}, "The origin `null` is not let in.");
}

proof::Observation look_alikes(proof::Target& site) {
  std::string own(site.url());
  auto start = own.find("://");
  if (start == std::string::npos) return proof::unknown("the address of the site has no scheme");
  std::string scheme = own.substr(0, start + 3), host = own.substr(start + 3);
  return try_origins(site, "CORS-003", "Origins that merely look alike are let in",
                     {own + ".gatehouse-probe.invalid", scheme + "gatehouse-probe" + host, own + "_.invalid", own + "`",
                      scheme + "gatehouse-probe.invalid/" + host},
                     "Origins that merely look alike are not let in.");
}

proof::Observation plain_origin(proof::Target& site) {
  std::string own(site.url());
  if (!own.starts_with("https://")) return proof::unknown("the site is not served over https");
  return try_origins(site, "CORS-004", "The site's plain http origin is let in", {"http://" + own.substr(8)},
                     "The site's own name over plain http is not let in.");
}

proof::Observation star(proof::Target& site) {
  auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no path that needs sign-in is known");
  for (const std::string& path : paths) {
    proof::Sent ask;
    ask.path = path;
    ask.headers = {{"Origin", std::string(kStranger)}};
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (seen->header("access-control-allow-origin") != "*") continue;
    proof::Finding f = proof::from_card(kCard, "CORS-005");
    f.title = "A path that needs sign-in is readable by every site";
    f.severity = Severity::medium;
    return proof::broken(std::move(f), site, path, "the answer has Access-Control-Allow-Origin: *");
  }
  return proof::holds("Paths that need sign-in are not readable by every site.");
}

// An answer that depends on Origin must say so to caches.
proof::Observation vary(proof::Target& site) {
  for (const std::string& path : places(site)) {
    proof::Sent ask;
    ask.path = path;
    ask.headers = {{"Origin", std::string(site.url())}};
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    std::string allowed = seen->header("access-control-allow-origin"), listed;
    for (const auto& [name, value] : seen->headers)
      if (name == "vary") listed += "," + text::to_lower(value);
    if (allowed.empty() || allowed == "*" || listed.find("origin") != std::string::npos ||
        listed.find('*') != std::string::npos)
      continue;
    proof::Finding f = proof::from_card(kCard, "CORS-007");
    f.title = "Vary: Origin is missing";
    f.severity = Severity::low;
    return proof::broken(std::move(f), site, path, "Access-Control-Allow-Origin: " + allowed + " without Vary: Origin");
  }
  return proof::holds("Answers that depend on Origin say so to caches.");
}

// A write from a hostile page must be blocked, not merely unreadable.
proof::Observation malicious_write(proof::Target& site) {
  auto paths = site.paths("sign_in");
  for (auto& p : site.paths("write")) paths.push_back(p);
  if (paths.empty()) return proof::unknown("no path that writes is known");
  for (const std::string& path : paths) {
    proof::Sent ask;
    ask.method = "POST";
    ask.path = path;
    ask.headers = {{"Origin", std::string(kStranger)}, {"Content-Type", "application/json"}};
    ask.body = "{}";
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (seen->status == 403 || seen->closed_without_answer) continue;
    proof::Finding f = proof::from_card(kCard, "CORS-009");
    f.title = "A write from a foreign origin reaches the application";
    f.severity = Severity::medium;
    return proof::broken(std::move(f), site, path,
                         "POST with Origin: " + std::string(kStranger) + " was answered " +
                             std::to_string(seen->status) + " instead of 403");
  }
  return proof::holds("Writes from a foreign origin are blocked.");
}

constexpr proof::Probe kProbes[] = {
    {"CORS-001", "cors", false, reflected},      {"CORS-002", "cors", false, null_origin},
    {"CORS-003", "cors", false, look_alikes},    {"CORS-004", "cors", false, plain_origin},
    {"CORS-005", "cors", false, star},           {"CORS-007", "cors", false, vary},
    {"CORS-009", "cors", true, malicious_write},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::cors

#include <vector>

#include "base/text.h"
#include "controls/headers/card.h"
#include "controls/headers/filter.h"
#include "proof/observe.h"

namespace gatehouse::controls::headers {
namespace {

using proof::Severity;

struct Look {
  std::string path;
  Result<proof::Seen> seen;
};

Look page(proof::Target& site) {
  proof::Sent ask;
  ask.path = proof::page_of(site);
  ask.headers = {{"Accept", "text/html"}};
  return {ask.path, site.send(ask)};
}

proof::Observation bad(proof::Target& site, std::string_view path, std::string_view id, std::string title,
                       Severity severity, std::string evidence) {
  proof::Finding f = proof::from_card(kCard, std::string(id));
  f.title = std::move(title);
  f.severity = severity;
  return proof::broken(std::move(f), site, path, std::move(evidence));
}

std::string shown(const proof::Seen& seen, std::string_view name) {
  return seen.has(name) ? std::string(name) + ": " + text::printable(seen.header(name)) : "no " + std::string(name);
}

proof::Observation sniffing(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  if (text::iequals(seen->header("x-content-type-options"), "nosniff"))
    return proof::holds("Content is not sniffed (X-Content-Type-Options: nosniff).");
  return bad(site, path, "HDR-001", "X-Content-Type-Options is missing", Severity::low,
             shown(*seen, "x-content-type-options"));
}

proof::Observation framing(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->header("content-security-policy").find("frame-ancestors") != std::string::npos)
    return proof::holds("Framing is bounded by Content-Security-Policy.");
  std::string value = seen->header("x-frame-options");
  if (text::iequals(value, "DENY") || text::iequals(value, "SAMEORIGIN"))
    return proof::holds("Framing is bounded (X-Frame-Options: " + value + ").");
  return bad(site, path, "HDR-002", "The site can be framed by others", Severity::medium,
             shown(*seen, "x-frame-options"));
}

proof::Observation referrer(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  Arena arena(256);
  // Whatever is at least as strict as the weakest policy we would send.
  constexpr std::string_view kFloor = "strict-origin-when-cross-origin";
  std::string value = seen->header("referrer-policy");
  bool floor =
      value.ends_with(kFloor) || (!value.empty() && stricter(Compare::referrer, kFloor, value, arena) != kFloor);
  if (floor) return proof::holds("Addresses do not leak to other sites (Referrer-Policy: " + value + ").");
  return bad(site, path, "HDR-003", "Referrer-Policy is missing or unsafe", Severity::low,
             shown(*seen, "referrer-policy"));
}

proof::Observation permissions(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  if (seen->header("permissions-policy").find('=') != std::string::npos)
    return proof::holds("Browser features are bounded by Permissions-Policy.");
  return bad(site, path, "HDR-004", "Permissions-Policy is missing", Severity::info,
             shown(*seen, seen->has("feature-policy") ? "feature-policy" : "permissions-policy"));
}

proof::Observation opener(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  std::string value = seen->header("cross-origin-opener-policy");
  if (value.starts_with("same-origin") || value.starts_with("noopener-allow-popups"))
    return proof::holds("Other sites keep no handle on the window (Cross-Origin-Opener-Policy).");
  return bad(site, path, "HDR-005", "Cross-Origin-Opener-Policy is missing", Severity::low,
             shown(*seen, "cross-origin-opener-policy"));
}

proof::Observation resource(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  std::string value = seen->header("cross-origin-resource-policy");
  if (value == "same-origin" || value == "same-site" || value == "cross-origin")
    return proof::holds("Embedding is stated (Cross-Origin-Resource-Policy: " + value + ").");
  return bad(site, path, "HDR-006", "Cross-Origin-Resource-Policy is missing", Severity::info,
             shown(*seen, "cross-origin-resource-policy"));
}

proof::Observation telltales(proof::Target& site) {
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  std::string evidence;
  for (const auto& name : kTelltales) {
    std::string lower = text::to_lower(name.text);
    if (!seen->has(lower)) continue;
    // A bare product name without a version, as CDNs send it, tells little.
    bool version = seen->header(lower).find_first_of("0123456789") != std::string::npos;
    if (lower == "server" && !version) continue;
    evidence += (evidence.empty() ? "" : "; ") + shown(*seen, lower);
  }
  if (evidence.empty()) return proof::holds("Answers do not name the software behind them.");
  return bad(site, path, "HDR-007", "Answers name the software behind them", Severity::low, evidence);
}

// The fields must stand on errors too: on what is missing, and on what could not be understood.
proof::Observation everywhere(proof::Target& site) {
  static constexpr std::string_view kNames[] = {"x-content-type-options", "referrer-policy"};
  auto [path, seen] = page(site);
  if (!seen) return proof::unanswered(seen.error());
  std::vector<std::string> expected;
  for (std::string_view name : kNames)
    if (seen->has(name)) expected.emplace_back(name);
  if (expected.empty()) return proof::unknown("the page itself has no security headers to compare with");
  for (const char* other : {"/gatehouse-probe-no-such-page", "/gatehouse-probe/%2e%2e/%00"}) {
    proof::Sent ask;
    ask.path = other;
    auto answer = site.send(ask);
    if (!answer || answer->closed_without_answer) continue;
    for (const std::string& name : expected)
      if (!answer->has(name))
        return bad(site, other, "HDR-010", "Security headers are missing on some answers", Severity::medium,
                   "answer " + std::to_string(answer->status) + " has no " + name + ", the page has");
  }
  return proof::holds("Security headers stand on error answers too.");
}

constexpr proof::Probe kProbes[] = {
    {"HDR-001", "headers", false, sniffing},  {"HDR-002", "headers", false, framing},
    {"HDR-003", "headers", false, referrer},  {"HDR-004", "headers", false, permissions},
    {"HDR-005", "headers", false, opener},    {"HDR-006", "headers", false, resource},
    {"HDR-007", "headers", false, telltales}, {"HDR-010", "headers", false, everywhere},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::headers

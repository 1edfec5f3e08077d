#include "base/text.h"
#include "controls/https_only/card.h"
#include "controls/https_only/filter.h"
#include "proof/observe.h"

namespace gatehouse::controls::https_only {
namespace {

std::string_view host_of(std::string_view url) {
  auto start = url.find("://");
  std::string_view rest = start == std::string_view::npos ? url : url.substr(start + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  auto colon = rest.rfind(':');
  return colon == std::string_view::npos || rest.back() == ']' ? rest : rest.substr(0, colon);
}

proof::Finding finding(std::string_view id, std::string_view title, proof::Severity severity) {
  proof::Finding f = proof::from_card(kCard, std::string(id));
  f.title = title;
  f.severity = severity;
  return f;
}

std::string status_text(const proof::Seen& seen) { return "http answered " + std::to_string(seen.status); }

// A plain GET must be turned to HTTPS on the same host, or away.
proof::Observation redirect(proof::Target& site) {
  proof::Sent ask;
  auto seen = site.send_plain(ask);
  if (!seen) return proof::holds("Nothing listens for plain HTTP.");
  if (seen->closed_without_answer || seen->status == 403 || seen->status == 400 || seen->status == 426)
    return proof::holds("Plain HTTP is refused.");
  std::string location = seen->header("location");
  if (seen->status < 300 || seen->status > 399 || location.empty())
    return proof::broken(kCard, "TLS-006", site, "/", status_text(*seen) + " without sending the browser to https");
  if (!text::istarts_with(location, "https://"))
    return proof::broken(kCard, "TLS-006", site, "/", "the first redirect from http goes to " + location);
  if (!text::iequals(host_of(location), host_of(site.url())))
    return proof::broken(
        finding("TLS-006", "The first redirect leaves the host", proof::Severity::low), site, "/",
        "http sends the browser to another host first: " + location + ", so that HSTS is never learned for this one");
  return proof::holds("Plain HTTP is redirected to HTTPS on the same host.");
}

// The Host header must not choose where the redirect goes.
proof::Observation poisoned_host(proof::Target& site) {
  proof::Sent ask;
  ask.headers = {{"Host", "gatehouse-probe.invalid"}, {"X-Forwarded-Host", "gatehouse-probe.invalid"}};
  auto seen = site.send_plain(ask);
  if (!seen) return proof::holds("Nothing listens for plain HTTP.");
  if (text::to_lower(seen->header("location")).find("gatehouse-probe.invalid") != std::string::npos)
    return proof::broken(finding("RED-002", "The Host header chooses where people are sent", proof::Severity::high),
                         site, "/",
                         "a request with Host: gatehouse-probe.invalid was redirected to " + seen->header("location"));
  return proof::holds("The redirect to HTTPS does not follow the Host header.");
}

// An unsafe request over http must be refused: a redirect would hide that its body was readable.
proof::Observation unsafe_method(proof::Target& site) {
  proof::Sent ask;
  ask.method = "POST";
  ask.headers = {{"Content-Type", "application/json"}};
  ask.body = "{}";
  auto seen = site.send_plain(ask);
  if (!seen) return proof::holds("Nothing listens for plain HTTP.");
  if (seen->closed_without_answer || (seen->status >= 400 && seen->status < 500))
    return proof::holds("Unsafe requests over plain HTTP are refused.");
  return proof::broken(finding("TLS-007", "Unsafe requests over plain HTTP are not refused", proof::Severity::low),
                       site, "/", "POST over " + status_text(*seen));
}

proof::Observation hsts(proof::Target& site) {
  if (!is_public_name(host_of(site.url())))
    return proof::unknown("HSTS is for public names; " + std::string(host_of(site.url())) + " is none");
  proof::Sent ask;
  ask.path = proof::page_of(site);
  auto seen = site.send(ask);
  if (!seen) return proof::unanswered(seen.error());
  auto bad = [&](proof::Severity severity, std::string evidence) {
    return proof::broken(finding("TLS-008", "Strict-Transport-Security is missing or weak", severity), site, ask.path,
                         std::move(evidence));
  };
  std::string value = seen->header("strict-transport-security");
  if (value.empty()) return bad(proof::Severity::medium, "the answer has no Strict-Transport-Security");
  Hsts h = parse_hsts(value);
  if (!h.valid) return bad(proof::Severity::medium, "browsers cannot read Strict-Transport-Security: " + value);
  if (h.max_age < 180ull * 24 * 3600) return bad(proof::Severity::low, "HSTS lasts less than half a year: " + value);
  return proof::holds("HSTS is sent: " + value);
}

constexpr proof::Probe kProbes[] = {
    {"TLS-006", "https_only", false, redirect},
    {"RED-002", "https_only", false, poisoned_host},
    {"TLS-007", "https_only", true, unsafe_method},
    {"TLS-008", "https_only", false, hsts},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::https_only

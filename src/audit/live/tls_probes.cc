// What a site's TLS agrees to when a client asks for less than it should have.
#include "audit/live/ask.h"
#include "audit/live/probes.h"

namespace gatehouse::audit::live {
namespace {

using net::tls::Offer;
using proof::Observation;
using proof::Target;

Observation refuses(Target& site, Offer offer, std::string_view rule, std::string positive) {
  auto agreed = site.handshake(offer);
  if (agreed) return from({at_path(rule, site, "/", "the handshake ended with " + text::printable(*agreed, 80))}, {});
  // Only the site's own no is a no.
  if (agreed.error().code == "tls" && agreed.error().source == Source::origin) return proof::holds(std::move(positive));
  return proof::unanswered(agreed.error());
}

Observation old_versions(Target& site) {
  return refuses(site, Offer::old_versions, "TLS-003", "TLS 1.0 and 1.1 are refused.");
}

Observation weak_suites(Target& site) {
  return refuses(site, Offer::weak_suites, "TLS-004", "Suites without forward secrecy or encryption are refused.");
}

// What a page loads over http is changed on the way, and a form's words are read there.
Observation mixed_content(Target& site) {
  if (!site.url().starts_with("https://")) return proof::unknown("the site is not asked over https");
  std::vector<proof::Finding> out;
  bool any = false;
  for (const std::string& path : pages_of(site)) {
    auto page = get(site, path);
    if (!page || page->status != 200 || !is_html(*page)) continue;
    any = true;
    if (has(text::to_lower(page->header("content-security-policy")), "upgrade-insecure-requests")) continue;
    const std::string_view body = page->body;
    for (std::size_t at = body.find('<'); at != std::string_view::npos; at = body.find('<', at + 1)) {
      const std::string_view tag = tag_at(body, at);
      const bool loads = text::istarts_with(tag, "<script") || text::istarts_with(tag, "<iframe");
      const bool sheet = text::istarts_with(tag, "<link") && has(tag, "stylesheet");
      const bool form = text::istarts_with(tag, "<form");
      if (!loads && !sheet && !form) continue;
      const std::string_view word = form ? "action=" : sheet ? "href=" : "src=";
      const std::size_t from_at = tag.find(word);
      if (from_at == std::string_view::npos) continue;
      std::string_view value = tag.substr(from_at + word.size());
      if (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
      if (!text::istarts_with(value, "http://")) continue;
      value = value.substr(0, value.find_first_of("\"' >"));
      out.push_back(
          at_path("TLS-011", site, path,
                  std::string(form ? "a form is sent to " : "the page loads ") + text::printable(value, 120)));
      break;
    }
  }
  if (!any) return proof::unknown("no HTML page was seen");
  return from(std::move(out), "Pages load nothing, and send nothing, over http.");
}

constexpr proof::Probe kProbes[] = {
    {"TLS-003", "", false, old_versions},
    {"TLS-004", "", false, weak_suites},
    {"TLS-011", "", false, mixed_content},
};

}  // namespace

std::span<const proof::Probe> tls_probes() { return kProbes; }

}  // namespace gatehouse::audit::live

// What the audit's probes have in common: asking for a page, and putting an observation together.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proof/observe.h"
#include "proof/probe.h"

namespace gatehouse::audit::live {

inline bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

inline Result<proof::Seen> get(proof::Target& site, std::string path,
                               std::vector<std::pair<std::string, std::string>> headers = {}) {
  proof::Sent s;
  s.path = std::move(path);
  s.headers = std::move(headers);
  return site.send(s);
}

inline bool is_html(const proof::Seen& s) {
  const std::string head = text::to_lower(std::string_view(s.body).substr(0, 600));
  return has(s.header("content-type"), "html") || has(head, "<html") || has(head, "<!doctype");
}

// The tag that begins at `at`, without its end. Stops: a page of nothing but '<', each looking for its '>' to the end.
inline std::string_view tag_at(std::string_view page, std::size_t at) {
  const std::string_view near = page.substr(at, 2048);
  return near.substr(0, near.find('>'));
}

// The pages that are known, the front page at least.
std::vector<std::string> pages_of(const proof::Target& site);

// Holds when nothing was found, and then `positive` says what.
inline proof::Observation from(std::vector<proof::Finding> findings, std::string positive) {
  if (findings.empty()) return proof::holds(std::move(positive));
  proof::Observation o;
  o.holds = proof::Holds::no;
  o.findings = std::move(findings);
  return o;
}

}  // namespace gatehouse::audit::live

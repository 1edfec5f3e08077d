#include "proof/observe.h"

#include <utility>

namespace gatehouse::proof {

Observation holds(std::string positive) {
  Observation o;
  o.holds = Holds::yes;
  o.positives.push_back(std::move(positive));
  return o;
}

Observation unknown(std::string why) {
  Observation o;
  o.not_checked = std::move(why);
  return o;
}

Observation unanswered(const Problem& problem) { return unknown("the site did not answer: " + problem.text()); }

Observation broken(const Card& card, std::string_view id, const Target& site, std::string_view path,
                   std::string evidence) {
  return broken(from_card(card, std::string(id)), site, path, std::move(evidence));
}

Observation broken(Finding finding, const Target& site, std::string_view path, std::string evidence) {
  Location at;
  at.url = std::string(site.url()) + std::string(path);
  finding.locations.push_back(std::move(at));
  finding.evidence.push_back(std::move(evidence));
  Observation o;
  o.holds = Holds::no;
  o.findings.push_back(std::move(finding));
  return o;
}

std::string page_of(const Target& site) {
  auto pages = site.paths("page");
  return pages.empty() ? "/" : pages.front();
}

}  // namespace gatehouse::proof

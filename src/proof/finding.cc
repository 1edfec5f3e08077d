#include "proof/finding.h"

namespace gatehouse::proof {

Finding from_card(const Card& card, std::string id) {
  Finding f;
  f.id = std::move(id);
  f.title = card.title;
  f.severity = card.severity;
  f.impact = card.impact;
  f.fix = card.fix;
  f.mitigation = card.mitigation;
  f.false_positive = card.false_positive;
  f.cwe.assign(card.cwe.begin(), card.cwe.end());
  f.owasp_2021 = card.owasp_2021;
  f.owasp_2025 = card.owasp_2025;
  f.asvs.assign(card.asvs.begin(), card.asvs.end());
  f.requirements.assign(card.requirements.begin(), card.requirements.end());
  f.control = card.id;
  return f;
}

}  // namespace gatehouse::proof

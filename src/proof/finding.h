// One thing found wrong, with all a reader needs to judge and mend it.
#pragma once

#include <string>
#include <vector>

#include "proof/card.h"

namespace gatehouse::proof {

struct Location {
  std::string path;  // relative to the audited folder; empty for a live finding
  int line = 0;      // from 1
  int end_line = 0;
  std::string url{};    // for a live finding
  std::string route{};  // the door whose handler it stands in, as far as that is known: "PUT /api/orders/{id}"
};

struct Finding {
  std::string id;  // stable: the check's id, for example "DJ-012"
  std::string title;
  Severity severity = Severity::medium;
  Confidence confidence = Confidence::high;
  std::vector<Location> locations;    // the first is the main one
  std::vector<std::string> evidence;  // redacted: never a whole secret
  std::string impact, fix;
  std::string mitigation;      // the gatehouse policy line that closes it; empty when only code can
  std::string false_positive;  // when this is none
  std::vector<int> cwe;
  std::string owasp_2021, owasp_2025;
  std::vector<std::string> asvs, requirements;
  std::string control;  // the control that closes it; empty when none does
  std::string key;      // what else tells it from its like (part of a digest); in the fingerprint, never shown
};

// A finding that starts with everything a card knows.
Finding from_card(const Card& card, std::string id);

}  // namespace gatehouse::proof

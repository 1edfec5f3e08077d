// Every finding the audit can make, in one table: what it is, how bad, which weakness, how to mend it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "proof/finding.h"

namespace gatehouse::audit {

// One row. Views point to static storage. Lists are separated by blanks.
struct Rule {
  std::string_view id;  // "DJ-012"; stable
  proof::Severity severity = proof::Severity::medium;
  proof::Confidence confidence = proof::Confidence::high;
  std::string_view title;
  std::string_view cwe;           // "489 215"
  std::string_view owasp;         // "A05/A02": Top 10 of 2021, then of 2025
  std::string_view asvs;          // "13.4.2", of ASVS 5.0.0
  std::string_view requirements;  // "CFG-2"
  std::string_view impact;
  std::string_view fix;
  std::string_view mitigation;  // the gatehouse.toml line that closes it; empty when only code can
  std::string_view control;     // the control that does; empty when none
  std::string_view false_positive;
};

// Sorted by id.
std::span<const Rule> rules();
const Rule* rule(std::string_view id);  // null when unknown

// A finding that starts with everything its rule knows. An unknown id is a bug and throws std::logic_error.
proof::Finding finding_of(std::string_view id);

}  // namespace gatehouse::audit

// Content-Security-Policy read as browsers read it (CSP Level 3), and what is weak in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proof/card.h"

namespace gatehouse::audit::live {

struct CspDirective {
  std::string name;                  // lower case
  std::vector<std::string> sources;  // as written
};

class Csp {
 public:
  static Csp parse(std::string_view header);
  const CspDirective* find(std::string_view name) const;
  // The directive that rules scripts, styles … after the fallback to default-src.
  const CspDirective* effective(std::string_view name) const;
  const std::vector<CspDirective>& directives() const { return directives_; }
  const std::vector<std::string>& repeated() const { return repeated_; }
  bool empty() const { return directives_.empty(); }

 private:
  std::vector<CspDirective> directives_;
  std::vector<std::string> repeated_;  // browsers ignore the second one
};

struct CspWeakness {
  std::string_view rule;  // "CSP-002"
  proof::Severity severity;
  std::string what;
};

std::vector<CspWeakness> weaknesses(const Csp& policy);
// The nonces of the policy's scripts.
std::vector<std::string> nonces(const Csp& policy);

}  // namespace gatehouse::audit::live

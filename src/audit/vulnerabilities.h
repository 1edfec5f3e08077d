// Known vulnerabilities from an offline file of OSV records (ossf.github.io/osv-schema): nothing is asked over the
// network.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"
#include "base/result.h"

namespace gatehouse::audit {

// Less, equal, greater: -1, 0, 1. Numbers by value, a pre-release before its release; for npm (SemVer 2.0.0) and PyPI
// (PEP 440, without epochs and local versions) alike.
int compare_versions(std::string_view a, std::string_view b);

class Vulnerabilities {
 public:
  // OSV records as one JSON array, as {"vulns":[…]}, or as one record a line; ecosystems other than npm and PyPI are
  // passed over. Problem "bad_database" with what is wrong.
  static Result<Vulnerabilities> parse(std::string_view text);
  // Compact, one record a line, sorted: what `gatehouse audit db update` stores.
  std::string write() const;

  struct Record {
    std::string id, summary, severity;  // severity: "LOW" … "CRITICAL", or empty
    std::string ecosystem, package;     // lower case
    struct Range {
      std::string introduced, fixed, last_affected;
    };
    std::vector<Range> ranges;
    std::vector<std::string> versions;
  };
  std::vector<const Record*> affecting(const Dependency& dependency) const;
  std::size_t size() const { return records_.size(); }

 private:
  std::multimap<std::string, Record> records_;  // by "ecosystem/package"
};

// Tells the known vulnerabilities of the settled versions; without a database, that nobody looked.
class VulnerabilityCheck final : public Check {
 public:
  explicit VulnerabilityCheck(std::shared_ptr<const Vulnerabilities> database) : database_(std::move(database)) {}
  void look(const Project& project, Sink& sink) const override;

 private:
  std::shared_ptr<const Vulnerabilities> database_;  // null: none was given
};

}  // namespace gatehouse::audit

// Holds the patterns of rules against the facts of files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/check.h"
#include "audit/rules/patterns.h"

namespace gatehouse::audit {

struct Fact {
  std::string text;
  int line = 0;
};
// What `in` sees of a file. Nothing of a file that cannot be read as such.
std::vector<Fact> facts_of(const Source& source, Facts in);

class PatternReader final : public Reader {
 public:
  PatternReader();  // the program's own rules
  explicit PatternReader(std::shared_ptr<const Patterns> patterns);

  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;

 private:
  std::shared_ptr<const Patterns> patterns_;
  std::optional<Patterns::Search> search_;  // made at the first file
};

// The same for packages, when every manifest and lock file was read.
class PackageCheck final : public Check {
 public:
  PackageCheck();  // the program's own rules
  explicit PackageCheck(std::shared_ptr<const Patterns> patterns);
  void look(const Project& project, Sink& sink) const override;

 private:
  std::shared_ptr<const Patterns> patterns_;
};

}  // namespace gatehouse::audit

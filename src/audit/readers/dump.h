// Dumps, backups and database files that lie in the tree.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

// SQL that fills tables with people's passwords and addresses.
class DumpReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  bool takes_patterns_only() const override { return true; }  // dumps are large
  void read(const Source& source, Project& project, Sink& sink) override;
};

// What tells itself by its name.
class DumpCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override;
};

}  // namespace gatehouse::audit

// Build workflows (.github/workflows): pinned actions, forks' code with secrets, secrets in logs and in the file.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class WorkflowReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

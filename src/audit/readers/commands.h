// Shell commands wherever they stand: scripts, build workflows and pipelines, steps of a Dockerfile, Makefiles.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

// Is this the configuration of a build service (GitHub, GitLab, Bitbucket, CircleCI, Azure, Jenkins)?
bool is_pipeline(const Entry& entry);

class CommandReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

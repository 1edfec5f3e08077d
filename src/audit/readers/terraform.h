// Terraform: buckets that everybody may write to, list or read. Line by line; expressions are not resolved.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class TerraformReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.role == Role::product && entry.path.ends_with(".tf"); }
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

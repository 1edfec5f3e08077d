// Manifests of Kubernetes: what the containers of a pod may do, and secrets written into their environment.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class KubernetesReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override { return entry.kind == Kind::yaml && entry.role == Role::product; }
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

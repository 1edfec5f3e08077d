// Caddyfile: what stands in front of the application.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class CaddyReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

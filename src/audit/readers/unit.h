// Services of systemd: who runs them, what their environment says.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class UnitReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

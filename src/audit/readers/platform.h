// Files of hosting platforms: render.yaml, vercel.json and their kin.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class PlatformReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

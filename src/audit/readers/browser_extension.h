// A browser extension's manifest.json: what it may read, and what it lets pages load.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class BrowserExtensionReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

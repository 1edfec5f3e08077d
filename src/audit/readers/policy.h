// Who may read and write data outside the application: bucket policies.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class BucketReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

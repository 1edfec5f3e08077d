// The Content-Security-Policy as the source writes it: strings of headers, lists of helmet and of Django, meta tags.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class ContentPolicyReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  void read(const Source& source, Project& project, Sink& sink) override;
};

}  // namespace gatehouse::audit

// Pages of an application that is built for browsers, and the host that gives them out: what sets their headers.
#pragma once

#include "audit/check.h"

namespace gatehouse::audit {

class StaticPagesCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override;
};

}  // namespace gatehouse::audit

#include "base/problem.h"

namespace gatehouse {

std::string Problem::text() const {
  std::string out(code);
  if (!detail.empty()) out.append(": ").append(detail);
  if (cause) out.append(" (because ").append(cause->text()).append(")");
  return out;
}

}  // namespace gatehouse

// Any bytes as gatehouse.toml, with every control there is: no crash, no finding without words, and a policy without
// errors is whole.
#include <cstdint>
#include <cstdlib>

#include "base/clock.h"
#include "controls/catalog.h"
#include "controls/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  static const controls::Catalog catalog = controls::catalog();
  const ManualClock clock;
  conf::Findings findings;
  auto policy = controls::load({reinterpret_cast<const char*>(data), size}, "fuzz.toml", catalog, clock, findings);
  for (const auto& f : findings.all())
    if (f.code.empty() || f.message.empty() || f.place.file.empty()) std::abort();
  if (findings.has_errors()) return 0;
  if (policy.routes.empty() || policy.routes.size() != policy.config.routes.size()) std::abort();
  for (const auto& route : policy.routes)
    if (route.controls.size() != catalog.size()) std::abort();
  return 0;
}

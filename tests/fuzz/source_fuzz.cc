// The readers of source code must take any bytes: no crash, no hang, no reading outside. The first byte chooses what
// the rest pretends to be.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "audit/audit.h"
#include "audit/source/pack.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::audit;
  if (size == 0 || size > 64 * 1024) return 0;
  static constexpr const char* kPaths[] = {"backend/settings.py",
                                           "api/views.py",
                                           "api/urls.py",
                                           "app/routers/webhooks.py",
                                           "src/routes/webhooks.js",
                                           "app/api/users/[id]/route.ts",
                                           "middleware.ts",
                                           "src/App.tsx",
                                           "SECURITY.md",
                                           "api/migrations/0001.py",
                                           "next.config.js",
                                           "public/env.js"};
  const std::string path = kPaths[data[0] % std::size(kPaths)];
  const auto files = memory_files({{path, std::string(reinterpret_cast<const char*>(data) + 1, size - 1)}});
  Pack pack;
  source::add_source(pack);
  const auto report = audit_source(*files, std::move(pack), {});
  for (const auto& finding : report.findings)
    if (finding.id.empty()) __builtin_trap();
  return 0;
}

// A whole audit of one file whose name and content the fuzzer chooses: every reader and check, parsers included.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/audit.h"
#include "audit/report/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::audit;
  static constexpr std::array<std::string_view, 16> kNames = {"settings.py",
                                                              "app/urls.py",
                                                              "src/index.ts",
                                                              "app/api/route.ts",
                                                              "vite.config.js",
                                                              "docker-compose.yml",
                                                              "Dockerfile",
                                                              "nginx.conf",
                                                              ".env",
                                                              "package.json",
                                                              "requirements.txt",
                                                              "supabase/migrations/1.sql",
                                                              "infra/policy.json",
                                                              ".github/workflows/a.yml",
                                                              "docs/security.md",
                                                              "public/env.js"};
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto files = memory_files({{std::string(kNames[data[0] % kNames.size()]), text}});
  const auto report = audit_source(*files, source_pack(), {});
  report::markdown(report, {});
  report::html(report, {});
  report::sarif(report);
  return 0;
}

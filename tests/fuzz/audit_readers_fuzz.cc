// The readers of foreign configuration: whatever a repository holds, they end, in bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "audit/live/csp.h"
#include "audit/live/probes.h"
#include "audit/readers/dependencies.h"
#include "audit/readers/docker.h"
#include "audit/readers/env.h"
#include "audit/readers/gitignore.h"
#include "audit/readers/nginx.h"
#include "audit/readers/yaml.h"
#include "audit/suppress.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::audit;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 12) {
    case 0:
      parse_env(text);
      break;
    case 1:
      parse_dockerfile(text);
      break;
    case 2:
      parse_nginx(text);
      break;
    case 3:
      (void)yaml::parse(text);
      break;
    case 4:
      parse_requirements(text);
      break;
    case 5:
      parse_pyproject(text);
      break;
    case 6:
      parse_package_json(text);
      break;
    case 7:
      parse_lock("yarn.lock", text), parse_lock("pnpm-lock.yaml", text), parse_lock("uv.lock", text);
      break;
    case 8:
      (void)IgnoreList::parse(text, IgnoreList::Style::git).covers("a/b/.env");
      break;
    case 9:
      live::weaknesses(live::Csp::parse(text));
      break;
    case 10:
      live::scripts_of(text, "https://app.example.com");
      break;
    case 11:
      (void)parse_ignore(text);
      break;
  }
  return 0;
}

// The readers of foreign configuration: whatever a repository holds, they end, in bounds.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "audit/audit.h"
#include "audit/live/csp.h"
#include "audit/live/probes.h"
#include "audit/readers/dependencies.h"
#include "audit/readers/docker.h"
#include "audit/readers/dump.h"
#include "audit/readers/env.h"
#include "audit/readers/gitignore.h"
#include "audit/readers/kubernetes.h"
#include "audit/readers/nginx.h"
#include "audit/readers/terraform.h"
#include "audit/readers/yaml.h"
#include "audit/rules/matcher.h"
#include "audit/rules/read.h"
#include "audit/secrets/plain.h"
#include "audit/source/elements.h"
#include "audit/suppress.h"

namespace {

// A project of one file, read by one reader.
void read_one(std::unique_ptr<gatehouse::audit::Reader> reader, std::string path, std::string_view text) {
  using namespace gatehouse::audit;
  const auto files = memory_files({{std::move(path), std::string(text)}});
  Pack pack;
  pack.readers.push_back(std::move(reader));
  audit_source(*files, std::move(pack), {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::audit;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] < 250 ? data[0] % 17 : 17 + data[0] % 2) {
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
    case 12:
      read_one(source::page_reader(), "index.html", text);
      break;
    case 13:
      read_one(std::make_unique<KubernetesReader>(), "k8s/app.yaml", text);
      break;
    case 14:
      read_one(std::make_unique<TerraformReader>(), "infra/main.tf", text);
      break;
    case 15: {
      gatehouse::conf::Findings findings;
      (void)read_rules(text, "fuzz.toml", findings);
      break;
    }
    case 16:
      for (const auto& [path, in] : {std::pair{"a.yml", Facts::yaml},
                                     {"Dockerfile", Facts::dockerfile},
                                     {"nginx.conf", Facts::nginx},
                                     {".env", Facts::env}}) {
        const Entry entry{path, text.size(), 0, kind_of(path), Role::product};
        (void)facts_of(Source(entry, std::string(text)), in);
      }
      break;
    case 17:
      for (const Kind kind : {Kind::yaml, Kind::ini, Kind::shell, Kind::text}) (void)secrets::plain_secrets(text, kind);
      break;
    case 18:
      read_one(std::make_unique<DumpReader>(), "a.sql", text);
      read_one(std::make_unique<DumpReader>(), "a.csv", text);
      break;
  }
  return 0;
}

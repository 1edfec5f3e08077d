#include <algorithm>
#include <array>

#include "audit/audit.h"
#include "audit/readers/browser_extension.h"
#include "audit/readers/caddy.h"
#include "audit/readers/commands.h"
#include "audit/readers/content_policy.h"
#include "audit/readers/dependencies.h"
#include "audit/readers/docker.h"
#include "audit/readers/dump.h"
#include "audit/readers/env.h"
#include "audit/readers/kubernetes.h"
#include "audit/readers/nginx.h"
#include "audit/readers/platform.h"
#include "audit/readers/policy.h"
#include "audit/readers/row_security.h"
#include "audit/readers/static_pages.h"
#include "audit/readers/terraform.h"
#include "audit/readers/unit.h"
#include "audit/readers/workflow.h"
#include "audit/rules/matcher.h"
#include "audit/secrets/reader.h"
#include "audit/source/pack.h"
#include "audit/vulnerabilities.h"
#include "base/text.h"

namespace gatehouse::audit {

Pack source_pack(std::shared_ptr<const Vulnerabilities> database) {
  Pack pack;
  pack.readers.push_back(std::make_unique<EnvReader>());
  pack.readers.push_back(std::make_unique<ManifestReader>());
  secrets::add_secrets(pack);
  pack.readers.push_back(std::make_unique<DockerfileReader>());
  pack.readers.push_back(std::make_unique<ComposeReader>());
  pack.readers.push_back(std::make_unique<KubernetesReader>());
  pack.readers.push_back(std::make_unique<TerraformReader>());
  pack.readers.push_back(std::make_unique<NginxReader>());
  pack.readers.push_back(std::make_unique<CaddyReader>());
  pack.readers.push_back(std::make_unique<ContentPolicyReader>());
  pack.readers.push_back(std::make_unique<WorkflowReader>());
  pack.readers.push_back(std::make_unique<CommandReader>());
  pack.readers.push_back(std::make_unique<UnitReader>());
  pack.readers.push_back(std::make_unique<BrowserExtensionReader>());
  pack.readers.push_back(std::make_unique<PlatformReader>());
  pack.readers.push_back(std::make_unique<BucketReader>());
  pack.readers.push_back(std::make_unique<RowSecurityReader>());
  pack.readers.push_back(std::make_unique<DumpReader>());
  pack.checks.push_back(std::make_unique<DependencyCheck>());
  pack.checks.push_back(std::make_unique<VulnerabilityCheck>(std::move(database)));
  pack.checks.push_back(std::make_unique<RowSecurityCheck>());
  pack.checks.push_back(std::make_unique<DumpCheck>());
  pack.checks.push_back(std::make_unique<NginxCheck>());
  pack.checks.push_back(std::make_unique<StaticPagesCheck>());
  pack.checks.push_back(std::make_unique<PackageCheck>());
  source::add_source(pack);
  pack.readers.push_back(std::make_unique<PatternReader>());
  return pack;
}

Pack secret_pack() {
  Pack pack;
  pack.readers.push_back(std::make_unique<EnvReader>());
  secrets::add_secrets(pack);
  return pack;
}

bool only_secrets(std::string_view only) {
  // What the search for patterns finds without reading code. Of SEC-004 and SEC-010 it finds the most only.
  static constexpr std::array<std::string_view, 10> kSearched = {"SEC-001", "SEC-002", "SEC-003", "SEC-006", "SEC-007",
                                                                 "SEC-009", "SEC-011", "ENV-004", "ENV-005", "ENV-009"};
  if (only.empty()) return false;
  for (std::string_view word : text::split(only, ','))
    if (word = text::trim(word);
        word != "SEC" && word != "SEC-" && !std::count(kSearched.begin(), kSearched.end(), word))
      return false;
  return true;
}

}  // namespace gatehouse::audit

// Manifests and lock files of pip, npm, pnpm, yarn and bun: what is asked for, what is settled, what is left to chance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/check.h"

namespace gatehouse::audit {

// requirements.txt (PEP 508 lines) and pyproject.toml ([project] and [tool.poetry]).
std::vector<Dependency> parse_requirements(std::string_view text);
// requirements.txt, req.txt, requirements-dev.in: what people call the list that pip is given.
bool names_requirements(std::string_view file_name);
std::vector<Dependency> parse_pyproject(std::string_view text);
// package.json. Lines are those of the members.
std::vector<Dependency> parse_package_json(std::string_view text);
// package-lock.json, yarn.lock, pnpm-lock.yaml, poetry.lock, uv.lock by their name; others give nothing.
std::vector<Dependency> parse_lock(std::string_view file_name, std::string_view text);

class ManifestReader final : public Reader {
 public:
  bool wants(const Entry& entry) const override;
  bool takes_patterns_only() const override { return true; }  // lock files are large
  void read(const Source& source, Project& project, Sink& sink) override;
};

class DependencyCheck final : public Check {
 public:
  void look(const Project& project, Sink& sink) const override;
};

}  // namespace gatehouse::audit

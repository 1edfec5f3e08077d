// The rule files of the program (rules/*.toml of the source tree), as they were when it was built.
#pragma once

#include <span>
#include <string_view>

namespace gatehouse::audit {

struct RuleFile {
  std::string_view name;  // "rules/django.toml"
  std::string_view text;
};

std::span<const RuleFile> embedded_rules();  // findings: rules/*.toml

}  // namespace gatehouse::audit

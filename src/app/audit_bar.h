// Which findings make `gatehouse audit` fail: --fail-on.
#pragma once

#include <optional>
#include <string_view>

#include "audit/baseline.h"
#include "proof/report.h"

namespace gatehouse::app {

struct Bar {
  proof::Severity severity = proof::Severity::high;
  bool only_new = false;  // what the baseline knows passes
  bool never = false;
};

// "medium", "high,new", "never". Nothing when a word is none of these.
std::optional<Bar> parse_bar(std::string_view words);

bool over(const Bar& bar, const audit::Baseline& known, const proof::Report& report);

}  // namespace gatehouse::app

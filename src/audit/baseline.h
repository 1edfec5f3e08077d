// What was known before: findings by their content, so that moved lines change nothing. A line each, sorted, without
// dates, so that two branches merge without a quarrel:  "3f2a…  DJ-012  backend/settings.py"
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proof/report.h"

namespace gatehouse::audit {

// Fingerprints, with how many findings have each: the same words twice in a file are two.
using Baseline = std::map<std::string, std::size_t, std::less<>>;

// Problem "bad_baseline", naming the first line that is no line of a baseline: another file was given, or a merge left
// its marks. Empty lines and those that begin with '#' say nothing.
Result<Baseline> parse_baseline(std::string_view text);
std::string write_baseline(const proof::Report& report);

// The findings that `known` does not know, in the report's order. The pointers hold as long as the report is not
// touched. Stops: a second key pasted below a known one, which has the same words and would pass as the first.
std::vector<const proof::Finding*> new_findings(const proof::Report& report, const Baseline& known);

}  // namespace gatehouse::audit

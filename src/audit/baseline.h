// What was known before: findings by their content, so that moved lines change nothing. A line each, sorted, without
// dates, so that two branches merge without a quarrel:  "3f2a…  DJ-012  backend/settings.py"
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "proof/report.h"

namespace gatehouse::audit {

using Baseline = std::set<std::string, std::less<>>;  // fingerprints

Baseline parse_baseline(std::string_view text);
std::string write_baseline(const proof::Report& report);

}  // namespace gatehouse::audit

// Reads rule files: rules/*.toml of the program, and those of a folder of the user's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/catalog.h"
#include "base/conf/finding.h"

namespace gatehouse::audit {

// Strict: what is unknown, missing or misshapen is a finding with its place and a remedy. Rules that are whole come
// back also when others are not. A rule with patterns must bring samples that match and samples that do not.
std::vector<Rule> read_rules(std::string_view text, const std::string& file, conf::Findings& findings);

// Those the program was built with, sorted by id.
std::vector<Rule> own_rules(conf::Findings& findings);

// Every *.toml of a folder, by name. Ids that the program or another of these files has already are findings.
std::vector<Rule> read_folder(const std::string& folder, conf::Findings& findings);

}  // namespace gatehouse::audit

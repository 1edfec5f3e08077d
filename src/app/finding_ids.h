// The ids of findings that this program knows: of the rules, and of the controls' probes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::app {

std::vector<std::string_view> finding_ids();

// What is wrong with the ids of --only ("SEC,DJ-012": whole ids or beginnings before a hyphen), or nothing. An id that
// takes nothing would make a clean report of a question that nobody asked. `more`: ids of the user's own rules.
std::optional<std::string> fault_of_ids(std::string_view only, const std::vector<std::string>& more);

}  // namespace gatehouse::app

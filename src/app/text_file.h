// Whole text files of the command line: read at once, and replaced so that nobody ever meets half of one.
#pragma once

#include <optional>
#include <string>

namespace gatehouse::app {

std::optional<std::string> read_text_file(const std::string& path);

// Written beside the file and moved over it, with the rights that it had; through a link, the file it names.
bool replace_text_file(const std::string& path, const std::string& text);

}  // namespace gatehouse::app

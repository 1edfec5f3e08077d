// Whole text files of the command line: read at once, and replaced so that nobody ever meets half of one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::app {

std::optional<std::string> read_text_file(const std::string& path);

// What to do about a file that cannot be written.
inline constexpr std::string_view kUnwritable =
    "\n  remedy: name a file in a folder that is there and that this user may write";

// Written beside the file and moved over it, with the rights that it had; through a link, the file it names.
bool replace_text_file(const std::string& path, const std::string& text);

}  // namespace gatehouse::app

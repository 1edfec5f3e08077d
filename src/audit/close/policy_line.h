// The line of gatehouse.toml that closes a finding, and its way into a file: by source position, never by writing the
// file anew, so that comments, order and spelling stay the operator's.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace gatehouse::audit {

// "[cors] origins = ["https://a"]; credentials = true" as a table and its keys.
struct PolicyLine {
  std::string table;                                      // "cors", "route", "route.rate_limit"
  bool list = false;                                      // [[route]]
  std::vector<std::pair<std::string, std::string>> keys;  // name, value as TOML
  bool of_route() const { return table == "route" || table.starts_with("route."); }
  std::string text() const;  // as it would stand in a file
};

// A mitigation as configuration. Nothing when it is advice ("[headers] (on by default)").
std::optional<PolicyLine> policy_line(std::string_view mitigation);

struct PolicyEdit {
  std::string text;  // the whole file afterwards
  std::string diff;  // unified; empty when everything is there already
};

// Puts the line into the text of `file`. A line of a route belongs to the route of `path`; when none is written for
// that path, it is added with the access of the one that answers there now. Problems, whose detail names place and
// remedy: "syntax" (the file cannot be read), "clash" (a key is there with another value), "inline" (the table is
// written in a form that cannot be added to), "no_path" (which route?), "no_access" (no route answers there).
Result<PolicyEdit> put_line(const PolicyLine& line, std::string_view path, std::string_view why, std::string_view text,
                            const std::string& file);

// What changed between two texts, with three lines around it. Empty when nothing did.
std::string unified_diff(std::string_view before, std::string_view after, const std::string& file);

}  // namespace gatehouse::audit

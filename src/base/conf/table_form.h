// Reading one table of a parsed file through a Form. Internal to base/conf.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/conf/form.h"
#include "base/conf/node.h"

namespace gatehouse::conf {

// What was asked for while reading, so that the rest can be called unknown.
struct Session {
  Findings& findings;
  std::vector<SecretRef>* references;
  std::set<std::string> unread;  // keys whose value could not be read: checks would speak of a default
  std::set<int> said_lines;      // lines whose literal secret some key has already complained about
  std::unordered_map<const Node*, std::set<std::string, std::less<>>> asked;
};

// The key `name` under `base` as a file would write it; the element `index` of a list.
std::string join_path(const std::string& base, std::string_view name);
std::string element_path(const std::string& base, std::size_t index);

// Describes the file's root table, so that every value it holds is read or complained about.
void read_root(const Node& root, Session& session, const std::function<void(Form&)>& describe);

}  // namespace gatehouse::conf

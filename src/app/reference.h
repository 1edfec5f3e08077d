// The generated reference: a page a control, a page a family of the audit's rules. docs/controls, docs/rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/conf/form.h"

namespace gatehouse::app {

struct Page {
  std::string path;  // below docs/: "controls/csrf.md"
  std::string text;
};

std::vector<Page> control_pages();
std::vector<Page> rule_pages();

// The keys right below `parent` ("" for the file) as rows of a Markdown table; empty when there are none.
std::string key_rows(const std::vector<conf::KeyDoc>& keys, const std::string& parent);

}  // namespace gatehouse::app

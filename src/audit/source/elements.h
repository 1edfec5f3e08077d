// Elements of a page that load code or hand over the window, from HTML and from JSX.
#pragma once

#include <memory>
#include <string>

#include "audit/check.h"

namespace gatehouse::audit::source {

struct Element {
  std::string tag, address, integrity, target, rel;
  proof::Location at;
  std::string shown;
};

// What was told once and is not told again for every page.
struct Links {
  proof::Finding* blank = nullptr;
};

void judge_element(const Element& element, Links& told, Sink& sink);

// Reads HTML files.
std::unique_ptr<Reader> page_reader();

}  // namespace gatehouse::audit::source

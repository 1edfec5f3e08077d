// The reference page of the refusal codes, docs/refusals.md, as Markdown.
#pragma once

#include <string>

namespace gatehouse::gate {

std::string refusals_page();

}  // namespace gatehouse::gate

// Forms and widgets of payment providers that stand in a page and are told there what to charge.
#pragma once

#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Where a page names the sum: the field of what the widget is handed, or of the form that goes to the provider.
std::vector<syntax::Node> charged_by_page(const File& file);

}  // namespace gatehouse::audit::source

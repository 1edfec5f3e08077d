// Lists of Python's doors that nobody says the end of.
#pragma once

#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

bool few_things(std::string_view name);      // categories, roles, plans: few, or no rows at all
bool endless_answer(syntax::Node function);  // -> list[Thing], and no limit anywhere
bool asks_for_all(const File& file, syntax::Node function, const syntax::Code& code);
bool lists_without_end(syntax::Node cls);  // a view of REST framework

}  // namespace gatehouse::audit::source

// Questions about Python classes that Django's readers share.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

std::vector<std::string> decorators(syntax::Node definition);  // as written, '@' included
std::vector<std::string> bases_of(syntax::Node cls);           // dotted names
bool any_base(const std::vector<std::string>& bases, std::initializer_list<std::string_view> endings);
// name = value directly in a class body; nothing when the class does not say.
syntax::Node attribute(syntax::Node cls, std::string_view name);
syntax::Node method(syntax::Node cls, std::string_view name);
syntax::Node inner_class(syntax::Node cls, std::string_view name);
std::vector<std::string> names_in(syntax::Node list);  // of a list or tuple: names as written, literals without quotes

}  // namespace gatehouse::audit::source

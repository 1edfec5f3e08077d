// Regular expressions whose time doubles with every character of a text that does not fit.
#pragma once

#include <string_view>

namespace gatehouse::audit::source {

// A repeated group that holds nothing but one repeated piece: (a+)+, (\w+\s?)*, ([a-z]*)+$
bool backtracks(std::string_view pattern);

}  // namespace gatehouse::audit::source

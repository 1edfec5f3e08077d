// Which server a call of Python's asks, and whether somebody looks at its address first. Shared among the readers of
// Python.
#pragma once

#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// The built text behind an expression: itself, or what its name was assigned. Absent when there is none.
syntax::Node built_text(syntax::Node expression);

// What stands at the beginning of an address: the expression that says which host it is, or nothing when the program
// itself says that.
syntax::Node host_of(syntax::Node address);

// The address that a call asks another server for: requests, httpx, aiohttp, urllib, loaders of pages and feeds.
// Absent when the call is none of these.
syntax::Node asked_address(const File& file, const syntax::Call& call);

// This function, or what it is in, looks at the address first.
bool checks_address(const syntax::Code& code);

}  // namespace gatehouse::audit::source

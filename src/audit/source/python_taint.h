// Where a value of Python comes from, as far as one function tells, and which calls ask another server. Shared among
// the readers of Python.
#pragma once

#include <string_view>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Does an expression carry what a client sent? Of a bare parameter of some function nothing is sure.
enum class Taint : unsigned char { no, maybe, yes };
Taint taint(syntax::Node expression, int depth = 0);

// `expression` is the parameter, or is made of it by assignments of this function; at most 5 of them are followed.
bool made_of(syntax::Node expression, std::string_view parameter, int depth = 0);

// The built text behind an expression: itself, or what its name was assigned. Absent when there is none.
syntax::Node built_text(syntax::Node expression);

// What stands at the beginning of an address: the expression that says which host it is, or nothing when the program
// itself says that.
syntax::Node host_of(syntax::Node address);

// The address that a call asks another server for: requests, httpx, aiohttp, urllib, loaders of pages and feeds.
// Absent when the call is none of these.
syntax::Node asked_address(const File& file, const syntax::Call& call);

// This function, or what it is in, looks at the address first.
bool checks_address(std::string_view code);

}  // namespace gatehouse::audit::source

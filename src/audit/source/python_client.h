// What a client says to a route, by the names the code gives it: three questions of one kind, from the widest to the
// strictest. Shared among the readers of Python.
#pragma once

#include <string_view>

#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

// Does an expression carry what a client sent? Of a bare parameter of some function nothing is sure.
enum class Taint : unsigned char { no, maybe, yes };
Taint taint(syntax::Node expression, int depth = 0);

// `expression` is the parameter, or is made of it by assignments of this function; at most 5 of them are followed.
bool made_of(syntax::Node expression, std::string_view parameter, int depth = 0);

// body.price, request.json["id"], a parameter of the path or the query, an item of a list that was sent: the value as
// the client wrote it. What a look-up gives back for it is not. `function` is the one `n` stands in.
bool from_client(syntax::Node function, syntax::Node n, int depth = 0);
// The same in views of Django's and in any function: a part of what was sent, by a way of names and keys only.
bool sent_in(syntax::Node function, syntax::Node n, int depth = 0);

}  // namespace gatehouse::audit::source

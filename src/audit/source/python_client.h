// What a client says to a route, by the names the code gives it.
#pragma once

#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

// body.price, request.json["id"], a parameter of the path or the query, an item of a list that was sent: the value as
// the client wrote it. What a look-up gives back for it is not. `function` is the one `n` stands in.
bool from_client(syntax::Node function, syntax::Node n, int depth = 0);
// The same in views of Django's and in any function: a part of what was sent, by a way of names and keys only.
bool sent_in(syntax::Node function, syntax::Node n, int depth = 0);

}  // namespace gatehouse::audit::source

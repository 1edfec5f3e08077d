// What a function that answers requests is for, as its address, its name and its class say it: in every framework of
// Python and of scripts.
#pragma once

#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// "upgrade @Post(\"upgrade\") UsersController", "payment/success", "bestellung_anlegen"; empty for other functions.
std::string door_head(const File& file, syntax::Node function);
// Its own name, or that of what it is wrapped into: const pay = wrap(async (req, res) => …).
std::string handler_name(syntax::Node function);
// Decorators above a method of a class, as NestJS puts them.
std::string method_decorators(syntax::Node method);

}  // namespace gatehouse::audit::source

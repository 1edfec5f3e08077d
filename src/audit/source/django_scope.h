// Whose records a Django view reaches: what in its code stands for the caller, what comes from the client, and which
// fetches say nothing about an owner. Shared among Django's readers only.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/source/python.h"

namespace gatehouse::audit::source {

// Names an owner in any way.
bool owner_words(const syntax::Code& code);
// Names the caller, or what the server itself knows of the caller (request.tenant, get_current_organization()).
bool caller_words(const syntax::Code& code);
// Carries what the client sent: the address, the query, the body.
bool client_words(const syntax::Code& code);

// Is this code, which picks records, tied to the caller? `scoped` are names found by way of the caller. Words that only
// name an owner count while nothing the client sent stands beside them.
bool scoped_to_caller(const syntax::Code& code, const std::set<std::string>& scoped);

// Names that stand for the caller, or for what was found by way of the caller.
std::set<std::string> scoped_names(syntax::Node function);

// What a client sent, under the names it was given; parameters of the address among them.
std::set<std::string> client_names(syntax::Node function);

// Objects fetched by an id of the request inside one function, with nothing said about whose they are.
void note_fetches(File& file, syntax::Node function, View& view);

}  // namespace gatehouse::audit::source

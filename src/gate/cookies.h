// The Cookie field of a request, edited so that no reader finds what was taken out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/http/message.h"

namespace gatehouse::gate {

// Removes every cookie of these names from every Cookie field, and the field when it is left empty. A name matches in
// any spelling that some backend reads as the same one: other case, '_' for '.' or '-', percent-encoded, and also where
// only a reader that splits at blanks, commas or quotes would see it. Returns how many pieces were dropped. Allocates
// from the arena of `fields`, and only when there is something to drop.
std::size_t remove_cookies(http::Fields& fields, std::span<const std::string> names);

// One Cookie field of them all, joined with "; " as HTTP/2 asks of whoever forwards them (RFC 9113 §8.2.3). WSGI, CGI
// and others join several with a comma, and so read other cookies than policy did. Allocates only when there are
// several.
void join_cookie_fields(http::Fields& fields);

// Does any Cookie field hold this cookie, in any such spelling?
bool has_cookie(const http::Fields& fields, std::string_view name);

// How many pieces of the Cookie fields hold it, in any such spelling.
std::size_t count_cookies(const http::Fields& fields, std::string_view name);

}  // namespace gatehouse::gate

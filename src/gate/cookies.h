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

// Does any Cookie field hold this cookie, in any such spelling?
bool has_cookie(const http::Fields& fields, std::string_view name);

}  // namespace gatehouse::gate

// The one path: what routes match, what rules read, what the backend gets.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace gatehouse::gate {

// What a route does with what servers disagree about: "%2F", ";" and double encodings such as "%252E".
enum class Opaque : unsigned char { refuse, keep };

struct CanonicalPath {
  std::string_view path;   // normal; a view of the input when it was normal already, else in the arena
  std::string_view fault;  // static, for the record; empty when the path is good
  bool opaque = false;     // holds what only a route with Opaque::keep may take
  bool good() const { return fault.empty(); }
};

// RFC 3986 §6.2.2, narrowed. Percent-encoded unreserved bytes are decoded, once, and hex digits become upper case;
// nothing else changes. Refused, never repaired: what does not begin with '/'; empty segments ("//"); the segments "."
// and "..", encoded or followed by ";" as well; '\' and "%5C"; control bytes, plain or encoded, "%00" among them; a '%'
// without two hex digits; encoded bytes that are not UTF-8 (overlong forms too); bytes that may not stand in a path.
// A '%' that is encoded in front of the encoding of a byte that no address needs encoded ("%2561", "%252E", "%255C") is
// refused. "%2F", ';' and their double encodings ("%252F") are refused too, or kept as they are with Opaque::keep; dot
// segments are then looked for at "%2F" as well.
// Calling it again with its own result changes nothing.
CanonicalPath canonical_path(std::string_view raw, Opaque opaque, Arena& arena);

// How a backend may take a path that a route keeps as it is: "%2F" for '/', and the parameters behind ';' for part of
// the segment, for nothing up to the next '/' or up to the next '/' or "%2F". Empty segments fall together.
enum class Reading : unsigned char { parameters_stay, parameters_to_slash, parameters_to_any_slash };
// `path` is canonical. The answer stands in the arena.
std::string_view read_plainly(std::string_view path, Reading reading, Arena& arena);

// Why a query may not be forwarded; empty when it may. It is never changed: visible ASCII without '#'.
std::string_view query_fault(std::string_view query);

}  // namespace gatehouse::gate

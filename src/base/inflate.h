// Reads the beginning of a compressed text, within a bound.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// gzip (RFC 1952), or zlib (RFC 1950), as Content-Encoding names them "gzip" and "deflate". At most `limit` bytes come
// out, so a bomb costs no more than that; a text that is cut off gives what it holds so far. Nothing when it is
// neither.
std::optional<std::string> inflate(std::string_view compressed, std::size_t limit);

}  // namespace gatehouse

// The heads of HTTP/1.x messages (RFC 9112), read strictly: what is ambiguous is refused, never repaired.
//
// One pass, no allocation beyond the field array of the message's arena. Views in the result point into `buffer`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http/message.h"

namespace gatehouse::http {

enum class ParseState : std::uint8_t { done, incomplete, bad };

struct HeadLimits {
  std::size_t bytes = 32 * 1024;  // of the whole head, its last empty line included
  std::size_t count = 100;        // of fields
  std::size_t line = 16 * 1024;   // of one line without its CRLF
};

// Which part was at fault; the gate maps it to its refusal codes.
enum class ParseFault : std::uint8_t { none, request, path, host, header, too_large };

struct ParseError {
  ParseFault fault = ParseFault::none;
  std::string_view text;  // static; for the record
};

enum class BodyKind : std::uint8_t { none, length, chunked, until_close };

struct RequestFraming {
  BodyKind kind = BodyKind::none;  // never until_close
  std::uint64_t length = 0;        // when kind is length; may be 0
  bool keep_alive = false;         // the client would go on; always false after `bad`
  bool expect_continue = false;    // a body follows once we say 100
  std::string_view upgrade;        // Upgrade's value, when Connection names it and the version is 1.1
};

struct ResponseFraming {
  BodyKind kind = BodyKind::none;
  std::uint64_t length = 0;
  bool keep_alive = false;  // the connection may be used again once the body has ended
  std::string_view upgrade;
};

// Where reading stands. Make a new one for each message; hand the same one in again after `incomplete`, with a buffer
// that starts with the same bytes (it may have moved). Keeps many small reads linear.
struct HeadCursor {
  std::size_t scanned = 0;   // bytes already searched for the end
  std::size_t consumed = 0;  // after `done`: length of the head
};

// A request head. At most one empty line before it is skipped (RFC 9112 §2.2). After `done`: method, method_name,
// version, target, authority (normal, see host.h), path and query (as received, the path not yet normal), fields,
// content_length; scheme only when the target was in absolute form: the gate compares it with the listener's.
// After `bad` what was read before the fault stands in `out` for the record, and nothing may follow on the connection.
ParseState parse_request_head(std::string_view buffer, const HeadLimits& limits, Request& out, RequestFraming& framing,
                              ParseError& why, HeadCursor& cursor);

// A response head. `to_head`: it answers a HEAD request, so no body follows. Fields come without repair; a body that
// status or request forbid is not read, and then keep_alive is false where a sender may have sent one all the same.
ParseState parse_response_head(std::string_view buffer, const HeadLimits& limits, bool to_head, Response& out,
                               ResponseFraming& framing, ParseError& why, HeadCursor& cursor);

}  // namespace gatehouse::http

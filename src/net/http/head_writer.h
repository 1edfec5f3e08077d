// Serializes heads. The framing fields and the Date are written here and nowhere else.
#pragma once

#include <optional>
#include <string_view>

#include "net/http/message.h"

namespace gatehouse::http {

struct HeadPlan {
  std::optional<std::uint64_t> length;  // Content-Length
  bool chunked = false;                 // Transfer-Encoding: chunked
  bool close = false;                   // Connection: close
  bool http10 = false;                  // the client speaks 1.0: keep-alive must be said
  std::int64_t unix_seconds = 0;        // for Date, when the origin gave none
  std::string_view tail;                // a small body, to follow the head in the same text: one piece to send
};

// Framing and hop-by-hop fields of the message itself are left out (RFC 9110 §7.6.1). Nothing: a value carries CR, LF
// or another control byte, and the head must not be sent. The text stands in the arena.
std::optional<std::string_view> write_response_head(const Response& response, const HeadPlan& plan, Arena& arena);

// Request line and fields as the request has them, Host first from `host`.
std::optional<std::string_view> write_request_head(std::string_view method, std::string_view path,
                                                   std::string_view query, bool has_query, std::string_view host,
                                                   const Fields& fields, const HeadPlan& plan, Arena& arena);

}  // namespace gatehouse::http

// Response heads: what a backend, or who speaks for it, may send.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http/head_parser.h"
#include "net/http/scan.h"

using namespace gatehouse;
using namespace gatehouse::http;

namespace {

struct Reading {
  Arena arena;
  Response response{arena};
  ResponseFraming framing;
  ParseError why;
  HeadCursor cursor;
  ParseState read(std::string_view bytes, bool to_head) {
    static constexpr HeadLimits kLimits{.bytes = 2048, .count = 20, .line = 512};
    return parse_response_head(bytes, kLimits, to_head, response, framing, why, cursor);
  }
};

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (bool to_head : {false, true}) {
    Reading whole;
    const ParseState state = whole.read(bytes, to_head);
    Reading slow;
    ParseState slow_state = ParseState::incomplete;
    std::string moved;
    for (std::size_t n = 0; slow_state == ParseState::incomplete && n < size;) {
      n = std::min(size, n + 1 + n % 7);
      moved.assign(bytes.substr(0, n));
      moved.shrink_to_fit();
      slow_state = slow.read(moved, to_head);
    }
    if (state != ParseState::bad) must(slow_state == state || size == 0);
    if (state == ParseState::bad) must(slow_state != ParseState::done && !whole.why.text.empty());
    if (state != ParseState::done) continue;

    must(whole.cursor.consumed == slow.cursor.consumed && whole.cursor.consumed <= size);
    must(whole.framing.kind == slow.framing.kind && whole.framing.keep_alive == slow.framing.keep_alive);
    const int status = whole.response.status;
    must(status >= 100 && status <= 599);
    const Fields& fields = whole.response.fields;
    must(!(fields.has("content-length") && fields.has("transfer-encoding")));
    must(fields.count("content-length") <= 1 && fields.count("transfer-encoding") <= 1);
    if (to_head || status < 200 || status == 204 || status == 304) must(whole.framing.kind == BodyKind::none);
    if (whole.framing.kind == BodyKind::until_close) must(!whole.framing.keep_alive);
    if (whole.framing.kind == BodyKind::chunked) must(fields.has("transfer-encoding"));
    for (const Field& f : fields) {
      must(scan::is_token(f.name) && f.hash == name_hash(f.name));
      for (char c : f.value) must(scan::is_value_byte(c));
    }
  }
  return 0;
}

// Request heads. What is taken must say one thing only: written out again from its parts it reads as the same request,
// and reading it in pieces makes no difference.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http/head_parser.h"
#include "net/http/host.h"
#include "net/http/scan.h"

using namespace gatehouse;
using namespace gatehouse::http;

namespace {

struct Reading {
  Arena arena;
  Request request{arena};
  RequestFraming framing;
  ParseError why;
  HeadCursor cursor;
  ParseState read(std::string_view bytes) {
    static constexpr HeadLimits kLimits{.bytes = 2048, .count = 20, .line = 512};
    return parse_request_head(bytes, kLimits, request, framing, why, cursor);
  }
};

void must(bool holds) {
  if (!holds) std::abort();
}

void check_parts(const Reading& r, std::string_view bytes) {
  const Request& q = r.request;
  must(r.cursor.consumed <= bytes.size() && r.cursor.consumed <= 2048);
  must(bytes.substr(0, r.cursor.consumed).ends_with("\r\n\r\n"));
  must(scan::is_token(q.method_name) && (q.method == Method::other || q.method_name == method_text(q.method)));
  must(q.version == Version::http10 || q.version == Version::http11);
  must(q.path.starts_with('/') && q.path.find('?') == q.path.npos);
  must(q.scheme.empty() || q.scheme == "http" || q.scheme == "https");
  for (char c : q.target) must(scan::is_target_byte(c));
  Arena arena;
  must(normal_authority(q.authority, arena) == q.authority);
  for (char c : q.authority) must(c < 'A' || c > 'Z');
  must(q.fields.count("host") == 1 && q.fields.count("content-length") <= 1);
  must(q.fields.count("transfer-encoding") <= 1);
  must(!(q.fields.has("content-length") && q.fields.has("transfer-encoding")));
  must((r.framing.kind == BodyKind::chunked) == q.fields.has("transfer-encoding"));
  must((r.framing.kind == BodyKind::length) == q.content_length.has_value());
  must(r.framing.kind != BodyKind::until_close);
  must(!(r.framing.kind == BodyKind::chunked && q.version == Version::http10));
  for (const Field& f : q.fields) {
    must(scan::is_token(f.name) && f.hash == name_hash(f.name));
    for (char c : f.value) must(scan::is_value_byte(c));
    must(f.value.empty() || (f.value.front() != ' ' && f.value.back() != ' '));
    must(((f.marks & Field::odd_name) != 0) == (f.name.find_first_of("_.") != f.name.npos));
    must(!f.is("connection") || (f.marks & Field::hop) != 0);
  }
}

std::string written(const Request& q) {
  std::string out(q.method_name);
  out.append(" ").append(q.path);
  if (q.has_query) out.append("?").append(q.query);
  out.append(q.version == Version::http11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (const Field& f : q.fields) out.append(f.name).append(": ").append(f.value).append("\r\n");
  return out.append("\r\n");
}

void check_same(const Reading& a, const Reading& b) {
  must(a.request.method == b.request.method && a.request.method_name == b.request.method_name);
  must(a.request.authority == b.request.authority && a.request.path == b.request.path);
  must(a.request.query == b.request.query && a.request.has_query == b.request.has_query);
  must(a.framing.kind == b.framing.kind && a.framing.length == b.framing.length);
  must(a.framing.keep_alive == b.framing.keep_alive && a.framing.expect_continue == b.framing.expect_continue);
  must(a.framing.upgrade == b.framing.upgrade && a.request.fields.size() == b.request.fields.size());
  const Field* f = b.request.fields.begin();
  for (const Field& e : a.request.fields) {
    must(e.name == f->name && e.value == f->value && e.marks == f->marks);
    ++f;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Reading whole;
  const ParseState state = whole.read(bytes);
  if (state == ParseState::bad) must(whole.why.fault != ParseFault::none && !whole.why.text.empty());

  // In pieces, each time from a buffer that moved.
  Reading slow;
  ParseState slow_state = ParseState::incomplete;
  std::string moved;
  for (std::size_t n = 0; slow_state == ParseState::incomplete && n < size;) {
    n = std::min(size, n + 1 + n % 13);
    moved.assign(bytes.substr(0, n));
    moved.shrink_to_fit();
    slow_state = slow.read(moved);
  }
  if (state != ParseState::bad) must(slow_state == state || size == 0);
  if (state == ParseState::bad) must(slow_state != ParseState::done);
  if (state != ParseState::done) return 0;

  check_parts(whole, bytes);
  check_same(whole, slow);
  const std::string again_bytes = written(whole.request);
  Reading again;
  if (again_bytes.size() > 2048 || again_bytes.find("\r\n") > 512) return 0;
  const ParseState again_state = again.read(again_bytes);
  // A blank that we add after a colon may push one line over its limit; nothing else may go wrong.
  if (again_state == ParseState::bad && again.why.fault == ParseFault::too_large) return 0;
  must(again_state == ParseState::done && again.cursor.consumed == again_bytes.size());
  check_same(whole, again);
  return 0;
}

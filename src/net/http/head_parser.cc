#include "net/http/head_parser.h"

#include <cstring>

#include "net/http/head_reader.h"
#include "net/http/host.h"

namespace gatehouse::http {

namespace {

// Does [from, …) of the buffer hold the head's last bytes now? Searches only what is new.
ParseState find_end(std::string_view buffer, HeadCursor& cursor, ParseError& why) {
  std::size_t at = cursor.scanned;
  for (;;) {
    const void* hit = at < buffer.size() ? std::memchr(buffer.data() + at, '\n', buffer.size() - at) : nullptr;
    if (hit == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(hit) - buffer.data());
    if (at == 0 || buffer[at - 1] != '\r') {
      why = {ParseFault::request, "a line ends with LF alone"};
      return ParseState::bad;
    }
    if (at >= 3 && buffer[at - 2] == '\n') return ParseState::done;
    ++at;
  }
  cursor.scanned = buffer.size();
  return ParseState::incomplete;
}

// The frame around both parsers: limits on the whole, and no second reading before the end is there.
template <class Read>
ParseState parse_head(std::string_view buffer, const HeadLimits& limits, ParseError& why, HeadCursor& cursor,
                      Read&& read) {
  why = {};
  cursor.consumed = 0;
  const std::string_view window = buffer.substr(0, limits.bytes);
  ParseState state = ParseState::done;
  if (cursor.scanned != 0) state = find_end(window, cursor, why);
  if (state == ParseState::done) state = read(window);
  if (state != ParseState::incomplete) return state;
  if (buffer.size() >= limits.bytes) {
    why = {ParseFault::too_large, "the head is too large"};
    return ParseState::bad;
  }
  cursor.scanned = buffer.size();
  return state;
}

}  // namespace

ParseState parse_request_head(std::string_view buffer, const HeadLimits& limits, Request& out, RequestFraming& framing,
                              ParseError& why, HeadCursor& cursor) {
  framing = {};
  return parse_head(buffer, limits, why, cursor, [&](std::string_view window) {
    out.fields.clear();
    out.method = Method::other;
    out.method_name = out.scheme = out.authority = out.target = out.path = out.query = {};
    out.has_query = false;
    out.content_length.reset();
    HeadReader r(window, limits, true, why);
    if (auto s = r.skip_empty_line(); s != ParseState::done) return s;
    if (auto s = r.request_line(out); s != ParseState::done) return s;
    if (auto s = r.fields(out.fields); s != ParseState::done) return s;

    const HeadFacts& f = r.facts();
    if (f.hosts == 0) return r.bad(ParseFault::host, "no Host");
    auto host = normal_authority(f.host, out.fields.arena());
    if (!host) return r.bad(ParseFault::host, "Host is malformed");
    // Stops: one host for the rules and another for the backend.
    if (!out.authority.empty() && out.authority != *host)
      return r.bad(ParseFault::host, "Host differs from the target's host");
    out.authority = *host;

    // Stops: request smuggling by two lengths of one body (CL.TE, TE.CL).
    if (f.lengths != 0 && f.encodings != 0) return r.bad_header("both Content-Length and Transfer-Encoding");
    if (f.encodings != 0 && out.version == Version::http10) return r.bad_header("Transfer-Encoding with HTTP/1.0");
    bool close = false, keep_alive = false, upgrade = false;
    if (auto s = r.connection_options(out.fields, close, keep_alive, upgrade); s != ParseState::done) return s;

    if (f.encodings != 0) framing.kind = BodyKind::chunked;
    if (f.lengths != 0) {
      framing.kind = BodyKind::length;
      framing.length = f.length;
      out.content_length = f.length;
    }
    const bool http11 = out.version == Version::http11;
    if (f.expects != 0 && http11) {
      if (!text::iequals(f.expect, "100-continue")) return r.bad_header("Expect is not 100-continue");
      framing.expect_continue = framing.kind == BodyKind::chunked || framing.length > 0;
    }
    framing.keep_alive = !close && (http11 || keep_alive);
    if (upgrade && http11) framing.upgrade = f.upgrade;
    cursor.consumed = static_cast<std::size_t>(r.at() - window.data());
    return ParseState::done;
  });
}

ParseState parse_response_head(std::string_view buffer, const HeadLimits& limits, bool to_head, Response& out,
                               ResponseFraming& framing, ParseError& why, HeadCursor& cursor) {
  framing = {};
  return parse_head(buffer, limits, why, cursor, [&](std::string_view window) {
    out.fields.clear();
    HeadReader r(window, limits, false, why);
    Version version = Version::http11;
    if (auto s = r.status_line(out, version); s != ParseState::done) return s;
    if (auto s = r.fields(out.fields); s != ParseState::done) return s;

    const HeadFacts& f = r.facts();
    // Stops: response splitting through a backend whose framing is ambiguous (RFC 9112 §6.3: the answer is unusable).
    if (f.lengths != 0 && f.encodings != 0) return r.bad_header("both Content-Length and Transfer-Encoding");
    if (f.encodings != 0 && version == Version::http10) return r.bad_header("Transfer-Encoding with HTTP/1.0");
    bool close = false, keep_alive = false, upgrade = false;
    if (auto s = r.connection_options(out.fields, close, keep_alive, upgrade); s != ParseState::done) return s;
    framing.keep_alive = !close && (version == Version::http11 || keep_alive);
    framing.length = f.length;
    if (upgrade) framing.upgrade = f.upgrade;

    const bool bodiless = out.status < 200 || out.status == 204;
    if (bodiless || to_head || out.status == 304) {
      framing.kind = BodyKind::none;
      // It should have sent none; if it did, those bytes must not be read as the next answer.
      if (bodiless && (f.encodings != 0 || f.length != 0)) framing.keep_alive = false;
    } else if (f.encodings != 0) {
      framing.kind = BodyKind::chunked;
    } else if (f.lengths != 0) {
      framing.kind = BodyKind::length;
    } else {
      framing.kind = BodyKind::until_close;
      framing.keep_alive = false;
    }
    cursor.consumed = static_cast<std::size_t>(r.at() - window.data());
    return ParseState::done;
  });
}

}  // namespace gatehouse::http

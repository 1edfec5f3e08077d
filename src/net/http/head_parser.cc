#include "net/http/head_parser.h"

#include <limits>
#include <optional>

#include "net/http/host.h"
#include "net/http/scan.h"

namespace gatehouse::http {

namespace {

// Fields that decide about framing, about the connection or that must not travel on.
enum class Known : std::uint8_t {
  none,
  host,
  content_length,
  transfer_encoding,
  connection,
  expect,
  upgrade,
  hop,         // hop-by-hop by definition (RFC 9110 §7.6.1)
  end_to_end,  // what policy reads: Connection may not name it
};

struct KnownName {
  FieldName name{""};
  Known known = Known::none;
};

constexpr KnownName kKnown[] = {
    {"host", Known::host},
    {"content-length", Known::content_length},
    {"transfer-encoding", Known::transfer_encoding},
    {"connection", Known::connection},
    {"expect", Known::expect},
    {"upgrade", Known::upgrade},
    {"keep-alive", Known::hop},
    {"proxy-connection", Known::hop},
    {"te", Known::hop},
    {"trailer", Known::hop},
    {"http2-settings", Known::hop},
    // Stops: httpoxy. CGI turns "Proxy" into HTTP_PROXY, and the backend's own calls go through the attacker.
    {"proxy", Known::hop},
    {"authorization", Known::end_to_end},
    {"cookie", Known::end_to_end},
    {"origin", Known::end_to_end},
    {"referer", Known::end_to_end},
    {"sec-fetch-site", Known::end_to_end},
    {"content-type", Known::end_to_end},
    {"content-encoding", Known::end_to_end},
    {"cache-control", Known::end_to_end},
    {"forwarded", Known::end_to_end},
    {"x-forwarded-for", Known::end_to_end},
    {"x-forwarded-proto", Known::end_to_end},
    {"x-forwarded-host", Known::end_to_end},
    {"x-real-ip", Known::end_to_end},
};

// The known names by hash: slot = hash * kSlotFactor >> 25, the factor chosen by the compiler so that none collide.
constexpr std::size_t kSlots = 128;
constexpr std::size_t slot(std::uint32_t hash, std::uint32_t factor) { return (hash * factor) >> 25; }
constexpr std::uint32_t kSlotFactor = [] {
  for (std::uint32_t factor = 1;; factor += 2) {
    bool taken[kSlots] = {}, clash = false;
    for (const KnownName& k : kKnown) {
      std::size_t at = slot(k.name.hash, factor);
      clash |= taken[at];
      taken[at] = true;
    }
    if (!clash) return factor;
  }
}();
constexpr auto kKnownBySlot = [] {
  std::array<KnownName, kSlots> t{};
  for (const KnownName& k : kKnown) t[slot(k.name.hash, kSlotFactor)] = k;
  return t;
}();

Known known(std::uint32_t hash, std::string_view name) {
  const KnownName& k = kKnownBySlot[slot(hash, kSlotFactor)];
  return k.name.hash == hash && text::iequals(name, k.name.text) ? k.known : Known::none;
}

// What the fields said about framing and connection, before it is judged.
struct Facts {
  std::string_view host, connection[8], expect, upgrade;
  std::uint64_t length = 0;
  std::uint32_t hosts = 0, lengths = 0, encodings = 0, connections = 0, expects = 0, upgrades = 0;
};

constexpr bool blank(char c) { return c == ' ' || c == '\t'; }

// Reads lines between p_ and end_. Each step answers done (go on), incomplete or bad.
class HeadReader {
 public:
  HeadReader(std::string_view buffer, const HeadLimits& limits, bool request, ParseError& why)
      : p_(buffer.data()), end_(buffer.data() + buffer.size()), limits_(limits), why_(why), request_(request) {}

  const char* at() const { return p_; }
  const Facts& facts() const { return facts_; }

  ParseState bad(ParseFault fault, std::string_view text) {
    why_ = {fault, text};
    return ParseState::bad;
  }
  ParseState bad_header(std::string_view text) { return bad(ParseFault::header, text); }

  ParseState skip_empty_line() {
    if (p_ == end_) return ParseState::incomplete;
    if (*p_ != '\r') return ParseState::done;
    return line_end(ParseFault::request);
  }

  ParseState request_line(Request& out);
  ParseState status_line(Response& out, Version& version);
  ParseState fields(Fields& out);
  ParseState connection_options(Fields& out, bool& close, bool& keep_alive, bool& upgrade);

 private:
  // The CRLF at p_, which is a control byte or `end_`.
  ParseState line_end(ParseFault fault) {
    if (p_ == end_) return ParseState::incomplete;
    if (*p_ == '\n') return bad(fault, "a line ends with LF alone");
    if (*p_ != '\r') return bad(fault, "a byte that may not stand here");
    if (p_ + 1 == end_) return ParseState::incomplete;
    if (p_[1] != '\n') return bad(fault, "CR without LF");
    p_ += 2;
    return ParseState::done;
  }
  bool too_long(const char* line) const { return static_cast<std::size_t>(p_ - line) > limits_.line; }
  ParseState open_line(const char* line) {
    return too_long(line) ? bad(ParseFault::too_large, "a line is too long") : ParseState::incomplete;
  }
  ParseState bad_name(const char* name);
  ParseState target(std::string_view text, Request& out);
  ParseState note(Known k, std::string_view value, bool plain_blanks, std::uint8_t& marks);
  ParseState note_length(std::string_view value);

  const char* p_;
  const char* end_;
  const HeadLimits& limits_;
  ParseError& why_;
  Facts facts_;
  bool request_;
};

// "HTTP/1.1" at p: its version; needs 8 bytes.
std::optional<Version> version_at(const char* p) {
  std::string_view v(p, 8);
  if (v == "HTTP/1.1") return Version::http11;
  if (v == "HTTP/1.0") return Version::http10;
  return std::nullopt;
}

ParseState HeadReader::request_line(Request& out) {
  const char* line = p_;
  while (p_ != end_ && scan::is_token(*p_)) ++p_;
  if (static_cast<std::size_t>(p_ - line) > 32) return bad(ParseFault::request, "the method is too long");
  if (p_ == end_) return ParseState::incomplete;
  if (*p_ != ' ' || p_ == line) return bad(ParseFault::request, "no method at the start");
  out.method_name = {line, static_cast<std::size_t>(p_ - line)};
  out.method = method_of(out.method_name);

  const char* begin = ++p_;
  p_ = scan::target_end(p_, end_);
  if (p_ == end_ || too_long(line)) return open_line(line);
  out.target = {begin, static_cast<std::size_t>(p_ - begin)};
  if (*p_ == '#') return bad(ParseFault::path, "the target has a fragment");
  if (*p_ == '\r' || *p_ == '\n') return bad(ParseFault::request, "the request line has no version");
  if (*p_ != ' ') return bad(ParseFault::path, "the target has a byte that may not stand in it");
  if (out.target.empty()) return bad(ParseFault::request, "more than one blank in the request line");
  ++p_;
  // Refused while the line is still open, so that an HTTP/2 preface or a stray blank does not wait for the deadline.
  std::string_view have(p_, static_cast<std::size_t>(end_ - p_));
  if (have.size() < 8) {
    if (!std::string_view("HTTP/1.").starts_with(have.substr(0, 7)))
      return bad(ParseFault::request, "the version is neither HTTP/1.0 nor HTTP/1.1");
    return ParseState::incomplete;
  }
  auto version = version_at(p_);
  if (!version) return bad(ParseFault::request, "the version is neither HTTP/1.0 nor HTTP/1.1");
  out.version = *version;
  p_ += 8;
  if (ParseState s = line_end(ParseFault::request); s != ParseState::done) return s;
  return target(out.target, out);
}

// Origin-form, or absolute-form for http and https. Asterisk-form and authority-form are a proxy's and a server's own
// business; behind a gateway nobody needs them.
ParseState HeadReader::target(std::string_view s, Request& out) {
  if (s[0] != '/') {
    std::size_t scheme = text::istarts_with(s, "http://") ? 7 : text::istarts_with(s, "https://") ? 8 : 0;
    if (scheme == 0) return bad(ParseFault::request, "the target is neither a path nor an http(s) address");
    std::size_t stop = s.find_first_of("/?", scheme);
    auto authority = normal_authority(s.substr(scheme, stop == s.npos ? s.npos : stop - scheme), out.fields.arena());
    if (!authority) return bad(ParseFault::host, "the target's host is malformed");
    out.scheme = scheme == 7 ? "http" : "https";
    out.authority = *authority;
    s = stop == s.npos ? std::string_view{} : s.substr(stop);
  }
  std::size_t mark = s.find('?');
  out.has_query = mark != s.npos;
  out.query = out.has_query ? s.substr(mark + 1) : std::string_view{};
  out.path = s.substr(0, mark);
  if (out.path.empty()) out.path = "/";  // RFC 9110 §4.2.3: an empty path of an http URI is "/"
  return ParseState::done;
}

ParseState HeadReader::status_line(Response& out, Version& version) {
  const char* line = p_;
  std::size_t have = static_cast<std::size_t>(end_ - p_);
  if (have < 13) {
    const std::string_view start(p_, have);
    if (!std::string_view("HTTP/1.").starts_with(start.substr(0, 7)) || start.find('\n') != start.npos)
      return bad(ParseFault::request, "not an HTTP/1 response");
    return ParseState::incomplete;
  }
  auto v = version_at(p_);
  if (!v || p_[8] != ' ') return bad(ParseFault::request, "not an HTTP/1 response");
  version = *v;
  int status = 0;
  for (int i = 9; i < 12; ++i) {
    if (!text::is_digit(p_[i])) return bad(ParseFault::request, "the status is not three digits");
    status = status * 10 + (p_[i] - '0');
  }
  if (status < 100 || status > 599) return bad(ParseFault::request, "the status is not between 100 and 599");
  out.status = status;
  p_ += 12;
  if (*p_ == ' ')  // the reason is read past: nobody needs it
    p_ = scan::value_end(p_, end_);
  else if (*p_ != '\r')
    return bad(ParseFault::request, "the status is not three digits");
  if (p_ == end_ || too_long(line)) return open_line(line);
  return line_end(ParseFault::request);
}

// Why the byte at p_ ends no field name that began at `name`.
ParseState HeadReader::bad_name(const char* name) {
  if (p_ == name) {
    if (blank(*p_)) return bad_header("a line begins with a blank (folding, or blanks before the first field)");
    if (*p_ == ':') return bad_header("a field name is empty");
    if (*p_ == '\n') return bad_header("a line ends with LF alone");
  }
  // Stops: "Content-Length : 5", a field that one server reads and the next does not.
  if (blank(*p_)) return bad_header("a blank before the colon");
  if (*p_ == '\r' || *p_ == '\n') return bad_header("a line without a colon");
  return bad_header("a byte that may not stand in a field name");
}

ParseState HeadReader::fields(Fields& out) {
  for (;;) {
    if (p_ == end_) return ParseState::incomplete;
    const char* const name = p_;
    if (*name == '\r') return line_end(ParseFault::header);  // the empty line: the head ends

    // The name's hash is made while its bytes are judged.
    std::uint32_t hash = name_hash({});
    std::uint16_t seen = 0;
    const char* p = name;
    for (; p != end_; ++p) {
      std::uint16_t c = scan::kTokenLower[static_cast<unsigned char>(*p)];
      if (c == 0) break;
      seen |= c;
      hash = (hash ^ (c & 0xffu)) * 16777619u;
    }
    p_ = p;
    if (p == end_) return open_line(name);
    if (*p != ':' || p == name) return bad_name(name);
    const std::string_view field_name(name, static_cast<std::size_t>(p - name));

    const char* raw = ++p;
    while (p != end_ && blank(*p)) ++p;
    const char* value = p;
    p_ = p = scan::value_end(p, end_);
    if (p == end_ || too_long(name)) return open_line(name);
    if (ParseState s = line_end(ParseFault::header); s != ParseState::done) return s;
    const char* last = p;
    while (last != value && blank(last[-1])) --last;

    std::uint8_t marks = (seen & scan::kOddNameByte) != 0 ? Field::odd_name : 0;
    const std::string_view field_value(value, static_cast<std::size_t>(last - value));
    if (Known k = known(hash, field_name); k != Known::none) {
      bool plain = last == p && (raw == value || (value - raw == 1 && *raw == ' '));
      if (ParseState s = note(k, field_value, plain, marks); s != ParseState::done) return s;
    }
    if (out.size() >= limits_.count) return bad(ParseFault::too_large, "too many fields");
    out.push({field_name, field_value, hash, marks});
  }
}

ParseState HeadReader::note_length(std::string_view value) {
  // Stops: request smuggling by a length that two servers read differently ("+5", "0x5", "05", "5,5", two lines).
  if (++facts_.lengths > 1) return bad_header("more than one Content-Length");
  if (value.empty() || value.size() > 19 || (value.size() > 1 && value[0] == '0'))
    return bad_header("Content-Length is not a plain number");
  std::uint64_t n = 0;
  for (char c : value) {
    if (!text::is_digit(c)) return bad_header("Content-Length is not a plain number");
    n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (n > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return bad_header("Content-Length is beyond 63 bits");
  facts_.length = n;
  return ParseState::done;
}

// `plain`: at most one SP before the value and nothing after it.
ParseState HeadReader::note(Known k, std::string_view value, bool plain, std::uint8_t& marks) {
  switch (k) {
    case Known::none:
    case Known::end_to_end:
      return ParseState::done;
    case Known::hop:
      marks |= Field::hop;
      return ParseState::done;
    case Known::host:
      if (!request_) return ParseState::done;
      marks |= Field::written;
      if (++facts_.hosts > 1) return bad(ParseFault::host, "more than one Host");
      if (!plain) return bad(ParseFault::host, "unusual blanks around Host's value");
      facts_.host = value;
      return ParseState::done;
    case Known::content_length:
      marks |= Field::written;
      if (!plain) return bad_header("unusual blanks around Content-Length's value");
      return note_length(value);
    case Known::transfer_encoding:
      marks |= Field::hop;
      // Stops: request smuggling by a coding that only one of two servers understands ("xchunked", "chunked, chunked").
      if (++facts_.encodings > 1) return bad_header("more than one Transfer-Encoding");
      if (!plain || !text::iequals(value, "chunked")) return bad_header("Transfer-Encoding is not exactly chunked");
      return ParseState::done;
    case Known::connection:
      marks |= Field::hop;
      if (facts_.connections == std::size(facts_.connection)) return bad_header("too many Connection fields");
      facts_.connection[facts_.connections++] = value;
      return ParseState::done;
    case Known::expect:
      marks |= Field::hop;  // answered here
      if (++facts_.expects > 1) return bad_header("more than one Expect");
      facts_.expect = value;
      return ParseState::done;
    case Known::upgrade:
      marks |= Field::hop;
      if (++facts_.upgrades > 1) return bad_header("more than one Upgrade");
      facts_.upgrade = value;
      return ParseState::done;
  }
  return ParseState::done;
}

// Reads the Connection fields and marks what they name.
ParseState HeadReader::connection_options(Fields& out, bool& close, bool& keep_alive, bool& upgrade) {
  int named = 0;
  for (std::uint32_t i = 0; i < facts_.connections; ++i) {
    std::string_view rest = facts_.connection[i];
    while (!rest.empty()) {
      std::size_t comma = rest.find(',');
      std::string_view option = rest.substr(0, comma);
      rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
      while (!option.empty() && blank(option.front())) option.remove_prefix(1);
      while (!option.empty() && blank(option.back())) option.remove_suffix(1);
      if (option.empty()) continue;  // RFC 9110 §5.6.1: empty list elements are ignored
      if (text::iequals(option, "close")) {
        close = true;
      } else if (text::iequals(option, "keep-alive")) {
        keep_alive = true;
      } else if (text::iequals(option, "upgrade")) {
        upgrade = true;
      } else {
        if (!scan::is_token(option)) return bad_header("Connection holds what is not a name");
        // Stops: quadratic work by a long list of names against a long list of fields.
        if (++named > 16) return bad_header("Connection names too many fields");
        std::uint32_t hash = name_hash(option);
        Known k = known(hash, option);
        // Stops: a client that makes us drop the very field a rule, ours or the backend's, depends on.
        if (request_ && k != Known::none && k != Known::hop)
          return bad_header("Connection names a field that is not the connection's");
        for (Field& f : out)
          if (f.hash == hash && text::iequals(f.name, option) && (f.marks & Field::written) == 0) f.marks |= Field::hop;
      }
    }
  }
  return ParseState::done;
}

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

    const Facts& f = r.facts();
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

    const Facts& f = r.facts();
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

#include "net/http/head_reader.h"

#include <iterator>
#include <limits>
#include <optional>

#include "net/http/host.h"
#include "net/http/scan.h"

namespace gatehouse::http {

namespace {

constexpr bool blank(char c) { return c == ' ' || c == '\t'; }

// "HTTP/1.1" at p: its version; needs 8 bytes.
std::optional<Version> version_at(const char* p) {
  std::string_view v(p, 8);
  if (v == "HTTP/1.1") return Version::http11;
  if (v == "HTTP/1.0") return Version::http10;
  return std::nullopt;
}

}  // namespace

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

}  // namespace gatehouse::http

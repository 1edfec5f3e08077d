// The lines of a head, one after the other. What head_parser.cc is made of; nobody else needs it.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/http/head_parser.h"
#include "net/http/known_fields.h"

namespace gatehouse::http {

// What the fields said about framing and connection, before it is judged.
struct HeadFacts {
  std::string_view host, connection[8], expect, upgrade;
  std::uint64_t length = 0;
  std::uint32_t hosts = 0, lengths = 0, encodings = 0, connections = 0, expects = 0, upgrades = 0;
};

// Reads lines between p_ and end_. Each step answers done (go on), incomplete or bad.
class HeadReader {
 public:
  HeadReader(std::string_view buffer, const HeadLimits& limits, bool request, ParseError& why)
      : p_(buffer.data()), end_(buffer.data() + buffer.size()), limits_(limits), why_(why), request_(request) {}

  const char* at() const { return p_; }
  const HeadFacts& facts() const { return facts_; }

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
  HeadFacts facts_;
  bool request_;
};

}  // namespace gatehouse::http

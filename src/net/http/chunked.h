// The chunked transfer coding (RFC 9112 §7.1), read strictly and without copying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http/head_parser.h"

namespace gatehouse::http {

// Takes the bytes after a head, in whatever pieces they come, and gives the payload back as views into them. Chunk
// extensions (at most 256 bytes a chunk, 4 KiB in all) and trailers (at most 8 KiB) are judged and dropped.
//
//   while (!in.empty()) {
//     auto step = decoder.next(in);
//     in.remove_prefix(step.consumed);
//     use(step.data);                             // may be empty
//     if (step.state != ParseState::incomplete) break;  // done: `in` is what follows the body; bad: close
//   }
class ChunkedDecoder {
 public:
  struct Step {
    ParseState state = ParseState::incomplete;  // incomplete: hand in what follows, at once or when it comes
    std::size_t consumed = 0;
    std::string_view data;  // payload, within the consumed bytes
  };

  // Reads up to the end of one piece of payload. Always consumes something of a non-empty input, until done or bad.
  Step next(std::string_view in);

  std::uint64_t payload() const { return payload_; }  // bytes given out so far
  bool done() const { return at_ == At::done; }
  std::string_view why() const { return why_; }  // static; empty unless bad

 private:
  enum class At : std::uint8_t {
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
    name,
    value,
    value_lf,
    last_lf,
    done,
    bad
  };
  bool take(char c);
  bool refuse(std::string_view why) {
    at_ = At::bad;
    why_ = why;
    return false;
  }

  At at_ = At::size;
  std::uint8_t digits_ = 0;
  std::uint32_t extension_ = 0;   // of this chunk
  std::uint32_t extensions_ = 0;  // of all
  std::uint32_t trailers_ = 0;
  std::uint64_t left_ = 0;  // of this chunk's payload
  std::uint64_t payload_ = 0;
  std::string_view why_;
};

}  // namespace gatehouse::http

#include "net/http/chunked.h"

#include <algorithm>
#include <limits>

#include "net/http/scan.h"

namespace gatehouse::http {

namespace {

constexpr std::uint32_t kExtensionMax = 256, kExtensionsMax = 4 * 1024, kTrailersMax = 8 * 1024;
constexpr int kDigitsMax = 16;
constexpr std::uint64_t kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view in) {
  std::size_t i = 0;
  while (i < in.size() && at_ != At::done && at_ != At::bad) {
    if (at_ == At::data) {
      std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - i));
      left_ -= n;
      payload_ += n;
      if (left_ == 0) at_ = At::data_cr;
      return {ParseState::incomplete, i + n, in.substr(i, n)};
    }
    if (!take(in[i])) break;
    ++i;
  }
  ParseState s = at_ == At::done ? ParseState::done : at_ == At::bad ? ParseState::bad : ParseState::incomplete;
  return {s, i, {}};
}

// One byte outside the payload.
bool ChunkedDecoder::take(char c) {
  switch (at_) {
    case At::size: {
      int v = text::hex_value(c);
      if (v >= 0) {
        // Stops: a size that wraps around in one server and not in the other.
        if (++digits_ > kDigitsMax) return refuse("a chunk size has more than 16 digits");
        left_ = left_ << 4 | static_cast<std::uint64_t>(v);
        return true;
      }
      if (digits_ == 0) return refuse("a chunk size has no digits");
      if (left_ > kMost - payload_) return refuse("the chunks are beyond 63 bits");
      extension_ = 0;
      if (c == ';') {
        at_ = At::extension;
        return true;
      }
      if (c == '\r') {
        at_ = At::size_lf;
        return true;
      }
      return refuse(c == '\n' ? "a chunk size ends with LF alone" : "a chunk size is not a plain hex number");
    }
    case At::extension:
      if (c == '\r') {
        at_ = At::size_lf;
        return true;
      }
      // Stops: a bare LF in an extension, which a lenient server takes for the end of the size line.
      if (!scan::is_value_byte(c) || static_cast<unsigned char>(c) > 0x7f)
        return refuse("a byte that may not stand in a chunk extension");
      if (++extension_ > kExtensionMax || ++extensions_ > kExtensionsMax)
        return refuse("chunk extensions are too long");
      return true;
    case At::size_lf:
      if (c != '\n') return refuse("CR without LF after a chunk size");
      at_ = left_ == 0 ? At::trailer : At::data;
      digits_ = 0;
      return true;
    case At::data_cr:
      if (c != '\r') return refuse("a chunk is longer than its size");
      at_ = At::data_lf;
      return true;
    case At::data_lf:
      if (c != '\n') return refuse("CR without LF after a chunk");
      at_ = At::size;
      return true;
    case At::trailer:  // the first byte of a trailer line
      if (c == '\r') {
        at_ = At::last_lf;
        return true;
      }
      if (!scan::is_token(c)) return refuse("a trailer line does not begin with a field name");
      at_ = At::name;
      break;
    case At::name:
      if (c == ':')
        at_ = At::value;
      else if (!scan::is_token(c))
        return refuse("a byte that may not stand in a trailer name");
      break;
    case At::value:
      if (c == '\r')
        at_ = At::value_lf;
      else if (!scan::is_value_byte(c))
        return refuse("a byte that may not stand in a trailer value");
      break;
    case At::value_lf:
      if (c != '\n') return refuse("CR without LF after a trailer");
      at_ = At::trailer;
      break;
    case At::last_lf:
      if (c != '\n') return refuse("CR without LF after the last chunk");
      at_ = At::done;
      return true;
    case At::data:
    case At::done:
    case At::bad:
      return false;
  }
  if (++trailers_ > kTrailersMax) return refuse("trailers are too long");
  return true;
}

}  // namespace gatehouse::http

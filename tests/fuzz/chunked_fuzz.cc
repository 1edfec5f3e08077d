// Chunked bodies: pieces make no difference, every payload byte is a view of the input, and what was taken, written out
// plainly, reads as the same body.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/http/chunked.h"

using namespace gatehouse::http;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  ParseState state = ParseState::incomplete;
  std::size_t consumed = 0;
  std::string payload;
};

Decoded decode(std::string_view all, std::size_t piece) {
  ChunkedDecoder d;
  Decoded out;
  while (out.consumed < all.size() && out.state == ParseState::incomplete) {
    std::string_view in = all.substr(out.consumed, piece);
    auto step = d.next(in);
    must(step.consumed <= in.size());
    if (!step.data.empty())
      must(step.data.data() >= in.data() && step.data.data() + step.data.size() == in.data() + step.consumed);
    if (step.state == ParseState::incomplete) must(step.consumed > 0);
    out.consumed += step.consumed;
    out.payload += step.data;
    out.state = step.state;
  }
  must(d.payload() == out.payload.size());
  must((out.state == ParseState::bad) == !d.why().empty());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Decoded whole = decode(bytes, std::max<std::size_t>(size, 1));
  for (std::size_t piece : {1u, 3u, 17u}) {
    const Decoded slow = decode(bytes, piece);
    must(slow.state == whole.state && slow.consumed == whole.consumed && slow.payload == whole.payload);
  }
  if (whole.state != ParseState::done) return 0;

  std::string plain;
  if (!whole.payload.empty()) {
    char head[20];
    std::snprintf(head, sizeof head, "%zx\r\n", whole.payload.size());
    plain.append(head).append(whole.payload).append("\r\n");
  }
  plain += "0\r\n\r\n";
  const Decoded again = decode(plain, plain.size());
  must(again.state == ParseState::done && again.payload == whole.payload && again.consumed == plain.size());
  return 0;
}

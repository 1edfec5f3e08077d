#include "base/inflate.h"

#include <zlib.h>

namespace gatehouse {

std::optional<std::string> inflate(std::string_view compressed, std::size_t limit) {
  z_stream z{};
  constexpr int kWindowWithHeaderDetection = 15 + 32;
  if (inflateInit2(&z, kWindowWithHeaderDetection) != Z_OK) return std::nullopt;
  std::string in(compressed);  // zlib's interface wants a mutable pointer
  std::string out(limit, '\0');
  z.next_in = reinterpret_cast<Bytef*>(in.data());
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  int result = ::inflate(&z, Z_SYNC_FLUSH);
  out.resize(limit - z.avail_out);
  inflateEnd(&z);
  bool good = result == Z_OK || result == Z_STREAM_END || (result == Z_BUF_ERROR && !out.empty());
  if (!good) return std::nullopt;
  return out;
}

}  // namespace gatehouse

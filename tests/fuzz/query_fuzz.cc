// Whatever the query, reading ends, and nothing that comes out can carry a control byte or broken UTF-8.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "gate/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gatehouse::gate::QueryReader;
  gatehouse::Arena arena;
  QueryReader reader({reinterpret_cast<const char*>(data), size}, arena);
  gatehouse::gate::QueryPair pair;
  for (std::size_t n = 0;; ++n) {
    if (n > size) std::abort();
    if (reader.next(pair) != QueryReader::Next::pair) return 0;
    if (pair.name.empty() || !gatehouse::text::is_utf8(pair.name) || !gatehouse::text::is_utf8(pair.value))
      std::abort();
    for (const char c : pair.value)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  }
}

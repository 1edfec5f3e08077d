// What the strict parser accepts must come back the same through the writer.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto first = json::parse(text);
  std::string quoted;
  json::write_string(quoted, text);
  if (!json::parse(quoted)) std::abort();
  if (!first) return 0;
  std::string compact = json::write(*first);
  auto second = json::parse(compact);
  if (!second || json::write(*second) != compact) std::abort();
  auto pretty = json::parse(json::write(*first, 2));
  if (!pretty || json::write(*pretty) != compact) std::abort();
  return 0;
}

// The pattern pass and every exact judge behind it; and that a redacted value never shows half of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "audit/secrets/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::audit;
  static const auto engine = secrets::Engine::create();
  if (!engine || size == 0) return 0;
  const auto kind = static_cast<Kind>(data[0] % 22);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const secrets::Hit& h : engine->scan(text, kind)) {
    if (h.begin > h.end || h.end > text.size()) std::abort();
    secrets::redact(text.substr(h.begin, h.end - h.begin));
  }
  // Each judge on its own, at every place: what the pattern pass would never propose must be safe too.
  for (unsigned p = 0; p < secrets::formats().size() + secrets::shapes().size(); ++p)
    (void)secrets::judge(text, p, size > 2 ? data[size - 1] % text.size() : 0, kind);
  return 0;
}

// The pattern pass and every exact judge behind it: a hit stands inside the text, whatever position a judge is asked
// about, and a redacted value never shows more than half of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "audit/secrets/engine.h"

namespace {

using namespace gatehouse::audit;

void expect_inside(const secrets::Hit& h, std::string_view text) {
  if (h.begin > h.end || h.end > text.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engine = secrets::Engine::create();
  if (!engine) std::abort();  // else the target would pass without looking at anything
  if (size == 0) return 0;
  constexpr unsigned kKinds = static_cast<unsigned>(Kind::key) + 1;
  const auto kind = static_cast<Kind>(data[0] % kKinds);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const secrets::Hit& h : engine->scan(text, kind)) {
    expect_inside(h, text);
    const std::string_view value = text.substr(h.begin, h.end - h.begin);
    if (value.size() >= 8 && secrets::redact(value).find(value.substr(0, value.size() / 2 + 1)) == 0) std::abort();
  }
  // Each judge on its own, at every place: what the pattern pass would never propose must be safe too.
  const std::size_t at = data[size - 1] % (text.size() + 1);
  for (unsigned p = 0; p < secrets::formats().size() + secrets::shapes().size(); ++p)
    if (const auto hit = secrets::judge(text, p, at, kind)) expect_inside(*hit, text);
  return 0;
}

#include "base/siphash.h"

#include <bit>
#include <cstring>

namespace gatehouse {
namespace {

// Up to eight bytes, little-endian whatever the machine.
std::uint64_t load(const unsigned char* p, std::size_t n) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < n; ++i) v |= static_cast<std::uint64_t>(p[i]) << (8 * i);
  return v;
}
std::uint64_t load(const unsigned char* p) {
  if constexpr (std::endian::native != std::endian::little) return load(p, 8);
  std::uint64_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return v;
}

struct State {
  std::uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t m) {
    v3 ^= m;
    round(), round();
    v0 ^= m;
  }
  std::uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

Sip128 siphash128(const SipKey& key, std::string_view bytes) {
  const std::uint64_t k0 = load(key.data()), k1 = load(key.data() + 8);
  State s{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du ^ 0xee, k0 ^ 0x6c7967656e657261u,
          k1 ^ 0x7465646279746573u};
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) s.take(load(p));
  s.take(load(p, left) | static_cast<std::uint64_t>(bytes.size()) << 56);
  s.v2 ^= 0xee;
  Sip128 out{};
  out.low = s.finish();
  s.v1 ^= 0xdd;
  out.high = s.finish();
  return out;
}

}  // namespace gatehouse

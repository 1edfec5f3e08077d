// Digests (FIPS 180-4) and HMAC (RFC 2104). Nothing here allocates, so a request may call it on the hot path.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gatehouse::crypto {

// The bytes of a digest; `view()` for the encoders of base/text.h.
template <std::size_t N>
struct Digest : std::array<std::uint8_t, N> {
  std::string_view view() const { return {reinterpret_cast<const char*>(this->data()), N}; }
};

Digest<20> sha1(std::string_view data);  // only where an old protocol asks for it; never for a new signature
Digest<32> sha256(std::string_view data);
Digest<48> sha384(std::string_view data);
Digest<64> sha512(std::string_view data);

Digest<20> hmac_sha1(std::string_view key, std::string_view data);
Digest<32> hmac_sha256(std::string_view key, std::string_view data);
Digest<48> hmac_sha384(std::string_view key, std::string_view data);
Digest<64> hmac_sha512(std::string_view key, std::string_view data);

// SHA-256 over pieces that do not lie side by side (a streamed body, a timestamp and a body).
class Sha256Stream {
 public:
  Sha256Stream();
  void add(std::string_view piece);
  Digest<32> finish();  // once

 private:
  alignas(8) std::array<unsigned char, 112> state_;
};

// HMAC-SHA-256 with one key for many short texts: half the work of hmac_sha256 for each.
class HmacSha256Key {
 public:
  explicit HmacSha256Key(std::string_view key);
  ~HmacSha256Key();
  HmacSha256Key(const HmacSha256Key&) = default;
  HmacSha256Key& operator=(const HmacSha256Key&) = default;
  Digest<32> of(std::string_view data) const;

 private:
  Sha256Stream inner_, outer_;  // the key's blocks are in them already
};

// HMAC-SHA-256 over pieces.
class HmacSha256Stream {
 public:
  explicit HmacSha256Stream(std::string_view key);
  ~HmacSha256Stream();
  HmacSha256Stream(const HmacSha256Stream&) = delete;
  HmacSha256Stream& operator=(const HmacSha256Stream&) = delete;
  void add(std::string_view piece) { inner_.add(piece); }
  Digest<32> finish();  // once

 private:
  Sha256Stream inner_;
  std::array<std::uint8_t, 64> outer_pad_;
};

}  // namespace gatehouse::crypto

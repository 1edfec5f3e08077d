// The one-shot calls of OpenSSL 3 fetch the algorithm and allocate each time; the block functions do neither.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>

namespace gatehouse::crypto {
namespace {

struct Sha1 {
  using Context = SHA_CTX;
  static constexpr std::size_t kSize = 20, kBlock = 64;
  static void begin(Context* c) { SHA1_Init(c); }
  static void add(Context* c, const void* p, std::size_t n) { SHA1_Update(c, p, n); }
  static void end(unsigned char* out, Context* c) { SHA1_Final(out, c); }
};
struct Sha256 {
  using Context = SHA256_CTX;
  static constexpr std::size_t kSize = 32, kBlock = 64;
  static void begin(Context* c) { SHA256_Init(c); }
  static void add(Context* c, const void* p, std::size_t n) { SHA256_Update(c, p, n); }
  static void end(unsigned char* out, Context* c) { SHA256_Final(out, c); }
};
struct Sha384 {
  using Context = SHA512_CTX;
  static constexpr std::size_t kSize = 48, kBlock = 128;
  static void begin(Context* c) { SHA384_Init(c); }
  static void add(Context* c, const void* p, std::size_t n) { SHA384_Update(c, p, n); }
  static void end(unsigned char* out, Context* c) { SHA384_Final(out, c); }
};
struct Sha512 {
  using Context = SHA512_CTX;
  static constexpr std::size_t kSize = 64, kBlock = 128;
  static void begin(Context* c) { SHA512_Init(c); }
  static void add(Context* c, const void* p, std::size_t n) { SHA512_Update(c, p, n); }
  static void end(unsigned char* out, Context* c) { SHA512_Final(out, c); }
};

template <class H>
Digest<H::kSize> digest(std::string_view data) {
  typename H::Context context;
  Digest<H::kSize> out;
  H::begin(&context);
  H::add(&context, data.data(), data.size());
  H::end(out.data(), &context);
  return out;
}

// RFC 2104 §2: H((K xor opad) || H((K xor ipad) || text)).
template <class H>
Digest<H::kSize> hmac(std::string_view key, std::string_view data) {
  std::array<unsigned char, H::kBlock> pad{};
  Digest<H::kSize> short_key;
  if (key.size() > H::kBlock) {
    short_key = digest<H>(key);
    key = short_key.view();
  }
  if (!key.empty()) std::memcpy(pad.data(), key.data(), key.size());
  for (auto& b : pad) b ^= 0x36;

  typename H::Context context;
  Digest<H::kSize> out;
  H::begin(&context);
  H::add(&context, pad.data(), pad.size());
  H::add(&context, data.data(), data.size());
  H::end(out.data(), &context);

  for (auto& b : pad) b ^= 0x36 ^ 0x5c;
  H::begin(&context);
  H::add(&context, pad.data(), pad.size());
  H::add(&context, out.data(), out.size());
  H::end(out.data(), &context);
  OPENSSL_cleanse(pad.data(), pad.size());
  OPENSSL_cleanse(&context, sizeof(context));
  return out;
}

}  // namespace

Digest<20> sha1(std::string_view data) { return digest<Sha1>(data); }
Digest<32> sha256(std::string_view data) { return digest<Sha256>(data); }
Digest<48> sha384(std::string_view data) { return digest<Sha384>(data); }
Digest<64> sha512(std::string_view data) { return digest<Sha512>(data); }

Digest<20> hmac_sha1(std::string_view key, std::string_view data) { return hmac<Sha1>(key, data); }
Digest<32> hmac_sha256(std::string_view key, std::string_view data) { return hmac<Sha256>(key, data); }
Digest<48> hmac_sha384(std::string_view key, std::string_view data) { return hmac<Sha384>(key, data); }
Digest<64> hmac_sha512(std::string_view key, std::string_view data) { return hmac<Sha512>(key, data); }

namespace {
SHA256_CTX* context_of(std::array<unsigned char, 112>& state) {
  static_assert(sizeof(SHA256_CTX) <= sizeof(state) && alignof(SHA256_CTX) <= 8);
  return reinterpret_cast<SHA256_CTX*>(state.data());
}
}  // namespace

Sha256Stream::Sha256Stream() { SHA256_Init(context_of(state_)); }
void Sha256Stream::add(std::string_view piece) { SHA256_Update(context_of(state_), piece.data(), piece.size()); }
Digest<32> Sha256Stream::finish() {
  Digest<32> out;
  SHA256_Final(out.data(), context_of(state_));
  return out;
}

HmacSha256Key::HmacSha256Key(std::string_view key) {
  std::array<char, 64> pad{};
  Digest<32> short_key;
  if (key.size() > pad.size()) {
    short_key = sha256(key);
    key = short_key.view();
  }
  if (!key.empty()) std::memcpy(pad.data(), key.data(), key.size());
  for (char& b : pad) b = static_cast<char>(b ^ 0x36);
  inner_.add({pad.data(), pad.size()});
  for (char& b : pad) b = static_cast<char>(b ^ 0x36 ^ 0x5c);
  outer_.add({pad.data(), pad.size()});
  OPENSSL_cleanse(pad.data(), pad.size());
}

HmacSha256Key::~HmacSha256Key() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

Digest<32> HmacSha256Key::of(std::string_view data) const {
  Sha256Stream inner = inner_, outer = outer_;
  inner.add(data);
  outer.add(inner.finish().view());
  const Digest<32> out = outer.finish();
  OPENSSL_cleanse(&inner, sizeof inner);
  OPENSSL_cleanse(&outer, sizeof outer);
  return out;
}

HmacSha256Stream::HmacSha256Stream(std::string_view key) : outer_pad_{} {
  Digest<32> short_key;
  if (key.size() > outer_pad_.size()) {
    short_key = sha256(key);
    key = short_key.view();
  }
  if (!key.empty()) std::memcpy(outer_pad_.data(), key.data(), key.size());
  for (auto& b : outer_pad_) b ^= 0x36;
  inner_.add({reinterpret_cast<const char*>(outer_pad_.data()), outer_pad_.size()});
  for (auto& b : outer_pad_) b ^= 0x36 ^ 0x5c;
}

HmacSha256Stream::~HmacSha256Stream() { OPENSSL_cleanse(outer_pad_.data(), outer_pad_.size()); }

Digest<32> HmacSha256Stream::finish() {
  const Digest<32> inner = inner_.finish();
  Sha256Stream outer;
  outer.add({reinterpret_cast<const char*>(outer_pad_.data()), outer_pad_.size()});
  outer.add(inner.view());
  return outer.finish();
}

}  // namespace gatehouse::crypto

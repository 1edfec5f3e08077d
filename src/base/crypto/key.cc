// All kinds of keys that tokens may name. They share what must not be forgotten: every handle is freed, no key is printed.
#include "base/crypto/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::crypto {
namespace {

template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* p) const {
    free_function(p);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using ParamBuild = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

constexpr int kMinRsaBits = 2048, kMaxRsaBits = 8192;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

tl::unexpected<Problem> bad(std::string why) {
  ERR_clear_error();
  return fail(Source::us, "bad_key", std::move(why));
}

Number number_of(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::string number_bytes(const BIGNUM* n, int length) {
  std::string out(static_cast<std::size_t>(length), '\0');
  BN_bn2binpad(n, reinterpret_cast<unsigned char*>(out.data()), length);
  return out;
}

std::string number_param(const EVP_PKEY* key, const char* name, int length = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  Number n(raw);
  return number_bytes(n.get(), length != 0 ? length : BN_num_bytes(n.get()));
}

int field_bytes(KeyKind curve) { return curve == KeyKind::p256 ? 32 : curve == KeyKind::p384 ? 48 : 66; }

const char* group_name(KeyKind curve) {
  return curve == KeyKind::p256 ? "prime256v1" : curve == KeyKind::p384 ? "secp384r1" : "secp521r1";
}

// Stops: keys with which anybody can sign (small-order points), and two spellings of one key (y >= p).
bool sound_ed25519_point(std::string_view key) {
  if (key.size() != 32) return false;
  std::array<unsigned char, 32> y;
  std::memcpy(y.data(), key.data(), 32);
  y[31] &= 0x7f;
  const bool high = y[31] == 0x7f && std::all_of(y.begin() + 1, y.end() - 1, [](unsigned char b) { return b == 0xff; });
  if (high && y[0] >= 0xec) return false;  // y = p - 1 has order 2; from p on it is not canonical
  const bool low = std::all_of(y.begin() + 1, y.end(), [](unsigned char b) { return b == 0; });
  if (low && y[0] <= 1) return false;  // y = 0 has order 4, y = 1 is the identity
  // The two remaining y of order 8.
  constexpr std::array<unsigned char, 32> kOrder8a = {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                                                      0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                                                      0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
  constexpr std::array<unsigned char, 32> kOrder8b = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
                                                      0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
                                                      0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
  return y != kOrder8a && y != kOrder8b;
}

Result<Pkey> build(const char* type, OSSL_PARAM_BLD* parts) {
  Params params(OSSL_PARAM_BLD_to_param(parts));
  PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* raw = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return bad(std::string("not a valid ") + type + " public key");
  return Pkey(raw);
}

const EVP_MD* digest_of(Algorithm a) {
  switch (a) {
    case Algorithm::rs256:
    case Algorithm::ps256:
    case Algorithm::es256:
      return EVP_sha256();
    case Algorithm::rs384:
    case Algorithm::ps384:
    case Algorithm::es384:
      return EVP_sha384();
    case Algorithm::rs512:
    case Algorithm::ps512:
    case Algorithm::es512:
      return EVP_sha512();
    default:
      return nullptr;  // Ed25519 brings its own
  }
}

bool is_pss(Algorithm a) { return a == Algorithm::ps256 || a == Algorithm::ps384 || a == Algorithm::ps512; }

bool set_padding(EVP_PKEY_CTX* context, Algorithm a) {
  if (kind_of(a) != KeyKind::rsa) return true;
  if (!is_pss(a)) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

// r || s -> DER; empty when the length is wrong or one of them is zero.
std::string der_of(std::string_view fixed, KeyKind curve) {
  const auto half = static_cast<std::size_t>(field_bytes(curve));
  if (fixed.size() != 2 * half) return {};
  Number r = number_of(fixed.substr(0, half)), s = number_of(fixed.substr(half));
  // Stops: the psychic signature, r = s = 0, which a careless verifier accepts for every message.
  if (!r || !s || BN_is_zero(r.get()) || BN_is_zero(s.get())) return {};
  EcdsaSignature signature(ECDSA_SIG_new());
  if (!signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release(), (void)s.release();  // the signature owns them now
  unsigned char* raw = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &raw);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(size));
  OPENSSL_free(raw);
  return out;
}

std::string fixed_of(std::string_view der, KeyKind curve) {
  const unsigned char* at = bytes_of(der);
  EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!signature) return {};
  const int half = field_bytes(curve);
  return number_bytes(ECDSA_SIG_get0_r(signature.get()), half) + number_bytes(ECDSA_SIG_get0_s(signature.get()), half);
}

std::string drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

namespace detail {

// Contexts that are ready to verify with one key. Making one ready costs several fetches and allocations, as much as a
// third of an RSA verification, and it serves again and again, though only one caller at a time.
class ReadyContexts {
 public:
  struct Ready {
    Algorithm algorithm;
    PkeyContext context;
  };
  ReadyContexts() = default;
  ReadyContexts(const ReadyContexts&) = delete;
  ReadyContexts& operator=(const ReadyContexts&) = delete;
  ~ReadyContexts() {
    for (auto& place : places_) std::unique_ptr<Ready>(place.load(std::memory_order_acquire)).reset();
  }
  // Null when the library fails.
  std::unique_ptr<Ready> take(EVP_PKEY* key, Algorithm algorithm) {
    for (auto& place : places_) {
      std::unique_ptr<Ready> ready(place.exchange(nullptr, std::memory_order_acq_rel));
      if (!ready) continue;
      if (ready->algorithm == algorithm) return ready;
      give(std::move(ready));  // a key that serves two algorithms
      break;
    }
    auto ready =
        std::make_unique<Ready>(Ready{algorithm, PkeyContext(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr))});
    EVP_PKEY_CTX* c = ready->context.get();
    if (c == nullptr || EVP_PKEY_verify_init(c) != 1 || !set_padding(c, algorithm) ||
        EVP_PKEY_CTX_set_signature_md(c, digest_of(algorithm)) != 1)
      return nullptr;
    return ready;
  }
  void give(std::unique_ptr<Ready> ready) {
    for (auto& place : places_) {
      Ready* none = nullptr;
      if (!place.compare_exchange_strong(none, ready.get(), std::memory_order_acq_rel)) continue;
      (void)ready.release();
      return;
    }
  }

 private:
  std::array<std::atomic<Ready*>, 4> places_{};
};

struct KeyImpl {
  Pkey key;
  KeyKind kind = KeyKind::rsa;
  mutable ReadyContexts contexts;
};

namespace {

// The signature over a digest, for RSA and ECDSA.
bool verify_digest(const KeyImpl& impl, Algorithm algorithm, std::string_view digest, std::string_view signature) {
  auto ready = impl.contexts.take(impl.key.get(), algorithm);
  if (!ready) return false;
  const bool good = EVP_PKEY_verify(ready->context.get(), bytes_of(signature), signature.size(), bytes_of(digest),
                                    digest.size()) == 1;
  impl.contexts.give(std::move(ready));
  return good;
}

bool verify_data(const KeyImpl& impl, Algorithm algorithm, std::string_view data, std::string_view signature) {
  switch (EVP_MD_get_size(digest_of(algorithm))) {
    case 32:
      return verify_digest(impl, algorithm, sha256(data).view(), signature);
    case 48:
      return verify_digest(impl, algorithm, sha384(data).view(), signature);
    default:
      return verify_digest(impl, algorithm, sha512(data).view(), signature);
  }
}

// Judges a key whatever form it came in.
Result<std::shared_ptr<const KeyImpl>> admit(Pkey key) {
  auto impl = std::make_shared<KeyImpl>();
  EVP_PKEY* k = key.get();
  if (EVP_PKEY_is_a(k, "RSA")) {
    impl->kind = KeyKind::rsa;
    const int bits = EVP_PKEY_get_bits(k);
    if (bits < kMinRsaBits) return bad("RSA modulus has " + std::to_string(bits) + " bits, 2048 are needed");
    if (bits > kMaxRsaBits) return bad("RSA modulus has " + std::to_string(bits) + " bits, more than 8192");
    BIGNUM *n_raw = nullptr, *e_raw = nullptr;
    EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_N, &n_raw);
    EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_E, &e_raw);
    const Number n(n_raw), e(e_raw);
    if (!n || !BN_is_odd(n.get())) return bad("RSA modulus is even");
    // Stops: e = 1, with which every signature is its own message.
    if (!e || !BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > 32)
      return bad("RSA exponent must be odd, at least 3 and below 2^32");
  } else if (EVP_PKEY_is_a(k, "EC")) {
    std::array<char, 64> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(k, group.data(), group.size(), &size) != 1) return bad("EC key without a named curve");
    const std::string_view name(group.data(), size);
    if (name == "prime256v1")
      impl->kind = KeyKind::p256;
    else if (name == "secp384r1")
      impl->kind = KeyKind::p384;
    else if (name == "secp521r1")
      impl->kind = KeyKind::p521;
    else
      return bad("curve " + std::string(name) + " is not supported");
    PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, k, nullptr));
    // Stops: points off the curve and the point at infinity.
    if (!context || EVP_PKEY_public_check(context.get()) != 1) return bad("EC point is not on its curve");
  } else if (EVP_PKEY_is_a(k, "ED25519")) {
    impl->kind = KeyKind::ed25519;
    std::array<unsigned char, 32> raw{};
    std::size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(k, raw.data(), &size) != 1 ||
        !sound_ed25519_point({reinterpret_cast<const char*>(raw.data()), size}))
      return bad("Ed25519 key is of small order or not canonical");
  } else {
    return bad("only RSA, ECDSA on P-256, P-384, P-521 and Ed25519 keys are supported");
  }
  impl->key = std::move(key);
  ERR_clear_error();
  return std::shared_ptr<const KeyImpl>(std::move(impl));
}

}  // namespace
}  // namespace detail

Result<VerifyKey> VerifyKey::from_pem(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char *name_raw = nullptr, *header_raw = nullptr;
  unsigned char* data_raw = nullptr;
  long size = 0;
  if (!bio || PEM_read_bio(bio.get(), &name_raw, &header_raw, &data_raw, &size) != 1) return bad("no PEM block found");
  const std::string name(name_raw), header(header_raw);
  const std::string der(reinterpret_cast<const char*>(data_raw), static_cast<std::size_t>(size));
  OPENSSL_free(name_raw), OPENSSL_free(header_raw), OPENSSL_free(data_raw);
  if (!header.empty()) return bad("an encrypted PEM block");
  // Stops: a second key that an operator did not see being taken, or ignored, in silence.
  if (pem.find("-----BEGIN", pem.find("-----BEGIN") + 1) != std::string_view::npos)
    return bad("more than one PEM block");

  const unsigned char* at = bytes_of(der);
  Pkey key;
  if (name == "PUBLIC KEY") {
    key.reset(d2i_PUBKEY(nullptr, &at, size));
  } else if (name == "RSA PUBLIC KEY") {
    key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
  } else if (name == "CERTIFICATE") {
    Certificate certificate(d2i_X509(nullptr, &at, size));
    if (certificate) key.reset(X509_get_pubkey(certificate.get()));
  } else {
    return bad("a PEM block \"" + text::printable(name, 40) + "\" where a public key is needed");
  }
  if (!key) return bad("the PEM block holds no valid public key");
  auto impl = detail::admit(std::move(key));
  if (!impl) return fail(std::move(impl.error()));
  return VerifyKey(std::move(*impl));
}

Result<VerifyKey> VerifyKey::rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.empty() || exponent.empty() || modulus[0] == '\0' || exponent[0] == '\0')
    return bad("RSA n and e must be non-empty and without leading zero bytes");
  if (modulus.size() > kMaxRsaBits / 8 || exponent.size() > 4) return bad("RSA n or e is too long");
  const Number n = number_of(modulus), e = number_of(exponent);
  const ParamBuild parts(OSSL_PARAM_BLD_new());
  if (!parts || OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(parts.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return bad("RSA key cannot be built");
  auto key = build("RSA", parts.get());
  if (!key) return fail(std::move(key.error()));
  auto impl = detail::admit(std::move(*key));
  if (!impl) return fail(std::move(impl.error()));
  return VerifyKey(std::move(*impl));
}

Result<VerifyKey> VerifyKey::ec(KeyKind curve, std::string_view x, std::string_view y) {
  if (curve != KeyKind::p256 && curve != KeyKind::p384 && curve != KeyKind::p521) return bad("not a curve");
  const auto size = static_cast<std::size_t>(field_bytes(curve));
  if (x.size() != size || y.size() != size)
    return bad("EC coordinates must have exactly " + std::to_string(size) + " bytes each");
  std::string point = "\x04";
  point.append(x).append(y);
  const ParamBuild parts(OSSL_PARAM_BLD_new());
  if (!parts || OSSL_PARAM_BLD_push_utf8_string(parts.get(), OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve), 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(parts.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return bad("EC key cannot be built");
  auto key = build("EC", parts.get());
  if (!key) return bad("EC point is not on its curve");
  auto impl = detail::admit(std::move(*key));
  if (!impl) return fail(std::move(impl.error()));
  return VerifyKey(std::move(*impl));
}

Result<VerifyKey> VerifyKey::ed25519(std::string_view bytes) {
  if (bytes.size() != 32) return bad("an Ed25519 public key has 32 bytes");
  Pkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size()));
  if (!key) return bad("not an Ed25519 public key");
  auto impl = detail::admit(std::move(key));
  if (!impl) return fail(std::move(impl.error()));
  return VerifyKey(std::move(*impl));
}

KeyKind VerifyKey::kind() const { return impl_->kind; }
int VerifyKey::bits() const { return EVP_PKEY_get_bits(impl_->key.get()); }

bool VerifyKey::verify(Algorithm algorithm, std::string_view data, std::string_view signature) const {
  // Stops: algorithm confusion. The key says what it is for, whoever names another algorithm is turned away.
  if (kind_of(algorithm) != impl_->kind) return false;
  std::string der;
  if (impl_->kind == KeyKind::p256 || impl_->kind == KeyKind::p384 || impl_->kind == KeyKind::p521) {
    der = der_of(signature, impl_->kind);
    if (der.empty()) return false;
    signature = der;
  } else if (impl_->kind == KeyKind::rsa) {
    if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get()))) return false;
  } else if (signature.size() != 64) {
    return false;
  }
  bool good = false;
  if (impl_->kind == KeyKind::ed25519) {  // signs the text itself, not a digest
    const MdContext context(EVP_MD_CTX_new());
    good = context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, impl_->key.get()) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(data), data.size()) == 1;
  } else {
    good = detail::verify_data(*impl_, algorithm, data, signature);
  }
  if (!good) ERR_clear_error();
  return good;
}

json::Value VerifyKey::to_jwk() const {
  const EVP_PKEY* key = impl_->key.get();
  json::Value out;
  switch (impl_->kind) {
    case KeyKind::rsa:
      out.set("kty", "RSA");
      out.set("n", text::base64url(number_param(key, OSSL_PKEY_PARAM_RSA_N)));
      out.set("e", text::base64url(number_param(key, OSSL_PKEY_PARAM_RSA_E)));
      break;
    case KeyKind::ed25519: {
      std::string raw(32, '\0');
      std::size_t size = raw.size();
      EVP_PKEY_get_raw_public_key(key, reinterpret_cast<unsigned char*>(raw.data()), &size);
      out.set("kty", "OKP");
      out.set("crv", "Ed25519");
      out.set("x", text::base64url(raw));
      break;
    }
    default: {
      const int size = field_bytes(impl_->kind);
      out.set("kty", "EC");
      out.set("crv", name(impl_->kind));
      out.set("x", text::base64url(number_param(key, OSSL_PKEY_PARAM_EC_PUB_X, size)));
      out.set("y", text::base64url(number_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, size)));
    }
  }
  return out;
}

std::string VerifyKey::thumbprint() const {
  // RFC 7638 §3: the required members in alphabetic order, without blanks.
  json::Object members = to_jwk().object();
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return text::base64url(sha256(json::write(json::Value(std::move(members)))).view());
}

std::string VerifyKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  return bio && PEM_write_bio_PUBKEY(bio.get(), impl_->key.get()) == 1 ? drain(bio.get()) : std::string();
}

Result<SigningKey> SigningKey::generate(KeyKind kind) {
  Pkey key;
  switch (kind) {
    case KeyKind::rsa:
      key.reset(EVP_RSA_gen(kMinRsaBits));
      break;
    case KeyKind::ed25519:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
    case KeyKind::secret:
      return bad("a shared secret is not a key pair");
    default:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group_name(kind)));
  }
  if (!key) return bad("key generation failed");
  auto impl = detail::admit(std::move(key));
  if (!impl) return fail(std::move(impl.error()));
  return SigningKey(std::move(*impl));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Without a callback OpenSSL would ask for a pass phrase on the terminal.
  const auto no_pass_phrase = [](char*, int, int, void*) { return -1; };
  Pkey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr) : nullptr);
  if (!key) return bad("no unencrypted PEM private key found");
  auto impl = detail::admit(std::move(key));
  if (!impl) return fail(std::move(impl.error()));
  return SigningKey(std::move(*impl));
}

Result<SigningKey> SigningKey::ed25519(std::string_view seed) {
  if (seed.size() != 32) return bad("an Ed25519 seed has 32 bytes");
  Pkey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()));
  if (!key) return bad("not an Ed25519 seed");
  auto impl = detail::admit(std::move(key));
  if (!impl) return fail(std::move(impl.error()));
  return SigningKey(std::move(*impl));
}

Secret SigningKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return Secret();
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Secret(std::string_view(data, static_cast<std::size_t>(size)));
}

KeyKind SigningKey::kind() const { return impl_->kind; }
VerifyKey SigningKey::public_key() const { return VerifyKey(impl_); }

Result<std::string> SigningKey::sign(Algorithm algorithm, std::string_view data) const {
  if (kind_of(algorithm) != impl_->kind)
    return fail(Source::us, "bad_key",
                std::string(name(algorithm)) + " with a key of kind " + std::string(name(kind())));
  const MdContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* inner = nullptr;
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), &inner, digest_of(algorithm), nullptr, impl_->key.get()) != 1 ||
      !set_padding(inner, algorithm) || EVP_DigestSign(context.get(), nullptr, &size, bytes_of(data), data.size()) != 1)
    return bad("signing failed");
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(data), data.size()) !=
      1)
    return bad("signing failed");
  out.resize(size);
  if (impl_->kind == KeyKind::p256 || impl_->kind == KeyKind::p384 || impl_->kind == KeyKind::p521)
    return fixed_of(out, impl_->kind);
  return out;
}

bool ed25519_verify(std::string_view public_key, std::string_view data, std::string_view signature) {
  auto key = VerifyKey::ed25519(public_key);
  return key && key->verify(Algorithm::eddsa, data, signature);
}

}  // namespace gatehouse::crypto

// Asymmetric keys: RSA, ECDSA on the NIST curves, Ed25519. Weak ones cannot be made.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/crypto/algorithm.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::crypto {

namespace detail {
struct KeyImpl;
}

// A public key that is fit for use: RSA of 2048 to 8192 bits with an odd exponent from 3 to 2^32, a point that is on
// its curve and not at infinity, an Ed25519 point that is canonical and not of small order. Cheap to copy; safe to use
// from several threads.
class VerifyKey {
 public:
  // "-----BEGIN PUBLIC KEY-----" (SPKI), "RSA PUBLIC KEY" (PKCS #1) or "CERTIFICATE" (its key; the certificate's own
  // validity is not looked at). Exactly one block. Problem code "bad_key".
  static Result<VerifyKey> from_pem(std::string_view pem);
  // Modulus and exponent as unsigned big-endian bytes without leading zeros (RFC 7518 §6.3.1).
  static Result<VerifyKey> rsa(std::string_view modulus, std::string_view exponent);
  // Coordinates of exactly the curve's length (RFC 7518 §6.2.1).
  static Result<VerifyKey> ec(KeyKind curve, std::string_view x, std::string_view y);
  // 32 bytes (RFC 8032 §5.1.5).
  static Result<VerifyKey> ed25519(std::string_view bytes);

  KeyKind kind() const;
  int bits() const;
  // False for a wrong signature, a wrong length, or an algorithm that is not for this kind of key. ECDSA signatures
  // are r || s of fixed length (RFC 7518 §3.4), never DER.
  bool verify(Algorithm algorithm, std::string_view data, std::string_view signature) const;
  // The public members only: kty, and n, e | crv, x, y | crv, x. Base64url as in RFC 7517.
  json::Value to_jwk() const;
  // RFC 7638, SHA-256, base64url.
  std::string thumbprint() const;
  std::string to_pem() const;  // SPKI

 private:
  friend class SigningKey;
  explicit VerifyKey(std::shared_ptr<const detail::KeyImpl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const detail::KeyImpl> impl_;
};

// A private key. Cheap to copy (the key is shared); safe to use from several threads.
class SigningKey {
 public:
  static Result<SigningKey> generate(KeyKind kind);  // RSA: 2048 bits. Not for KeyKind::secret
  // "-----BEGIN PRIVATE KEY-----" (PKCS #8), or the older RSA and EC forms; not encrypted.
  static Result<SigningKey> from_pem(std::string_view pem);
  static Result<SigningKey> ed25519(std::string_view seed);  // 32 bytes
  Secret to_pem() const;                                     // PKCS #8

  KeyKind kind() const;
  VerifyKey public_key() const;
  // Problem when the algorithm is not for this kind of key.
  Result<std::string> sign(Algorithm algorithm, std::string_view data) const;

 private:
  explicit SigningKey(std::shared_ptr<const detail::KeyImpl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const detail::KeyImpl> impl_;
};

// For protocols that carry bare Ed25519 keys (Standard Webhooks "whpk_", Discord). False for any wrong length.
bool ed25519_verify(std::string_view public_key, std::string_view data, std::string_view signature);

}  // namespace gatehouse::crypto

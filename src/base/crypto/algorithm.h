// The signature algorithms of RFC 7518 §3 and RFC 8037, and sets of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::crypto {

enum class Algorithm : std::uint8_t {
  rs256,
  rs384,
  rs512,  // RSASSA-PKCS1-v1_5
  ps256,
  ps384,
  ps512,  // RSASSA-PSS, salt as long as the digest
  es256,
  es384,
  es512,  // ECDSA on P-256, P-384, P-521; signatures as r || s
  eddsa,  // Ed25519; RFC 9864 also writes "Ed25519"
  hs256,
  hs384,
  hs512,  // HMAC with a secret that both sides know
};
inline constexpr int kAlgorithms = 13;

enum class KeyKind : std::uint8_t { rsa, p256, p384, p521, ed25519, secret };

std::string_view name(Algorithm a);                         // "RS256"
std::optional<Algorithm> algorithm_of(std::string_view s);  // exact case; "none" and its spellings are no algorithm
KeyKind kind_of(Algorithm a);                               // the only kind of key it may be used with
std::string_view name(KeyKind k);                           // "RSA", "P-256", …

// Algorithms that are allowed.
class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<Algorithm> list) {
    for (Algorithm a : list) add(a);
  }
  constexpr void add(Algorithm a) { bits_ |= bit(a); }
  constexpr bool has(Algorithm a) const { return (bits_ & bit(a)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint16_t bits() const { return bits_; }
  constexpr AlgorithmSet operator&(AlgorithmSet o) const { return AlgorithmSet(bits_ & o.bits_); }
  constexpr AlgorithmSet operator|(AlgorithmSet o) const { return AlgorithmSet(bits_ | o.bits_); }
  constexpr bool operator==(const AlgorithmSet&) const = default;
  std::string text() const;  // "RS256 ES256"

  static constexpr AlgorithmSet asymmetric() { return AlgorithmSet((1 << 10) - 1); }
  static constexpr AlgorithmSet symmetric() { return AlgorithmSet(7 << 10); }
  static constexpr AlgorithmSet all() { return AlgorithmSet((1 << kAlgorithms) - 1); }
  // Every algorithm a key of that kind can be used with.
  static AlgorithmSet of(KeyKind kind);

 private:
  constexpr explicit AlgorithmSet(int bits) : bits_(static_cast<std::uint16_t>(bits)) {}
  static constexpr std::uint16_t bit(Algorithm a) { return static_cast<std::uint16_t>(1u << static_cast<unsigned>(a)); }
  std::uint16_t bits_ = 0;
};

}  // namespace gatehouse::crypto

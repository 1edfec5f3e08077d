// JSON Web Signatures in compact form (RFC 7515 §3.1, §7.1), read strictly.
#pragma once

#include <string>
#include <string_view>

#include "base/crypto/jwk.h"

namespace gatehouse::crypto {

inline constexpr std::size_t kMaxTokenBytes = 8 * 1024;
inline constexpr std::size_t kMaxJoseHeaderBytes = 2 * 1024;
inline constexpr int kMaxTokenDepth = 8;

// Problem codes of tokens; stable.
inline constexpr std::string_view kUnauthenticated = "unauthenticated";
inline constexpr std::string_view kTokenInvalid = "token_invalid";
inline constexpr std::string_view kTokenExpired = "token_expired";
// The cause behind token_invalid when no key of the set bears the token's kid: the moment to ask the issuer again.
inline constexpr std::string_view kUnknownKey = "unknown_key";

struct JoseHeader {
  Algorithm algorithm = Algorithm::rs256;
  bool has_kid = false;
  std::string kid;      // printable ASCII, at most 256 bytes; a name to compare and nothing else
  std::string typ;      // empty when absent
  std::string cty;      // empty when absent
  json::Value members;  // the whole header; unknown members are ignored (RFC 7515 §4)
};

// A token that was read and not yet believed.
struct Jws {
  JoseHeader header;
  std::string_view signing_input;  // into the token's text
  std::string payload;             // decoded bytes
  std::string signature;           // decoded bytes
};

// Reads the three parts. Refused with token_invalid: more than 8 KiB, a header over 2 KiB or deeper than 8, any number
// of parts but three, base64url that is padded, blank-laced or not canonical, a header that is not strict JSON,
// an unknown algorithm ("none" in every spelling), `crit`, `b64`, `zip`, `enc`, members of a wrong type.
// Keys that travel in the header (jwk, jku, x5u, x5c) are never looked at.
Result<Jws> parse_jws(std::string_view token);

// Finds the one key record the header may use and verifies with it. A token with a kid needs a key of that kid (or
// one configured to stand for any); without one, exactly one key must fit. Problem token_invalid, with an unknown_key
// cause when no key has the kid.
Result<const KeyRecord*> verify_jws(const Jws& jws, const KeySet& keys, AlgorithmSet allowed);

inline bool is_unknown_key(const Problem& p) { return p.cause && p.cause->code == kUnknownKey; }

// Signs `payload` under a header {"alg","typ","kid"}; `typ` may be empty.
Result<std::string> sign_jws(const SigningKey& key, Algorithm algorithm, std::string_view kid, std::string_view typ,
                             std::string_view payload);

}  // namespace gatehouse::crypto

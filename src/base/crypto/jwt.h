// JSON Web Tokens (RFC 7519) verified as RFC 8725 asks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/jws.h"

namespace gatehouse::crypto {

// What a token must say. An empty list means: not checked.
struct JwtRules {
  std::vector<std::string> issuers;             // one of them, to the byte
  std::vector<std::string> audiences;           // one of the token's must be one of these
  std::vector<std::string> authorized_parties;  // `azp`
  bool azp_absent_allowed = false;              // with authorized_parties: a token without azp
  AlgorithmSet algorithms = AlgorithmSet::all();
  std::int64_t skew = 30;  // seconds, 0 to 120, on both sides
  bool expiry_required = true;
  bool subject_required = false;
  // Accepted `typ`, compared without case and without "application/". An absent typ passes unless typ_required.
  std::vector<std::string> types = {"JWT", "at+jwt"};
  bool typ_required = false;
};

// A verified token.
struct Jwt {
  JoseHeader header;
  json::Value claims;
  std::int64_t expires = 0;     // whole seconds, rounded down; 0 when absent
  std::int64_t not_before = 0;  // rounded up; 0 when absent
  std::int64_t issued_at = 0;   // rounded up; 0 when absent
};

// Everything: form, key, signature, claims, in this order. Problem codes: unauthenticated (no token), token_expired
// (only a signed token that is right in all else and past its time), token_invalid. Details never carry the token.
Result<Jwt> verify_jwt(std::string_view token, const KeySet& keys, const JwtRules& rules, std::int64_t now);

// The claims of a token whose signature was verified.
Result<Jwt> check_claims(Jws jws, const JwtRules& rules, std::int64_t now);

// RFC 7519 §2: a JSON number from 0 to the end of the year 9999, fractions allowed. Nothing otherwise.
enum class Round : unsigned char { down, up };
std::optional<std::int64_t> numeric_date(const json::Value& value, Round round);

}  // namespace gatehouse::crypto

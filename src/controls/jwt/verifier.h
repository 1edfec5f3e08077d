// One issuer's tokens: from text to a principal, through the cache of verified ones.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/jwt.h"
#include "controls/jwt/key_source.h"
#include "controls/jwt/verified_cache.h"
#include "gate/code.h"
#include "gate/filter.h"
#include "gate/identity.h"
#include "gate/revocations.h"

namespace gatehouse::controls::jwt {

enum class Preset : unsigned char { custom, clerk, supabase, auth0 };

// How a principal is read out of claims.
struct ClaimNames {
  std::vector<std::string> roles;     // dotted paths, all of them count: a string or a list of strings
  std::vector<std::string> sessions;  // dotted paths, the first that is a string
};

struct Judgement {
  enum class Kind : unsigned char {
    valid,
    signed_out,  // a token that says so itself (Clerk `sts` pending): as if none had come
    refused,
    no_keys,  // nothing to verify with: the issuer's keys were never had, or are too old
  } kind = Kind::refused;
  std::shared_ptr<const gate::Principal> principal;
  gate::Code code = gate::Code::token_invalid;
  gate::Detail detail{};
  bool unknown_key = false;  // refused because no key bears the token's kid
};

// Immutable; safe from several threads.
class Verifier {
 public:
  Verifier(Preset preset, crypto::JwtRules rules, ClaimNames names, std::string source_name,
           std::shared_ptr<KeySource> source, std::shared_ptr<VerifiedCache> cache,
           const gate::Revocations* revocations);

  // A hit re-checks expiry, not-before, that the keys are still the same, and revocation.
  Judgement judge(std::string_view token, std::int64_t now) const;
  KeySource& source() const { return *source_; }

 private:
  Judgement verify(std::string_view token, const Sip128& hash, std::int64_t now) const;
  Judgement accept(std::shared_ptr<const gate::Principal> principal) const;
  std::optional<Judgement> judge_preset(const crypto::Jwt& jwt) const;
  std::shared_ptr<const gate::Principal> principal_of(crypto::Jwt jwt) const;

  Preset preset_;
  crypto::JwtRules rules_;
  ClaimNames names_;
  SipKey token_key_;  // bound to everything a verdict depends on besides token, keys and time
  std::shared_ptr<KeySource> source_;
  std::shared_ptr<VerifiedCache> cache_;
  const gate::Revocations* revocations_;
};

}  // namespace gatehouse::controls::jwt

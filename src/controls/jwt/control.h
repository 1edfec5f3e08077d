// jwt: who a request acts for, proved by a signed token.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controls/control.h"
#include "controls/jwt/verifier.h"

namespace gatehouse::controls::jwt {

// [jwt] and [route.jwt], as written; resolve() turns it into what holds.
struct JwtSettings : Settings {
  Preset preset = Preset::custom;
  std::string publishable_key;  // clerk: names the instance
  std::string project_url;      // supabase: https://<ref>.supabase.co
  std::string domain;           // auth0: <tenant>.auth0.com or the custom domain
  std::vector<std::string> issuer, audience, authorized_parties;
  bool azp_absent_allow = false;
  std::string jwks;  // URL or file
  conf::SecretRef secret;
  std::vector<std::string> algorithms, typ;
  Duration skew{std::chrono::seconds(30)};
  bool require_expiry = true;
  std::string cookie;
  std::vector<std::string> drop_cookies;
  std::vector<std::string> roles_claim, session_claim;
  Duration refresh{std::chrono::minutes(10)}, stale{std::chrono::hours(24)};
};

// What a preset and its names come to. Nothing here touches file, network or secret.
struct Resolved {
  crypto::JwtRules rules;
  ClaimNames claims;
  std::string jwks_url;  // empty: keys come from a file or a secret
  std::string jwks_file;
  std::vector<std::string> cookies;        // the token cookie's names: plain first, then suffixed
  std::vector<std::string> clock_cookies;  // Clerk's __client_uat in the same spellings
};
Resolved resolve(const JwtSettings& s);

// The part of Clerk's publishable key that names its instance: "clerk.example.com". Nothing when it is not one.
std::optional<std::string> clerk_host(std::string_view publishable_key);
// Clerk's cookie suffix for a publishable key: eight characters.
std::string clerk_suffix(std::string_view publishable_key);

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::jwt

#include <algorithm>

#include "base/crypto/digest.h"
#include "base/text.h"
#include "controls/jwt/control.h"

namespace gatehouse::controls::jwt {
namespace {

using crypto::Algorithm;
using crypto::AlgorithmSet;

constexpr std::string_view kHttps = "https://";

bool is_url(std::string_view s) { return s.find("://") != std::string_view::npos; }

std::string without_slash(std::string s) {
  while (s.ends_with('/')) s.pop_back();
  return s;
}

AlgorithmSet written_algorithms(const std::vector<std::string>& names) {
  AlgorithmSet set;
  for (const std::string& n : names)
    if (const auto a = crypto::algorithm_of(n)) set.add(*a);
  return set;
}

// The publishable keys an instance's own address can have: with and without the padding of base64.
std::vector<std::string> clerk_keys_of(std::string_view issuer) {
  if (!issuer.starts_with(kHttps)) return {};
  const std::string_view host = issuer.substr(kHttps.size());
  const std::string encoded = text::base64(std::string(host) + "$");
  std::string bare = encoded;
  while (bare.ends_with('=')) bare.pop_back();
  const std::string kind = host.ends_with(".clerk.accounts.dev") ? "pk_test_" : "pk_live_";
  std::vector<std::string> keys{kind + bare};
  if (encoded != bare) keys.push_back(kind + encoded);
  return keys;
}

void add_suffixed(Resolved& r, const JwtSettings& s) {
  const std::vector<std::string> keys = !s.publishable_key.empty() ? std::vector<std::string>{s.publishable_key}
                                        : r.rules.issuers.empty()  ? std::vector<std::string>{}
                                                                   : clerk_keys_of(r.rules.issuers[0]);
  const std::string base = r.cookies.empty() ? "__session" : r.cookies[0];
  if (base != "__session") return;
  for (const std::string& key : keys) {
    const std::string suffix = "_" + clerk_suffix(key);
    if (!r.cookies.empty()) r.cookies.push_back("__session" + suffix);
    r.clock_cookies.push_back("__client_uat" + suffix);
  }
}

}  // namespace

std::optional<std::string> clerk_host(std::string_view publishable_key) {
  if (!publishable_key.starts_with("pk_test_") && !publishable_key.starts_with("pk_live_")) return std::nullopt;
  std::string encoded(publishable_key.substr(8));
  if (encoded.find('_') != std::string::npos) return std::nullopt;
  while (encoded.size() % 4 != 0) encoded += '=';
  const auto decoded = text::unbase64(encoded);
  if (!decoded || !decoded->ends_with('$') || decoded->find('$') != decoded->size() - 1) return std::nullopt;
  std::string host = decoded->substr(0, decoded->size() - 1);
  if (host.find('.') == std::string::npos || !conf::WebOrigin::parse("https://" + host)) return std::nullopt;
  return host;
}

std::string clerk_suffix(std::string_view publishable_key) {
  return text::base64url(crypto::sha1(publishable_key).view()).substr(0, 8);
}

Resolved resolve(const JwtSettings& s) {
  Resolved r;
  r.rules.issuers = s.issuer;
  r.rules.audiences = s.audience;
  r.rules.authorized_parties = s.authorized_parties;
  r.rules.azp_absent_allowed = s.azp_absent_allow;
  r.rules.skew = std::chrono::duration_cast<std::chrono::seconds>(s.skew).count();
  r.rules.expiry_required = s.require_expiry;
  r.rules.subject_required = true;
  r.rules.algorithms = s.secret.set() ? AlgorithmSet{Algorithm::hs256} : AlgorithmSet::asymmetric();
  r.claims = {{"roles"}, {"sid", "session_id"}};
  (is_url(s.jwks) ? r.jwks_url : r.jwks_file) = s.jwks;
  const bool own_keys = !s.jwks.empty() || s.secret.set();
  std::string well_known;
  switch (s.preset) {
    case Preset::custom:
      break;
    case Preset::clerk: {
      if (const auto host = clerk_host(s.publishable_key); host && r.rules.issuers.empty())
        r.rules.issuers.push_back(std::string(kHttps) + *host);
      if (!r.rules.issuers.empty()) well_known = without_slash(r.rules.issuers[0]) + "/.well-known/jwks.json";
      r.rules.algorithms = {Algorithm::rs256, Algorithm::rs384, Algorithm::rs512};
      r.rules.types = {"JWT"};  // at+jwt is an OAuth application's token, signed with the same key
      r.claims = {{"o.rol", "org_role"}, {"sid"}};
      break;
    }
    case Preset::supabase: {
      const std::string auth = without_slash(s.project_url) + "/auth/v1";
      if (!s.project_url.empty() && r.rules.issuers.empty()) r.rules.issuers.push_back(auth);
      if (r.rules.audiences.empty()) r.rules.audiences.emplace_back("authenticated");
      if (!r.rules.issuers.empty()) well_known = without_slash(r.rules.issuers[0]) + "/.well-known/jwks.json";
      if (!s.secret.set()) r.rules.algorithms = {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa};
      r.claims = {{"app_metadata.roles", "app_metadata.role"}, {"session_id"}};
      break;
    }
    case Preset::auth0:
      if (!s.domain.empty() && r.rules.issuers.empty()) r.rules.issuers.push_back(std::string(kHttps) + s.domain + "/");
      if (!r.rules.issuers.empty()) well_known = without_slash(r.rules.issuers[0]) + "/.well-known/jwks.json";
      if (!s.secret.set())
        r.rules.algorithms = {Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256};
      r.claims = {{"permissions"}, {"sid"}};
      break;
  }
  if (!own_keys) r.jwks_url = well_known;
  if (const AlgorithmSet written = written_algorithms(s.algorithms); !written.empty()) r.rules.algorithms = written;
  if (!s.typ.empty()) r.rules.types = s.typ, r.rules.typ_required = true;
  if (!s.roles_claim.empty()) r.claims.roles = s.roles_claim;
  if (!s.session_claim.empty()) r.claims.sessions = s.session_claim;
  if (!s.cookie.empty()) r.cookies.push_back(s.cookie);
  if (s.preset == Preset::clerk) {
    r.clock_cookies.emplace_back("__client_uat");
    add_suffixed(r, s);
  }
  return r;
}

}  // namespace gatehouse::controls::jwt

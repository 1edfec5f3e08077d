#include "base/crypto/jwt.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace gatehouse::crypto {
namespace {

constexpr std::int64_t kEndOfYear9999 = 253402300799;

tl::unexpected<Problem> refuse(std::string why) { return fail(Source::client, kTokenInvalid, std::move(why)); }

bool listed(const std::vector<std::string>& list, std::string_view s) {
  return std::find(list.begin(), list.end(), s) != list.end();
}

// Stops: a NUL that ends a name early in some backend's C string, so that "admin\0x" becomes "admin".
bool holds_nul(const json::Value& v) {
  if (const auto s = v.string()) return s->find('\0') != std::string_view::npos;
  for (const json::Value& item : v.array())
    if (holds_nul(item)) return true;
  for (const auto& [name, value] : v.object())
    if (name.find('\0') != std::string::npos || holds_nul(value)) return true;
  return false;
}

std::string_view media_type(std::string_view typ) {
  constexpr std::string_view kPrefix = "application/";
  return text::istarts_with(typ, kPrefix) ? typ.substr(kPrefix.size()) : typ;
}

Result<bool> check_type(const JoseHeader& header, const JwtRules& rules) {
  // Stops: a token inside a token, of which only the outer one would be checked.
  if (text::iequals(media_type(header.cty), "JWT")) return refuse("a nested token (cty JWT)");
  if (header.members.find("typ") == nullptr) {
    if (rules.typ_required) return refuse("the token has no typ");
    return true;
  }
  // Stops: tokens made for another purpose (logout, DPoP, identity) used for access.
  for (const std::string& allowed : rules.types)
    if (text::iequals(media_type(header.typ), media_type(allowed))) return true;
  return refuse("typ \"" + text::printable(header.typ, 40) + "\" is not accepted here");
}

Result<bool> check_parties(const json::Value& claims, const JwtRules& rules) {
  for (std::string_view name : {"iss", "sub", "azp", "jti"})
    if (const json::Value* v = claims.find(name); v != nullptr && !v->is_string())
      return refuse(std::string(name) + " is not a string");

  const auto iss = claims.string_at("iss");
  if (!rules.issuers.empty() && (!iss || !listed(rules.issuers, *iss)))
    return refuse(iss ? "the issuer is \"" + text::printable(*iss, 80) + "\"" : std::string("the token has no issuer"));

  if (rules.subject_required && claims.string_at("sub").value_or(std::string_view()).empty())
    return refuse("the token has no subject");

  bool audience_found = false;
  if (const json::Value* aud = claims.find("aud")) {
    if (const auto one = aud->string()) {
      audience_found = listed(rules.audiences, *one);
    } else {
      if (!aud->is_array()) return refuse("aud is neither a string nor a list");
      for (const json::Value& item : aud->array()) {
        if (!item.is_string()) return refuse("aud holds something that is not a string");
        audience_found = audience_found || listed(rules.audiences, *item.string());
      }
    }
  }
  // Stops: a token that the same issuer gave to another application.
  if (!rules.audiences.empty() && !audience_found) return refuse("the token is for another audience");

  if (!rules.authorized_parties.empty()) {
    const auto azp = claims.string_at("azp");
    // Stops: a token that a page on another origin obtained for the same user.
    if (!azp && !rules.azp_absent_allowed) return refuse("the token names no authorized party (azp)");
    if (azp && !listed(rules.authorized_parties, *azp))
      return refuse("the authorized party is \"" + text::printable(*azp, 80) + "\"");
  }
  return true;
}

}  // namespace

std::optional<std::int64_t> numeric_date(const json::Value& value, Round round) {
  if (!value.is_number() || value.number_text().starts_with('-')) return std::nullopt;
  std::int64_t seconds = 0;
  if (const auto whole = value.integer()) {
    seconds = *whole;
  } else {
    const auto real = value.real();
    // Stops: numbers that wrap when they are made whole.
    if (!real || !std::isfinite(*real) || *real > static_cast<double>(kEndOfYear9999)) return std::nullopt;
    seconds = static_cast<std::int64_t>(round == Round::down ? std::floor(*real) : std::ceil(*real));
  }
  if (seconds < 0 || seconds > kEndOfYear9999) return std::nullopt;
  return seconds;
}

Result<Jwt> check_claims(Jws jws, const JwtRules& rules, std::int64_t now) {
  if (auto type = check_type(jws.header, rules); !type) return fail(std::move(type.error()));
  json::Limits limits;
  limits.depth = kMaxTokenDepth;
  auto value = json::parse(jws.payload, limits);
  if (!value) return refuse("the payload is not strict JSON: " + text::printable(value.error().detail, 80));
  if (!value->is_object()) return refuse("the payload is not a JSON object");
  if (holds_nul(*value)) return refuse("the payload holds a NUL");

  Jwt jwt{std::move(jws.header), std::move(*value), 0, 0, 0};
  const auto date = [&jwt](std::string_view name, Round round, std::int64_t& into) {
    const json::Value* claim = jwt.claims.find(name);
    if (claim == nullptr) return true;
    const auto seconds = numeric_date(*claim, round);
    into = seconds.value_or(0);
    return seconds.has_value();
  };
  if (!date("exp", Round::down, jwt.expires)) return refuse("exp is not a date");
  if (!date("nbf", Round::up, jwt.not_before)) return refuse("nbf is not a date");
  if (!date("iat", Round::up, jwt.issued_at)) return refuse("iat is not a date");
  const bool has_expiry = jwt.claims.find("exp") != nullptr;
  if (!has_expiry && rules.expiry_required) return refuse("the token never expires (no exp)");
  if (auto parties = check_parties(jwt.claims, rules); !parties) return fail(std::move(parties.error()));

  const std::int64_t skew = std::clamp<std::int64_t>(rules.skew, 0, 120);
  if (jwt.not_before > now + skew) return refuse("the token is not valid yet (nbf)");
  if (jwt.issued_at > now + skew) return refuse("the token was issued in the future (iat)");
  if (has_expiry && now >= jwt.expires + skew)
    return fail(Source::client, kTokenExpired, "expired " + std::to_string(now - jwt.expires) + " s ago");
  return jwt;
}

Result<Jwt> verify_jwt(std::string_view token, const KeySet& keys, const JwtRules& rules, std::int64_t now) {
  if (token.empty()) return fail(Source::client, kUnauthenticated, "no token");
  auto jws = parse_jws(token);
  if (!jws) return fail(std::move(jws.error()));
  auto key = verify_jws(*jws, keys, rules.algorithms);
  if (!key) return fail(std::move(key.error()));
  return check_claims(std::move(*jws), rules, now);
}

}  // namespace gatehouse::crypto

#include "controls/jwt/verifier.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::controls::jwt {
namespace {

// An unambiguous text of all that decides.
std::string identify(Preset preset, const crypto::JwtRules& r, const ClaimNames& n, std::string_view source) {
  const auto list = [](const std::vector<std::string>& items) {
    json::Array out;
    for (const std::string& s : items) out.emplace_back(s);
    return json::Value(std::move(out));
  };
  json::Array all;
  all.emplace_back(static_cast<int>(preset));
  for (const auto* items : {&r.issuers, &r.audiences, &r.authorized_parties, &r.types, &n.roles, &n.sessions})
    all.push_back(list(*items));
  for (bool b : {r.azp_absent_allowed, r.expiry_required, r.subject_required, r.typ_required}) all.emplace_back(b);
  all.emplace_back(static_cast<int>(r.algorithms.bits()));
  all.emplace_back(r.skew);
  all.emplace_back(source);
  return json::write(json::Value(std::move(all)));
}

Judgement refusal(gate::Code code, std::string_view detail) {
  Judgement j;
  j.code = code;
  j.detail = detail;
  return j;
}

gate::Code code_of(std::string_view problem) {
  if (problem == crypto::kTokenExpired) return gate::Code::token_expired;
  if (problem == crypto::kUnauthenticated) return gate::Code::unauthenticated;
  return gate::Code::token_invalid;
}

// Clerk marks what a token was made for; only sessions stand for a person who is signed in.
constexpr std::string_view kClerkSession = "cl_B7d4PD111AAA", kClerkUnmarked = "cl_I7d4PD111III";

}  // namespace

Verifier::Verifier(Preset preset, crypto::JwtRules rules, ClaimNames names, std::string source_name,
                   std::shared_ptr<KeySource> source, std::shared_ptr<VerifiedCache> cache,
                   const gate::Revocations* revocations)
    : preset_(preset),
      rules_(std::move(rules)),
      names_(std::move(names)),
      token_key_(cache->key_of(identify(preset_, rules_, names_, source_name))),
      source_(std::move(source)),
      cache_(std::move(cache)),
      revocations_(revocations) {}

Judgement Verifier::accept(std::shared_ptr<const gate::Principal> principal) const {
  if (revocations_ != nullptr && revocations_->refuses(*principal))
    return refusal(gate::Code::revoked, "the session or the subject was revoked");
  Judgement j;
  j.kind = Judgement::Kind::valid;
  j.principal = std::move(principal);
  return j;
}

Judgement Verifier::judge(std::string_view token, std::int64_t now) const {
  if (token.size() > crypto::kMaxTokenBytes)
    return refusal(gate::Code::token_invalid, "the token is longer than 8 KiB");
  const Sip128 hash = siphash128(token_key_, token);
  Verified hit;
  // Stops: a cached yes that outlives its token, its key, its user, or the configuration that gave it.
  if (cache_->find(hash, hit) && hit.generation == source_->generation()) {
    if (hit.expires != 0 && now >= hit.expires + rules_.skew)
      return refusal(gate::Code::token_expired, "the token expired");
    if (hit.not_before > now + rules_.skew) return refusal(gate::Code::token_invalid, "the token is not valid yet");
    return accept(std::move(hit.principal));
  }
  return verify(token, hash, now);
}

Judgement Verifier::verify(std::string_view token, const Sip128& hash, std::int64_t now) const {
  const std::shared_ptr<const Keys> keys = source_->keys();
  if (!keys) {
    // What no key could save is refused as ever, so that garbage does not look like an outage.
    const auto jws = crypto::parse_jws(token);
    if (!jws) return refusal(gate::Code::token_invalid, jws.error().detail);
    if (!rules_.algorithms.has(jws->header.algorithm))
      return refusal(gate::Code::token_invalid, "the algorithm is not allowed here");
    Judgement j = refusal(gate::Code::identity_unavailable, "there are no keys of the issuer to verify with");
    if (const std::string fault = source_->fault(); !fault.empty())
      j.detail.append(": ").append(text::printable(fault));
    j.kind = Judgement::Kind::no_keys;
    return j;
  }
  auto jwt = crypto::verify_jwt(token, keys->set, rules_, now);
  if (!jwt) {
    Judgement j = refusal(code_of(jwt.error().code), jwt.error().detail);
    j.unknown_key = crypto::is_unknown_key(jwt.error());
    return j;
  }
  if (auto other = judge_preset(*jwt)) return *other;
  Verified verified{nullptr, jwt->expires, std::max(jwt->not_before, jwt->issued_at), keys->generation};
  verified.principal = principal_of(std::move(*jwt));
  cache_->put(hash, verified);
  return accept(std::move(verified.principal));
}

std::optional<Judgement> Verifier::judge_preset(const crypto::Jwt& jwt) const {
  if (preset_ == Preset::clerk) {
    // Stops: machine tokens and custom templates, which are signed with the same key as sessions.
    if (const json::Value* cat = jwt.header.members.find("cat");
        cat != nullptr && cat->string() != kClerkSession && cat->string() != kClerkUnmarked)
      return refusal(gate::Code::token_invalid, "not a session token (cat)");
    if (jwt.claims.string_at("sub").value_or("").starts_with("mch_"))
      return refusal(gate::Code::token_invalid, "a machine token");
    if (const json::Value* sts = jwt.claims.find("sts"); sts != nullptr && sts->string() != "active") {
      if (sts->string() != "pending") return refusal(gate::Code::token_invalid, "an unknown session status (sts)");
      Judgement j = refusal(gate::Code::unauthenticated, "the session is pending");
      j.kind = Judgement::Kind::signed_out;
      return j;
    }
  }
  if (preset_ == Preset::supabase) {
    // Stops: the key that bypasses row security coming in from outside.
    const auto role = jwt.claims.string_at("role");
    if (role && *role != "authenticated" && *role != "anon")
      return refusal(gate::Code::token_invalid, "the role is neither authenticated nor anon");
  }
  return std::nullopt;
}

std::shared_ptr<const gate::Principal> Verifier::principal_of(crypto::Jwt jwt) const {
  auto p = std::make_shared<gate::Principal>();
  p->subject = jwt.claims.string_at("sub").value_or("");
  p->issuer = jwt.claims.string_at("iss").value_or("");
  p->expires = jwt.expires;
  p->issued_at = jwt.issued_at;
  p->claims = std::move(jwt.claims);
  for (const std::string& path : names_.sessions) {
    const json::Value* v = p->claim(path);
    if (v == nullptr || !v->is_string() || v->string()->empty()) continue;
    p->session = *v->string();
    break;
  }
  for (const std::string& path : names_.roles) {
    const json::Value* v = p->claim(path);
    if (v == nullptr) continue;
    if (v->is_string() && !v->string()->empty()) p->roles.emplace_back(*v->string());
    for (const json::Value& item : v->array())
      if (item.is_string() && !item.string()->empty()) p->roles.emplace_back(*item.string());
  }
  return p;
}

}  // namespace gatehouse::controls::jwt

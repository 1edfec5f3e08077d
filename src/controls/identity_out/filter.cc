#include "controls/identity_out/filter.h"

#include <algorithm>

#include "base/crypto/jws.h"
#include "base/text.h"
#include "gate/names.h"

namespace gatehouse::controls::identity_out {
namespace {

constexpr http::FieldName kUser{"X-Gatehouse-User"}, kSession{"X-Gatehouse-Session"}, kRoles{"X-Gatehouse-Roles"},
    kIssuer{"X-Gatehouse-Issuer"}, kEntitlements{"X-Gatehouse-Entitlements"}, kAssertion{"X-Gatehouse-Assertion"};
constexpr std::size_t kMaxRoles = 64;
constexpr std::int64_t kReadingTime = 10;  // seconds, from our clock to the backend's judgement

gate::Verdict pass() { return gate::Pass{}; }

using Entitled = std::shared_ptr<const std::vector<std::string>>;
// Stops: an assertion kept from before somebody paid, or from before the money went back.
bool same(const Entitled& a, const Entitled& b) { return a == b || (a && b && *a == *b); }

}  // namespace

bool is_ours(std::string_view field_name) {
  return field_name.size() >= kPrefix.size() && gate::folded_equal(field_name.substr(0, kPrefix.size()), kPrefix);
}

std::string field_value(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (c > 0x20 && c < 0x7f && c != '%' && c != ',') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

IdentityOutFilter::IdentityOutFilter(Rules rules, std::shared_ptr<AssertionKeys> keys, std::shared_ptr<SentCache> cache)
    : rules_(std::move(rules)), keys_(std::move(keys)), cache_(std::move(cache)) {
  // Stops: an assertion in which one member stands twice, and is read as the one or as the other.
  std::vector<std::string> further;
  for (std::string& name : rules_.claims)
    if (std::find(kGateClaims.begin(), kGateClaims.end(), name) == kGateClaims.end() &&
        std::find(further.begin(), further.end(), name) == further.end())
      further.push_back(std::move(name));
  rules_.claims = std::move(further);
}

gate::Outcome IdentityOutFilter::request(gate::Exchange& x) const {
  // Stops: a client that writes who it is in a field that the backend takes for ours, in whatever spelling.
  const std::size_t dropped = x.request.fields.remove_if([&x](const http::Field& f) {
    if (!is_ours(f.name)) return false;
    x.facts.dropped_example = f.name;
    return true;
  });
  x.facts.dropped_headers += static_cast<std::uint32_t>(dropped);
  if (!x.identity.known() || (!rules_.headers && !rules_.assertion)) return pass();
  std::shared_ptr<const Sent> sent = cache_->by_principal.find(x.identity.principal, x.unix_now);
  if (!sent || !same(sent->entitled, x.identity.entitlements)) {
    sent = find_or_make(x);
    // Stops: a request that goes on without the proof which the backend was promised.
    if (!sent)
      return gate::Verdict(gate::Refusal{gate::Code::internal, "there is no key to sign the identity with", {}});
    cache_->by_principal.put(x.identity.principal, sent);
  }
  http::Fields& fields = x.request.fields;
  const auto add = [&](const http::FieldName& name, const std::string& value) {
    if (!value.empty()) fields.add(name, x.arena.copy(value));
  };
  add(kUser, sent->user);
  add(kSession, sent->session);
  add(kRoles, sent->roles);
  add(kIssuer, sent->issuer);
  add(kEntitlements, sent->entitlements);
  add(kAssertion, sent->assertion);
  return pass();
}

std::shared_ptr<const Sent> IdentityOutFilter::find_or_make(gate::Exchange& x) const {
  const gate::Principal& p = *x.identity.principal;
  // Stops: an assertion that still stands for somebody when the token behind it does not. A token in its last moments,
  // or within the skew, is good for this request, so the backend gets the time to read it.
  std::int64_t last = x.unix_now + rules_.lifetime;
  if (p.expires != 0) last = std::min(last, std::max(p.expires, x.unix_now + kReadingTime));
  std::string claims = claims_of(x.identity);
  // Stops: two people whose names differ in bytes that are no UTF-8 and are written alike, as U+FFFD.
  const bool shared = rules_.assertion && claims.find("\xef\xbf\xbd") == std::string::npos;
  if (shared)
    if (auto sent = cache_->by_claims.find(std::string_view(claims), x.unix_now);
        sent && sent->expires <= last && same(sent->entitled, x.identity.entitlements))
      return sent;
  auto sent = make(x, claims, last);
  if (sent && shared) cache_->by_claims.put(std::move(claims), sent);
  return sent;
}

// All that is said about an identity, as the beginning of a JSON object. What is sent follows from this text, the time
// and nothing else, which is why it may be shared by all who have the same.
std::string IdentityOutFilter::claims_of(const gate::Identity& identity) const {
  const gate::Principal& p = *identity.principal;
  std::string out;
  out.reserve(512);
  const auto member = [&out](std::string_view name, std::string_view value) {
    out += out.empty() ? '{' : ',';
    json::write_string(out, name);
    out += ':';
    json::write_string(out, value);
  };
  member("iss", rules_.issuer);
  member("aud", rules_.audience);
  member("sub", p.subject);
  if (!p.session.empty()) member("sid", p.session);
  member("idp", p.issuer);
  out += ",\"roles\":[";
  for (std::size_t i = 0; i < std::min(p.roles.size(), kMaxRoles); ++i) {
    if (i > 0) out += ',';
    json::write_string(out, p.roles[i]);
  }
  out += ']';
  if (identity.entitlements) {
    out += ",\"entitlements\":[";
    for (std::size_t i = 0; i < identity.entitlements->size(); ++i) {
      if (i > 0) out += ',';
      json::write_string(out, (*identity.entitlements)[i]);
    }
    out += ']';
  }
  for (const std::string& name : rules_.claims) {
    const json::Value* v = p.claim(name);
    if (v == nullptr) continue;
    out += ',';
    json::write_string(out, name);
    out += ':';
    out += json::write(*v);
  }
  return out;
}

std::shared_ptr<const Sent> IdentityOutFilter::make(gate::Exchange& x, std::string_view claims,
                                                    std::int64_t expires) const {
  const gate::Principal& p = *x.identity.principal;
  auto sent = std::make_shared<Sent>();
  sent->expires = expires;
  sent->entitled = x.identity.entitlements;
  sent->renew_at = x.unix_now + (expires - x.unix_now) / 2;
  if (rules_.headers) {
    sent->user = field_value(p.subject);
    sent->session = field_value(p.session);
    sent->issuer = field_value(p.issuer);
    for (std::size_t i = 0; i < std::min(p.roles.size(), kMaxRoles); ++i)
      sent->roles += (i > 0 ? "," : "") + field_value(p.roles[i]);
    if (sent->entitled)
      for (const std::string& name : *sent->entitled)
        sent->entitlements += (sent->entitlements.empty() ? "" : ",") + field_value(name);
  }
  if (!rules_.assertion) return sent;
  const auto signer = keys_ ? keys_->signer() : nullptr;
  if (!signer) return nullptr;
  std::string payload(claims);
  payload += ",\"iat\":" + std::to_string(x.unix_now);
  payload += ",\"exp\":" + std::to_string(expires);
  payload += ",\"jti\":\"" + text::hex(x.worker.entropy.bytes<16>()) + "\"}";
  auto token = crypto::sign_jws(signer->key, crypto::Algorithm::eddsa, signer->kid, "JWT", payload);
  if (!token) return nullptr;
  sent->assertion = std::move(*token);
  return sent;
}

gate::Outcome IdentityOutFilter::response(gate::Exchange&, http::Response& out) const {
  out.fields.remove_if([](const http::Field& f) { return is_ours(f.name); });
  return pass();
}

gate::Outcome KeySetFilter::request(gate::Exchange& x) const {
  if (x.request.path != kKeySetPath) return pass();
  if (x.request.method != http::Method::get && x.request.method != http::Method::head) return pass();
  http::Response out(x.arena);
  out.fields.add(http::FieldName("Content-Type"), "application/jwk-set+json");
  out.fields.add(http::FieldName("Cache-Control"), "public, max-age=300");
  out.bytes = x.arena.copy(keys_->key_set());
  return gate::Verdict(gate::Reply{std::move(out)});
}

}  // namespace gatehouse::controls::identity_out

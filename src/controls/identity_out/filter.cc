#include "controls/identity_out/filter.h"

#include "base/crypto/jws.h"
#include "base/text.h"
#include "gate/names.h"

namespace gatehouse::controls::identity_out {
namespace {

constexpr http::FieldName kUser{"X-Gatehouse-User"}, kSession{"X-Gatehouse-Session"}, kRoles{"X-Gatehouse-Roles"},
    kIssuer{"X-Gatehouse-Issuer"}, kAssertion{"X-Gatehouse-Assertion"};
constexpr std::size_t kMaxRoles = 64;

gate::Verdict pass() { return gate::Pass{}; }

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

std::size_t SentCache::hash(const gate::Principal* p) {
  return (reinterpret_cast<std::uintptr_t>(p) >> 4) * 0x9e3779b97f4a7c15u >> 32;
}

std::shared_ptr<const Sent> SentCache::find(const std::shared_ptr<const gate::Principal>& principal,
                                            std::int64_t now) const {
  const std::size_t h = hash(principal.get());
  const Shard& s = shards_[h % kShards];
  const std::lock_guard lock(s.mutex);
  if (s.slots.empty()) return nullptr;
  const Slot& slot = s.slots[h / kShards % kSlots];
  return slot.principal == principal && now < slot.sent->renew_at ? slot.sent : nullptr;
}

void SentCache::put(std::shared_ptr<const gate::Principal> principal, std::shared_ptr<const Sent> sent) {
  const std::size_t h = hash(principal.get());
  Shard& s = shards_[h % kShards];
  Slot old;  // freed after the lock
  const std::lock_guard lock(s.mutex);
  if (s.slots.empty()) s.slots.resize(kSlots);
  Slot& slot = s.slots[h / kShards % kSlots];
  old = std::move(slot);
  slot = {std::move(principal), std::move(sent)};
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
  std::shared_ptr<const Sent> sent = cache_->find(x.identity.principal, x.unix_now);
  if (!sent) {
    sent = make(x);
    // Stops: a request that goes on without the proof which the backend was promised.
    if (!sent)
      return gate::Verdict(gate::Refusal{gate::Code::internal, "there is no key to sign the identity with", {}});
    cache_->put(x.identity.principal, sent);
  }
  http::Fields& fields = x.request.fields;
  const auto add = [&](const http::FieldName& name, const std::string& value) {
    if (!value.empty()) fields.add(name, x.arena.copy(value));
  };
  add(kUser, sent->user);
  add(kSession, sent->session);
  add(kRoles, sent->roles);
  add(kIssuer, sent->issuer);
  add(kAssertion, sent->assertion);
  return pass();
}

std::shared_ptr<const Sent> IdentityOutFilter::make(gate::Exchange& x) const {
  const gate::Principal& p = *x.identity.principal;
  const std::size_t role_count = std::min(p.roles.size(), kMaxRoles);
  auto sent = std::make_shared<Sent>();
  sent->renew_at = x.unix_now + rules_.lifetime / 2;
  if (rules_.headers) {
    sent->user = field_value(p.subject);
    sent->session = field_value(p.session);
    sent->issuer = field_value(p.issuer);
    for (std::size_t i = 0; i < role_count; ++i) sent->roles += (i > 0 ? "," : "") + field_value(p.roles[i]);
  }
  if (!rules_.assertion) return sent;
  const auto signer = keys_ ? keys_->signer() : nullptr;
  if (!signer) return nullptr;
  json::Value claims;
  claims.set("iss", rules_.issuer);
  claims.set("aud", rules_.audience);
  claims.set("sub", p.subject);
  if (!p.session.empty()) claims.set("sid", p.session);
  json::Array roles;
  for (std::size_t i = 0; i < role_count; ++i) roles.emplace_back(p.roles[i]);
  claims.set("roles", std::move(roles));
  claims.set("idp", p.issuer);
  for (const std::string& name : rules_.claims)
    if (const json::Value* v = p.claim(name); v != nullptr && claims.find(name) == nullptr) claims.set(name, *v);
  claims.set("iat", x.unix_now);
  claims.set("exp", x.unix_now + rules_.lifetime);
  claims.set("jti", text::hex(x.worker.entropy.bytes<16>()));
  auto token = crypto::sign_jws(signer->key, crypto::Algorithm::eddsa, signer->kid, "JWT", json::write(claims));
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

// What the backend is told about who is there, and nothing that a client wrote.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "controls/identity_out/assertion_keys.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::identity_out {

// Every field whose name begins so, in any spelling, is ours.
inline constexpr std::string_view kPrefix = "x-gatehouse-";
// What the gate itself says in an assertion; no claim of a token is copied over it.
inline constexpr std::array<std::string_view, 10> kGateClaims = {"iss", "aud", "sub", "sid", "roles",
                                                                 "idp", "iat", "exp", "jti", "entitlements"};
inline constexpr std::string_view kKeySetPath = "/.well-known/gatehouse/jwks.json";

// Does some backend read this field name as one of ours? Case is dropped, and '_', '.' and blanks count as '-'.
bool is_ours(std::string_view field_name);

// Text as a field value: bytes outside visible ASCII, '%' and ',' as %XX.
std::string field_value(std::string_view text);

// What is sent for one identity; made once, used for half the assertion's life.
struct Sent {
  std::string user, session, roles, issuer, entitlements;    // empty: not sent
  std::shared_ptr<const std::vector<std::string>> entitled;  // gate::Identity::entitlements at the time
  std::string assertion;
  std::int64_t renew_at = 0, expires = 0;  // unix seconds
};

// What was sent before, found by its key. Bounded: a key has four places, and what is to be renewed first makes room. A
// hit allocates nothing. Safe from several threads; each of 32 shards has a lock of its own that is held for a few
// loads.
template <class Key, class Hash>
class SentTable {
 public:
  std::shared_ptr<const Sent> find(const auto& key, std::int64_t now) const {
    const std::size_t h = Hash()(key);
    const Shard& s = shards_[h % kShards];
    const std::lock_guard lock(s.mutex);
    if (s.sets.empty()) return nullptr;
    for (const Slot& slot : s.sets[h / kShards % kSets])
      if (slot.sent && slot.key == key) return now < slot.sent->renew_at ? slot.sent : nullptr;
    return nullptr;
  }
  void put(Key key, std::shared_ptr<const Sent> sent) {
    const std::size_t h = Hash()(key);
    Shard& s = shards_[h % kShards];
    Slot old;  // freed after the lock
    const std::lock_guard lock(s.mutex);
    if (s.sets.empty()) s.sets.resize(kSets);
    const auto rank = [&key](const Slot& slot) { return !slot.sent ? -1 : slot.key == key ? -2 : slot.sent->renew_at; };
    auto& set = s.sets[h / kShards % kSets];
    Slot& slot =
        *std::min_element(set.begin(), set.end(), [&rank](const Slot& a, const Slot& b) { return rank(a) < rank(b); });
    old = std::move(slot);
    slot = {std::move(key), std::move(sent)};
  }

 private:
  static constexpr std::size_t kShards = 32, kSets = 32, kWays = 4;
  struct Slot {
    Key key;
    std::shared_ptr<const Sent> sent;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<std::array<Slot, kWays>> sets;
  };
  std::array<Shard, kShards> shards_;
};

// Of one filter's rules. A token that was seen before leads to what is sent for it at once; a new token of somebody
// who was here a moment ago shares what was signed for that same identity, to the byte of every claim in it.
struct SentCache {
  struct PrincipalHash {
    std::size_t operator()(const std::shared_ptr<const gate::Principal>& p) const {
      return (reinterpret_cast<std::uintptr_t>(p.get()) >> 4) * 0x9e3779b97f4a7c15u >> 32;
    }
  };
  // The principal is held, so that its address stays its own.
  SentTable<std::shared_ptr<const gate::Principal>, PrincipalHash> by_principal;
  SentTable<std::string, std::hash<std::string_view>> by_claims;
};

struct Rules {
  bool headers = true;    // user, session, roles, issuer as fields of their own
  bool assertion = true;  // the signed form
  std::string issuer, audience;
  std::int64_t lifetime = 60;       // seconds
  std::vector<std::string> claims;  // further claims of the token, copied into the assertion
};

class IdentityOutFilter final : public gate::Filter {
 public:
  IdentityOutFilter(Rules rules, std::shared_ptr<AssertionKeys> keys, std::shared_ptr<SentCache> cache);
  std::string_view name() const override { return "identity_out"; }
  gate::Outcome request(gate::Exchange& x) const override;
  // Our fields do not travel back to the client, whatever the backend echoes.
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  std::shared_ptr<const Sent> find_or_make(gate::Exchange& x) const;
  std::shared_ptr<const Sent> make(gate::Exchange& x, std::string_view claims, std::int64_t expires) const;
  std::string claims_of(const gate::Identity& identity) const;

  Rules rules_;
  std::shared_ptr<AssertionKeys> keys_;
  std::shared_ptr<SentCache> cache_;
};

// Answers kKeySetPath, before anybody is asked who he is: the keys are public.
class KeySetFilter final : public gate::Filter {
 public:
  explicit KeySetFilter(std::shared_ptr<AssertionKeys> keys) : keys_(std::move(keys)) {}
  std::string_view name() const override { return "identity_out"; }
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  std::shared_ptr<AssertionKeys> keys_;
};

}  // namespace gatehouse::controls::identity_out

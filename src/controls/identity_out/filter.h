// What the backend is told about who is there, and nothing that a client wrote.
#pragma once

#include <array>
#include <cstdint>
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
inline constexpr std::string_view kKeySetPath = "/.well-known/gatehouse/jwks.json";

// Does some backend read this field name as one of ours? Case is dropped, and '_', '.' and blanks count as '-'.
bool is_ours(std::string_view field_name);

// Text as a field value: bytes outside visible ASCII, '%' and ',' as %XX.
std::string field_value(std::string_view text);

// What is sent for one principal; made once, used for half the assertion's life.
struct Sent {
  std::string user, session, roles, issuer;  // empty: not sent
  std::string assertion;
  std::int64_t renew_at = 0;  // unix seconds
};

// By principal, bounded; a hit allocates nothing. Safe from several threads.
class SentCache {
 public:
  std::shared_ptr<const Sent> find(const std::shared_ptr<const gate::Principal>& principal, std::int64_t now) const;
  void put(std::shared_ptr<const gate::Principal> principal, std::shared_ptr<const Sent> sent);

 private:
  static constexpr std::size_t kShards = 32, kSlots = 128;
  struct Slot {
    std::shared_ptr<const gate::Principal> principal;  // held, so that its address stays its own
    std::shared_ptr<const Sent> sent;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::vector<Slot> slots;
  };
  static std::size_t hash(const gate::Principal* p);
  std::array<Shard, kShards> shards_;
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
  IdentityOutFilter(Rules rules, std::shared_ptr<AssertionKeys> keys, std::shared_ptr<SentCache> cache)
      : rules_(std::move(rules)), keys_(std::move(keys)), cache_(std::move(cache)) {}
  std::string_view name() const override { return "identity_out"; }
  gate::Outcome request(gate::Exchange& x) const override;
  // Our fields do not travel back to the client, whatever the backend echoes.
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  std::shared_ptr<const Sent> make(gate::Exchange& x) const;

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

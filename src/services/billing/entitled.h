// Who is entitled to what, kept for a moment: every request to the backend asks.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "gate/filter.h"
#include "services/billing/orders_store.h"

namespace gatehouse::services::billing {

// Sorted names. Immutable.
using Names = std::shared_ptr<const std::vector<std::string>>;

// By person, bounded. Safe from several threads.
class EntitledCache {
 public:
  explicit EntitledCache(Duration fresh = std::chrono::seconds(2)) : fresh_(fresh) {}
  // Nothing kept, or kept for too long: null.
  Names find(const Person& p, SteadyTime now) const;
  void put(const Person& p, Names names, SteadyTime now);
  void forget(const Person& p);

 private:
  static constexpr std::size_t kShards = 16, kMost = 4096;  // people a shard
  struct Kept {
    Names names;
    SteadyTime at{};
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, Kept> people;
  };
  static std::string key(const Person& p) { return p.issuer + '\n' + p.subject; }
  Shard& shard(const std::string& key) const { return shards_[std::hash<std::string>()(key) % kShards]; }
  Duration fresh_;
  mutable std::array<Shard, kShards> shards_;
};

// Tells the exchange what its principal is entitled to, for the identity that goes to the backend. When the database
// does not answer, nobody is entitled to anything. Stops: a failing store that gives away what others pay for.
class EntitledFilter final : public gate::Filter {
 public:
  EntitledFilter(Db& db, std::shared_ptr<EntitledCache> cache, std::int64_t grace)
      : db_(db), cache_(std::move(cache)), grace_(grace) {}
  std::string_view name() const override { return "billing"; }
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  Task<gate::Verdict> ask(gate::Exchange& x, Person person) const;
  Db& db_;
  std::shared_ptr<EntitledCache> cache_;
  std::int64_t grace_;
};

}  // namespace gatehouse::services::billing

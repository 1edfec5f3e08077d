#include "services/billing/entitled.h"

#include "gate/exchange.h"

namespace gatehouse::services::billing {

Names EntitledCache::find(const Person& p, SteadyTime now) const {
  const std::string k = key(p);
  Shard& s = shard(k);
  std::lock_guard lock(s.mutex);
  auto it = s.people.find(k);
  return it != s.people.end() && now - it->second.at < fresh_ ? it->second.names : nullptr;
}

void EntitledCache::put(const Person& p, Names names, SteadyTime now) {
  const std::string k = key(p);
  Shard& s = shard(k);
  std::lock_guard lock(s.mutex);
  if (s.people.size() >= kMost && !s.people.contains(k)) s.people.clear();
  s.people[k] = {std::move(names), now};
}

void EntitledCache::forget(const Person& p) {
  const std::string k = key(p);
  Shard& s = shard(k);
  std::lock_guard lock(s.mutex);
  s.people.erase(k);
}

gate::Outcome EntitledFilter::request(gate::Exchange& x) const {
  if (!x.identity.known()) return gate::Verdict(gate::Pass{});
  Person person{x.identity.principal->issuer, x.identity.principal->subject};
  if (Names kept = cache_->find(person, x.now)) {
    x.identity.entitlements = std::move(kept);
    return gate::Verdict(gate::Pass{});
  }
  return ask(x, std::move(person));
}

Task<gate::Verdict> EntitledFilter::ask(gate::Exchange& x, Person person) const {
  auto reading = db_.read(x.worker.reactor, [person, now = x.unix_now, grace = grace_](Transaction& t) {
    return OrdersStore(t).entitlements(person, now, grace);
  });
  Result<std::vector<std::string>> names = co_await reading;
  if (names) {
    auto made = std::make_shared<const std::vector<std::string>>(std::move(*names));
    cache_->put(person, made, x.now);
    x.identity.entitlements = std::move(made);
  }
  co_return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::services::billing

// Judges X-Gatehouse-Auditor. It refuses nothing and opens nothing: it only tells other filters who asks.
#pragma once

#include <memory>
#include <string_view>

#include "base/secret.h"
#include "gate/exchange.h"
#include "gate/filter.h"
#include "store/fast.h"

namespace gatehouse::controls::auditor {

class AuditorFilter final : public gate::Filter {
 public:
  AuditorFilter(std::shared_ptr<const Secret> key, Fast& fast) : key_(std::move(key)), fast_(fast) {}
  std::string_view name() const override { return "auditor"; }
  // Sets x.auditor for a pass that is whole, ours, of this hour and new; says in x.facts.auditor what came. The header
  // goes no further, in whatever spelling.
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  Task<gate::Verdict> wait(gate::Exchange& x, Soon<std::uint64_t> uses) const;
  std::shared_ptr<const Secret> key_;
  Fast& fast_;
};

}  // namespace gatehouse::controls::auditor

// Turns away who may not pass: the unknown, the revoked, the wrong role, the owner of something else, the stale
// sign-in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/access/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"
#include "gate/revocations.h"

namespace gatehouse::controls::access {

class AccessFilter final : public gate::Filter {
 public:
  // Without a list (a check, a test) nobody is revoked.
  AccessFilter(const AccessSettings& settings, const gate::Revocations* revoked);
  std::string_view name() const override { return "access"; }
  // Refusals: revoked; denied_route (nobody stated who may); unauthenticated; forbidden; not_owner; step_up_required.
  // A revoked credential is refused on public routes too: it would be handed on as a proved identity.
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  gate::Verdict judge(gate::Exchange& x) const;

  AccessSettings settings_;
  const gate::Revocations* revoked_;
};

// Does this sign-in satisfy it? `now` in unix seconds. The age comes from Clerk's fva, from auth_time, or from the
// newest timestamp in amr; a claim that is missing satisfies nothing.
bool satisfies(const StepUp& wanted, const gate::Principal& p, std::int64_t now);

// Is this the claim's value, or one of its members?
bool holds(const json::Value* claim, const std::vector<std::string>& values);

}  // namespace gatehouse::controls::access

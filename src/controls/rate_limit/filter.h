// Counts requests and turns away what is too much: GCRA for rates, whole windows for quotas.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/siphash.h"
#include "controls/rate_limit/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"
#include "store/fast.h"

namespace gatehouse::controls::rate_limit {

// A rule made ready: nothing is looked up or computed again for a request.
struct Counted {
  Rule rule;
  RateSpec spec;                  // interval 0: no rate
  std::int64_t quota_period = 0;  // seconds; 0: no quota
  SipKey by_address, by_text;     // one secret key a rule and kind of subject
  bool general = false;           // the limit of every address
  bool tell = false;              // say it on allowed answers too
  std::string policy;             // its member of RateLimit-Policy
};

// `scope` keeps equally named rules of different routes apart. The key is the process's own.
// Stops: subjects chosen to fall into another client's bucket.
Counted counted(const Rule& rule, std::string_view scope, const SipKey& process_key);

class RateLimitFilter final : public gate::Filter {
 public:
  RateLimitFilter(std::vector<Counted> rules, Fast& fast, const RateLimitSettings& settings);
  std::string_view name() const override { return "rate_limit"; }
  // All rates first, then all quotas, so that what a rate refuses uses up no quota. Refusal: rate_limited with
  // Retry-After in whole seconds, rounded up. Nothing is allocated while the store answers at once.
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  struct Turn {  // where the walk over rules stands
    std::size_t index = 0;
    bool quotas = false;
  };
  bool applies(const Counted& c, const gate::Exchange& x) const;
  bool exempt(const Counted& c, const gate::Exchange& x) const;
  Fast::RateKey key(const Counted& c, const gate::Exchange& x) const;
  Soon<RateDecision> ask(const Counted& c, const gate::Exchange& x, bool quota) const;
  // Nothing while the walk goes on.
  std::optional<gate::Verdict> judge(const Counted& c, gate::Exchange& x, const RateDecision& d) const;
  bool next(Turn& turn, const gate::Exchange& x) const;
  Task<gate::Verdict> wait(gate::Exchange& x, Turn turn, Soon<RateDecision> first) const;

  std::vector<Counted> rules_;
  Fast& fast_;
  std::vector<conf::Cidr> exempt_;
  bool exempt_loopback_;
  Tell tell_;
};

// Puts RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers) on the answer, refusals included.
class RateLimitFields final : public gate::Filter {
 public:
  std::string_view name() const override { return "rate_limit"; }
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;
};

}  // namespace gatehouse::controls::rate_limit

// A flood must cost the attacker more than it costs us: turning away allocates nothing.
#include <gtest/gtest.h>

#include <vector>

#include "controls/access/filter.h"
#include "controls/csrf/filter.h"
#include "controls/rate_limit/filter.h"
#include "controls/testing/counted_heap.h"
#include "gate/testing/exchange_fixture.h"
#include "store/memory/memory_fast.h"

namespace gatehouse::controls {
namespace {

using gate::Code;
using gate::testing::ExchangeFixture;
using testing::heap_allocations;

// Allocations of ten thousand warm requests through one filter; every one must end with `code`.
std::size_t allocations_of(const gate::Filter& filter, Code code) {
  ExchangeFixture f("POST", "/api/notes");
  std::size_t before = 0;
  for (int i = 0; i < 10100; ++i) {
    if (i == 100) before = heap_allocations();
    f.arena.reset();
    f.request.fields.reset();
    f.request.fields.add(std::string_view("Cookie"), "sessionid=abc; theme=dark");
    f.request.fields.add(std::string_view("Origin"), "https://evil.example");
    f.x.rate_limit = f.x.rate_limit_policy = {};
    if (ExchangeFixture::refusal(filter.request(f.x)) != code) return 1'000'000;
  }
  return heap_allocations() - before;
}

TEST(NoAllocation, TheCounterCounts) {
  const std::size_t before = heap_allocations();
  const std::vector<std::size_t> something(before + 1);
  EXPECT_GT(heap_allocations(), before) << something.size();
}

TEST(NoAllocation, ARateLimitRefusesWithoutIt) {
  ManualClock clock;
  CountingEntropy entropy;
  store::MemoryFast fast(clock, entropy);
  rate_limit::Rule rate, quota;
  rate.name = "rate", rate.rate = {1, std::chrono::hours(1)};
  quota.name = "quota", quota.quota = {1, std::chrono::hours(24)};
  for (const auto& rule : {rate, quota}) {
    rate_limit::RateLimitFilter filter({rate_limit::counted(rule, "r", SipKey{})}, fast, {});
    ExchangeFixture first("POST", "/");
    (void)ExchangeFixture::settle(filter.request(first.x));  // uses it up
    EXPECT_EQ(allocations_of(filter, Code::rate_limited), 0u) << rule.name;
  }
}

TEST(NoAllocation, ARateLimitPassesWithoutIt) {
  ManualClock clock;
  CountingEntropy entropy;
  store::MemoryFast fast(clock, entropy);
  rate_limit::Rule rule;
  rule.name = "rate", rule.rate = {1'000'000, std::chrono::seconds(1)},
  rule.quota = {1'000'000, std::chrono::hours(24)};
  rate_limit::RateLimitFilter filter({rate_limit::counted(rule, "r", SipKey{})}, fast, {});
  EXPECT_EQ(allocations_of(filter, Code::none), 0u);
}

TEST(NoAllocation, AForeignOriginIsRefusedWithoutIt) {
  csrf::CsrfFilter filter({}, {{"app.example.com"}});
  EXPECT_EQ(allocations_of(filter, Code::csrf_origin), 0u);
}

TEST(NoAllocation, AStrangerIsRefusedWithoutIt) {
  access::AccessSettings settings;
  settings.base.allow = access::Allow::signed_in;
  EXPECT_EQ(allocations_of(access::AccessFilter(settings, nullptr), Code::unauthenticated), 0u);
  settings.base.allow = access::Allow::nobody;
  EXPECT_EQ(allocations_of(access::AccessFilter(settings, nullptr), Code::denied_route), 0u);
}

}  // namespace
}  // namespace gatehouse::controls

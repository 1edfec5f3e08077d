#include "services/billing/entitled.h"

#include <gtest/gtest.h>

#include "gate/testing/exchange_fixture.h"

namespace gatehouse::services::billing {
namespace {

using gate::testing::ExchangeFixture;

const Person kAlice{"https://issuer.example", "alice"};

Names names(std::vector<std::string> all) { return std::make_shared<const std::vector<std::string>>(std::move(all)); }

TEST(Entitled, IsKeptForAMomentAndForgottenWhenSomethingHappens) {
  EntitledCache cache(std::chrono::seconds(2));
  const SteadyTime now{std::chrono::seconds(1000)};
  EXPECT_EQ(cache.find(kAlice, now), nullptr);
  cache.put(kAlice, names({"pro"}), now);
  EXPECT_EQ(cache.find(kAlice, now + std::chrono::milliseconds(1999))->front(), "pro");
  EXPECT_EQ(cache.find(kAlice, now + std::chrono::seconds(2)), nullptr);
  cache.put(kAlice, names({"pro"}), now);
  cache.forget(kAlice);
  EXPECT_EQ(cache.find(kAlice, now), nullptr);
}

TEST(Entitled, OneSubjectOfTwoIssuersIsTwoPeople) {
  EntitledCache cache;
  const SteadyTime now{std::chrono::seconds(1000)};
  cache.put(kAlice, names({"pro"}), now);
  EXPECT_EQ(cache.find({"https://other.example", "alice"}, now), nullptr);
}

TEST(Entitled, NobodyIsToldAboutNobody) {
  // The database is not touched for a request without an identity; a reference that leads nowhere shows it.
  alignas(std::max_align_t) static std::array<std::byte, 64> nowhere{};
  EntitledFilter filter(reinterpret_cast<Db&>(nowhere), std::make_shared<EntitledCache>(), 0);
  ExchangeFixture f;
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x)));
  EXPECT_EQ(f.x.identity.entitlements, nullptr);
}

TEST(Entitled, WhatIsKeptGoesToTheIdentityAtOnce) {
  alignas(std::max_align_t) static std::array<std::byte, 64> nowhere{};
  auto cache = std::make_shared<EntitledCache>();
  EntitledFilter filter(reinterpret_cast<Db&>(nowhere), cache, 0);
  ExchangeFixture f;
  auto principal = std::make_shared<gate::Principal>();
  principal->issuer = kAlice.issuer;
  principal->subject = kAlice.subject;
  f.x.identity = {gate::Credential::bearer, principal};
  cache->put(kAlice, names({"export", "pro"}), f.x.now);
  EXPECT_TRUE(ExchangeFixture::passes(filter.request(f.x)));
  ASSERT_NE(f.x.identity.entitlements, nullptr);
  EXPECT_EQ(f.x.identity.entitlements->size(), 2u);
}

}  // namespace
}  // namespace gatehouse::services::billing

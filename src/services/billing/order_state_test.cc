#include "services/billing/order_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gatehouse::services::billing {
namespace {

constexpr State s(std::size_t i) { return static_cast<State>(i); }
constexpr Trigger t(std::size_t i) { return static_cast<Trigger>(i); }

// Every state by every trigger, so that no cell changes unseen. "." stays.
TEST(OrderState, TheWholeTableIsAsWrittenHere) {
  const std::string expected =
      "creating: opened>open refused>abandoned processing>processing paid>paid payment_failed>failed expired>expired "
      "canceled>canceled refunded_partly>partially_refunded refunded>refunded disputed>disputed dispute_won>paid "
      "dispute_lost>lost\n"
      "open: . . processing>processing paid>paid payment_failed>failed expired>expired canceled>canceled "
      "refunded_partly>partially_refunded refunded>refunded disputed>disputed dispute_won>paid dispute_lost>lost\n"
      "processing: . . . paid>paid payment_failed>failed . canceled>canceled refunded_partly>partially_refunded "
      "refunded>refunded disputed>disputed dispute_won>paid dispute_lost>lost\n"
      "paid: . . . . . . . refunded_partly>partially_refunded refunded>refunded disputed>disputed . dispute_lost>lost\n"
      "partially_refunded: . . . . . . . . refunded>refunded disputed>disputed . dispute_lost>lost\n"
      "refunded: . . . . . . . . . . . dispute_lost>lost\n"
      "disputed: . . . . . . . . refunded>refunded . dispute_won>paid dispute_lost>lost\n"
      "lost: . . . . . . . . . . dispute_won>paid .\n"
      "expired: . . processing>processing paid>paid . . . refunded_partly>partially_refunded refunded>refunded "
      "disputed>disputed dispute_won>paid dispute_lost>lost\n"
      "failed: . . . paid>paid . . . refunded_partly>partially_refunded refunded>refunded disputed>disputed "
      "dispute_won>paid dispute_lost>lost\n"
      "canceled: . . . paid>paid . . . refunded_partly>partially_refunded refunded>refunded disputed>disputed "
      "dispute_won>paid dispute_lost>lost\n"
      "abandoned: opened>open . processing>processing paid>paid payment_failed>failed expired>expired "
      "canceled>canceled refunded_partly>partially_refunded refunded>refunded disputed>disputed dispute_won>paid "
      "dispute_lost>lost\n";
  std::string all;
  for (std::size_t i = 0; i < kStates; ++i) {
    all += std::string(name_of(s(i))) + ":";
    for (std::size_t j = 0; j < kTriggers; ++j) {
      const State to = next(s(i), t(j));
      all += to == s(i) ? " ." : " " + std::string(name_of(t(j))) + ">" + std::string(name_of(to));
    }
    all += "\n";
  }
  EXPECT_EQ(all, expected);
}

TEST(OrderState, OnlyAProofOfMoneyEntitles) {
  for (std::size_t i = 0; i < kStates; ++i)
    for (std::size_t j = 0; j < kTriggers; ++j) {
      if (entitles(s(i)) || !entitles(next(s(i), t(j)))) continue;
      const std::set<Trigger> proofs = {Trigger::paid, Trigger::refunded_partly, Trigger::dispute_won};
      EXPECT_TRUE(proofs.contains(t(j))) << name_of(s(i)) << " by " << name_of(t(j));
    }
}

TEST(OrderState, WhatWasTakenBackIsNotGivenAgainByALatePayment) {
  for (State taken : {State::refunded, State::disputed, State::lost}) EXPECT_EQ(next(taken, Trigger::paid), taken);
}

TEST(OrderState, NamesAreReadBack) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kStates; ++i) {
    EXPECT_EQ(state_named(name_of(s(i))), s(i));
    EXPECT_TRUE(seen.insert(name_of(s(i))).second);
  }
  EXPECT_EQ(state_named("nothing"), std::nullopt);
}

}  // namespace
}  // namespace gatehouse::services::billing

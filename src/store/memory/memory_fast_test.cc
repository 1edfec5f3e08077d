#include "store/memory/memory_fast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace gatehouse::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SteadyTime at_ms(std::int64_t ms) { return SteadyTime(seconds(1000) + milliseconds(ms)); }
std::int64_t ms(Duration d) { return std::chrono::duration_cast<milliseconds>(d).count(); }

struct Step {
  std::int64_t at;
  bool allowed;
  std::uint32_t remaining;
  std::int64_t retry_ms, reset_ms;
};

TEST(RateTable, FollowsTheVectorsOfBurstTwoAtOnePerSecond) {
  RateTable table(1024);
  const Step steps[] = {{0, true, 2, 0, 1000},        {0, true, 1, 0, 2000},      {0, true, 0, 0, 3000},
                        {0, false, 0, 1000, 3000},    {500, false, 0, 500, 2500}, {1000, true, 0, 0, 3000},
                        {1000, false, 0, 1000, 3000}, {4000, true, 2, 0, 1000}};
  for (const Step& s : steps) {
    const RateDecision d = table.take({1, 2}, {seconds(1), 2}, at_ms(s.at));
    EXPECT_EQ(d.allowed, s.allowed) << s.at;
    EXPECT_EQ(d.remaining, s.remaining) << s.at;
    EXPECT_EQ(ms(d.retry_after), s.retry_ms) << s.at;
    EXPECT_EQ(ms(d.reset), s.reset_ms) << s.at;
  }
}

TEST(RateTable, ThirtyASecondWithBurstFifteenLeavesFifteenAfterTheFirst) {
  RateTable table(1024);
  const RateDecision d = table.take({1, 2}, {seconds(2), 15}, at_ms(0));
  EXPECT_TRUE(d.allowed);
  EXPECT_EQ(d.remaining, 15u);
  EXPECT_EQ(ms(d.reset), 2000);
}

// The other way to say the same: tokens that drip back, one an interval, up to burst + 1.
struct TokenBucket {
  double tokens, capacity, per_ms;
  std::int64_t last = 0;
  bool take(std::int64_t now) {
    tokens = std::min(capacity, tokens + static_cast<double>(now - last) * per_ms);
    last = now;
    if (tokens < 1 - 1e-6) return false;
    tokens -= 1;
    return true;
  }
};

TEST(RateTable, DecidesAsATokenBucketDoesOnAnyArrivals) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    const auto interval = static_cast<std::int64_t>(1u << (random() % 10));  // exact in binary
    const auto burst = static_cast<std::uint32_t>(random() % 8);
    RateTable table(64);
    TokenBucket bucket{burst + 1.0, burst + 1.0, 1.0 / static_cast<double>(interval)};
    std::int64_t now = 0;
    for (int i = 0; i < 300; ++i) {
      now += static_cast<std::int64_t>(random() % static_cast<unsigned>(2 * interval));
      ASSERT_EQ(table.take({5, 6}, {milliseconds(interval), burst}, at_ms(now)).allowed, bucket.take(now))
          << "interval " << interval << " burst " << burst << " at " << now;
    }
  }
}

TEST(RateTable, KeysDoNotShareABucket) {
  RateTable table(4096);
  for (std::uint64_t k = 0; k < 256; ++k) {
    EXPECT_TRUE(table.take({k, k * 77}, {seconds(60), 0}, at_ms(0)).allowed);
    EXPECT_FALSE(table.take({k, k * 77}, {seconds(60), 0}, at_ms(1)).allowed);
  }
}

TEST(RateTable, AFullSetForgetsTheBucketNearestToIdleAndKeepsTheLongestLimited) {
  RateTable table(1);  // one set of eight
  ASSERT_EQ(table.capacity(), 8u);
  EXPECT_TRUE(table.take({0, 1000}, {seconds(3600), 0}, at_ms(0)).allowed);
  for (std::uint64_t k = 1; k < 5000; ++k)
    EXPECT_TRUE(table.take({0, k}, {seconds(1), 0}, at_ms(0)).allowed || k == 1000);
  EXPECT_FALSE(table.take({0, 1000}, {seconds(3600), 0}, at_ms(0)).allowed);
}

TEST(RateTable, ARateThatWasNeverSetLetsNobodyThrough) {
  RateTable table(64);
  EXPECT_FALSE(table.take({1, 1}, {}, at_ms(0)).allowed);
}

TEST(RateTable, AnAbsurdBurstDoesNotOverflow) {
  RateTable table(64);
  const RateSpec spec{std::chrono::hours(24 * 365), ~std::uint32_t{0}};
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(table.take({1, 1}, spec, at_ms(i)).allowed);
}

TEST(RateTable, ManyThreadsTogetherGetOneBurst) {
  RateTable table(256);
  constexpr int kThreads = 8;
  for (std::uint64_t round = 0; round < 50; ++round) {
    std::atomic<int> allowed = 0;
    std::atomic<bool> go = false;
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        while (!go.load()) std::this_thread::yield();
        for (int i = 0; i < 100; ++i) allowed += table.take({round, round + 1}, {seconds(60), 99}, at_ms(0)).allowed;
      });
    go = true;
    threads.clear();
    ASSERT_EQ(allowed.load(), 100);
  }
}

TEST(RateTable, ThreadsThatFightForOneSetLoseNothingButIdleBuckets) {
  RateTable table(1);
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&table, t] {
      for (std::uint64_t i = 0; i < 5000; ++i)
        (void)table.take({0, t * 100000 + i % 37}, {milliseconds(1), 3}, at_ms(0));
    });
  threads.clear();
  EXPECT_TRUE(table.take({0, 99}, {milliseconds(1), 0}, at_ms(10000)).allowed);
}

struct Memory : testing::Test {
  ManualClock clock;
  CountingEntropy entropy;
  MemoryFast fast{clock, entropy, {64, 64 * 4, 64 * 4}};
  WallTime in(std::int64_t s) { return clock.wall() + seconds(s); }
};

TEST_F(Memory, AValueIsThereUntilItExpires) {
  EXPECT_TRUE(fast.put("ban:1", "why", in(10)).take());
  EXPECT_EQ(fast.get("ban:1").take(), "why");
  clock.advance(seconds(10));
  EXPECT_EQ(fast.get("ban:1").take(), std::nullopt);
}

TEST_F(Memory, ErasingTellsWhetherSomethingWasThere) {
  fast.put("k", "v", in(10)).take();
  EXPECT_TRUE(fast.erase("k").take());
  EXPECT_FALSE(fast.erase("k").take());
  EXPECT_FALSE(fast.get("k").take().has_value());
}

TEST_F(Memory, FullOfLiveValuesItSaysSoInsteadOfForgettingOne) {
  int stored = 0, refused = 0;
  for (int i = 0; i < 1000; ++i) (fast.put("k" + std::to_string(i), "v", in(10)).take() ? stored : refused)++;
  EXPECT_LE(stored, 256);
  EXPECT_GT(refused, 0);
  int found = 0;
  for (int i = 0; i < 1000; ++i) found += fast.get("k" + std::to_string(i)).take().has_value();
  EXPECT_EQ(found, stored);
  clock.advance(seconds(11));
  EXPECT_TRUE(fast.put("k999999", "v", in(10)).take());
}

TEST_F(Memory, CountsWithinAWindowAndBeginsAgainAfterIt) {
  EXPECT_EQ(fast.count("q", in(60)).take(), 1u);
  EXPECT_EQ(fast.count("q", in(60)).take(), 2u);
  clock.advance(seconds(60));
  EXPECT_EQ(fast.count("q", in(60)).take(), 1u);
}

TEST_F(Memory, FullOfLiveCountersItForgetsTheOneThatEndsFirst) {
  fast.count("long", in(86400)).take();
  for (int i = 0; i < 5000; ++i) fast.count("short" + std::to_string(i), in(60)).take();
  EXPECT_EQ(fast.count("long", in(86400)).take(), 2u);
}

}  // namespace
}  // namespace gatehouse::store

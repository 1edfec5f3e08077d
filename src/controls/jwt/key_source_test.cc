#include "controls/jwt/key_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/crypto/key.h"

namespace gatehouse::controls::jwt {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

std::string one_key(std::string_view kid) {
  static const crypto::SigningKey key = crypto::SigningKey::generate(crypto::KeyKind::ed25519).value();
  return "{\"keys\":[" + json::write(crypto::publish(key.public_key(), kid, crypto::Algorithm::eddsa)) + "]}";
}

class RemoteKeysTest : public testing::Test {
 protected:
  ManualClock clock_;
  int fetches_ = 0;
  Result<std::string> answer_ = one_key("k1");
  RemoteKeys keys_{"https://issuer.example/jwks.json", {}, clock_, [this](std::string_view) {
                     ++fetches_;
                     return answer_;
                   }};
};

TEST_F(RemoteKeysTest, AreFetchedAtOnceAndAgainInTime) {
  EXPECT_EQ(keys_.keys(), nullptr);
  EXPECT_TRUE(keys_.asking());
  EXPECT_EQ(keys_.step(), Duration(minutes(10)));
  EXPECT_FALSE(keys_.asking());
  ASSERT_NE(keys_.keys(), nullptr);
  EXPECT_TRUE(keys_.keys()->set.knows("k1"));
  clock_.advance(minutes(5));
  EXPECT_EQ(keys_.step(), Duration(minutes(5)));
  EXPECT_EQ(fetches_, 1);
  clock_.advance(minutes(5));
  keys_.step();
  EXPECT_EQ(fetches_, 2);
}

TEST_F(RemoteKeysTest, GenerationFollowsTheContent) {
  keys_.step();
  const auto first = keys_.generation();
  EXPECT_NE(first, 0u);
  clock_.advance(minutes(10));
  keys_.step();
  EXPECT_EQ(keys_.generation(), first);
  answer_ = one_key("k2");
  clock_.advance(minutes(10));
  keys_.step();
  EXPECT_NE(keys_.generation(), first);
  EXPECT_FALSE(keys_.keys()->set.knows("k1"));
}

TEST_F(RemoteKeysTest, UnknownKidsAskOnceAnInterval) {
  keys_.step();
  answer_ = one_key("k2");
  EXPECT_TRUE(keys_.ask());
  EXPECT_TRUE(keys_.asking());
  EXPECT_TRUE(keys_.ask()) << "joins the question that is under way";
  keys_.step();
  EXPECT_EQ(fetches_, 2);
  EXPECT_TRUE(keys_.keys()->set.knows("k2"));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(keys_.ask());
  EXPECT_EQ(fetches_, 2);
  clock_.advance(seconds(30));
  EXPECT_TRUE(keys_.ask());
}

TEST(RemoteKeysAsked, DuringAFetchAreAskedOnceMore) {
  ManualClock clock;
  RemoteKeys* self = nullptr;
  int fetches = 0;
  RemoteKeys keys("https://issuer.example/jwks.json", {}, clock, [&](std::string_view) -> Result<std::string> {
    // The second fetch is one of the schedule; a token with a new kid arrives while it runs.
    if (++fetches == 2) {
      EXPECT_TRUE(self->ask());
    }
    return one_key(fetches > 2 ? "k2" : "k1");
  });
  self = &keys;
  keys.step();
  clock.advance(minutes(10));
  EXPECT_EQ(keys.step(), Duration::zero());
  EXPECT_TRUE(keys.asking()) << "who asked goes on waiting";
  keys.step();
  EXPECT_FALSE(keys.asking());
  EXPECT_TRUE(keys.keys()->set.knows("k2"));
}

TEST_F(RemoteKeysTest, SurviveAnOutageForADayAndNoLonger) {
  keys_.step();
  answer_ = fail(Source::origin, "timeout");
  clock_.advance(minutes(10));
  EXPECT_EQ(keys_.step(), Duration(seconds(5)));
  EXPECT_NE(keys_.keys(), nullptr);
  EXPECT_THAT(keys_.status().fault, HasSubstr("timeout"));
  for (Duration wait : {seconds(10), seconds(20), seconds(40), seconds(60), seconds(60)}) {
    clock_.advance(minutes(1));
    EXPECT_EQ(keys_.step(), wait);
  }
  clock_.advance(hours(23));
  keys_.step();
  EXPECT_NE(keys_.keys(), nullptr);
  clock_.advance(hours(1));
  keys_.step();
  EXPECT_EQ(keys_.keys(), nullptr);
  EXPECT_EQ(keys_.generation(), 0u);
  answer_ = one_key("k1");
  clock_.advance(minutes(1));
  keys_.step();
  EXPECT_NE(keys_.keys(), nullptr);
}

TEST_F(RemoteKeysTest, NothingButAKeySetIsTaken) {
  keys_.step();
  for (const std::string& bad : {std::string("<html>"), std::string("{"), std::string(5'000'000, ' '), std::string()}) {
    answer_ = bad;
    clock_.advance(minutes(10));
    keys_.step();
    EXPECT_NE(keys_.keys(), nullptr) << "the old keys stay";
    EXPECT_NE(keys_.status().fault, "");
  }
}

TEST_F(RemoteKeysTest, ASetWithoutKeysIsAnAnswerAndClosesTheDoor) {
  keys_.step();
  answer_ = "{\"keys\":[]}";
  clock_.advance(minutes(10));
  keys_.step();
  EXPECT_EQ(keys_.keys(), nullptr);
  EXPECT_EQ(keys_.generation(), 0u);
  EXPECT_THAT(keys_.status().fault, HasSubstr("no usable key"));
}

TEST(KeyShelf, HandsOutOneSourceForAUrlAndFetchesByItself) {
  SystemClock clock;
  std::atomic<int> fetches{0};
  KeyShelf shelf(clock, [&](std::string_view) -> Result<std::string> {
    ++fetches;
    return one_key("k1");
  });
  const auto a = shelf.take("https://a.example/jwks", {});
  const auto again = shelf.take("https://a.example/jwks", {});
  EXPECT_EQ(a, again);
  for (int i = 0; i < 500 && a->asking(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_NE(a->keys(), nullptr);
  EXPECT_TRUE(a->ask());
  for (int i = 0; i < 500 && a->asking(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(fetches, 2) << "the question woke the thread";
  EXPECT_EQ(shelf.status().size(), 1u);
  EXPECT_EQ(shelf.status()[0].keys, 1u);
}

TEST(KeyShelf, ForgetsWhatNoPolicyHolds) {
  SystemClock clock;
  KeyShelf shelf(clock, [](std::string_view) -> Result<std::string> { return one_key("k1"); });
  auto a = shelf.take("https://a.example/jwks", {});
  const auto b = shelf.take("https://b.example/jwks", {});
  EXPECT_EQ(shelf.status().size(), 2u);
  a = nullptr;
  const auto c = shelf.take("https://c.example/jwks", {});
  EXPECT_EQ(shelf.status().size(), 2u);
}

}  // namespace
}  // namespace gatehouse::controls::jwt

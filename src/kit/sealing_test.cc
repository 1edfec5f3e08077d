#include "kit/sealing.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace gatehouse::kit {
namespace {

std::string key(char c) { return text::base64(std::string(32, c)); }

TEST(KeyRing, OpensWithAnOldKeyAndSealsWithTheFirst) {
  SystemEntropy entropy;
  auto old_ring = KeyRing::build({key('a')});
  auto ring = KeyRing::build({key('b'), key('a')});
  ASSERT_TRUE(old_ring && ring);
  auto before = old_ring->seal("x", "plain", entropy);
  auto after = ring->seal("x", "plain", entropy);
  EXPECT_NE(before.key, after.key);
  EXPECT_EQ(ring->open(before.key, "x", before.bytes), "plain");
  EXPECT_EQ(ring->open(after.key, "x", after.bytes), "plain");
  EXPECT_FALSE(old_ring->open(after.key, "x", after.bytes)) << "a key that is not in the ring";
  EXPECT_FALSE(ring->open(before.key, "y", before.bytes)) << "another place";
}

TEST(KeyRing, BlindsAValueOnceForEachKey) {
  auto ring = KeyRing::build({key('b'), key('a')});
  auto old_ring = KeyRing::build({key('a')});
  ASSERT_TRUE(ring && old_ring);
  auto names = ring->blind("user_1");
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[1], old_ring->blind("user_1")[0]);
  EXPECT_NE(names[0], ring->blind("user_2")[0]);
  EXPECT_EQ(names[0].find("user_1"), std::string::npos);
}

TEST(KeyRing, RefusesKeysThatAreNone) {
  for (const std::string& bad :
       {std::string(), std::string("short"), text::base64(std::string(31, 'a')), key('a') + "\n"})
    EXPECT_FALSE(KeyRing::build({bad})) << bad;
  EXPECT_FALSE(KeyRing::build({key('a'), key('a')}));
}

}  // namespace
}  // namespace gatehouse::kit

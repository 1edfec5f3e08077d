// Patterns whose time doubles with every character.
#include "audit/source/slow_patterns.h"

#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

TEST(SlowPatterns, ARepeatedPieceIsNotRepeatedAgain) {
  EXPECT_TRUE(backtracks(R"(^(\w+\s?)*$)"));
  EXPECT_TRUE(backtracks("^(a+)+$"));
  EXPECT_TRUE(backtracks("^(?:[a-z]*)*x"));
  EXPECT_TRUE(backtracks(R"(^\w+([.-]?\w+)*@\w+$)"));
  EXPECT_FALSE(backtracks(R"(^\w+(\.\w+)*@\w+$)")) << "a dot begins each";
  EXPECT_FALSE(backtracks(R"(^(\w+,)*\w+$)")) << "a comma ends each";
  EXPECT_FALSE(backtracks(R"(^[\w.]+@[\w.]+$)"));
  EXPECT_FALSE(backtracks(R"(^(\d{3}-)?\d{4}$)"));
  EXPECT_FALSE(backtracks(R"(\((a+)\)+$)"));
  EXPECT_FALSE(backtracks("(a+)+")) << "nothing behind it can fail";
  EXPECT_FALSE(backtracks("([a-"));
}

}  // namespace
}  // namespace gatehouse::audit::source

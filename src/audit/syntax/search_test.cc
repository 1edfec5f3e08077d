#include <gtest/gtest.h>

#include <random>
#include <string>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::syntax {
namespace {

TEST(Search, finds_a_word_whatever_its_case_and_wherever_it_stands) {
  EXPECT_TRUE(icontains("Stripe.Webhook", "webhook"));
  EXPECT_TRUE(icontains("WEBHOOK", "webhook"));
  EXPECT_TRUE(icontains("x", ""));
  EXPECT_FALSE(icontains("", "x"));
  EXPECT_FALSE(icontains("webhoo", "webhook"));
  EXPECT_TRUE(icontains("a['b']", "['b']"));
  EXPECT_TRUE(icontains_any("ok = Verify(x)", {"sign", "verify("}));
  EXPECT_FALSE(icontains_any("ok = Verify(x)", {"sign", "checked"}));
}

// As the plain way of looking says it.
TEST(Search, agrees_with_a_search_letter_by_letter) {
  std::mt19937 draw(7);
  const std::string letters = "aAbBkK_.(1";
  const auto drawn = [&](std::size_t most, bool low) {
    std::string out;
    for (std::size_t i = draw() % (most + 1); i > 0; --i) out += letters[draw() % letters.size()];
    return low ? text::to_lower(out) : out;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string s = drawn(40, false), part = drawn(4, true);
    ASSERT_EQ(icontains(s, part), text::to_lower(s).find(part) != std::string::npos) << s << " / " << part;
  }
}

}  // namespace
TEST(Search, finds_what_a_slow_search_finds) {
  // Lengths around the blocks that are read at once, and words that overlap themselves.
  std::mt19937 random(7);
  const auto drawn = [&](std::size_t length) {
    std::string text(length, ' ');
    for (char& c : text) c = "aAbB_["[random() % 6];
    return text;
  };
  const auto lower = [](std::string text) {
    for (char& c : text) c = text::lower(c);
    return text;
  };
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = drawn(random() % 200), part = drawn(random() % 9);
    ASSERT_EQ(contains(text, part), text.find(part) != std::string::npos) << text << " / " << part;
    ASSERT_EQ(icontains(text, lower(part)), lower(text).find(lower(part)) != std::string::npos)
        << text << " / " << part;
  }
}

}  // namespace gatehouse::audit::syntax

#include "audit/syntax/pieces.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::syntax {
namespace {

// The one promise that findings rest on.
TEST(Pieces, never_deny_a_word_that_stands_there) {
  std::mt19937 draw(7);
  const std::string_view letters = "aAbBzZ@`[{_.('\" \n\x80\xff";
  for (int round = 0; round < 2'000; ++round) {
    std::string text(draw() % 60, ' ');
    for (char& c : text) c = letters[draw() % letters.size()];
    const Pieces pieces(text);
    for (std::size_t from = 0; from < text.size(); ++from) {
      const std::string word = text.substr(from, draw() % 12);
      ASSERT_TRUE(pieces.may_hold(word)) << text << " / " << word;
      ASSERT_TRUE(pieces.may_hold(text::to_lower(word))) << text << " / " << word;
    }
  }
}

TEST(Pieces, deny_most_words_that_do_not) {
  const Pieces pieces("def total(order):\n    return sum(line.price * line.count for line in order.lines)\n");
  for (const char* word : {"stripe", "webhook", "is_admin", "current_user", "password", "request."})
    EXPECT_FALSE(pieces.may_hold(word)) << word;
  for (const char* word : {"ORDER.lines", "price", "", "x", "zz"}) EXPECT_TRUE(pieces.may_hold(word)) << word;
}

TEST(Pieces, are_those_of_the_whole_file_and_plain_text_knows_none) {
  const std::string_view text = "def a():\n    stripe.charge()\n\ndef b():\n    pass  # a webhook\n";
  const auto tree = Tree::parse(Language::python, text);
  ASSERT_TRUE(tree);
  const Code second = tree->all("function_definition")[1].code();
  EXPECT_TRUE(second.may_hold("stripe"));
  EXPECT_FALSE(icontains(second, "stripe"));
  EXPECT_FALSE(second.may_hold("webhook"));
  EXPECT_FALSE(contains(tree->code(), "webhook"));
  EXPECT_TRUE(icontains(tree->code(), "charge"));
  EXPECT_TRUE(Code("anything").may_hold("webhook"));
  EXPECT_TRUE(Code(std::string_view(second)).may_hold("webhook"));
}

}  // namespace
}  // namespace gatehouse::audit::syntax

#include "audit/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/catalog.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Sink, a_finding_holds_while_others_come) {
  Sink sink;
  proof::Finding& first = sink.find("DJ-012", "a.py", 1, "DEBUG = True");
  for (int i = 0; i < 2000; ++i) sink.find("SEC-001", "b.py", i, "x");
  first.title = "still here";
  EXPECT_EQ(sink.findings().front().title, "still here");
  EXPECT_EQ(sink.findings().front().locations.at(0).path, "a.py");
}

TEST(Sink, what_is_changed_on_a_finding_leaves_its_rule_as_it_was) {
  Sink sink;
  proof::Finding& f = sink.find("DJ-012", "a.py", 1, "");
  f.title = "another";
  f.cwe.clear();
  EXPECT_THAT(f.evidence, IsEmpty()) << "absence has nothing to show";
  EXPECT_NE(sink.find("DJ-012", "b.py", 1, "").title, "another");
  EXPECT_FALSE(finding_of("DJ-012").cwe.empty());
}

TEST(Sink, a_rule_that_nobody_wrote_is_a_bug_and_leaves_nothing_half_made) {
  Sink sink;
  EXPECT_THROW(sink.find("XX-999", "a.py", 1, "x"), std::logic_error);
  EXPECT_THAT(sink.findings(), IsEmpty());
}

TEST(Sink, says_what_holds_and_what_is_missing_once_in_the_order_it_came) {
  Sink sink;
  for (const char* word : {"b", "a", "b"}) {
    sink.positive(word);
    sink.not_checked(word);
  }
  EXPECT_THAT(sink.positives(), ElementsAre("b", "a"));
  EXPECT_THAT(sink.gaps(), ElementsAre("b", "a"));
}

TEST(Quote, is_a_short_piece_that_does_nothing_to_whoever_prints_it) {
  EXPECT_EQ(quote("  KEY = 'x'\t\r\n"), "KEY = 'x'");
  EXPECT_EQ(quote("\n"), "");
  const std::string hostile = quote(
      "a\x1b[2Jb\x07\x9b"
      "c\xff"
      "d\u202Ee");
  for (char c : hostile) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << hostile;
  EXPECT_EQ(hostile.find("\u202E"), std::string::npos) << "turned-round text shows another line than stands there";
  const std::string longest = quote(std::string(5000, 'x'));
  EXPECT_LE(longest.size(), 210u);
  // Cut between characters, never within one: é has two bytes.
  std::string accents;
  for (int i = 0; i < 400; ++i) accents += "é";
  const std::string cut = quote("x" + accents);
  EXPECT_EQ(cut.find("\xef\xbf\xbd"), std::string::npos) << cut;
}

}  // namespace
}  // namespace gatehouse::audit

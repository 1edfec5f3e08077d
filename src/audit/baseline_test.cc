#include "audit/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/catalog.h"

namespace gatehouse::audit {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

proof::Finding at(std::string path, int line, std::string evidence) {
  proof::Finding f = finding_of("SEC-013");
  f.locations.push_back({std::move(path), line, line, {}});
  f.evidence.push_back(std::move(evidence));
  return f;
}

proof::Report of(std::vector<proof::Finding> findings) {
  proof::Report r;
  r.findings = std::move(findings);
  r.sort();
  return r;
}

// How many of the second audit's findings are new to somebody who wrote down the first's.
std::size_t fresh(const proof::Report& before, const proof::Report& after) {
  const auto known = parse_baseline(write_baseline(before));
  EXPECT_TRUE(known);
  return known ? new_findings(after, *known).size() : 999;
}

TEST(Baseline, lines_that_move_and_blanks_that_change_are_nothing_new) {
  EXPECT_EQ(fresh(of({at("a.py", 3, "KEY = 'x'")}), of({at("a.py", 90, "KEY  =  'x'")})), 0u);
  EXPECT_EQ(fresh(of({at("a.py", 3, "x"), at("a.py", 9, "y")}), of({at("a.py", 1, "y"), at("a.py", 2, "x")})), 0u);
}

TEST(Baseline, other_words_another_file_and_another_rule_are_new) {
  const proof::Report before = of({at("a.py", 3, "KEY = 'x'")});
  EXPECT_EQ(fresh(before, of({at("a.py", 3, "KEY = 'z'")})), 1u);
  EXPECT_EQ(fresh(before, of({at("renamed.py", 3, "KEY = 'x'")})), 1u) << "nobody looked at it there";
  proof::Report other = before;
  other.findings[0].id = "SEC-017";
  EXPECT_EQ(fresh(before, other), 1u);
}

// Stops: a second key pasted below a known one.
TEST(Baseline, the_same_words_once_more_are_one_more_finding) {
  const proof::Report one = of({at("a.py", 3, "x")}),
                      three = of({at("a.py", 3, "x"), at("a.py", 4, "x"), at("a.py", 5, "x")});
  EXPECT_EQ(fresh(one, three), 2u);
  EXPECT_EQ(fresh(three, three), 0u);
  EXPECT_EQ(fresh(three, one), 0u) << "mended ones leave nothing new";
}

TEST(Baseline, is_the_same_file_in_whatever_order_the_findings_came) {
  const proof::Report r = of({at("b.py", 1, "x"), at("a.py", 1, "x")});
  proof::Report turned = r;
  std::swap(turned.findings[0], turned.findings[1]);
  EXPECT_EQ(write_baseline(r), write_baseline(turned));
  EXPECT_THAT(write_baseline(r), HasSubstr("  SEC-013  a.py\n"));
}

TEST(Baseline, a_path_with_line_breaks_makes_no_lines_of_its_own) {
  const proof::Report r = of({at("a\n00000000000000000000000000000000  SEC-001  b.py", 1, "x")});
  const auto known = parse_baseline(write_baseline(r));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->size(), 1u);
  EXPECT_EQ(new_findings(r, *known).size(), 0u);
}

TEST(Baseline, remarks_blanks_and_windows_lines_are_read_over) {
  const std::string print(32, 'a');
  const auto known = parse_baseline("# known\r\n\r\n  " + print + "  X-001  a.py\r\n" + print + "\n");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->size(), 1u);
  EXPECT_EQ(known->at(print), 2u);
  ASSERT_TRUE(parse_baseline("")) << "nothing was known";
}

// Stops: a report, or the marks of a merge, taken for a baseline that knows nothing or half of it.
TEST(Baseline, what_is_none_is_refused_with_its_line) {
  const std::string print(32, 'a');
  for (const std::string& wrong :
       std::vector<std::string>{std::string("{"), "<<<<<<< HEAD", std::string(31, 'a'), std::string(33, 'a'),
                                std::string(32, 'A'), std::string(32, 'g'), std::string("\0\x01", 2)}) {
    const auto known = parse_baseline(print + "  X-001  a.py\n" + wrong + "\n");
    ASSERT_FALSE(known) << wrong;
    EXPECT_EQ(known.error().code, "bad_baseline");
    EXPECT_THAT(known.error().detail, HasSubstr("line 2"));
    EXPECT_THAT(known.error().detail, Not(HasSubstr(std::string(1, '\0'))));
  }
}

}  // namespace
}  // namespace gatehouse::audit

#include "audit/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/catalog.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;

// What the report says of findings as a reader made them, in a tree of these files.
class Settling : public ::testing::Test {
 protected:
  proof::Finding& found(std::string_view id, std::string_view path, int line, std::string evidence = "x") {
    return sink_.find(id, path, line, std::move(evidence));
  }
  std::vector<std::string> told(std::string only = {}) {
    const auto files =
        memory_files({{"a.py", "x\n"}, {"b.py", "x\n"}, {"tests/test_a.py", "x\n"}, {".env.example", "X=\n"}});
    const Project project(*files);
    Ignores ignores;
    AuditOptions options;
    options.only = std::move(only);
    report_ = settle(project, sink_, ignores, options);
    std::vector<std::string> out;
    for (const proof::Finding& f : report_.findings) {
      std::string line = f.id;
      for (const auto& at : f.locations) line += " " + at.path + ":" + std::to_string(at.line);
      out.push_back(std::move(line));
    }
    return out;
  }

  Sink sink_;
  proof::Report report_;
};

TEST_F(Settling, one_fault_under_two_names_is_told_by_the_one_that_knows_more) {
  found("SEC-016", "a.py", 3);
  found("SEC-017", "a.py", 3);
  found("RE-002", "a.py", 7);
  found("EX-006", "a.py", 7);
  EXPECT_THAT(told(), ElementsAre("SEC-016 a.py:3", "RE-002 a.py:7"));
}

TEST_F(Settling, one_name_told_by_two_readers_is_one_fault_though_one_saw_it_earlier) {
  proof::Finding& f = found("SEC-004", "a.py", 2);
  f.key = "VITE_KEY";
  f.locations.push_back({"a.py", 9, 9, {}});
  found("SEC-004", "a.py", 9).key = "VITE_KEY";
  found("SEC-004", "b.py", 9).key = "VITE_KEY";
  EXPECT_THAT(told(), ElementsAre("SEC-004 a.py:2 a.py:9", "SEC-004 b.py:9"));
}

TEST_F(Settling, two_faults_of_one_kind_stay_two_where_one_of_them_also_stands_at_the_other) {
  found("VAL-001", "a.py", 2).locations.push_back({"a.py", 9, 9, {}});
  found("VAL-001", "a.py", 9);
  EXPECT_THAT(told(), ElementsAre("VAL-001 a.py:2 a.py:9", "VAL-001 a.py:9"));
}

TEST_F(Settling, on_another_line_it_is_another_fault) {
  found("RE-002", "a.py", 5);
  found("EX-006", "a.py", 6);
  found("EX-006", "b.py", 5);
  EXPECT_THAT(told(), ElementsAre("EX-006 a.py:6", "EX-006 b.py:5", "RE-002 a.py:5"));
}

TEST_F(Settling, of_many_places_only_those_that_are_told_elsewhere_go_and_what_was_seen_there_with_them) {
  found("RE-002", "a.py", 5, "cookie = token");
  proof::Finding& f = found("EX-006", "a.py", 5, "cookie = token");
  f.locations.push_back({"b.py", 9, 9, {}});
  f.evidence.emplace_back("storage = token");
  EXPECT_THAT(told(), ElementsAre("EX-006 b.py:9", "RE-002 a.py:5"));
  EXPECT_THAT(report_.findings[0].evidence, ElementsAre("storage = token"));
}

TEST_F(Settling, who_asks_for_one_kind_only_hears_of_it_whoever_else_knows_more) {
  found("RE-002", "a.py", 5);
  found("EX-006", "a.py", 5);
  EXPECT_THAT(told("EX-006"), ElementsAre("EX-006 a.py:5"));
}

TEST_F(Settling, the_same_finding_twice_on_a_line_is_one_with_all_that_was_seen) {
  found("DJ-012", "a.py", 3, "DEBUG = True");
  found("DJ-012", "a.py", 3, "DEBUG = True");
  found("DJ-012", "a.py", 3, "DEBUG is on");
  EXPECT_THAT(told(), ElementsAre("DJ-012 a.py:3"));
  EXPECT_THAT(report_.findings[0].evidence, ElementsAre("DEBUG = True", "DEBUG is on"));
}

TEST_F(Settling, what_stands_in_tests_and_examples_is_counted_and_not_charged) {
  found("DJ-012", "tests/test_a.py", 1);
  found("SEC-017", ".env.example", 1);
  found("SEC-001", "tests/test_a.py", 1);  // a live key is one wherever it lies
  EXPECT_THAT(told(), ElementsAre("SEC-001 tests/test_a.py:1"));
  EXPECT_EQ(report_.positives.size(), 2u);
}

TEST_F(Settling, ids_are_asked_for_whole_or_by_their_family_and_never_by_a_piece) {
  for (std::string_view only : {"", "DJ", "DJ-", "DJ-012", " SEC , DJ-012 "})
    EXPECT_TRUE(selected(only, "DJ-012")) << only;
  for (std::string_view only : {"D", "DJ-01", "DJ-0123", "J-012", "SEC"})
    EXPECT_FALSE(selected(only, "DJ-012")) << only;
}

TEST_F(Settling, a_password_in_quotes_is_shown_by_its_beginning_and_told_from_another) {
  found("SEC-017", "a.py", 3, "PASSWORD = \"hunter2hunter2\"");
  found("SEC-017", "b.py", 3, "PASSWORD = \"hunter3hunter3\"");
  told();
  ASSERT_EQ(report_.findings.size(), 2u);
  for (const proof::Finding& f : report_.findings) EXPECT_EQ(f.evidence[0].find("hunter2hunter2"), std::string::npos);
  EXPECT_NE(report_.findings[0].key, report_.findings[1].key);
}

}  // namespace
}  // namespace gatehouse::audit

#include "audit/source/recurring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::audit::source {
namespace {

using ::testing::ElementsAre;

Spot spot(int line, std::string path = "a.py") { return {place(path, line), path + " " + std::to_string(line)}; }

TEST(Recurring, the_first_place_makes_the_finding_and_the_others_join_it) {
  Sink sink;
  Recurring told;
  EXPECT_FALSE(told);
  proof::Finding* first = told.find(sink, "RUN-003", spot(1));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(told.find(sink, "RUN-003", spot(2)), nullptr);
  EXPECT_EQ(told.find(sink, "RUN-003", spot(1, "b.py")), nullptr);
  ASSERT_EQ(sink.findings().size(), 1u);
  EXPECT_EQ(told.finding(), first);
  EXPECT_EQ(first->locations.size(), 3u);
  EXPECT_THAT(first->evidence, ElementsAre("a.py 1", "a.py 2", "b.py 1"));
}

TEST(Recurring, a_place_that_it_has_already_is_not_said_again) {
  Sink sink;
  Recurring told;
  for (const int line : {4, 4, 7, 7, 4}) told.find(sink, "RUN-003", spot(line));
  EXPECT_THAT(told.finding()->evidence, ElementsAre("a.py 4", "a.py 7"));
}

TEST(Recurring, places_beyond_the_bound_are_dropped_and_make_no_second_finding) {
  Sink sink;
  Recurring told(2);
  for (const int line : {1, 2, 3}) told.find(sink, "RUN-003", spot(line));
  ASSERT_EQ(sink.findings().size(), 1u);
  EXPECT_EQ(told.finding()->locations.size(), 2u);
}

TEST(Recurring, a_place_of_the_callers_own_counts_towards_the_bound) {
  Sink sink;
  Recurring told(2);
  if (proof::Finding* f = told.find(sink, "RUN-003", spot(1))) f->locations.push_back(place("settings.py", 9));
  told.find(sink, "RUN-003", spot(2));
  EXPECT_EQ(told.finding()->locations.size(), 2u);
  EXPECT_EQ(told.finding()->locations.back().path, "settings.py");
}

TEST(Recurring, nodes_of_a_file_are_places_once_a_line_and_up_to_the_bound) {
  const std::string text = "f(1); f(2)\nf(3)\nf(4)\n";
  const auto files = memory_files({{"a.ts", text}});
  const Source source(files->entries().front(), text);
  const auto tree = syntax::Tree::parse(syntax::Language::typescript, text);
  Project project(*files);
  Sink sink;
  File file(source, *tree, project, sink);
  Recurring told(2);
  for (const syntax::Call& c : file.calls) told.hit(file, "RUN-003", c.node);
  ASSERT_EQ(sink.findings().size(), 1u);
  EXPECT_THAT(told.finding()->evidence, ElementsAre("f(1); f(2)", "f(3)"));
}

}  // namespace
}  // namespace gatehouse::audit::source

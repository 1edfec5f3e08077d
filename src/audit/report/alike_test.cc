#include "audit/report/alike.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/catalog.h"
#include "audit/report/render.h"

namespace gatehouse::audit::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

proof::Finding at(std::string_view id, std::string path, int line, std::string evidence) {
  proof::Finding f = finding_of(id);
  f.locations.push_back({std::move(path), line, line, {}});
  f.evidence.push_back(std::move(evidence));
  return f;
}

proof::Report of(std::vector<proof::Finding> findings) {
  proof::Report r;
  r.target = "shop";
  r.findings = std::move(findings);
  r.sort();
  return r;
}

std::vector<std::size_t> sizes(const proof::Report& r) {
  std::vector<std::size_t> out;
  for (const Alike& all : alike(r)) out.push_back(all.size());
  return out;
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (std::size_t i = text.find(what); i != text.npos; i = text.find(what, i + what.size())) ++n;
  return n;
}

TEST(Alike, keeps_apart_what_differs_in_anything_a_reader_is_told) {
  proof::Finding same = at("AZ-001", "a.py", 1, "x"), other = same, graver = same, surer = same, elsewhere = same;
  other.title = "Something else";
  graver.severity = proof::Severity::critical;
  surer.confidence = proof::Confidence::low;
  elsewhere.fix = "Another way.";
  EXPECT_THAT(sizes(of({same, other, graver, surer, elsewhere})), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(sizes(of({})), ElementsAre());
}

TEST(Alike, stand_where_the_first_of_them_stands_however_others_come_between) {
  proof::Finding between = at("AZ-001", "b.py", 1, "y");
  between.title = "Everybody's records are listed";
  const proof::Report r = of({at("AZ-001", "a.py", 1, "x"), between, at("AZ-001", "c.py", 1, "z"),
                              at("DEP-001", "requirements.txt", 1, "django")});
  const auto all = alike(r);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].size(), 2u);
  EXPECT_EQ(where(all[0][1]->locations[0]), "c.py:1");
  EXPECT_EQ(all[2][0]->id, "DEP-001");
}

TEST(Alike, a_fault_at_three_places_is_explained_once_with_each_place_and_what_stands_there) {
  const proof::Report r = of(
      {at("AZ-001", "a.py", 1, "first()"), at("AZ-001", "b.py", 22, "second()"), at("AZ-001", "c.py", 3, "third()")});
  const std::string fix = r.findings.front().fix;
  const std::string md = markdown(r, {}), page = html(r, {}), words = terminal(r, false);
  EXPECT_EQ(count(md, "### [AZ-001] "), 1u);
  EXPECT_EQ(count(md, "  - " + fix), 1u);
  EXPECT_THAT(md, HasSubstr(r.findings.front().title + " (3 places)\n"));
  EXPECT_THAT(md, HasSubstr("- Location: `a.py:1`, `b.py:22`, `c.py:3`\n"));
  EXPECT_THAT(md, HasSubstr("  - `b.py:22`: `second()`\n"));
  EXPECT_EQ(count(page, "<details "), 1u);
  EXPECT_THAT(page, HasSubstr("<code>b.py:22</code><pre>second()</pre>"));
  EXPECT_THAT(page, HasSubstr(" data-n=3 "));
  EXPECT_THAT(words, HasSubstr("(3 places)\n  at a.py:1\n     first()\n  at b.py:22\n     second()\n"));
  EXPECT_EQ(count(words, "  fix: "), 1u);
  for (const std::string& form : {md, page, words}) EXPECT_THAT(form, HasSubstr("3 high")) << "counted are places";
}

TEST(Alike, a_finding_of_several_places_shows_what_stands_at_each) {
  proof::Finding f = at("AZ-001", "a.py", 1, "first()");
  f.locations.push_back({"b.py", 22, 22, {}});
  f.evidence.emplace_back("second()");
  EXPECT_THAT(terminal(of({f}), false), HasSubstr("  at a.py:1\n     first()\n  at b.py:22\n     second()\n"));
  EXPECT_THAT(markdown(of({f}), {}), HasSubstr("  - `a.py:1`: `first()`\n  - `b.py:22`: `second()`\n"));
  EXPECT_THAT(html(of({f}), {}), HasSubstr("<code>b.py:22</code><pre>second()</pre>"));
}

TEST(Alike, evidence_that_belongs_to_no_single_place_stands_at_the_first) {
  proof::Finding f = at("AZ-001", "a.py", 1, "first()");
  for (int line = 2; line < 9; ++line) f.locations.push_back({"a.py", line, line, {}});
  EXPECT_THAT(markdown(of({f}), {}), HasSubstr("`a.py:8`\n- Evidence:\n  - `a.py:1`: `first()`\n"));
  EXPECT_THAT(terminal(of({f}), false), HasSubstr("  at a.py:1\n     first()\n  at a.py:2\n"));
  EXPECT_THAT(terminal(of({f}), false), Not(HasSubstr("a.py:8"))) << "a terminal is short";
}

TEST(Alike, one_place_is_told_as_ever) {
  const std::string md = markdown(of({at("AZ-001", "a.py", 1, "first()")}), {});
  EXPECT_THAT(md, Not(HasSubstr("places)")));
  EXPECT_THAT(md, HasSubstr("- Location: `a.py:1`\n- Evidence:\n  - `first()`\n"));
}

TEST(Alike, hostile_places_stay_words_in_every_form) {
  const std::string path = "\"><img src=x onerror=alert(1)>`](javascript:x)\x1b[2J.py";
  const proof::Report r = of({at("AZ-001", path, 1, "</pre><script>"), at("AZ-001", path, 2, "`<b>`")});
  const std::string md = markdown(r, {}), page = html(r, {}), words = terminal(r, false);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("</pre><script>")));
  EXPECT_THAT(md, Not(HasSubstr("alert(1)>`]"))) << "the backtick of a name ends no code";
  for (const std::string& form : {md, page, words}) EXPECT_THAT(form, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace gatehouse::audit::report

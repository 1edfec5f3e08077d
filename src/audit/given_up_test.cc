#include "audit/given_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"
#include "audit/files.h"

namespace gatehouse::audit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Tree = std::vector<std::pair<std::string, std::string>>;

proof::Report report_of(Tree files, std::string only = {}) {
  AuditOptions options;
  options.only = std::move(only);
  options.now = 1'795'000'000;  // November 2026
  return audit_source(*memory_files(std::move(files)), source_pack(), options);
}

std::vector<std::string> ids(const proof::Report& report, std::string_view path) {
  std::vector<std::string> out;
  for (const proof::Finding& f : report.findings)
    if (f.locations.at(0).path == path) out.push_back(f.id);
  return out;
}

const proof::Finding* first(const proof::Report& report, std::string_view id) {
  for (const proof::Finding& f : report.findings)
    if (f.id == id) return &f;
  return nullptr;
}

// More words and marks than a tree may have; `head` stands above them.
std::string too_long(std::string head) {
  for (int i = 0; i < 16'000; ++i) head += "x = [1]\n";
  return head;
}

// Functions in functions: each holds all below it, and a question asked of each costs the square of the file.
std::string tangle(const std::string& head) {
  std::string out = head, end;
  for (int i = 0; i < 3'300; ++i) {
    out += "function upgradePlan(req, res) { f(" + std::to_string(i) + ");\n";
    end += "}\n";
  }
  return out + end;
}

TEST(GivenUp, a_file_with_too_many_words_is_a_finding_and_the_run_incomplete) {
  const auto report = report_of({{"app/big.py", too_long("")}, {"app/small.py", "x = 1\n"}});
  EXPECT_FALSE(report.complete);
  EXPECT_THAT(report.given_up, ElementsAre("app/big.py"));
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("app/big.py: more than 60,000 words and marks")));
  const auto* f = first(report, "GAP-001");
  ASSERT_NE(f, nullptr);
  EXPECT_EQ(f->severity, proof::Severity::medium);
  EXPECT_THAT(f->evidence, ElementsAre(HasSubstr("searched for secrets all the same")));
  EXPECT_THAT(f->fix, HasSubstr(".gatehouse-ignore"));
}

TEST(GivenUp, secrets_are_searched_for_in_what_no_parser_takes) {
  const std::string key = "KEY = \"" + std::string("sk_li") + std::string("ve_51NqWz8Lk2mXo4Pv7RtYb3JcHd") + "\"\n";
  for (const std::string& text : {too_long(key), std::string(50'000, '(') + "\n" + key})
    EXPECT_THAT(ids(report_of({{"app/big.py", text}}), "app/big.py"),
                ::testing::UnorderedElementsAre("SEC-001", "GAP-001"));
}

TEST(GivenUp, what_one_reader_gave_up_hides_nothing_from_the_others) {
  const std::string head =
      "const express = require('express');\nconst app = express();\n"
      "app.get('/x', (req, res) => { eval(req.query.code); });\n";
  const auto whole = report_of({{"src/x.js", head}});
  const auto* sure = first(whole, "EX-014");
  ASSERT_NE(sure, nullptr);
  const auto half = report_of({{"src/x.js", tangle(head)}});
  EXPECT_THAT(half.given_up, ElementsAre("src/x.js"));
  const auto* kept = first(half, "EX-014");
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->severity, sure->severity);
}

TEST(GivenUp, more_files_of_records_than_are_read_are_told) {
  Tree tree;
  for (int i = 0; i < 2'001; ++i)
    tree.emplace_back("models/m" + std::to_string(i) + ".prisma", "model A { id Int @id }\n");
  EXPECT_FALSE(report_of(tree).complete);
  tree.pop_back();
  EXPECT_TRUE(report_of(tree).complete);
}

TEST(GivenUp, what_rests_on_a_part_of_a_file_is_told_with_doubt) {
  std::deque<proof::Finding> all;
  for (const char* path : {"a.js", "b.js", "a.js", "a.js", "a.js"}) {
    proof::Finding& f = all.emplace_back();
    f.confidence = proof::Confidence::high;
    f.locations.push_back({path, 1, 1, {}});
  }
  doubt({{.path = "a.js", .why = "x", .doubtful = {{1, 3}, {4, static_cast<std::size_t>(-1)}}}}, all);
  std::string sure;
  for (const proof::Finding& f : all) sure += f.confidence == proof::Confidence::high ? '+' : '-';
  EXPECT_EQ(sure, "++-+-");
  EXPECT_THAT(all[2].evidence, ElementsAre(HasSubstr("not read to its end")));
}

TEST(GivenUp, an_exception_with_reason_and_date_makes_the_run_whole_again) {
  const Tree tree = {{"gen/big.py", too_long("")}};
  auto with = [&](std::string line) {
    Tree t = tree;
    t.emplace_back(".gatehouse-ignore", std::move(line));
    return report_of(t);
  };
  const auto good = with("GAP-001 gen/*.py until=2027-01-31 reason=\"made by a compiler\"\n");
  EXPECT_TRUE(good.complete);
  EXPECT_THAT(good.given_up, IsEmpty());
  EXPECT_THAT(good.not_checked, Contains(HasSubstr("gen/big.py"))) << "told all the same";
  EXPECT_FALSE(with("GAP-001 gen/*.py\n").complete) << "no reason";
  EXPECT_FALSE(with("GAP-001 gen/*.py until=2020-01-31 reason=\"old\"\n").complete) << "expired";
  EXPECT_FALSE(with("GAP-001 other/*.py until=2027-01-31 reason=\"elsewhere\"\n").complete);
}

TEST(GivenUp, a_part_of_the_audit_is_incomplete_too_and_tells_only_what_was_asked_for) {
  const auto report = report_of({{"app/big.py", too_long("")}}, "DJ");
  EXPECT_FALSE(report.complete);
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("app/big.py")));
  EXPECT_TRUE(report_of({{"app/big.py", too_long("")},
                         {".gatehouse-ignore", "GAP-001 app/big.py until=2027-01-31 reason=\"generated\"\n"}},
                        "DJ")
                  .complete);
}

TEST(GivenUp, what_is_left_out_by_design_leaves_the_run_complete) {
  const auto report = report_of({{"web/app.js", "a(" + std::string(5000, '1') + ")"},  // minified
                                 {"app/data.py", std::string((1u << 20) + 1, '#')},
                                 {"film/scene.ts", std::string("G@\0\x10", 4) + std::string(184, '\xff') + "G" +
                                                       std::string(187, '\0') + "G" + std::string(187, '\0')},
                                 {"locked.env", std::string("\0GITCRYPT\0abc", 13)},
                                 {"tests/broken/package.json", "{"},
                                 {"tests/broken/a.py", std::string(50'000, '(')}});
  EXPECT_TRUE(report.complete) << ::testing::PrintToString(report.given_up);
  EXPECT_THAT(report.given_up, IsEmpty());
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("web/app.js")));
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("app/data.py")));
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("film/scene.ts")));
}

TEST(GivenUp, manifests_and_deployments_that_do_not_parse_are_named) {
  const auto report = report_of({{"package.json", "{\"dependencies\": {"},
                                 {"package-lock.json", "<<<<<<< HEAD"},
                                 {"docker-compose.yml", "services: [\n"},
                                 {".github/workflows/ci.yml", "on: {\n"},
                                 {"render.yaml", "services: [\n"},
                                 {"vercel.json", "{"}});
  EXPECT_THAT(report.given_up, ElementsAre(".github/workflows/ci.yml", "docker-compose.yml", "package-lock.json",
                                           "package.json", "render.yaml", "vercel.json"));
}

TEST(GivenUp, of_many_the_first_are_findings_and_all_of_them_count) {
  Tree tree;
  for (int i = 0; i < 50; ++i) tree.emplace_back("p" + std::to_string(i) + "/package.json", "{");
  const auto report = report_of(tree);
  EXPECT_EQ(report.given_up.size(), 50u);
  EXPECT_EQ(report.findings.size(), 20u);
  EXPECT_THAT(report.not_checked, Contains("10 more that were given up"));
}

}  // namespace
}  // namespace gatehouse::audit

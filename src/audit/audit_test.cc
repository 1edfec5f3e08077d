#include "audit/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"

namespace gatehouse::audit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Tree = std::vector<std::pair<std::string, std::string>>;

// Notes which files it was given, in their order.
class Listener final : public Reader {
 public:
  explicit Listener(std::vector<std::string>& heard, bool bytes = false) : heard_(heard), bytes_(bytes) {}
  bool wants(const Entry&) const override { return true; }
  bool takes_patterns_only() const override { return bytes_; }
  void read(const Source& source, Project&, Sink&) override { heard_.emplace_back(source.path()); }

 private:
  std::vector<std::string>& heard_;
  bool bytes_;
};

std::vector<std::string> heard(Tree tree, bool bytes = false, proof::Report* report = nullptr) {
  std::vector<std::string> out;
  Pack pack;
  pack.readers.push_back(std::make_unique<Listener>(out, bytes));
  const proof::Report r = audit_source(*memory_files(std::move(tree)), std::move(pack), {});
  if (report) *report = r;
  return out;
}

TEST(Audit, reads_what_helps_to_judge_the_rest_first) {
  EXPECT_THAT(heard({{"a.py", "x"},
                     {"dist/a.js", "x"},
                     {"package.json", "{}"},
                     {"web/.env.production", "A=1"},
                     {"requirements-dev.txt", "x"},
                     {"z.js", "x"}}),
              ElementsAre("web/.env.production", "package.json", "requirements-dev.txt", "a.py", "z.js", "dist/a.js"));
}

TEST(Audit, pictures_and_archives_are_left_out_by_their_ends_in_any_letters_and_nothing_else_is) {
  EXPECT_THAT(heard({{"a.png", "x"}, {"b.PNG", "x"}, {"c.tar", "x"}, {"png", "x"}, {"d.png.py", "x"}, {"e.", "x"}}),
              ElementsAre("d.png.py", "e.", "png"));
}

TEST(Audit, what_is_too_large_to_be_parsed_is_for_the_readers_of_bytes_alone_and_is_named) {
  const std::string large(kParsedBytes + 1, ' ');
  proof::Report report;
  EXPECT_THAT(heard({{"a.py", "x"}, {"big.py", large}}, false, &report), ElementsAre("a.py"));
  EXPECT_THAT(report.not_checked, Contains(HasSubstr("not parsed: big.py")));
  EXPECT_TRUE(report.complete) << "left out by design";
  EXPECT_THAT(heard({{"a.py", "x"}, {"big.py", large}}, true), ElementsAre("a.py", "big.py"));
}

TEST(Audit, names_a_dozen_files_of_a_kind_and_counts_the_rest) {
  const std::string large(kParsedBytes + 1, ' ');
  Tree tree;
  for (int i = 10; i < 25; ++i) tree.emplace_back("big" + std::to_string(i) + ".py", large);
  proof::Report report;
  heard(std::move(tree), false, &report);
  EXPECT_THAT(report.not_checked,
              Contains(::testing::AllOf(HasSubstr("big21.py and 3 more"), Not(HasSubstr("big22")))));
}

TEST(Audit, names_of_files_in_remarks_do_nothing_to_whoever_prints_them) {
  proof::Report report;
  heard({{"a\x1b[2J\n.py", std::string(kParsedBytes + 1, ' ')}}, false, &report);
  for (const std::string& line : report.not_checked) EXPECT_EQ(line.find_first_of("\x1b\n"), std::string::npos) << line;
}

TEST(Audit, tells_how_far_it_is_and_ends_with_all) {
  Tree tree;
  for (int i = 0; i < 200; ++i) tree.emplace_back("f" + std::to_string(i) + ".py", "x\n");
  std::vector<std::size_t> steps;
  int judged = 0;
  AuditOptions options;
  options.progress = [&](std::size_t done, std::size_t all) {
    EXPECT_EQ(all, 200u);
    steps.push_back(done);
  };
  options.seen = [&](const Project& p) { judged += static_cast<int>(p.entries().size()); };
  audit_source(*memory_files(std::move(tree)), source_pack(), options);
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.back(), 200u);
  EXPECT_EQ(judged, 200) << "asked once";
}

TEST(Audit, says_the_same_of_a_tree_each_time_and_in_whatever_order_its_files_come) {
  Tree tree = {{"app.py", "from flask import Flask\napp = Flask(__name__)\napp.secret_key = 'dev-secret-1'\n"},
               {"Dockerfile", "FROM python\nUSER root\n"},
               {"requirements.txt", "flask\n"},
               {"server.js", "const app = require('express')();\napp.get('/x', (q, s) => s.json(q.query));\n"}};
  const auto words = [](const Tree& t) {
    return json::write(proof::to_json(audit_source(*memory_files(t), source_pack(), {})));
  };
  const std::string once = words(tree);
  EXPECT_EQ(words(tree), once);
  std::reverse(tree.begin(), tree.end());
  EXPECT_EQ(words(tree), once);
}

TEST(Audit, exceptions_of_whole_files_stand_at_the_top_and_nowhere_else) {
  const std::string fault = "S = os.getenv('JWT_SECRET', 'dev-secret')\n";
  const std::string ignore = "SEC-013 *a.py until=2099-01-31 reason=\"a sample\"\n";
  const auto ids = [&](const std::string& where) {
    std::vector<std::string> out;
    for (const proof::Finding& f :
         audit_source(*memory_files({{"sub/a.py", fault}, {where, ignore}}), source_pack(), {}).findings)
      out.push_back(f.id);
    return out;
  };
  EXPECT_THAT(ids(".gatehouse-ignore"), Not(Contains("SEC-013")));
  EXPECT_THAT(ids("sub/.gatehouse-ignore"), Contains("SEC-013"))
      << "a folder that somebody else brought excuses itself";
}

TEST(Audit, a_tree_with_nothing_to_read_is_not_clean) {
  for (const Tree& tree : {Tree{}, Tree{{"logo.png", "x"}}, Tree{{"data.unknown", std::string(100, '\0')}}}) {
    const proof::Report r = audit_source(*memory_files(tree), source_pack(), {});
    EXPECT_FALSE(r.complete);
    EXPECT_FALSE(r.looked.source);
    EXPECT_THAT(r.findings, IsEmpty());
  }
  EXPECT_TRUE(audit_source(*memory_files({{"a.py", "x = 1\n"}}), source_pack(), {}).complete);
}

}  // namespace
}  // namespace gatehouse::audit

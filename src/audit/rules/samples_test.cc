// Every rule earns its name: it finds what its samples hold, and leaves what they show to be right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "audit/audit.h"
#include "audit/catalog.h"
#include "audit/rules/matcher.h"
#include "audit/rules/read.h"
#include "base/json.h"

namespace gatehouse::audit {
namespace {

namespace fs = std::filesystem;

bool finds(const Rule& r, const Sample& sample) {
  const auto files = memory_files(sample.files);
  AuditOptions options;
  options.now = 1790000000;
  const proof::Report report = audit_source(*files, source_pack(), options);
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const proof::Finding& f) { return f.id == r.finding.id; });
}

std::string text_of(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return std::move(out).str();
}

// Ids that a tree under tests/golden/audit holds as a fault, with a mended twin beside it.
std::set<std::string> golden_ids() {
  std::set<std::string> out;
  for (const auto& e : fs::directory_iterator(fs::path(GATEHOUSE_SOURCE_DIR) / "tests/golden/audit")) {
    const auto value = json::parse(text_of(e.path() / "expected.json"));
    if (!value || value->find("findings") == nullptr) continue;
    for (const auto& f : value->find("findings")->array()) out.emplace(*f.string_at("id"));
  }
  return out;
}

TEST(Rules, find_what_their_samples_hold) {
  for (const Rule& r : rules())
    for (const Sample& s : r.must)
      EXPECT_TRUE(finds(r, s)) << r.finding.id << " must match " << s.place.file << ":" << s.place.line;
}

TEST(Rules, leave_what_their_samples_show_to_be_right) {
  for (const Rule& r : rules())
    for (const Sample& s : r.must_not)
      EXPECT_FALSE(finds(r, s)) << r.finding.id << " must not match " << s.place.file << ":" << s.place.line;
}

TEST(Rules, that_are_seen_in_source_are_shown_by_samples_or_a_golden_tree) {
  const auto golden = golden_ids();
  // What a text alone cannot hold: a history, a mode, a database, a date. Their tests build it.
  const std::set<std::string> built = {"SEC-002", "ENV-002", "ENV-004", "DEP-004", "SUP-001", "SUP-002", "SUP-003"};
  for (const Rule& r : rules()) {
    if (r.live || built.contains(r.finding.id)) continue;
    EXPECT_TRUE((!r.must.empty() && !r.must_not.empty()) || golden.contains(r.finding.id))
        << r.place.file << ":" << r.place.line << ": " << r.finding.id << " has no samples";
  }
}

TEST(Patterns, that_cannot_be_compiled_are_told_with_their_line) {
  conf::Findings findings;
  const auto rules = read_rules(R"([[rule]]
id = "SHOP-001"
severity = "low"
title = "t"
impact = "i"
fix = "f"
[[rule.match]]
files = ["*.x"]
pattern = 'a(?=b)'
[[rule.must]]
"a.x" = "ab"
[[rule.must_not]]
"a.x" = "a"
)",
                                "shop.toml", findings);
  ASSERT_TRUE(findings.empty()) << conf::render_text(findings, false);
  EXPECT_EQ(Patterns::compile(rules, findings), nullptr);
  EXPECT_THAT(conf::render_text(findings, false), testing::HasSubstr("shop.toml:7"));
}

TEST(Patterns, never_reach_over_the_end_of_a_fact_and_tell_its_line) {
  conf::Findings findings;
  const auto rules = read_rules(R"([[rule]]
id = "SHOP-001"
severity = "low"
title = "t"
impact = "i"
fix = "f"
[[rule.match]]
files = ["*.x"]
pattern = 'a\s*b'
except = 'never'
title = "other"
severity = "high"
[[rule.must]]
"a.x" = "ab"
[[rule.must_not]]
"a.x" = "a"
)",
                                "shop.toml", findings);
  const auto patterns = Patterns::compile(rules, findings);
  ASSERT_NE(patterns, nullptr) << conf::render_text(findings, false);
  const auto files = memory_files({{"one.x", "a\nb\n  a b \na b never\n"}, {"one.y", "ab"}});
  Pack pack;
  pack.readers.push_back(std::make_unique<PatternReader>(patterns));
  const proof::Report report = audit_source(*files, std::move(pack), {});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].locations.at(0).path, "one.x");
  EXPECT_EQ(report.findings[0].locations.at(0).line, 3);
  EXPECT_EQ(report.findings[0].title, "other");
  EXPECT_EQ(report.findings[0].severity, proof::Severity::high);
  EXPECT_EQ(report.findings[0].evidence, std::vector<std::string>{"a b"});
}

}  // namespace
}  // namespace gatehouse::audit

#include "audit/rules/read.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gatehouse::audit {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kWhole = R"([[rule]]
id = "SHOP-001"
severity = "high"
title = "Free shipping for everybody"
cwe = [840]
owasp = "A04/A06"
asvs = ["2.2.1"]
impact = "Parcels go out unpaid."
fix = "Ask for the fee."
[[rule.match]]
files = ["*.cfg"]
pattern = '^shipping = 0$'
[[rule.must]]
"shop.cfg" = ["ship", "ping = 0"]
[[rule.must_not]]
"shop.cfg" = "shipping = 4"
)";

std::string said(std::string text) {
  conf::Findings findings;
  (void)read_rules(text, "shop.toml", findings);
  return conf::render_text(findings, false);
}

std::string with(std::string_view old, std::string_view put) {
  std::string text(kWhole);
  const std::size_t at = text.find(old);
  EXPECT_NE(at, text.npos) << old;
  return text.replace(at, old.size(), put);
}

TEST(ReadRules, takes_a_whole_rule_with_its_pattern_and_its_samples) {
  conf::Findings findings;
  const auto rules = read_rules(kWhole, "shop.toml", findings);
  EXPECT_TRUE(findings.empty()) << conf::render_text(findings, false);
  ASSERT_EQ(rules.size(), 1u);
  EXPECT_EQ(rules[0].finding.owasp_2025, "A06");
  EXPECT_EQ(rules[0].finding.asvs, std::vector<std::string>{"v5.0.0-2.2.1"});
  ASSERT_EQ(rules[0].matches.size(), 1u);
  EXPECT_EQ(rules[0].matches[0].severity, proof::Severity::high) << "the rule's own, unless the pattern says otherwise";
  ASSERT_EQ(rules[0].must.size(), 1u);
  EXPECT_EQ(rules[0].must[0].files[0].second, "shipping = 0") << "pieces are joined";
}

TEST(ReadRules, names_the_line_and_the_remedy_of_every_fault) {
  EXPECT_THAT(said(with("severity =", "severty =")), HasSubstr("shop.toml:3:1: error: rule[0].severty: unknown key"));
  EXPECT_THAT(said(with("severity =", "severty =")), HasSubstr("did you mean `severity`?"));
  EXPECT_THAT(said(with("\"high\"", "\"hgih\"")), HasSubstr("write one of info, low, medium, high, critical"));
  EXPECT_THAT(said(with("SHOP-001", "shop-1")), HasSubstr("shop.toml:2:1: error: rule[0].id: not the form of an id"));
  EXPECT_THAT(said(with("A04/A06", "A04")), HasSubstr("rule[0].owasp"));
  EXPECT_THAT(said(with("fix = \"Ask for the fee.\"\n", "")), HasSubstr("rule[0].fix: this key is missing"));
  EXPECT_THAT(said(with("files = [\"*.cfg\"]\n", "")), HasSubstr("lines of which files?"));
  EXPECT_THAT(said(with("files", "fils")), HasSubstr("rule[0].match[0].fils: unknown key"));
  EXPECT_THAT(said(with("[[rule.must_not]]\n\"shop.cfg\" = \"shipping = 4\"\n", "")), HasSubstr("[[rule.must_not]]"));
  EXPECT_THAT(said(with("\"shipping = 4\"", "4")), HasSubstr("expected a list of texts"));
  EXPECT_THAT(said(with("[840]", "\"840\"")), HasSubstr("expected a list of whole numbers"));
  EXPECT_THAT(said(with("[[rule.match]]", "[rule.match]")), HasSubstr("expected a list of tables"));
  EXPECT_THAT(said("[[rule"), HasSubstr("shop.toml:1"));
}

TEST(ReadRules, the_program_knows_its_own_and_each_once) {
  EXPECT_GT(rules().size(), 150u);
  EXPECT_EQ(rule("DJ-012")->finding.severity, proof::Severity::critical);
  EXPECT_EQ(rule("DJ-999"), nullptr);
  EXPECT_THROW(finding_of("DJ-999"), std::logic_error);
}

}  // namespace
}  // namespace gatehouse::audit

#include "app/audit_bar.h"

#include <gtest/gtest.h>

namespace gatehouse::app {
namespace {

proof::Report with(proof::Severity severity) {
  proof::Report r;
  r.findings.emplace_back();
  r.findings.back().id = "X-001";
  r.findings.back().severity = severity;
  return r;
}

TEST(AuditBar, is_high_unless_told_and_takes_words_in_any_order) {
  EXPECT_TRUE(over(Bar{}, {}, with(proof::Severity::high)));
  EXPECT_FALSE(over(Bar{}, {}, with(proof::Severity::medium)));
  const auto bar = parse_bar("new, low");
  ASSERT_TRUE(bar);
  EXPECT_TRUE(bar->only_new);
  EXPECT_TRUE(over(*bar, {}, with(proof::Severity::low)));
  EXPECT_FALSE(over(*bar, {}, with(proof::Severity::info)));
}

TEST(AuditBar, lets_what_is_known_pass_only_when_new_was_asked_for) {
  const proof::Report r = with(proof::Severity::critical);
  const auto known = audit::parse_baseline(audit::write_baseline(r));
  ASSERT_TRUE(known);
  EXPECT_FALSE(over(*parse_bar("high,new"), *known, r));
  EXPECT_TRUE(over(*parse_bar("high"), *known, r));
}

TEST(AuditBar, never_is_never_and_other_words_are_refused) {
  EXPECT_FALSE(over(*parse_bar("never"), {}, with(proof::Severity::critical)));
  for (std::string_view words : {"", "severe", "high,old", "high;new"}) EXPECT_FALSE(parse_bar(words)) << words;
}

}  // namespace
}  // namespace gatehouse::app

#include "audit/impacts.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

std::string follows(std::string id, std::string title, std::string impact, std::string path = "a.py") {
  std::deque<proof::Finding> all(1);
  all[0].id = std::move(id);
  all[0].title = std::move(title);
  all[0].impact = std::move(impact);
  all[0].locations.push_back({std::move(path), 1, 1, {}});
  say_what_follows(all);
  return all[0].impact;
}

const std::string kRights = "Users make themselves administrators, or give themselves credits.";

TEST(Impacts, speak_of_the_field_that_is_written) {
  const auto of = [](const char* title) { return follows("AZ-007", title, kRights); };
  EXPECT_EQ(of("The client may write the field role of User"),
            "One more field in the request, and a user is an administrator.");
  EXPECT_EQ(of("The client may write whose record it is (user of Attendance)"),
            "Whoever sends it puts records into other people's names, or takes over theirs.");
  EXPECT_EQ(of("Whoever owns the row may choose its column status"),
            "The record is approved, paid or finished on the word of whoever sends it, past those who should decide.");
  EXPECT_EQ(of("The client may write the field credits"), "Users give themselves what others pay for.");
  EXPECT_EQ(of("The client may write the field colour"), kRights);
  EXPECT_EQ(follows("AZ-007", "The client may write the field role", "something of its own"), "something of its own");
}

TEST(Impacts, speak_of_no_payments_where_none_pass) {
  const std::string lost =
      "The provider delivers again only after an error: what was paid is never unlocked, what was "
      "cancelled stays open.";
  EXPECT_NE(follows("WHK-003", "t", lost, "routers/webhook_telegram.py"), lost);
  EXPECT_EQ(follows("WHK-003", "t", lost, "routers/webhook_stripe.py"), lost);
}

// The sentences above are those of the rules.
TEST(Impacts, know_the_rules_words) {
  const auto report =
      source::report_of({{"package.json", R"({"dependencies":{"@supabase/supabase-js":"2.45.0"}})"},
                         {"supabase/migrations/1.sql",
                          "create table public.profiles (id uuid primary key references auth.users(id), role text);\n"
                          "alter table public.profiles enable row level security;\n"
                          "create policy p on public.profiles for update using (id = auth.uid());\n"}},
                        "AZ-007");
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings.front().impact, "One more field in the request, and a user is an administrator.");
}

}  // namespace
}  // namespace gatehouse::audit

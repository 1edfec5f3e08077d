#include "audit/close/policy_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/catalog.h"
#include "controls/catalog.h"
#include "controls/policy.h"

namespace gatehouse::audit {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kFile = R"(# Mine, with comments.
mode = "production"
listen = ["http://127.0.0.1:8080"]
[ingress]
trusted_proxies = ["127.0.0.1"]
tls_upstream = true

[site]
hosts = ["app.shop.example"]   # the name

[upstream.app]
servers = ["http://127.0.0.1:8000"]

[jwt]
issuer = "https://id.shop.example"
jwks = "https://id.shop.example/keys"
audience = ["shop"]

# Everything else.
[[route]]
path = "/"
access = "public"

# The interface.
[[route]]
path = "/api/"
access = "signed_in"

# The end.
)";

conf::Findings judged(std::string_view text) {
  conf::Findings findings;
  const auto catalog = controls::catalog();
  (void)controls::load(text, "gatehouse.toml", catalog, ManualClock(), findings);
  return findings;
}

Result<PolicyEdit> put(std::string_view mitigation, std::string_view path = "", std::string_view text = kFile) {
  const auto line = policy_line(mitigation);
  EXPECT_TRUE(line) << mitigation;
  return put_line(*line, path, "CORS-001", text, "gatehouse.toml");
}

TEST(PolicyLine, tells_configuration_from_advice) {
  const auto line = policy_line("[cors] origins = [\"https://a.example\", \"https://b.example\"]; credentials = true");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text(), "[cors]\norigins = [\"https://a.example\", \"https://b.example\"]\ncredentials = true\n");
  EXPECT_EQ(policy_line("[[route]] path = \"/.env\"; access = \"nobody\"")->text(),
            "[[route]]\npath = \"/.env\"\naccess = \"nobody\"\n");
  EXPECT_TRUE(policy_line("[route.rate_limit] preset = [\"sign_in\"]")->of_route());
  for (std::string_view advice :
       {"[headers] (on by default)", "[headers]", "gatehouse check --env", "", "[route.access] roles = […]",
        "[limits] body; [storage] type and size rules", "Leave [headers] at its defaults."})
    EXPECT_FALSE(policy_line(advice)) << advice;
}

TEST(PolicyLine, adds_a_table_at_the_end_and_leaves_every_other_byte) {
  const auto edit = put("[cors] origins = [\"https://www.shop.example\"]");
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->text,
            std::string(kFile) + "\n# Closes CORS-001.\n[cors]\norigins = [\"https://www.shop.example\"]\n");
  EXPECT_EQ(edit->diff,
            "--- gatehouse.toml\n+++ gatehouse.toml\n@@ -27,3 +27,7 @@\n access = \"signed_in\"\n \n # The end.\n+\n"
            "+# Closes CORS-001.\n+[cors]\n+origins = [\"https://www.shop.example\"]\n");
  EXPECT_FALSE(judged(edit->text).has_errors()) << conf::render_text(judged(edit->text), false);
}

TEST(PolicyLine, adds_a_key_under_a_header_that_is_there) {
  const auto edit = put("[jwt] algorithms = [\"RS256\"]");
  ASSERT_TRUE(edit);
  EXPECT_THAT(edit->text, HasSubstr("[jwt]\nalgorithms = [\"RS256\"]  # closes CORS-001\nissuer = "));
  EXPECT_FALSE(judged(edit->text).has_errors()) << conf::render_text(judged(edit->text), false);
}

TEST(PolicyLine, changes_nothing_when_it_is_there_and_refuses_when_it_is_there_with_another_value) {
  const auto there = put("[jwt] audience = [\"shop\"]");
  ASSERT_TRUE(there);
  EXPECT_EQ(there->diff, "");
  EXPECT_EQ(there->text, kFile);
  const auto clash = put("[jwt] audience = [\"https://api.example.com\"]");
  ASSERT_FALSE(clash);
  EXPECT_EQ(clash.error().code, "clash");
  EXPECT_THAT(clash.error().detail, HasSubstr("gatehouse.toml:17: `audience` is there with another value"));
  EXPECT_THAT(clash.error().detail, HasSubstr("remedy: "));
}

TEST(PolicyLine, gives_a_route_its_table_and_finds_the_access_of_a_path_that_has_none) {
  const auto inside = put("[route.rate_limit] preset = [\"sign_in\"]", "/api/");
  ASSERT_TRUE(inside);
  EXPECT_THAT(inside->text, HasSubstr("access = \"signed_in\"\n[route.rate_limit]  # closes CORS-001\npreset = "
                                      "[\"sign_in\"]\n\n# The end."));
  EXPECT_FALSE(judged(inside->text).has_errors()) << conf::render_text(judged(inside->text), false);
  const auto fresh = put("[route.rate_limit] preset = [\"sign_in\"]", "/login");
  ASSERT_TRUE(fresh);
  EXPECT_THAT(fresh->text, HasSubstr("[[route]]\npath = \"/login\"\naccess = \"public\"\n[route.rate_limit]\npreset"));
  EXPECT_FALSE(judged(fresh->text).has_errors()) << conf::render_text(judged(fresh->text), false);
  const auto closed = put("[[route]] path = \"/.env\"; access = \"nobody\"");
  ASSERT_TRUE(closed);
  EXPECT_THAT(closed->text, HasSubstr("[[route]]\npath = \"/.env\"\naccess = \"nobody\"\n"));
  EXPECT_EQ(put("[[route]] access = \"signed_in\"").error().code, "no_path");
  EXPECT_EQ(put("[[route]] access = \"signed_in\"", "/").error().code, "clash");
  EXPECT_EQ(put("[route.access] owner = { path = \"id\", claim = \"sub\" }", "/api/").error().code, "inline");
  EXPECT_EQ(put("[route.rate_limit] preset = [\"sign_in\"]", "/login", "mode = \"production\"\n").error().code,
            "no_access");
}

TEST(PolicyLine, says_where_a_file_cannot_be_read_or_added_to) {
  EXPECT_EQ(put("[cors] credentials = true", "", "[cors\n").error().code, "syntax");
  EXPECT_EQ(put("[cors] credentials = true", "", "cors = { origins = [] }\n").error().code, "inline");
}

// What a report tells an operator to write is what the loader takes: of every rule and every control.
TEST(PolicyLine, of_every_rule_and_card_is_accepted_by_the_loader) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Rule& r : rules()) all.emplace_back(r.finding.id, r.finding.mitigation);
  for (const auto& c : controls::catalog()) all.emplace_back(c->card().id, c->card().mitigation);
  const std::string bare =
      "listen = [\"http://127.0.0.1:8080\"]\n[upstream.app]\nservers = [\"http://127.0.0.1:8000\"]\n"
      "[[route]]\npath = \"/\"\naccess = \"public\"\n";
  int lines = 0;
  for (const auto& [id, mitigation] : all) {
    const auto line = policy_line(mitigation);
    if (!line) continue;
    ++lines;
    const auto edit = put_line(*line, "/api/items/{id}", id, bare, "gatehouse.toml");
    ASSERT_TRUE(edit) << id << ": " << mitigation << "\n" << edit.error().detail;
    const conf::Findings findings = judged(edit->text);
    for (const conf::Finding& f : findings.all())
      EXPECT_NE(f.code, "unknown_key") << id << ": " << mitigation << "\n" << conf::render_text(findings, false);
    for (const conf::Finding& f : findings.all())
      EXPECT_TRUE(f.severity != conf::Severity::error || line->table == "jwt" ||  // one line makes no whole [jwt]
                  (f.code != "bad_type" && f.code != "bad_value"))
          << id << ": " << mitigation << "\n"
          << conf::render_text(findings, false);
  }
  EXPECT_GT(lines, 10);
}

}  // namespace
}  // namespace gatehouse::audit

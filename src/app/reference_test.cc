#include "app/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "audit/catalog.h"
#include "controls/catalog.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Page* page(const std::vector<Page>& pages, std::string_view path) {
  for (const Page& p : pages)
    if (p.path == path) return &p;
  return nullptr;
}

TEST(KeyRows, holds_the_keys_of_one_table_and_not_those_below_it) {
  const std::vector<conf::KeyDoc> keys = {{"top", "string", "x", "At the top", false},
                                          {"jwt", "table", "", "A table", false},
                                          {"jwt.issuer", "string", "", "Who signs", true},
                                          {"jwt.either", "a | b", "a | b", "One | other", false},
                                          {"jwt.keys[].id", "string", "", "Below a list", false},
                                          {"jwt.<name>.id", "string", "", "Below a name", false},
                                          {"jwt.deep.er", "string", "", "Further down", false}};
  EXPECT_EQ(key_rows(keys, "jwt"),
            "| key | type | default | meaning |\n|---|---|---|---|\n"
            "| `issuer` | string | required | Who signs |\n"
            "| `either` | a \\| b | `a \\| b` | One \\| other |\n");
  EXPECT_THAT(key_rows(keys, ""), HasSubstr("| `top` | string | `x` | At the top |\n"));
  EXPECT_THAT(key_rows(keys, ""), Not(HasSubstr("issuer")));
  EXPECT_EQ(key_rows(keys, "cors"), "") << "no table head without rows";
}

TEST(Reference, every_control_has_a_page_that_says_what_it_stops_refuses_and_can_prove) {
  const auto pages = control_pages();
  ASSERT_FALSE(pages.empty());
  EXPECT_EQ(pages.front().path, "controls/README.md");
  for (const auto& c : controls::catalog()) {
    const std::string id(c->card().id);
    const Page* p = page(pages, "controls/" + id + ".md");
    ASSERT_NE(p, nullptr) << id;
    EXPECT_THAT(pages.front().text, HasSubstr("[" + id + "](" + id + ".md)"));
    EXPECT_THAT(p->text, HasSubstr(std::string(c->card().attack)));
    EXPECT_EQ(p->text.find("cannot be switched off") == std::string::npos, c->can_disable()) << id;
    for (gate::Code code : c->codes())
      EXPECT_THAT(p->text, HasSubstr("[`" + std::string(gate::info(code).text) + "`](../refusals.md)"));
    for (const proof::Probe& probe : c->probes()) EXPECT_THAT(p->text, HasSubstr("- `" + std::string(probe.id) + "`"));
  }
  EXPECT_EQ(pages.size(), controls::catalog().size() + 1);
}

TEST(Reference, every_rule_stands_once_on_the_page_of_its_family_and_in_the_index) {
  const auto pages = rule_pages();
  std::string all;
  for (const Page& p : pages)
    if (p.path != "rules/README.md") all += p.text;
  for (const audit::Rule& r : audit::rules()) {
    const std::string head = "\n## " + r.finding.id + " ";
    const std::size_t at = all.find(head);
    ASSERT_NE(at, std::string::npos) << r.finding.id;
    EXPECT_EQ(all.find(head, at + 1), std::string::npos) << r.finding.id << " stands twice";
    EXPECT_THAT(pages.front().text, HasSubstr("| [" + r.finding.id + "]("));
  }
}

// Pages refer to each other and to files of the repository: none of these references may lead nowhere.
TEST(Reference, references_lead_to_pages_and_files_that_exist) {
  std::set<std::string> made;
  auto pages = control_pages();
  for (Page& p : rule_pages()) pages.push_back(std::move(p));
  for (const Page& p : pages) made.insert(p.path);
  std::size_t seen = 0;
  for (const Page& p : pages)
    for (std::size_t at = p.text.find("]("); at != std::string::npos; at = p.text.find("](", at + 1)) {
      std::string to = p.text.substr(at + 2, p.text.find(')', at) - at - 2);
      if (to.starts_with("http")) continue;
      ++seen;
      const auto path = (std::filesystem::path(p.path).parent_path() / to).lexically_normal();
      EXPECT_TRUE(made.contains(path.string()) ||
                  std::filesystem::exists(std::filesystem::path(GATEHOUSE_SOURCE_DIR) / "docs" / path))
          << p.path << ": " << to;
    }
  EXPECT_GT(seen, 300u);
}

}  // namespace
}  // namespace gatehouse::app

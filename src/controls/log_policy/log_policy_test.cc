#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "controls/log_policy/control.h"

namespace gatehouse::controls::log_policy {
namespace {

std::string found(const gate::GateConfig& config) {
  auto control = make();
  std::vector<proof::Finding> out;
  control->check(*control->settings(), config, {}, out);
  std::string ids;
  for (const auto& f : out) ids += f.id + " ";
  return ids;
}

TEST(LogPolicyCheck, TheDefaultsAreGood) { EXPECT_EQ(found({}), ""); }

TEST(LogPolicyCheck, NamesDebugLevelAndOpenQueryValuesAreFound) {
  gate::GateConfig names, debug, query, shorter;
  names.log.hash_user = false;
  debug.log.level = 0;
  query.log.redact_query = {"token", "code", "key", "secret", "password", "state"};
  shorter.log.redact_query = {"Token", "code", "key", "secret", "pass", "sign", "state"};
  EXPECT_EQ(found(names), "GH-LOG-USER ");
  EXPECT_EQ(found(debug), "GH-LOG-DEBUG ");
  EXPECT_EQ(found(query), "GH-LOG-QUERY ");
  EXPECT_EQ(found(shorter), "");
  query.mode = gate::Mode::development;
  EXPECT_EQ(found(query), "");
}

// Every key that the record writes is explained in the policy, and the policy promises no other.
TEST(LogPolicyPage, ListsExactlyTheKeysOfTheRecord) {
  auto read = [](const std::string& path) {
    std::ifstream in(std::string(GATEHOUSE_SOURCE_DIR) + path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  };
  std::string source = read("/src/gate/record.cc"), page = read("/docs/logging-policy.md");
  ASSERT_FALSE(source.empty());
  std::set<std::string> written, promised;
  auto collect = [&source, &written](std::string_view before, std::string_view after) {
    for (std::size_t at = source.find(before); at != std::string::npos; at = source.find(before, at + 1)) {
      std::size_t start = at + before.size(), end = source.find(after, start);
      written.insert(source.substr(start, end - start));
    }
  };
  collect("pen.member(\"", "\"");
  collect("pen.millis(\"", "\"");
  collect("pen.raw(\",\\\"", "\\\"");
  collect("pen.raw(\"{\\\"", "\\\"");
  for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1))
    promised.insert(page.substr(at + 4, page.find('`', at + 4) - at - 4));
  EXPECT_EQ(written, promised);
}

}  // namespace
}  // namespace gatehouse::controls::log_policy

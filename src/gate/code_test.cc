#include "gate/code.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "gate/refusals_page.h"

namespace gatehouse::gate {
namespace {

TEST(Code, EveryCodeHasAUniqueTextAnErrorStatusAndWordsForPeople) {
  std::set<std::string_view> texts;
  for (const CodeInfo& c : all_codes()) {
    if (c.code == Code::none) continue;
    EXPECT_TRUE(texts.insert(c.text).second) << c.text;
    EXPECT_GE(c.status, 400) << c.text;
    EXPECT_LE(c.status, 599) << c.text;
    EXPECT_FALSE(c.message.empty()) << c.text;
    EXPECT_FALSE(c.meaning.empty()) << c.text;
    EXPECT_FALSE(c.remedy.empty()) << c.text;
    EXPECT_EQ(c.message.back(), '.') << c.text;
  }
  EXPECT_EQ(texts.size() + 1, static_cast<std::size_t>(Code::count_));
}

TEST(Code, TextAndCodeAreInverse) {
  for (const CodeInfo& c : all_codes()) EXPECT_EQ(code_of(c.text), c.code) << c.text;
  EXPECT_EQ(code_of("no_such_code"), Code::none);
  EXPECT_EQ(code_of("Rate_Limited"), Code::none);
}

TEST(Code, AnUnknownNumberIsAFaultOfOurs) { EXPECT_EQ(info(static_cast<Code>(250)).status, 500); }

// The message goes into JSON and HTML as it stands.
TEST(Code, MessagesNeedNoEscaping) {
  for (const CodeInfo& c : all_codes())
    EXPECT_EQ(c.message.find_first_of("\"\\<>&\n"), std::string_view::npos) << c.text;
}

TEST(Code, TheReferencePageIsTheTable) {
  std::string path = std::string(GATEHOUSE_SOURCE_DIR) + "/docs/refusals.md";
  if (std::getenv("GATEHOUSE_WRITE_DOCS")) std::ofstream(path) << refusals_page();
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), refusals_page()) << "docs/refusals.md is stale: run the test with GATEHOUSE_WRITE_DOCS=1";
}

}  // namespace
}  // namespace gatehouse::gate

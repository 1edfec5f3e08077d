#include "app/docs_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "app/reference.h"
#include "controls/catalog.h"
#include "gate/code.h"

namespace gatehouse::app {
namespace {

using testing::HasSubstr;

std::string file_text(const std::string& name, const std::string& made) {
  std::string path = std::string(GATEHOUSE_SOURCE_DIR) + "/docs/" + name;
  if (std::getenv("GATEHOUSE_WRITE_DOCS")) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << made;
  }
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Docs, TheConfigurationPageIsInStepWithTheDescriptions) {
  std::string page = configuration_page();
  EXPECT_TRUE(file_text("configuration.md", page) == page)
      << "docs/configuration.md is stale: run this test with GATEHOUSE_WRITE_DOCS=1";
  EXPECT_THAT(page, HasSubstr("\n## [upstream.NAME]\n"));
  EXPECT_THAT(page, HasSubstr("\n## [[route.query]]\n"));
  EXPECT_THAT(page, HasSubstr("| `servers` | list of addresses | required |"));
  EXPECT_THAT(page, HasSubstr("\n## [cors]\n\nA control. Without it: "));
  EXPECT_THAT(page, testing::Not(HasSubstr("[route.cors]")));
}

TEST(Docs, TheEditorSchemaIsInStepWithTheDescriptions) {
  std::string schema = json::write(configuration_schema(), 2) + "\n";
  EXPECT_TRUE(file_text("gatehouse.schema.json", schema) == schema)
      << "docs/gatehouse.schema.json is stale: run this test with GATEHOUSE_WRITE_DOCS=1";
  EXPECT_TRUE(json::parse(schema));
}

TEST(Docs, TheReferenceIsInStepWithCardsDescriptionsAndRules) {
  std::set<std::string> written;
  for (const std::vector<Page>& pages : {control_pages(), rule_pages()})
    for (const Page& page : pages) {
      written.insert(page.path);
      EXPECT_TRUE(file_text(page.path, page.text) == page.text)
          << "docs/" << page.path << " is stale: run this test with GATEHOUSE_WRITE_DOCS=1";
    }
  for (const char* folder : {"controls", "rules"})
    for (const auto& e : std::filesystem::directory_iterator(std::string(GATEHOUSE_SOURCE_DIR) + "/docs/" + folder))
      EXPECT_TRUE(written.contains(folder + ("/" + e.path().filename().string())))
          << e.path() << " belongs to nothing any more: remove it";
}

// What a control's page says it refuses with is what its sources say.
TEST(Docs, EveryControlNamesTheCodesItsSourcesSpeak) {
  namespace fs = std::filesystem;
  for (const auto& c : controls::catalog()) {
    std::set<std::string_view> named;
    for (gate::Code code : c->codes()) named.insert(gate::info(code).text);
    const fs::path folder = fs::path(GATEHOUSE_SOURCE_DIR) / "src/controls" / std::string(c->card().id);
    for (const auto& e : fs::directory_iterator(folder)) {
      const std::string file = e.path().filename().string();
      if (file != "filter.cc" && file != "verifier.cc") continue;
      std::ostringstream text;
      text << std::ifstream(e.path()).rdbuf();
      const std::string source = text.str();
      for (const gate::CodeInfo& i : gate::all_codes()) {
        if (i.code == gate::Code::none) continue;
        for (const char* after : {",", ")", ";"}) {
          const std::string use = "Code::" + std::string(i.text) + after;
          if (source.find(use) == source.npos) continue;
          EXPECT_TRUE(named.contains(i.text)) << c->card().id << " speaks " << i.text << " and does not name it";
        }
      }
    }
  }
}

TEST(Docs, EveryFormatIsPrinted) {
  for (auto [format, beginning] : {std::pair<std::string, std::string>{"markdown", "# Configuration"},
                                   {"json", "[\n  {\n    \"key\": \"mode\""},
                                   {"schema", "{\n  \"$schema\""},
                                   {"controls", "# Controls"},
                                   {"rules", "# Rules of the audit"}}) {
    std::istringstream in;
    std::ostringstream out, err;
    ManualClock clock;
    CountingEntropy entropy;
    World world{in, out, err, false, [](std::string_view) { return std::nullopt; }, clock, entropy};
    const Command commands[] = {docs_command()};
    EXPECT_EQ(dispatch(commands, std::vector<std::string>{"docs", "--format", format}, world), kOk);
    EXPECT_TRUE(out.str().starts_with(beginning)) << format;
    EXPECT_EQ(dispatch(commands, std::vector<std::string>{"docs", "--format", "pdf"}, world), kUsage);
  }
}

}  // namespace
}  // namespace gatehouse::app

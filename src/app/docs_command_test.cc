#include "app/docs_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gatehouse::app {
namespace {

using testing::HasSubstr;

std::string file_text(const std::string& name, const std::string& made) {
  std::string path = std::string(GATEHOUSE_SOURCE_DIR) + "/docs/" + name;
  if (std::getenv("GATEHOUSE_WRITE_DOCS")) std::ofstream(path) << made;
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

TEST(Docs, EveryFormatIsPrinted) {
  for (auto [format, beginning] : {std::pair<std::string, std::string>{"markdown", "# Configuration"},
                                   {"json", "[\n  {\n    \"key\": \"mode\""},
                                   {"schema", "{\n  \"$schema\""}}) {
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

#include "app/explain_command.h"

#include <gmock/gmock.h>

#include "app/testing/project_folder.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ExplainCommand = testing::ProjectFolder;

TEST_F(ExplainCommand, knows_rules_and_controls_and_helps_with_slips) {
  EXPECT_EQ(run({"explain", "SEC-001"}), kOk);
  EXPECT_THAT(out.str(), HasSubstr("CWE-798"));
  EXPECT_EQ(run({"explain", "CORS-001"}), kOk);
  EXPECT_EQ(run({"explain", "SEC-0O1"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("did you mean"));
  EXPECT_EQ(run({"explain", "QQ"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("gatehouse docs --format rules"));
}

TEST_F(ExplainCommand, tells_a_program_the_same) {
  EXPECT_EQ(run({"explain", "DJ-012", "--format", "json"}), kOk);
  const auto told = json::parse(out.str());
  ASSERT_TRUE(told) << out.str();
  EXPECT_EQ(told->string_at("id").value_or(""), "DJ-012");
  EXPECT_FALSE(told->string_at("fix").value_or("").empty());
  EXPECT_EQ(run({"explain", "DJ-012", "--format", "xml"}), kUsage);
}

}  // namespace
}  // namespace gatehouse::app

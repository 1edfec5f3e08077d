#include "app/init_command.h"

#include <gmock/gmock.h>

#include "app/testing/project_folder.h"
#include "base/json.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using InitCommand = testing::ProjectFolder;

TEST_F(InitCommand, writes_a_policy_once) {
  EXPECT_EQ(run({"init", project()}), kOk) << err.str();
  EXPECT_THAT(read("project/gatehouse.toml"), HasSubstr("[[route]]"));
  EXPECT_EQ(run({"init", project()}), kUsage);
  EXPECT_EQ(run({"init", project(), "--force"}), kOk);
  EXPECT_EQ(run({"init", project(), "--output", "-"}), kOk);
  EXPECT_THAT(out.str(), HasSubstr("[upstream.app]"));
}

TEST_F(InitCommand, tells_a_program_what_it_wrote_and_which_findings_that_answers) {
  write("project/app.js", "const app = require('express')();\napp.use(cors());\n");
  EXPECT_EQ(run({"init", project(), "--format", "json"}), kOk) << err.str();
  const auto told = json::parse(out.str());
  ASSERT_TRUE(told) << out.str();
  EXPECT_EQ(told->string_at("path").value_or(""), project() + "/gatehouse.toml");
  EXPECT_EQ(told->string_at("policy").value_or(""), read("project/gatehouse.toml"));
  ASSERT_FALSE(told->find("answers")->array().empty());
  for (const json::Value& answer : told->find("answers")->array())
    EXPECT_THAT(read("project/gatehouse.toml"), HasSubstr(std::string(answer.string_at("id").value_or("none"))));
  EXPECT_EQ(run({"init", project(), "--force", "--format", "yaml"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("there are text and json"));
}

TEST_F(InitCommand, names_a_folder_or_a_file_that_it_cannot_use) {
  EXPECT_EQ(run({"init", at("nowhere")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot open"));
  EXPECT_EQ(run({"init", project(), "--output", at("nowhere/gatehouse.toml")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot write"));
}

}  // namespace
}  // namespace gatehouse::app

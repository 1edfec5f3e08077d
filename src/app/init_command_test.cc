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

TEST_F(InitCommand, tells_each_decision_that_is_left_with_its_line) {
  write("project/package.json", R"({"dependencies":{"express":"4.21.2","@clerk/express":"1.3.4"}})");
  write("project/server.js",
        "const express = require('express');\nconst { requireAuth } = require('@clerk/express');\n"
        "const app = express();\napp.get('/invoices/:id', requireAuth(), async (req, res) => {\n"
        "  res.json(await stripe.invoices.retrieve(req.params.id));\n});\napp.listen(3000);\n");
  EXPECT_EQ(run({"init", project()}), kOk) << err.str();
  const std::string policy = read("project/gatehouse.toml");
  ASSERT_THAT(policy, HasSubstr("path = \"/invoices/{id}\"")) << policy;
  EXPECT_THAT(out.str(), HasSubstr("1 thing the source does not tell and you must"));
  EXPECT_THAT(out.str(), HasSubstr("/invoices/{id} names a record in its path"));
  EXPECT_THAT(out.str(), HasSubstr("unowned = "));
  const auto line = static_cast<int>(std::count(
      policy.begin(), policy.begin() + static_cast<std::ptrdiff_t>(policy.find("path = \"/invoices/{id}\"")), '\n'));
  // The line of the word that lets everybody in, below the path.
  EXPECT_THAT(out.str(), HasSubstr("  line " + std::to_string(line + 2) + ": "));
  EXPECT_EQ(run({"init", project(), "--force", "--format", "json"}), kOk);
  const auto told = json::parse(out.str());
  ASSERT_TRUE(told) << out.str();
  ASSERT_EQ(told->find("open")->array().size(), 1u);
}

TEST_F(InitCommand, names_a_folder_or_a_file_that_it_cannot_use) {
  EXPECT_EQ(run({"init", at("nowhere")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot open"));
  EXPECT_EQ(run({"init", project(), "--output", at("nowhere/gatehouse.toml")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot write"));
}

}  // namespace
}  // namespace gatehouse::app

#include "app/audit_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "app/testing/variables.h"
#include "app/text_file.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::string_view kRecord =
    R"({"id":"X-1","summary":"bypass","affected":[{"package":{"ecosystem":"npm","name":"left-pad"},"versions":["1.0.0"]}]})";

class AuditDatabase : public ::testing::Test {
 protected:
  AuditDatabase() { variables["HOME"] = at("home"); }

  std::string at(const std::string& name) const { return folder.at(name); }
  int run(std::string command, std::vector<std::string> words) {
    out.str(""), err.str("");
    World world{in, out, err, false, testing::seen_in(variables), clock, entropy};
    const std::vector<Option> options = {{"db", 0, "FILE", ""}, {"from", 0, "FILE", ""}};
    Command update, read;
    update.name = "update", update.options = options, update.run = update_vulnerabilities;
    read.name = "read", read.options = options;
    read.run = [this](const Arguments& arguments, World& w) {
      known = vulnerabilities(arguments, w);
      return kOk;
    };
    words.insert(words.begin(), std::move(command));
    return dispatch(std::vector<Command>{update, read}, words, world);
  }

  const TemporaryFolder folder;
  testing::Variables variables;
  std::shared_ptr<const audit::Vulnerabilities> known;
  ManualClock clock;
  CountingEntropy entropy;
  std::istringstream in;
  std::ostringstream out, err;
};

TEST_F(AuditDatabase, what_was_stored_is_found_by_the_next_audit_without_being_named) {
  ASSERT_TRUE(replace_text_file(at("osv.json"), "[" + std::string(kRecord) + "]"));
  EXPECT_EQ(run("read", {}), kOk);
  EXPECT_EQ(known, nullptr);
  EXPECT_EQ(err.str(), "") << "nobody named one: the report says that none was given";
  EXPECT_EQ(run("update", {"--from", at("osv.json")}), kOk) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("1 records"));
  EXPECT_TRUE(fs::exists(folder.at("home/.local/share/gatehouse/osv.jsonl")));
  EXPECT_EQ(run("read", {}), kOk);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->size(), 1u);
}

TEST_F(AuditDatabase, stands_where_the_desktop_keeps_data_and_where_it_is_told_to) {
  ASSERT_TRUE(replace_text_file(at("osv.jsonl"), std::string(kRecord) + "\n"));
  variables["XDG_DATA_HOME"] = at("xdg");
  EXPECT_EQ(run("update", {"--from", at("osv.jsonl")}), kOk) << err.str();
  EXPECT_TRUE(fs::exists(folder.at("xdg/gatehouse/osv.jsonl")));
  EXPECT_EQ(run("update", {"--from", at("osv.jsonl"), "--db", at("deep/er/own.jsonl")}), kOk) << err.str();
  EXPECT_EQ(run("read", {"--db", at("deep/er/own.jsonl")}), kOk);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->size(), 1u);
}

TEST_F(AuditDatabase, says_what_is_missing_or_wrong_and_stores_nothing_then) {
  EXPECT_EQ(run("update", {}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("needs --from FILE"));
  EXPECT_EQ(run("update", {"--from", at("none.json")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot read " + at("none.json")));
  ASSERT_TRUE(replace_text_file(at("broken.json"), "[{\"id\":"));
  EXPECT_EQ(run("update", {"--from", at("broken.json")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr(at("broken.json") + ": "));
  EXPECT_FALSE(fs::exists(folder.at("home")));
  ASSERT_TRUE(replace_text_file(at("osv.json"), std::string(kRecord)));
  EXPECT_EQ(run("update", {"--from", at("osv.json"), "--db", at("osv.json") + "/below/a/file"}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot write"));
}

TEST_F(AuditDatabase, a_broken_update_leaves_the_old_records) {
  ASSERT_TRUE(replace_text_file(at("osv.json"), std::string(kRecord)));
  EXPECT_EQ(run("update", {"--from", at("osv.json")}), kOk) << err.str();
  ASSERT_TRUE(replace_text_file(at("osv.json"), "nonsense"));
  EXPECT_EQ(run("update", {"--from", at("osv.json")}), kUsage);
  EXPECT_EQ(run("read", {}), kOk);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->size(), 1u);
}

TEST_F(AuditDatabase, one_that_was_named_and_cannot_be_used_is_told) {
  EXPECT_EQ(run("read", {"--db", at("none")}), kOk);
  EXPECT_EQ(known, nullptr);
  EXPECT_THAT(err.str(), HasSubstr("cannot read " + at("none") + "; vulnerabilities are not checked"));
  ASSERT_TRUE(replace_text_file(at("broken"), "{"));
  EXPECT_EQ(run("read", {"--db", at("broken")}), kOk);
  EXPECT_EQ(known, nullptr);
  EXPECT_THAT(err.str(), HasSubstr("vulnerabilities are not checked"));
}

}  // namespace
}  // namespace gatehouse::app

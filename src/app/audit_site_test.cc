#include "app/audit_site.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <mutex>
#include <sstream>

#include "app/audit_command.h"
#include "app/testing/little_site.h"
#include "app/testing/variables.h"
#include "app/text_file.h"
#include "base/json.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using testing::LittleSite;
namespace fs = std::filesystem;

class AuditSite : public ::testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder.at(name); }

  int run(std::vector<std::string> words) {
    out.str("");
    err.str("");
    testing::Variables variables{{"HOME", folder.path()}};
    if (!shared_key.empty()) variables["GATEHOUSE_AUDITOR_KEY"] = shared_key;
    World world{in, out, err, false, testing::seen_in(variables), clock, entropy};
    return dispatch(audit_commands(), words, world);
  }
  // Reflects every origin, unless it was mended.
  std::string answer(const std::string& head, bool strict) {
    {
      const std::lock_guard lock(mutex);
      heads.push_back(head);
    }
    return strict ? LittleSite::reply(200, "Content-Type: application/json\r\n", "{}") : LittleSite::any_origin(head);
  }

  const TemporaryFolder folder;
  std::string shared_key;
  std::istringstream in;
  std::ostringstream out, err;
  SystemClock clock;
  CountingEntropy entropy;
  std::mutex mutex;
  std::vector<std::string> heads;
  LittleSite open{[this](const std::string& head) { return answer(head, false); }};
  LittleSite mended{[this](const std::string& head) { return answer(head, true); }};
};

TEST_F(AuditSite, a_closing_is_proven_by_the_same_probe_and_both_looks_stand_in_the_report) {
  EXPECT_EQ(
      run({"audit", "--close", "CORS-001", "--prove", "--url", open.url(), "--behind", mended.url(), "-o", at("r.md")}),
      kOk)
      << out.str() << err.str();
  const std::string md = read_text_file(at("r.md")).value_or("");
  EXPECT_NE(md.find("- Before, at `" + open.url() + "`: open"), std::string::npos) << md;
  EXPECT_NE(md.find("- After, at `" + mended.url() + "`: closed"), std::string::npos) << md;
  EXPECT_EQ(md.find("of 100"), std::string::npos);
}

TEST_F(AuditSite, what_the_second_probe_still_sees_is_open_and_the_report_can_take_the_place_of_the_words) {
  EXPECT_EQ(run({"audit", "--close", "CORS-001", "--prove", "--url", open.url(), "--wait", "0s", "--format", "json"}),
            kFindings);
  const auto doc = json::parse(out.str());
  ASSERT_TRUE(doc) << out.str();
  EXPECT_EQ(doc->find("findings")->array().at(0).string_at("id").value_or(""), "CORS-001");
}

TEST_F(AuditSite, a_site_that_goes_away_half_way_through_is_incomplete_and_never_clean) {
  int left = 6;
  LittleSite leaving([&](const std::string& head) { return left-- > 0 ? answer(head, true) : std::string(); });
  EXPECT_EQ(run({"audit", "--url", leaving.url(), "--fail-on", "never", "--format", "json"}), kIncomplete);
  EXPECT_NE(out.str().find("\"complete\": false"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("stopped answering; not asked any more: "), std::string::npos) << out.str();
}

TEST_F(AuditSite, what_is_closed_already_needs_no_line) {
  EXPECT_EQ(run({"audit", "--close", "CORS-001", "--prove", "--url", mended.url()}), kOk);
  EXPECT_NE(out.str().find("already"), std::string::npos);
}

TEST_F(AuditSite, advice_is_told_and_never_written_into_a_file) {
  ASSERT_TRUE(replace_text_file(at("gatehouse.toml"), "# mine\n"));
  EXPECT_EQ(run({"audit", "--close", "HDR-001", "--config", at("gatehouse.toml")}), kFindings);
  EXPECT_NE(out.str().find("stays as it is"), std::string::npos) << out.str();
  EXPECT_EQ(read_text_file(at("gatehouse.toml")), "# mine\n");
}

TEST_F(AuditSite, requests_carry_a_pass_when_both_sides_have_the_key_and_a_short_key_is_refused) {
  shared_key = "short";
  EXPECT_EQ(run({"audit", "--url", open.url(), "--only", "HDR"}), kIncomplete);
  EXPECT_NE(err.str().find("32 bytes"), std::string::npos) << err.str();
  shared_key = "0123456789abcdef0123456789abcdef";
  run({"audit", "--url", open.url(), "--only", "HDR,MET"});
  const std::lock_guard lock(mutex);
  std::size_t raw = 0;
  for (const std::string& head : heads) {
    if (LittleSite::field(head, "User-Agent").empty()) {
      raw += head.find("X-Gatehouse-Auditor: ") != std::string::npos ? 1 : 0;
      continue;
    }
    EXPECT_NE(head.find("X-Gatehouse-Auditor: "), std::string::npos) << head;
  }
  EXPECT_GT(raw, 0u) << "requests of raw bytes carry it, too";
}

TEST_F(AuditSite, the_key_of_the_ownership_line_is_made_once_and_read_by_nobody_else) {
  // Nobody answers there: the site cannot be opened, and no key is made for it.
  EXPECT_EQ(run({"audit", "--url", "http://127.0.0.1:1"}), kIncomplete);
  EXPECT_FALSE(fs::exists(folder.at(".config/gatehouse/audit-key")));
  EXPECT_EQ(run({"audit", "--url", "not a url"}), kUsage);
}

TEST_F(AuditSite, options_of_closing_are_refused_without_it) {
  for (const char* option : {"--prove", "--dry-run"}) EXPECT_EQ(run({"audit", option}), kUsage) << option;
  EXPECT_EQ(run({"audit", "--behind", open.url()}), kUsage);
}

}  // namespace
}  // namespace gatehouse::app

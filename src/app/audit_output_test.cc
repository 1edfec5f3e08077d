#include "app/audit_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "app/text_file.h"
#include "base/json.h"
#include "base/testing/temporary_folder.h"

namespace gatehouse::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

// Runs `body` as a command with --format and --output, and keeps what was said.
class AuditOutput : public ::testing::Test {
 protected:
  AuditOutput() {
    report.version = "1";
    report.target = "shop";
    proof::Finding& f = report.findings.emplace_back();
    f.id = "X-001", f.title = "A title", f.severity = proof::Severity::high;
    f.locations.push_back({"a.py", 1, 1, {}});
  }

  int run(std::vector<std::string> words) {
    out.str(""), err.str("");
    World world{in, out, err, colour, [](std::string_view) { return std::nullopt; }, clock, entropy, watched};
    Command c;
    c.name = "say";
    c.options = {{"format", 'f', "F", ""}, {"output", 'o', "FILE", ""}};
    c.run = [this](const Arguments& arguments, World& w) {
      format = audit_format(arguments);
      if (!known_audit_format(format, w)) return kUsage;
      if (auto progress = progress_line(w, "files")) progress(1, 2), progress(2, 2);
      return deliver(report, format, {}, arguments, w) ? kOk : kUsage;
    };
    words.insert(words.begin(), "say");
    return dispatch(std::vector<Command>{c}, words, world);
  }
  std::string at(const std::string& name) const { return folder.at(name); }

  const TemporaryFolder folder;
  proof::Report report;
  ManualClock clock{1'700'000'000};
  CountingEntropy entropy;
  std::istringstream in;
  std::ostringstream out, err;
  std::string format;
  bool colour = false, watched = false;
};

TEST_F(AuditOutput, the_form_is_what_was_asked_for_else_the_files_ending_else_text) {
  for (const auto& [words, form] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{{{}, "text"},
                                                                     {{"-f", "md"}, "md"},
                                                                     {{"-o", at("a.sarif")}, "sarif"},
                                                                     {{"-o", at("a.html")}, "html"},
                                                                     {{"-o", at("a.json")}, "json"},
                                                                     {{"-o", at("a.md")}, "md"},
                                                                     {{"-o", at("a.log")}, "text"},
                                                                     {{"-o", at("json")}, "text"},
                                                                     {{"-f", "text", "-o", at("a.json")}, "text"}}) {
    EXPECT_EQ(run(words), kOk) << err.str();
    EXPECT_EQ(format, form);
  }
}

TEST_F(AuditOutput, an_unknown_form_is_refused_with_the_ones_there_are) {
  EXPECT_EQ(run({"-f", "p\x1b[2Jdf", "-o", at("a.md")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("there are md, html, json, sarif and text"));
  EXPECT_EQ(err.str().find('\x1b'), std::string::npos);
  EXPECT_FALSE(fs::exists(folder.at("a.md")));
}

TEST_F(AuditOutput, a_file_takes_the_whole_report_and_the_terminal_nothing) {
  EXPECT_EQ(run({"-o", at("r.json")}), kOk);
  EXPECT_EQ(out.str(), "");
  const auto doc = json::parse(read_text_file(at("r.json")).value_or(""));
  ASSERT_TRUE(doc);
  EXPECT_EQ(doc->string_at("target").value_or(""), "shop");
  EXPECT_EQ(run({"-f", "md"}), kOk);
  EXPECT_THAT(out.str(), StartsWith("# Security"));
}

TEST_F(AuditOutput, a_file_that_cannot_be_written_is_named) {
  EXPECT_EQ(run({"-o", at("no/such/folder/r.md")}), kUsage);
  EXPECT_THAT(err.str(), HasSubstr("cannot write " + at("no/such/folder/r.md")));
}

TEST_F(AuditOutput, colour_is_for_terminals_and_never_for_files) {
  EXPECT_EQ(run({}), kOk);
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b[")));
  colour = true;
  EXPECT_EQ(run({}), kOk);
  EXPECT_THAT(out.str(), HasSubstr("\x1b["));
  EXPECT_EQ(run({"-o", at("r.txt")}), kOk);
  EXPECT_THAT(read_text_file(at("r.txt")).value_or("\x1b["), Not(HasSubstr("\x1b[")));
}

TEST_F(AuditOutput, progress_is_told_to_who_watches_and_leaves_no_trace) {
  EXPECT_EQ(run({}), kOk);
  EXPECT_EQ(err.str(), "");
  watched = true;
  EXPECT_EQ(run({}), kOk);
  EXPECT_THAT(err.str(), HasSubstr("1 of 2 files"));
  EXPECT_THAT(err.str(), ::testing::EndsWith("\r\x1b[K")) << "the line is wiped at the end";
}

TEST_F(AuditOutput, today_is_the_clocks_day) { EXPECT_EQ(today(clock), "2023-11-14"); }

}  // namespace
}  // namespace gatehouse::app

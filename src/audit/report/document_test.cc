// The report on the starter of document 001, compared with that document heading by heading.
#include <gtest/gtest.h>

#include <algorithm>

#include "audit/audit.h"
#include "audit/report/render.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

// A finding of the document: the section it stands in, and the findings of ours that say the same.
struct Said {
  std::string_view section;
  std::string_view what;
  std::vector<std::string_view> ids;
};

const std::vector<Said>& document() {
  static const std::vector<Said> all = {
      {"Critical", "SEC-001: cookie sign-in of the API bypasses CSRF protection", {"DJ-017"}},
      {"High", "SEC-002: insecure defaults of secret key and debug mode", {"DJ-008", "DJ-012"}},
      {"Medium", "SEC-003: transport hardening of TLS and cookies", {"DJ-004", "DJ-007", "DJ-009", "DJ-011"}},
      {"Medium", "SEC-004: issuer and audience of tokens are optional", {"JWT-003", "JWT-004"}},
      {"Medium", "SEC-005: CORS for everybody under debug, with credentials", {"DJ-020"}},
      {"Low", "SEC-006: packages without exact versions", {"DEP-001", "DEP-002"}},
      {"Low", "SEC-007: public ids are sequential", {"DJ-028"}},
  };
  return all;
}

constexpr std::string_view kSections[] = {"Critical", "High", "Medium", "Low"};

std::vector<std::string_view> lines_of(std::string_view text) { return text::split(text, '\n'); }

class Document001 : public ::testing::Test {
 protected:
  Document001() {
    const auto files = open_folder(std::string(GATEHOUSE_SOURCE_DIR) + "/tests/golden/audit/001/faulty");
    EXPECT_TRUE(files);
    const proof::Report report = audit_source(**files, source_pack(), {});
    page = markdown(report, {});
  }
  // The section of our report in which a finding stands: 0 for "Critical", -1 when it is not there.
  int section_of(std::string_view id) const {
    int section = -1;
    for (std::string_view line : lines_of(page)) {
      for (int i = 0; i < 4; ++i)
        if (line == "## " + std::string(kSections[i]) + " Findings") section = i;
      if (line.starts_with("### [" + std::string(id) + "] ")) return section;
    }
    return -1;
  }
  std::string page;
};

TEST_F(Document001, TheHeadingsOfTheDocumentStandInItsOrder) {
  std::vector<std::string> ours;
  for (std::string_view line : lines_of(page))
    if (line.starts_with("# ") || line.starts_with("## ")) ours.emplace_back(line);
  const std::vector<std::string> theirs = {"# Security Best Practices Report",
                                           "## Executive Summary",
                                           "## Critical Findings",
                                           "## High Findings",
                                           "## Medium Findings",
                                           "## Low Findings",
                                           "## Positives Observed",
                                           "## Recommended Remediation Order"};
  ASSERT_GE(ours.size(), theirs.size());
  EXPECT_EQ(std::vector<std::string>(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(theirs.size())), theirs);
}

TEST_F(Document001, EachOfItsFindingsIsToldUnderItsHeadingOrAWorseOne) {
  for (const Said& said : document()) {
    const auto wanted = std::find(std::begin(kSections), std::end(kSections), said.section) - std::begin(kSections);
    for (std::string_view id : said.ids) {
      const int section = section_of(id);
      EXPECT_GE(section, 0) << said.what << ": " << id << " is missing";
      EXPECT_LE(section, wanted) << said.what << ": " << id << " is told as less";
    }
  }
}

TEST_F(Document001, EveryFindingHasTheLabelsOfTheDocumentInItsOrder) {
  std::string_view block;
  std::size_t findings = 0;
  const std::string_view all = page;
  for (std::size_t at = all.find("\n### ["); at != all.npos; at = all.find("\n### [", at + 1)) {
    block = all.substr(at + 1, all.find("\n#", at + 1) - at);
    ++findings;
    std::size_t from = 0;
    for (std::string_view label : {"- Severity: ", "- Location: `", "- Evidence:\n", "- Impact:\n", "- Fix:\n",
                                   "- Mitigation:\n", "- False positive notes:\n"}) {
      const std::size_t next = block.find(label, from);
      ASSERT_NE(next, block.npos) << label << " is missing in\n" << block;
      from = next;
    }
  }
  EXPECT_GE(findings, 12u);
  EXPECT_NE(all.find("- Impact statement: "), all.npos) << "the critical ones say in one line what follows";
}

}  // namespace
}  // namespace gatehouse::audit::report

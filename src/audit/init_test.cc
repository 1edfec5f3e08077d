#include "audit/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"
#include "controls/policy.h"

namespace gatehouse::audit {
namespace {

using ::testing::HasSubstr;

std::string draft(std::vector<std::pair<std::string, std::string>> files) {
  auto tree = memory_files(std::move(files));
  Shape shape;
  AuditOptions options;
  options.seen = [&shape](const Project& p) { shape = shape_of(p); };
  const proof::Report report = audit_source(*tree, source_pack(), options);
  shape.name = "shop";
  return draft_policy(report, shape);
}

conf::Findings judged(const std::string& text) {
  conf::Findings findings;
  const auto catalog = controls::catalog();
  (void)controls::load(text, "gatehouse.toml", catalog, ManualClock(), findings);
  return findings;
}

TEST(DraftPolicy, is_accepted_by_the_loader_for_every_kind_of_project) {
  for (const auto& files : std::vector<std::vector<std::pair<std::string, std::string>>>{
           {},
           {{"requirements.txt", "django\ndjangorestframework\n"},
            {"settings.py",
             "DEBUG = True\nALLOWED_HOSTS = ['*']\nINSTALLED_APPS = ['rest_framework']\nMIDDLEWARE = []\n"}},
           {{"package.json", "{\"dependencies\":{\"express\":\"^4.0.0\",\"@clerk/express\":\"^1.0.0\"}}"},
            {".env.example", "CLERK_ISSUER=https://clerk.shop.example/\n"}},
           {{"requirements.txt", "fastapi\nsupabase\n"}}}) {
    const std::string text = draft(files);
    const conf::Findings findings = judged(text);
    EXPECT_FALSE(findings.has_errors()) << text << conf::render_text(findings, false);
  }
}

TEST(DraftPolicy, names_the_findings_that_its_parts_answer) {
  const std::string text =
      draft({{"package.json", "{\"dependencies\":{\"express\":\"^4.0.0\",\"@clerk/express\":\"^1.0.0\"}}"},
             {".env.example", "CLERK_ISSUER=https://clerk.shop.example/\n"},
             {"Dockerfile", "FROM node\n"}});
  EXPECT_THAT(text, HasSubstr("issuer = \"https://clerk.shop.example\""));
  EXPECT_THAT(text, HasSubstr("http://127.0.0.1:3000"));
  EXPECT_THAT(text, HasSubstr("INF-006"));
}

}  // namespace
}  // namespace gatehouse::audit

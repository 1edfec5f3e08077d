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

TEST(DraftPolicy, gives_each_door_of_the_source_what_it_needs) {
  const std::string text =
      draft({{"package.json", "{\"dependencies\":{\"express\":\"^4.0.0\",\"@clerk/express\":\"^1.0.0\"}}"},
             {"src/app.js",
              "const express = require('express');\nconst app = express();\n"
              "app.post('/login', (req, res) => res.json({}));\n"
              "app.post('/webhooks/stripe', (req, res) => res.json({}));\n"
              "app.post('/api/checkout', requireAuth(), (req, res) => res.json({}));\n"
              "app.get('/api/health', (req, res) => res.json({}));\n"
              "app.get('/account', requireAuth(), (req, res) => res.json({}));\n"
              "app.get('/admin/users', (req, res) => res.json([]));\n"}});
  EXPECT_FALSE(judged(text).has_errors()) << text << conf::render_text(judged(text), false);
  EXPECT_THAT(text, HasSubstr("# src/app.js:3\n# Answers EX-004: "));
  EXPECT_THAT(text, HasSubstr("path = \"/login\"\naccess = \"public\"\n[route.rate_limit]\npreset = [\"sign_in\"]\n"));
  EXPECT_THAT(text, HasSubstr("path = \"/webhooks/stripe\"\naccess = \"public\"\n"));
  EXPECT_THAT(text, HasSubstr("path = \"/api/checkout\"\naccess = \"signed_in\"\n[route.rate_limit]\npreset = "
                              "[\"checkout\"]\n"));
  EXPECT_THAT(text, HasSubstr("path = \"=/api/health\"\naccess = \"public\"\n"));
  EXPECT_THAT(text, HasSubstr("path = \"/account\"\naccess = \"signed_in\"\n"));
  EXPECT_THAT(text, HasSubstr("path = \"/admin/users\"\naccess = \"signed_in\"\n"));
}

}  // namespace
}  // namespace gatehouse::audit

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"
#include "audit/readers/dependencies.h"
#include "audit/readers/docker.h"
#include "audit/readers/env.h"
#include "audit/readers/gitignore.h"
#include "audit/readers/nginx.h"
#include "audit/readers/yaml.h"

namespace gatehouse::audit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files, std::string_view only = "") {
  auto tree = memory_files(std::move(files));
  AuditOptions options;
  options.only = only;
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, source_pack(), options).findings)
    out.push_back(f.id + " " + f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

TEST(Env, reads_quotes_exports_and_comments) {
  const auto lines = parse_env("# c\nexport A=1\nB = \"x # y\" # z\nC=plain # note\r\nD='q'\nnoise\n=x\nE=\n");
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0].name + "=" + lines[0].value, "A=1");
  EXPECT_EQ(lines[1].value, "x # y");
  EXPECT_EQ(lines[2].value, "plain");
  EXPECT_EQ(lines[2].line, 4);
  EXPECT_EQ(lines[3].value, "q");
  EXPECT_EQ(lines[4].value, "");
}

TEST(IgnoreList, follows_git_on_anchors_folders_and_negation) {
  const auto list = IgnoreList::parse("node_modules/\n.env*\n!.env.example\n/build\nlogs/*.log\n**/secret.txt\n",
                                      IgnoreList::Style::git);
  EXPECT_TRUE(list.covers(".env"));
  EXPECT_TRUE(list.covers("backend/.env.local"));
  EXPECT_FALSE(list.covers(".env.example"));
  EXPECT_TRUE(list.covers("a/node_modules/x.js"));
  EXPECT_TRUE(list.covers("build/x"));
  EXPECT_FALSE(list.covers("web/build/x"));
  EXPECT_TRUE(list.covers("logs/a.log"));
  EXPECT_TRUE(list.covers("a/b/secret.txt"));
}

TEST(IgnoreList, docker_patterns_stand_at_the_top) {
  const auto list = IgnoreList::parse(".env\n**/.git\n", IgnoreList::Style::docker);
  EXPECT_TRUE(list.covers(".env"));
  EXPECT_FALSE(list.covers("backend/.env"));
  EXPECT_TRUE(list.covers("a/.git"));
}

TEST(Yaml, keeps_lines_and_refuses_an_alias_bomb) {
  auto docs = yaml::parse("a:\n  - x\n  - y: 2\nb: 'q'\n");
  ASSERT_TRUE(docs);
  EXPECT_EQ(docs->at(0).find("a")->items.at(1).find("y")->line, 3);
  EXPECT_EQ(docs->at(0).text_at("b"), "q");
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) bomb += "," + before;
    bomb += "]\n";
  }
  EXPECT_FALSE(yaml::parse(bomb));
  EXPECT_FALSE(yaml::parse(std::string(5000, '[')));
}

TEST(Dockerfile, finds_root_latest_secrets_and_the_copied_environment) {
  const auto ids =
      found({{"Dockerfile", "FROM node\nENV API_SECRET=q8Zt5rLw2Nc7\nCOPY . .\nCMD [\"node\"]\n"}, {".env", "A=1\n"}});
  EXPECT_THAT(ids, UnorderedElementsAre("DEP-011 Dockerfile:1", "SEC-015 Dockerfile:2", "ENV-003 Dockerfile:3",
                                        "INF-006 Dockerfile:1"));
  EXPECT_THAT(found({{"Dockerfile",
                      "FROM node:24.1 AS build\nARG API_SECRET\nCOPY . .\nFROM build\nENV PORT=80 "
                      "TOKEN_FILE=/run/secrets/t\nUSER node\n"},
                     {".dockerignore", ".env\n"}}),
              IsEmpty());
}

TEST(Compose, finds_published_stores_stock_passwords_and_the_docker_socket) {
  const auto ids = found({{"docker-compose.yml",
                           "services:\n"
                           "  db:\n"
                           "    image: postgres:16\n"
                           "    ports:\n"
                           "      - \"5432:5432\"\n"
                           "    environment:\n"
                           "      POSTGRES_PASSWORD: postgres\n"
                           "  api:\n"
                           "    build: .\n"
                           "    ports: [\"8000:8000\"]\n"
                           "    environment:\n"
                           "      - JWT_SECRET=${JWT_SECRET:-dev-secret}\n"
                           "      - STRIPE_SECRET_KEY=${STRIPE_SECRET_KEY}\n"
                           "    volumes:\n"
                           "      - /var/run/docker.sock:/var/run/docker.sock\n"}});
  EXPECT_THAT(ids, UnorderedElementsAre("INF-001 docker-compose.yml:5", "INF-003 docker-compose.yml:7",
                                        "SEC-013 docker-compose.yml:12", "INF-004 docker-compose.yml:15"));
  EXPECT_THAT(
      found({{"docker-compose.yml",
              "services:\n  db:\n    image: postgres:16\n    ports: [\"127.0.0.1:5432:5432\"]\n    environment:\n"
              "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}\n"}}),
      IsEmpty());
}

TEST(Nginx, finds_alias_traversal_lost_headers_old_tls_and_wildcard_cors) {
  const auto ids = found({{"nginx.conf",
                           "server {\n"
                           "  ssl_protocols TLSv1 TLSv1.2;\n"
                           "  add_header X-Frame-Options DENY;\n"
                           "  location /static {\n"
                           "    alias /srv/static/;\n"
                           "    add_header Cache-Control public;\n"
                           "  }\n"
                           "  location /api/ {\n"
                           "    add_header Access-Control-Allow-Origin *;\n"
                           "    add_header X-Frame-Options DENY;\n"
                           "    proxy_pass http://$http_host/;\n"
                           "  }\n"
                           "}\n"}});
  EXPECT_THAT(ids, UnorderedElementsAre("INF-009 nginx.conf:2", "INF-007 nginx.conf:5", "INF-008 nginx.conf:4",
                                        "INF-022 nginx.conf:9", "INF-010 nginx.conf:11"));
  EXPECT_THAT(found({{"nginx.conf",
                      "server {\n ssl_protocols TLSv1.3;\n location /static/ { alias /srv/static/; }\n"
                      " location / { proxy_pass http://app:8000$request_uri; }\n}\n"}}),
              IsEmpty());
}

TEST(Nginx, reads_braces_in_names_and_never_runs_away) {
  EXPECT_EQ(parse_nginx("proxy_pass http://${up}/x;").at(0).words.at(1), "http://${up}/x");
  EXPECT_LE(parse_nginx(std::string(10000, '{')).size(), 1u);
  parse_nginx("a \"unended");
}

TEST(Manifests, tells_pinned_from_floating) {
  EXPECT_THAT(found({{"backend/requirements.txt", "# c\nDjango>=4\nrequests==2.31.0\n-r other.txt\n"}}),
              ElementsAre("DEP-001 backend/requirements.txt:2"));
  EXPECT_THAT(found({{"requirements.txt", "requests==2.31.0 --hash=sha256:aa\n"}}), IsEmpty());
  EXPECT_THAT(found({{"reqs.txt", "Django>=4\n"}}), ElementsAre("DEP-001 reqs.txt:1"));
  const std::string manifest = "{\n \"dependencies\": {\n  \"react\": \"^18.2.0\"\n }\n}\n";
  EXPECT_THAT(found({{"frontend/package.json", manifest}}), ElementsAre("DEP-002 frontend/package.json:3"));
  EXPECT_THAT(found({{"apps/web/package.json", manifest}, {"pnpm-lock.yaml", "lockfileVersion: '9.0'\n"}}), IsEmpty());
  EXPECT_THAT(found({{"pyproject.toml",
                      "[project]\nname = \"x\"\ndependencies = [\n  \"fastapi\",\n  \"httpx==0.27.0\",\n]\n"}}),
              ElementsAre("DEP-001 pyproject.toml:4"));
  EXPECT_THAT(found({{"package.json", "{\"dependencies\":{\"a\":\"github:x/y\"}}"}}, "DEP-007"),
              ElementsAre("DEP-007 package.json:1"));
}

TEST(Manifests, lock_files_give_exact_versions) {
  auto npm =
      parse_lock("package-lock.json", R"({"packages":{"":{},"node_modules/a/node_modules/@s/b":{"version":"1.2.3"}}})");
  ASSERT_EQ(npm.size(), 1u);
  EXPECT_EQ(npm[0].name + "@" + npm[0].version, "@s/b@1.2.3");
  auto yarn = parse_lock("yarn.lock", "\"@s/b@^1.0.0\":\n  version \"1.2.3\"\nc@1:\n  version \"2.0.0\"\n");
  ASSERT_EQ(yarn.size(), 2u);
  EXPECT_EQ(yarn[0].name + "@" + yarn[0].version, "@s/b@1.2.3");
  auto pnpm =
      parse_lock("pnpm-lock.yaml", "packages:\n\n  '@s/b@1.2.3(x@1)':\n    resolution: {}\n  c@2.0.0:\n    x: 1\n");
  ASSERT_EQ(pnpm.size(), 2u);
  EXPECT_EQ(pnpm[0].version, "1.2.3");
  EXPECT_EQ(parse_lock("uv.lock", "[[package]]\nname = \"Django\"\nversion = \"5.0.1\"\n").at(0).name, "django");
}

TEST(Manifests, a_range_within_an_ended_line_has_ended_and_a_lock_file_settles_it) {
  EXPECT_THAT(found({{"requirements.txt", "Django>=3.2,<4\n"}}, "DEP-006"), ElementsAre("DEP-006 requirements.txt:1"));
  EXPECT_THAT(found({{"requirements.txt", "Django~=4.1.0\n"}}, "DEP-006"), ElementsAre("DEP-006 requirements.txt:1"));
  EXPECT_THAT(found({{"requirements.txt", "Django>=3.2\nflask>=1,<4\n"}}, "DEP-006"), IsEmpty());
  const std::string manifest = "{\"dependencies\": {\"axios\": \"^1.4.4\"}}";
  auto lock = [](std::string version) {
    return "{\"packages\":{\"node_modules/axios\":{\"version\":\"" + version + "\"}}}";
  };
  EXPECT_THAT(found({{"package.json", manifest}}, "DEP-004"), IsEmpty()) << "what a range settles on is not known";
  EXPECT_THAT(found({{"api/package.json", manifest}, {"api/package-lock.json", lock("1.4.4")}}, "DEP-004"),
              ElementsAre("DEP-004 api/package.json:1"));
  EXPECT_THAT(found({{"api/package.json", manifest}, {"web/package-lock.json", lock("1.4.4")}}, "DEP-004"), IsEmpty());
  EXPECT_THAT(found({{"requirements.txt", "python-multipart==\"0.0.6\"\n"}}, "DEP-004"),
              ElementsAre("DEP-004 requirements.txt:1"));
}

TEST(Policies, finds_open_buckets_and_tables_without_row_security) {
  EXPECT_THAT(found({{"infra/policy.json",
                      "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\n\"Action\":[\"s3:GetObject\",\"s3:"
                      "PutObject\"],\"Resource\":\"arn:aws:s3:::b/*\"}]}"}}),
              ElementsAre("INF-014 infra/policy.json:1"));
  const std::string table = "create table public.orders (\n id uuid\n);\n";
  EXPECT_THAT(found({{"supabase/migrations/1.sql", "-- first\n" + table}}),
              ElementsAre("AZ-005 supabase/migrations/1.sql:2"));
  EXPECT_THAT(found({{"supabase/migrations/1.sql",
                      table + "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;\n"
                              "create policy p on orders for select using (auth.uid() = owner);\n"}}),
              IsEmpty());
  EXPECT_THAT(found({{"supabase/migrations/1.sql", "create policy p on public.a for all using (true);\n"}}),
              ElementsAre("AZ-006 supabase/migrations/1.sql:1"));
}

TEST(Workflows, finds_forks_code_with_secrets_and_loose_actions) {
  EXPECT_THAT(
      found({{".github/workflows/ci.yml",
              "on: pull_request_target\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n        with:\n"
              "          ref: ${{ github.event.pull_request.head.sha }}\n      - uses: some/action@main\n"}}),
      UnorderedElementsAre("DEP-014 .github/workflows/ci.yml:5", "DEP-010 .github/workflows/ci.yml:8",
                           "DEP-015 .github/workflows/ci.yml:1"));
}

TEST(Workflows, a_branch_is_worse_than_a_tag_and_githubs_own_tags_are_told_once) {
  const std::string head = "on: push\npermissions: read-all\njobs:\n  a:\n    steps:\n";
  const std::string own = head + "      - uses: actions/checkout@v4\n      - uses: actions/setup-node@v4\n";
  EXPECT_THAT(found({{".github/workflows/a.yml", own}, {".github/workflows/b.yml", own}}),
              ElementsAre("DEP-010 .github/workflows/a.yml:6"));
  EXPECT_THAT(
      found({{".github/workflows/ci.yml", head + "      - uses: some/tagged@v1\n      - uses: some/moving@master\n"}}),
      UnorderedElementsAre("DEP-010 .github/workflows/ci.yml:6", "DEP-010 .github/workflows/ci.yml:7"));
}

TEST(Settle, samples_in_tests_and_examples_are_told_and_not_charged) {
  EXPECT_THAT(
      found({{"tests/docker-compose.yml", "services:\n  db:\n    image: postgres:16\n    ports: [\"5432:5432\"]\n"}}),
      IsEmpty());
}

TEST(Ignores, hide_with_reason_and_date_and_are_findings_without) {
  const std::string line = "ADMIN_PASSWORD = \"Sup3rS3cret!\"";
  EXPECT_THAT(found({{"a.py", line + "  # gatehouse: ignore SEC-017 until=2027-01-31 reason=\"demo account\"\n"}}),
              IsEmpty());
  EXPECT_THAT(found({{"a.py", "# gatehouse: ignore SEC-017 until=2027-01-31 reason=\"demo account\"\n" + line + "\n"}}),
              IsEmpty());
  EXPECT_THAT(found({{"a.py", line + "  # gatehouse: ignore SEC-017\n"}}),
              UnorderedElementsAre("SEC-017 a.py:1", "SUP-001 a.py:1"));
  EXPECT_THAT(found({{"a.py", line + "  # gatehouse: ignore SEC-017 until=2020-01-31 reason=\"old\"\n"}}),
              UnorderedElementsAre("SEC-017 a.py:1", "SUP-002 a.py:1"));
  EXPECT_THAT(found({{"a.py", "x = 1  # gatehouse: ignore SEC-017 until=2027-01-31 reason=\"none\"\n"}}),
              ElementsAre("SUP-003 a.py:1"));
  EXPECT_THAT(found({{"legacy/a.py", line + "\n"},
                     {".gatehouse-ignore", "SEC-017 legacy/* until=2027-01-31 reason=\"old site\"\n"}}),
              IsEmpty());
  EXPECT_THAT(
      found({{"legacy/a.py", line + "\n"},
             {".gatehouse-ignore",
              "# exceptions\nSEC-017 legacy/* until=2020-01-31 reason=\"old site\"\n"
              "SEC-017 other/* until=2027-01-31 reason=\"gone\"\nSEC-001 *\n"
              "SEC-001 * until=2027-02-30 reason=\"no such day\"\n"}}),
      UnorderedElementsAre("SEC-017 legacy/a.py:1", "SUP-002 .gatehouse-ignore:2", "SUP-003 .gatehouse-ignore:3",
                           "SUP-001 .gatehouse-ignore:4", "SUP-001 .gatehouse-ignore:5"));
}

TEST(RowSecurity, AnOwnerWhoMayWriteTheWholeRowWritesHisRightsToo) {
  const auto with = [](const std::string& more) {
    const auto files =
        memory_files({{"supabase/migrations/1.sql",
                       "create table public.profiles (id uuid references auth.users(id), name text, "
                       "is_admin boolean);\nalter table public.profiles enable row level security;\n"
                       "create policy \"own row on it\" on public.profiles for update using (auth.uid() = "
                       "id);\n" +
                           more}});
    AuditOptions options;
    const auto report = audit_source(*files, source_pack(), options);
    return std::any_of(report.findings.begin(), report.findings.end(),
                       [](const proof::Finding& f) { return f.id == "AZ-007"; });
  };
  EXPECT_TRUE(with(""));
  EXPECT_FALSE(with("drop policy \"own row on it\" on public.profiles;\n"));
  EXPECT_FALSE(with("revoke update on public.profiles from authenticated;\n"));
  EXPECT_FALSE(
      with("create function keep() returns trigger as $$ begin if new.is_admin <> old.is_admin then raise; end "
           "if; end $$ language plpgsql;\n"));
}

}  // namespace
}  // namespace gatehouse::audit

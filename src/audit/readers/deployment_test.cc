// What deploys a project: Compose files, pipelines, scripts, units, platforms, clusters, clouds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::vector<std::string> found(std::string path, std::string text, std::string_view only) {
  auto tree = memory_files({{std::move(path), std::move(text)}});
  AuditOptions options;
  options.only = only;
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, source_pack(), options).findings)
    out.push_back(f.id + ":" + std::to_string(f.locations.front().line));
  return out;
}

TEST(Compose, tells_stores_without_sign_in_consoles_and_debug_switches) {
  const std::string text =
      "services:\n"
      "  db:\n"
      "    image: postgres:17.2\n"
      "    environment:\n"
      "      POSTGRES_HOST_AUTH_METHOD: trust\n"
      "  search:\n"
      "    image: elasticsearch:8.11.0\n"
      "    environment: [xpack.security.enabled=false]\n"
      "  cache:\n"
      "    image: redis:7.4\n"
      "    command: redis-server --requirepass 'hunter99'\n"
      "  admin:\n"
      "    image: dpage/pgadmin4:8\n"
      "    ports: [\"5050:80\"]\n"
      "  web:\n"
      "    build: .\n"
      "    command: npm run dev\n"
      "    environment: [DEBUG=True]\n";
  EXPECT_THAT(found("docker-compose.yml", text, "INF"),
              UnorderedElementsAre("INF-003:5", "INF-003:8", "INF-003:11", "INF-001:14", "INF-025:17", "INF-025:18"));
  EXPECT_THAT(found("docker-compose.dev.yml", text, "INF-025"), IsEmpty());
  EXPECT_THAT(found("compose.yml",
                    "x-shared: &shared\n"
                    "  JWT_SECRET: ${JWT_SECRET:-changeme}\n"
                    "services:\n"
                    "  web:\n"
                    "    build: .\n"
                    "    environment: { <<: *shared, PORT: 80 }\n",
                    "SEC"),
              ElementsAre("SEC-013:2"));
  EXPECT_THAT(found("docker-compose.yml",
                    "services:\n"
                    "  db:\n"
                    "    image: postgres:17.2\n"
                    "    environment: { POSTGRES_HOST_AUTH_METHOD: scram-sha-256 }\n"
                    "  search:\n"
                    "    image: elasticsearch:8.11.0\n"
                    "    environment: [xpack.security.enabled=true]\n"
                    "  cache:\n"
                    "    image: redis:7.4\n"
                    "    command: redis-server --requirepass ${REDIS_PASSWORD}\n"
                    "  admin:\n"
                    "    image: dpage/pgadmin4:8\n"
                    "    ports: [\"127.0.0.1:5050:80\"]\n"
                    "  web:\n"
                    "    build: .\n"
                    "    command: npm run start\n"
                    "    environment: [DEBUG=False]\n",
                    "INF"),
              IsEmpty());
}

TEST(Dockerfile, tells_what_the_last_stage_takes_from_the_build) {
  EXPECT_THAT(found("Dockerfile",
                    "FROM node:24.1 AS build\n"
                    "ARG NPM_TOKEN\n"
                    "ENV SESSION_SECRET=dummy-for-build\n"
                    "FROM node:24.1\n"
                    "RUN SESSION_SECRET=dummy-for-build npm run build\n"
                    "ARG STRIPE_SECRET_KEY\n"
                    "ENV STRIPE_SECRET_KEY=$STRIPE_SECRET_KEY\n"
                    "ARG NEXT_PUBLIC_API_KEY\n"
                    "ENV SECRET_KEY=dummy-for-build\n"
                    "ENV FLASK_DEBUG=1\n"
                    "USER node\n",
                    "SEC,INF"),
              UnorderedElementsAre("SEC-015:7", "SEC-015:9", "INF-025:10"));
}

TEST(Commands, tell_passwords_among_their_words_and_secrets_that_are_printed) {
  EXPECT_THAT(found("deploy.sh",
                    "sshpass -p 'Tr0ub4dor' scp a.tar deploy@shop.example:/srv\n"
                    "mysql -ushop -pTr0ub4dor shop < a.sql\n"
                    "sshpass -p \"$PASS\" scp a.tar deploy@shop.example:/srv\n"
                    "mysql -u shop -p shop < a.sql\n"
                    "mysql -ushop -p\"${DB_PASSWORD}\" shop < a.sql\n",
                    "SEC"),
              UnorderedElementsAre("SEC-017:1", "SEC-017:2"));
  EXPECT_THAT(found(".gitlab-ci.yml",
                    "deploy:\n"
                    "  script:\n"
                    "    - echo $DEPLOY_TOKEN\n"
                    "    - echo $DEPLOY_TOKEN | docker login --password-stdin\n"
                    "    - echo \"TOKEN=$DEPLOY_TOKEN\" >> .env\n"
                    "    - echo ${#DEPLOY_TOKEN}\n"
                    "    - cat .env\n"
                    "    - docker login -u shop -p $DEPLOY_TOKEN\n",
                    "INF"),
              UnorderedElementsAre("INF-020:3", "INF-020:7", "INF-020:8"));
}

TEST(Workflow, tells_the_line_of_a_script_and_pull_requests_on_own_machines) {
  EXPECT_THAT(found(".github/workflows/ci.yml",
                    "on: [push, pull_request]\n"
                    "jobs:\n"
                    "  test:\n"
                    "    runs-on: self-hosted\n"
                    "    steps:\n"
                    "      - run: |\n"
                    "          npm ci\n"
                    "          echo \"${{ secrets.DEPLOY_KEY }}\"\n",
                    "INF,DEP"),
              UnorderedElementsAre("DEP-014:4", "INF-020:8"));
}

TEST(Unit, tells_root_secrets_and_development_servers) {
  EXPECT_THAT(found("deploy/shop.service",
                    "[Unit]\n"
                    "Description=Shop\n"
                    "[Service]\n"
                    "Environment=\"JWT_SECRET=9d8f7a6s5d4f3a2s1d\"\n"
                    "ExecStart=/srv/shop/bin/uvicorn main:app --reload\n",
                    "SEC,INF"),
              UnorderedElementsAre("INF-006:3", "SEC-016:4", "INF-025:5"));
  EXPECT_THAT(found("deploy/shop.service",
                    "[Service]\n"
                    "User=shop\n"
                    "EnvironmentFile=/etc/shop/env\n"
                    "ExecStart=/srv/shop/bin/uvicorn main:app\n",
                    "SEC,INF"),
              IsEmpty());
}

TEST(Platform, tells_secrets_open_stores_and_open_interfaces) {
  EXPECT_THAT(found("render.yaml",
                    "services:\n"
                    "  - type: web\n"
                    "    envVars:\n"
                    "      - key: JWT_SECRET\n"
                    "        value: a8s7d6f5a4s3d2f1a0\n"
                    "      - key: API_SECRET\n"
                    "        generateValue: true\n"
                    "databases:\n"
                    "  - name: shop\n"
                    "    ipAllowList:\n"
                    "      - source: 0.0.0.0/0\n",
                    "SEC,INF"),
              UnorderedElementsAre("SEC-016:5", "INF-001:11"));
  EXPECT_THAT(found("vercel.json",
                    "{\"headers\": [{\"source\": \"/api/(.*)\", \"headers\": [\n"
                    "  {\"key\": \"Access-Control-Allow-Origin\", \"value\": \"*\"}]}]}",
                    "INF"),
              ElementsAre("INF-022:2"));
  EXPECT_THAT(found("vercel.json",
                    "{\"headers\": [{\"source\": \"/fonts/(.*)\", \"headers\": [\n"
                    "  {\"key\": \"Access-Control-Allow-Origin\", \"value\": \"*\"}]}]}",
                    "INF"),
              IsEmpty());
}

TEST(Kubernetes, tells_published_stores_secrets_in_config_maps_and_mighty_accounts) {
  EXPECT_THAT(found("k8s/app.yaml",
                    "apiVersion: v1\n"
                    "kind: Service\n"
                    "spec:\n"
                    "  type: NodePort\n"
                    "  ports: [{port: 5432}]\n"
                    "---\n"
                    "apiVersion: v1\n"
                    "kind: ConfigMap\n"
                    "data:\n"
                    "  JWT_SECRET: a8s7d6f5a4s3d2f1\n"
                    "  LOG_LEVEL: info\n"
                    "---\n"
                    "apiVersion: rbac.authorization.k8s.io/v1\n"
                    "kind: ClusterRoleBinding\n"
                    "roleRef: {kind: ClusterRole, name: cluster-admin}\n"
                    "---\n"
                    "apiVersion: v1\n"
                    "kind: Service\n"
                    "spec:\n"
                    "  type: ClusterIP\n"
                    "  ports: [{port: 5432}]\n",
                    "SEC,INF"),
              UnorderedElementsAre("INF-001:4", "SEC-016:10", "INF-005:15"));
}

TEST(Terraform, a_balancer_without_tls_is_told) {
  const auto balancer = [](const std::string& more) {
    return found("main.tf",
                 "resource \"aws_lb_listener\" \"web\" {\n  port     = 80\n  protocol = \"HTTP\"\n" + more + "}\n",
                 "TLS");
  };
  EXPECT_THAT(balancer("  default_action { type = \"forward\" }\n"), UnorderedElementsAre("TLS-001:1"));
  EXPECT_THAT(balancer("  default_action { type = \"redirect\" }\n"), UnorderedElementsAre());
  EXPECT_THAT(balancer("}\nresource \"aws_lb_listener\" \"tls\" {\n  protocol = \"HTTPS\"\n"), UnorderedElementsAre());
}

TEST(Terraform, tells_what_is_open_to_every_address_and_defaults_of_secrets) {
  EXPECT_THAT(found("main.tf",
                    "resource \"aws_security_group\" \"db\" {\n"
                    "  ingress {\n"
                    "    from_port = 5432\n"
                    "    to_port = 5432\n"
                    "    cidr_blocks = [\"0.0.0.0/0\"]\n"
                    "  }\n"
                    "  ingress {\n"
                    "    from_port = 443\n"
                    "    to_port = 443\n"
                    "    cidr_blocks = [\"0.0.0.0/0\"]\n"
                    "  }\n"
                    "  egress {\n"
                    "    from_port = 0\n"
                    "    to_port = 0\n"
                    "    cidr_blocks = [\"0.0.0.0/0\"]\n"
                    "  }\n"
                    "}\n"
                    "variable \"db_password\" {\n"
                    "  default = \"shop12345\"\n"
                    "}\n"
                    "variable \"region\" {\n"
                    "  default = \"eu-central-1\"\n"
                    "}\n",
                    "SEC,INF"),
              UnorderedElementsAre("INF-001:5", "SEC-013:19"));
}

TEST(Dockerfile, a_list_beside_it_says_nothing_where_the_build_begins_at_the_top) {
  const auto env = [](const std::string& what) {
    auto tree = memory_files({{"docker/Dockerfile", "FROM python:3.12.4-slim\n" + what + "\nCOPY . /app\nUSER app\n"},
                              {"docker/.dockerignore", ".env\n"},
                              {"docker/entrypoint.sh", "exec gunicorn\n"},
                              {"requirements.txt", "flask==3.0.3\n"}});
    AuditOptions options;
    options.only = "ENV-003";
    return !audit_source(*tree, source_pack(), options).findings.empty();
  };
  EXPECT_TRUE(env("COPY docker/entrypoint.sh /entrypoint.sh"));
  EXPECT_TRUE(env("COPY requirements.txt ."));
  EXPECT_TRUE(env("COPY entrypoint.sh /entrypoint.sh")) << "the packages are named at the top";
}

TEST(Compose, tells_consoles_in_images_of_ones_own_and_stock_passwords_of_panels) {
  EXPECT_THAT(
      found("docker-compose.yml",
            "services:\n  flower:\n    build: .\n    ports:\n      - 5555:5555\n  grafana:\n    image: "
            "grafana/grafana:9.4.7\n    ports:\n      - 3000:3000\n  panel:\n    image: grafana/grafana:9.4.7\n"
            "    environment:\n      - GF_SECURITY_ADMIN_PASSWORD=${PANEL}\n    ports:\n      - 127.0.0.1:3000:3000\n",
            "INF-001,INF-003"),
      UnorderedElementsAre("INF-001:5", "INF-001:9", "INF-003:9"));
}

}  // namespace
}  // namespace gatehouse::audit

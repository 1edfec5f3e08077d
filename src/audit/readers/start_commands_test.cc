// What images, hosts and start scripts bring up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> tree, std::string_view only) {
  auto files = memory_files(std::move(tree));
  AuditOptions options;
  options.only = only;
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*files, source_pack(), options).findings)
    out.push_back(f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

TEST(StartCommands, AScriptOfTheManifestIsFollowed) {
  const std::string image = "FROM node:22.1\nUSER node\nCMD [\"npm\", \"start\"]\n";
  EXPECT_THAT(
      found({{"web/Dockerfile", image}, {"web/package.json", R"({"scripts": {"start": "react-scripts start"}})"}},
            "INF-025"),
      ElementsAre("web/Dockerfile:3"));
  EXPECT_THAT(found({{"web/Dockerfile", image}, {"web/package.json", R"({"scripts": {"start": "node server.js"}})"}},
                    "INF-025"),
              IsEmpty());
  EXPECT_THAT(found({{"Dockerfile", "FROM python:3.13\nUSER app\nCMD [\"python\", \"main.py\"]\n"},
                     {"main.py",
                      "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n"
                      "    app.run(host='0.0.0.0')\n"}},
                    "INF-025"),
              ElementsAre("Dockerfile:3"));
}

TEST(StartCommands, AStartScriptBringsUpNoDevelopmentServer) {
  const std::string script = "#!/bin/sh\npython manage.py migrate\npython manage.py runserver 0.0.0.0:8000\n";
  EXPECT_THAT(found({{"scripts/entrypoint.sh", script}}, "INF-025"), ElementsAre("scripts/entrypoint.sh:3"));
  EXPECT_THAT(found({{"scripts/run-dev.sh", script}}, "INF-025"), IsEmpty());
  EXPECT_THAT(found({{"package.json", R"({
  "scripts": {
    "start": "nodemon server.js"
  }
})"}},
                    "INF-025"),
              ElementsAre("package.json:3"));
  EXPECT_THAT(found({{"package.json", R"({
  "scripts": {
    "start": "nodemon server.js",
    "start:prod": "node server.js"
  }
})"}},
                    "INF-025"),
              IsEmpty());
}

TEST(StartCommands, ContainersReadNoExample) {
  EXPECT_THAT(found({{"docker-compose.yml",
                      "services:\n  web:\n    build: .\n    env_file:\n      - ./backend/.env.example\n"}},
                    "ENV-005"),
              ElementsAre("docker-compose.yml:5"));
  EXPECT_THAT(found({{"docker-compose.yml", "services:\n  web:\n    build: .\n    env_file: .env\n"}}, "ENV-005"),
              IsEmpty());
}

TEST(StartCommands, StagesByNameKeepEnvironmentFilesAway) {
  const std::string code = "import os\nfrom dotenv import load_dotenv\nload_dotenv('.env.production')\n";
  const std::string needs = "python-dotenv==1.0.1\n";
  EXPECT_THAT(
      found({{"app.py", code}, {"requirements.txt", needs}, {".gitignore", ".env.production\n.env.development\n"}},
            "ENV-009"),
      IsEmpty());
  EXPECT_THAT(found({{"app.py", code}, {"requirements.txt", needs}, {".gitignore", "venv\n"}}, "ENV-009"),
              ElementsAre(".gitignore:1"));
}

TEST(StartCommands, ADatabaseHasAPasswordOfItsOwn) {
  EXPECT_THAT(found({{".env", "POSTGRES_USER=postgres\nPOSTGRES_PASSWORD=postgres\n"}}, "INF-003"),
              ElementsAre(".env:2"));
  EXPECT_THAT(found({{".env", "POSTGRES_PASSWORD=\n"}}, "INF-003"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit

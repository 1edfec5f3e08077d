#include "audit/source/proxied_limits.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kNginx{
    "nginx/nginx.conf", "server { listen 443 ssl; location / { proxy_pass http://api:3000; } }\n"};

Texts express(const std::string& more) {
  return {{"package.json", R"({"dependencies":{"express":"4.21.2","express-rate-limit":"7.4.1"}})"},
          {"server.js",
           "const express = require('express');\nconst rateLimit = require('express-rate-limit');\n"
           "const app = express();\napp.use(rateLimit({ windowMs: 60000, max: 100 }));\n" +
               more}};
}

Texts with(Texts files, const std::pair<std::string, std::string>& more) {
  files.push_back(more);
  return files;
}

TEST(ProxiedLimits, AllVisitorsHaveTheProxysAddress) {
  EXPECT_TRUE(finds(with(express(""), kNginx), "RL-006"));
  EXPECT_TRUE(finds(with(express(""), {"Procfile", "web: node server.js\n"}), "RL-006"));
  EXPECT_FALSE(finds(express(""), "RL-006")) << "nothing stands in front";
  EXPECT_FALSE(finds(with(express("app.set('trust proxy', 1);\n"), kNginx), "RL-006"));
}

TEST(ProxiedLimits, OfPython) {
  const Texts api{
      {"requirements.txt", "fastapi==0.115.5\nslowapi==0.1.9\n"},
      {"app/main.py",
       "from fastapi import FastAPI\nfrom slowapi import Limiter\nfrom slowapi.util import get_remote_address\n"
       "limiter = Limiter(key_func=get_remote_address)\napp = FastAPI()\n"
       "@app.post('/login')\n@limiter.limit('5/minute')\nasync def login(request: Request):\n    return {}\n"}};
  EXPECT_TRUE(finds(with(api, kNginx), "RL-006"));
  const Texts idle{{"requirements.txt", "fastapi==0.115.5\nslowapi==0.1.9\n"},
                   {"app/main.py",
                    "from fastapi import FastAPI\nfrom slowapi import Limiter\nfrom slowapi.util import "
                    "get_remote_address\nlimiter = Limiter(key_func=get_remote_address, default_limits=['60/minute'])\n"
                    "app = FastAPI()\napp.state.limiter = limiter\n"}};
  EXPECT_FALSE(finds(with(idle, kNginx), "RL-006")) << "slowapi's defaults hold nobody back without its middleware";
  EXPECT_FALSE(finds(idle, "RL-005")) << "… and count nowhere";
  EXPECT_FALSE(finds(with(with(api, kNginx), {"Dockerfile",
                                              "FROM python:3.12.7-slim\nUSER app\nCMD [\"uvicorn\", "
                                              "\"app.main:app\", \"--forwarded-allow-ips=10.0.0.2\"]\n"}),
                     "RL-006"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// One request that keeps a process of Python busy, and state of it that all requests share.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kRouter = "import time\nimport re\nfrom fastapi import APIRouter, Query\nrouter = APIRouter()\n";

bool stands(const std::string& code) { return !lines_of("app/tools.py", kRouter + code, "RUN-003").empty(); }

TEST(PythonStandstills, NobodySaysHowLongOrHowMuch) {
  EXPECT_TRUE(stands("@router.get('/wait')\nasync def wait():\n    time.sleep(3)\n"));
  EXPECT_TRUE(stands("@router.get('/wait')\ndef wait(seconds: float):\n    time.sleep(seconds)\n"));
  EXPECT_FALSE(stands("@router.get('/wait')\ndef wait():\n    time.sleep(3)\n"));
  EXPECT_TRUE(stands("@router.get('/g')\ndef g(size: int):\n    return [0 for _ in range(size)]\n"));
  EXPECT_TRUE(stands("@router.get('/g')\ndef g(size: int):\n    return [0] * size\n"));
  EXPECT_FALSE(stands("@router.get('/g')\ndef g(size: int = Query(ge=1, le=99)):\n    return [0] * size\n"));
  EXPECT_FALSE(
      stands("@router.get('/g')\ndef g(size: int):\n    if size > 99:\n        return []\n    return [0] * size\n"));
  EXPECT_TRUE(
      stands("NAME = re.compile(r'^(\\w+\\s?)*$')\n@router.get('/n')\ndef n(q: str):\n    return NAME.match(q)\n"));
}

TEST(PythonState, WhatAllRequestsShareIsNobodys) {
  const std::string own = "sb = make()\n\ndef tenant(authorization: str = Header(...)):\n";
  EXPECT_TRUE(finds({{"requirements.txt", "fastapi==0.115.6\n"},
                     {"app/api.py", "from fastapi import Header\n" + own +
                                        "    sb.postgrest.auth(authorization[7:])\n    return 1\n"}},
                    "RUN-002", "one client"));
  EXPECT_FALSE(finds({{"requirements.txt", "fastapi==0.115.6\n"},
                      {"app/api.py", "from fastapi import Header\n" + own +
                                         "    sb = make()\n    sb.postgrest.auth(authorization[7:])\n    return 1\n"}},
                     "RUN-002", "one client"));
  const std::string service =
      "class TenantService:\n    def use(self, tenant_id):\n        self.tenant_id = tenant_id\n";
  EXPECT_TRUE(finds({{"requirements.txt", "fastapi==0.115.6\n"}, {"app/t.py", service + "service = TenantService()\n"}},
                    "RUN-002", ""));
  EXPECT_FALSE(finds({{"requirements.txt", "fastapi==0.115.6\n"}, {"app/t.py", service}}, "RUN-002", ""));
  EXPECT_TRUE(finds({{"requirements.txt", "flask==3.1.0\n"},
                     {"state.py", "current_user = None\n"},
                     {"app.py",
                      "from flask import Flask, session\nimport state\napp = Flask(__name__)\n"
                      "@app.get('/a')\ndef load():\n    state.current_user = find(session.get('uid'))\n"}},
                    "RUN-002", ""));
}

TEST(PythonCookies, ACookieOfTheCartIsNobody) {
  const auto read = [](const std::string& cookie) {
    return !lines_of("app.py",
                     "import json\nfrom flask import Flask, request\napp = Flask(__name__)\n@app.get('/m')\ndef m():\n"
                     "    raw = request.cookies.get('" +
                         cookie + "')\n    data = json.loads(raw)\n    return profile(data['id'])\n",
                     "DJ-024")
                .empty();
  };
  EXPECT_TRUE(read("user"));
  EXPECT_FALSE(read("cart"));
}

TEST(PythonAccounts, WhoeverHoldsATokenWasKnownBefore) {
  const auto view = [](const std::string& head, const std::string& said) {
    return !lines_of("auth.py",
                     "from flask import Flask, request, jsonify\napp = Flask(__name__)\n" + head +
                         "    user = by_mail(request.json['email'])\n    if not user:\n        return jsonify(error='" +
                         said + "'), 404\n    return jsonify(ok=True)\n",
                     "AU-005")
                .empty();
  };
  EXPECT_TRUE(view("@app.post('/forgot')\ndef forgot():\n", "There is no account with this address"));
  EXPECT_TRUE(view("@app.post('/login')\ndef login():\n", "Usuario no encontrado"));
  EXPECT_FALSE(view("@app.post('/reset/<token>')\ndef reset_password(token):\n", "User not found"));
  EXPECT_FALSE(view("@app.post('/forgot')\ndef forgot():\n", "If there is an account, a mail was sent"));
}

}  // namespace
}  // namespace gatehouse::audit::source

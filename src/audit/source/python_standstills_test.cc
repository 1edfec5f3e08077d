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

TEST(PythonStandstills, SlowWorkOnTheLoopHoldsEverybody) {
  const auto told = [](const std::string& work, const std::string& paper = "async def") {
    return finds({{"requirements.txt", "fastapi==0.115.6\nopenai==1.50.0\n"},
                  {"app/paper.py", "import fitz\n" + paper +
                                       " read_text_of(raw):\n    with fitz.open(stream=raw) as d:\n"
                                       "        return ''.join(p.get_text() for p in d)\n"},
                  {"app/model.py",
                   "import asyncio\nfrom openai import OpenAI\nfrom app.paper import read_text_of\n"
                   "client = OpenAI()\nasync def summary(raw):\n    " +
                       work + "\n"}},
                 "RUN-003", "event loop");
  };
  EXPECT_TRUE(told("return client.chat.completions.create(model='m', messages=[])", "def"));
  EXPECT_FALSE(told("return await client.chat.completions.create(model='m', messages=[])", "def"));
  EXPECT_FALSE(told("return await asyncio.to_thread(client.chat.completions.create, model='m')", "def"));
  EXPECT_TRUE(told("return read_text_of(raw)", "def"));
  EXPECT_FALSE(told("return await asyncio.to_thread(read_text_of, raw)", "def"));
  EXPECT_TRUE(told("return await read_text_of(raw)"));
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

TEST(PythonStandstills, ACallThatBlocksInAnAsyncRouteIsTold) {
  const auto route = [](const std::string& head, const std::string& line) {
    return lines_of("app.py",
                    "import requests\nimport shutil\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\n" +
                        head + "def x(file):\n    " + line + "\n    return 1\n",
                    "RUN-003");
  };
  EXPECT_EQ(route("async ", "requests.get('https://a.example')").size(), 1u);
  EXPECT_EQ(route("async ", "shutil.copyfileobj(file.file, out)").size(), 1u);
  EXPECT_TRUE(route("", "requests.get('https://a.example')").empty());
}

TEST(PythonSecrets, ADefaultUnderAnotherNameIsOne) {
  const std::string head = "from pydantic_settings import BaseSettings\nFALLBACK = 'dev-insecure-change-me'\n";
  EXPECT_TRUE(
      finds({{"config.py", head + "class Settings(BaseSettings):\n    jwt_secret: str = FALLBACK\n"}}, "SEC-013"));
  EXPECT_FALSE(finds({{"config.py", head + "class Settings(BaseSettings):\n    jwt_secret: str\n"}}, "SEC-013"));
  EXPECT_TRUE(finds({{"admin.py", "backend = AdminAuth(secret_key='...')\n"}}, "SEC-008"));
  EXPECT_FALSE(finds({{"admin.py", "backend = AdminAuth(secret_key=settings.key)\n"}}, "SEC-008"));
}

TEST(PythonSecrets, ASetupCommandWithAFixedPasswordIsTold) {
  EXPECT_TRUE(
      finds({{"app/management/commands/initialsetup.py",
              "class Command:\n    def handle(self):\n        User.objects.create_user(\n            username='a',\n"
              "            password='demo123',\n        )\n"}},
            "SEC-017"));
}

TEST(PythonBounds, ANumberThatIsPostedIsHeldAgainstSomething) {
  const auto view = [](const std::string& check) {
    return finds(
        {{"views.py",
          "from django.http import HttpResponse\ndef book(request):\n    travelers = request.POST.get('travelers')\n" +
              check + "    Booking.objects.create(name='a', travelers=int(travelers))\n"}},
        "VAL-001");
  };
  EXPECT_TRUE(view(""));
  EXPECT_FALSE(view("    if int(travelers) < 1:\n        return HttpResponse(status=400)\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// Limits of Python applications that hold nobody, and sessions of Flask whose cookie travels in clear.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> sign_in(const std::string& limit, const std::string& name = "sign_in") {
  return audited({{"auth.py",
                   "from flask import Blueprint, request\nfrom limits import limiter\n\nauth = Blueprint('auth', "
                   "__name__)\n\n@auth.route('/" +
                       name + "', methods=['POST'])\n@limiter.limit(" + limit + ")\ndef " + name +
                       "():\n    return check(request.json['email'], request.json['password'])\n"}});
}

TEST(PythonLimits, ALimitThatHoldsNobodyIsToldAtTheSignIn) {
  EXPECT_TRUE(said(sign_in("'100/minute'"), "RL-001:7"));
  EXPECT_TRUE(said(sign_in("'2 per second'"), "RL-001:7"));
  EXPECT_TRUE(said(sign_in("'50 per 2 minutes'"), "RL-001:7"));
  EXPECT_TRUE(said(sign_in("'9000/hour; 90/minute'", "login"), "RL-001:7"));
}

TEST(PythonLimits, ALimitThatHoldsAndOneThatIsNotReadAreNot) {
  EXPECT_FALSE(said(sign_in("'5/minute'"), "RL-001:7"));
  EXPECT_FALSE(said(sign_in("'100/minute;200/hour'"), "RL-001:7"));
  EXPECT_FALSE(said(sign_in("'300 per day, 100 per minute'"), "RL-001:7"));
  EXPECT_FALSE(said(sign_in("'often'"), "RL-001:7"));
  EXPECT_FALSE(said(sign_in("LIMIT"), "RL-001:7"));
  EXPECT_FALSE(said(sign_in("'100/minute'", "search"), "RL-001:7"));
}

TEST(Flask, ASessionWhoseCookieTravelsInClearIsTold) {
  const auto app = [](const std::string& more, const std::string& config = "") {
    return audited({{"app.py", "from flask import Flask, session\n\napp = Flask(__name__)\n" + more +
                                   "\n@app.route('/me')\ndef me():\n    return session['user']\n"},
                    {"settings.py", config}});
  };
  EXPECT_TRUE(said(app(""), "FA-013:3"));
  EXPECT_FALSE(said(app("app.config['SESSION_COOKIE_SECURE'] = True\n"), "FA-013"));
  EXPECT_FALSE(said(app("Talisman(app)\n"), "FA-013"));
  EXPECT_FALSE(said(app("", "SESSION_COOKIE_SECURE = os.getenv('HTTPS') == '1'\n"), "FA-013"));
}

TEST(PythonTokens, ASignOutOfTheBrowserAloneIsToldWhereTheServerForgetsNothing) {
  const auto project = [](const std::string& out, const std::string& server = "") {
    return audited({{"auth.py",
                     "import jwt\n\ndef make(user):\n    return jwt.encode({'sub': user.id, 'exp': soon()}, KEY, "
                     "algorithm='HS256')\n" +
                         server},
                    {"web/src/Nav.jsx",
                     "import React from 'react';\nexport function Nav() {\n  const handleLogout = () => {\n    " + out +
                         "\n    navigate('/');\n  };\n  return <a onClick={handleLogout}>Out</a>;\n}\n"}});
  };
  EXPECT_TRUE(said(project("localStorage.removeItem('token');"), "JWT-009:4"));
  EXPECT_TRUE(said(project("removeAuthToken();"), "JWT-009:4"));
  EXPECT_FALSE(said(project("localStorage.removeItem('theme');"), "JWT-009"));
  EXPECT_FALSE(said(project("api.post('/logout'); localStorage.removeItem('token');"), "JWT-009"));
  EXPECT_FALSE(said(project("localStorage.removeItem('token');", "\ndenylist = redis.Redis()\n"), "JWT-009"));
}

}  // namespace
}  // namespace gatehouse::audit::source

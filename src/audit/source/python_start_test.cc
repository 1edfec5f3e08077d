// How Python applications come up, and who gets which rights at the door.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kStages =
    "class Config:\n    DEBUG = False\n\nclass DevelopmentConfig(Config):\n    DEBUG = True\n\n"
    "class ProductionConfig(Config):\n    pass\n\nstages = {'default': DevelopmentConfig, 'prod': ProductionConfig}\n";

TEST(PythonStartTest, AStageThatIsTheDevelopersUnlessNamedIsTold) {
  const auto all = audited(
      {{"shop/config.py", kStages},
       {"wsgi.py", "import os\nfrom shop import create_app\n\napp = create_app(os.getenv('APP_STAGE', 'dev'))\n"}});
  EXPECT_TRUE(said(all, "FA-007:4"));
}

TEST(PythonStartTest, AStageThatIsProductionUnlessNamedIsNot) {
  const auto all = audited(
      {{"shop/config.py", kStages},
       {"wsgi.py", "import os\nfrom shop import create_app\n\napp = create_app(os.getenv('APP_STAGE', 'prod'))\n"}});
  EXPECT_FALSE(said(all, "FA-007"));
}

TEST(PythonStartTest, AReloadingServerOnEveryInterfaceIsTold) {
  EXPECT_TRUE(said(audited({{"run.py",
                             "import uvicorn\n\nif __name__ == '__main__':\n"
                             "    uvicorn.run('app:app', host='0.0.0.0', port=80, reload=True)\n"}}),
                   "INF-025:4"));
  EXPECT_FALSE(said(audited({{"run.py",
                              "import uvicorn\n\nif __name__ == '__main__':\n"
                              "    uvicorn.run('app:app', host='127.0.0.1', port=80, reload=True)\n"}}),
                    "INF-025"));
}

constexpr const char* kRemember =
    "from flask import Flask, render_template\nfrom flask_login import login_user\n\napp = Flask(__name__)\n\n"
    "def enter(user):\n    login_user(user, remember=True)\n    return render_template('home.html')\n";

TEST(PythonStartTest, TheCookieThatRemembersNeedsItsOwnFlags) {
  const auto open = audited({{"app.py", kRemember}});
  EXPECT_TRUE(said(open, "FA-013:7"));
  EXPECT_TRUE(said(open, "EX-001:4"));
  const auto set = audited(
      {{"app.py", kRemember}, {"config.py", "REMEMBER_COOKIE_SECURE = True\nHEAD = {'X-Frame-Options': 'DENY'}\n"}});
  EXPECT_FALSE(said(set, "FA-013:7"));
  EXPECT_FALSE(said(set, "EX-001"));
}

TEST(PythonStartTest, HelpersThatReadTheEnvironmentAreReadWithTheirDefaults) {
  const auto all = audited({{"site/settings.py",
                             "INSTALLED_APPS = ['django.contrib.sessions']\n"
                             "MIDDLEWARE = ['django.middleware.csrf.CsrfViewMiddleware']\n"
                             "SESSION_COOKIE_SECURE = _read_env_bool('COOKIE_SECURE', default=False)\n"}});
  EXPECT_TRUE(said(all, "DJ-009:3"));
}

std::vector<std::pair<std::string, std::string>> sign_up(const std::string& choices) {
  return {{"forms.py", "class SignUpForm(FlaskForm):\n    role = SelectField('As', choices=[" + choices + "])\n"},
          {"doors.py",
           "@doors.route('/signup', methods=['POST'])\ndef signup():\n    form = SignUpForm()\n"
           "    person = User(name=form.name.data, role=form.role.data)\n    db.session.add(person)\n"}};
}

TEST(PythonSignupTest, RightsThatThePersonChoosesAreTold) {
  EXPECT_TRUE(said(audited(sign_up("('guest', 'Guest'), ('admin', 'Admin')")), "AZ-007:4"));
  EXPECT_FALSE(said(audited(sign_up("('guest', 'Guest'), ('buyer', 'Buyer')")), "AZ-007"));
}

TEST(PythonSignupTest, RightsThatTheCodeChoosesAreNot) {
  EXPECT_FALSE(said(audited({{"doors.py",
                              "@doors.route('/signup', methods=['POST'])\ndef signup():\n"
                              "    person = User(name=request.form['name'], role='guest')\n"}}),
                    "AZ-007"));
  EXPECT_FALSE(said(audited({{"doors.py",
                              "@doors.route('/signup', methods=['POST'])\ndef signup():\n"
                              "    role = request.form['role']\n    if role not in ('buyer', \"guest\"):\n"
                              "        abort(400)\n    person = User(name='x', role=role)\n"}}),
                    "AZ-007"));
}

TEST(PythonSignupTest, ASignUpThatTellsWhoHasAnAccountIsTold) {
  const auto door = [](const std::string& text) {
    return audited({{"doors.py",
                     "from fastapi import APIRouter, HTTPException\n\nrouter = APIRouter()\n\n"
                     "@router.post('/register')\ndef register(data: New):\n    if known(data.email):\n"
                     "        raise HTTPException(400, '" +
                         text + "')\n"}});
  };
  EXPECT_TRUE(said(door("This e-mail is already registered"), "AU-005:8"));
  EXPECT_FALSE(said(door("Please look into your mail"), "AU-005"));
}

// In whatever tongue it is said: the branch behind "somebody has this address" refuses.
TEST(PythonSignupTest, TheBranchSaysItAndNotTheWords) {
  const auto door = [](const std::string& steps) {
    return said(audited({{"doors.py",
                          "from fastapi import APIRouter, HTTPException\n\nrouter = APIRouter()\n\n"
                          "@router.post('/register')\ndef register(data: New, db=Depends(get_db)):\n" +
                              steps + "    return create(db, data)\n"}}),
                "AU-005");
  };
  EXPECT_TRUE(
      door("    if get_user_by_email(db, data.email):\n        raise HTTPException(400, 'Email ya registrado')\n"));
  EXPECT_TRUE(
      door("    old = db.query(User).filter(User.email == data.email).first()\n    if old is not None:\n"
           "        return JSONResponse({'detail': 'vergeben'}, status_code=409)\n"));
  EXPECT_FALSE(
      door("    if not get_invite_by_email(db, data.email):\n        raise HTTPException(403, 'no invite')\n"));
  // The same answer for both.
  EXPECT_FALSE(door(
      "    if get_user_by_email(db, data.email):\n        send_notice(data.email)\n        return {'ok': True}\n"));
}

TEST(PythonStartTest, AnApiWithoutHeadersIsToldOnceAndLow) {
  const auto api = [](const std::string& more) {
    return report_of({{"main.py", "from fastapi import FastAPI\napp = FastAPI()\n" + more}}, "EX-001").findings;
  };
  ASSERT_EQ(api("").size(), 1u);
  EXPECT_EQ(api("").front().severity, proof::Severity::low);
  EXPECT_TRUE(api("@app.middleware('http')\nasync def heads(request, call_next):\n    r = await call_next(request)\n"
                  "    r.headers['X-Frame-Options'] = 'DENY'\n    return r\n")
                  .empty());
}

}  // namespace
}  // namespace gatehouse::audit::source

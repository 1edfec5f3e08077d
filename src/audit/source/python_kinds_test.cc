// FastAPI and Flask: proofs that are none, limits that are none, money, tenants, filters. Each with its sound twin.
#include <gtest/gtest.h>

#include "audit/source/python_app.h"

namespace gatehouse::audit {
namespace {

using source::fastapi;
using source::finds;
using source::flask;
using Files = source::Texts;

TEST(PythonProofs, ATokenBelievedByHowItBegins) {
  EXPECT_TRUE(
      fastapi("def verify_sso_token(token):\n    if token.startswith('okta_'):\n"
              "        return {'sub': token.split('_')[1]}\n    return None\n",
              "JWT-001"));
  EXPECT_FALSE(
      fastapi("def verify_token(token):\n    if token.startswith('Bearer '):\n        token = token[7:]\n"
              "    return jwt.decode(token, KEY, algorithms=['HS256'])\n",
              "JWT-001"));
  EXPECT_FALSE(
      fastapi("def verify_api_key(token):\n    if token.startswith('sk_'):\n"
              "        return db.query(Key).filter(Key.digest == digest(token)).first()\n    return None\n",
              "JWT-001"));
}

TEST(PythonProofs, ATokenDecodedWithoutItsSignature) {
  const std::string head = "import base64, json\n";
  EXPECT_TRUE(fastapi(head + "def get_user(token):\n    payload = token.split('.')[1]\n"
                             "    return json.loads(base64.urlsafe_b64decode(payload + '=='))\n",
                      "JWT-001"));
  EXPECT_FALSE(fastapi(head + "def get_user(token):\n    payload, sig = token.split('.')\n"
                              "    if not hmac.compare_digest(sig, sign(payload)):\n        raise HTTPException(401)\n"
                              "    return json.loads(base64.urlsafe_b64decode(payload + '=='))\n",
                       "JWT-001"));
}

TEST(PythonProofs, OneKindOfTokenForTwo) {
  EXPECT_TRUE(
      fastapi("def login():\n    refresh_token = create_access_token({'sub': 1}, timedelta(days=7))\n"
              "    return refresh_token\n",
              "JWT-007"));
  EXPECT_FALSE(
      fastapi("def login():\n    refresh_token = create_token({'sub': 1, 'type': 'refresh'})\n"
              "    return refresh_token\n",
              "JWT-007"));
  const std::string made =
      "from jose import jwt\ndef create_refresh_token(data):\n    return jwt.encode({**data, 'type': 'refresh', 'exp': "
      "soon()}, KEY, algorithm='HS256')\n";
  const std::string guard =
      "def get_current_user(token):\n    payload = jwt.decode(token, KEY, algorithms=['HS256'])\n";
  EXPECT_TRUE(fastapi(made + guard + "    return payload['sub']\n", "JWT-007"));
  EXPECT_FALSE(fastapi(made + guard +
                           "    if payload.get('type') != 'access':\n        raise HTTPException(401)\n"
                           "    return payload['sub']\n",
                       "JWT-007"));
}

TEST(PythonProofs, OneSecretForTheSessionAndTheTokens) {
  const Files both = {
      {"app.py",
       "import os\nfrom flask import Flask\napp = Flask(__name__)\napp.config['SECRET_KEY'] = "
       "os.environ['SECRET_KEY']\n"},
      {"tokens.py",
       "import os, jwt\nSECRET_KEY = os.environ['SECRET_KEY']\ndef make(u):\n    return jwt.encode({'sub': "
       "u, 'exp': soon()}, SECRET_KEY, algorithm='HS256')\n"}};
  EXPECT_TRUE(finds(both, "SEC-012"));
  Files apart = both;
  apart[1].second =
      "import os, jwt\nTOKEN_KEY = os.environ['TOKEN_KEY']\ndef make(u):\n    return jwt.encode({'sub': u, 'exp': "
      "soon()}, TOKEN_KEY, algorithm='HS256')\n";
  EXPECT_FALSE(finds(apart, "SEC-012"));
}

TEST(PythonProofs, ACodeWithoutAnEnd) {
  const std::string code =
      "@app.post('/forgot')\ndef forgot(email: str):\n    user = find(email)\n"
      "    user.reset_token = secrets.token_urlsafe(32)\n";
  EXPECT_TRUE(fastapi(code + "    save(user)\n", "JWT-006"));
  EXPECT_FALSE(fastapi(code + "    user.reset_expires = now() + timedelta(hours=1)\n    save(user)\n", "JWT-006"));
}

TEST(PythonOauth, AStateThatNobodyCompares) {
  const std::string head = "@app.get('/auth/google/callback')\nasync def callback(code: str, state: str = ''):\n";
  const std::string rest = "    tokens = await exchange(code)\n    return sign_in(tokens)\n";
  EXPECT_TRUE(fastapi(head + rest, "OAU-001"));
  EXPECT_FALSE(fastapi(
      head + "    if state != request.session.pop('state'):\n        raise HTTPException(400)\n" + rest, "OAU-001"));
}

TEST(PythonOauth, AClientWithoutPkce) {
  const std::string head =
      "from authlib.integrations.flask_client import OAuth\noauth = OAuth(app)\noauth.register('google', "
      "client_id=os.environ['ID'], client_secret=os.environ['S'], client_kwargs={'scope': 'email'";
  EXPECT_TRUE(flask(head + "})\n", "OAU-002"));
  EXPECT_FALSE(flask(head + ", 'code_challenge_method': 'S256'})\n", "OAU-002"));
}

TEST(PythonLimits, ThatCountByAHeaderOrFailOpen) {
  const auto limiter = [](const std::string& key, const std::string& failed) {
    return "class RateLimitMiddleware:\n    async def __call__(self, request, call_next):\n        key = " + key +
           "\n        try:\n            ok = store.take(key)\n        except Exception:\n            return " + failed +
           "\n        return JSONResponse(status_code=429) if not ok else await call_next(request)\n"
           "app.add_middleware(RateLimitMiddleware)\n"
           "@app.post('/login')\ndef login(body: Login):\n    return check(body)\n";
  };
  EXPECT_TRUE(fastapi(limiter("request.headers.get('X-Tenant-ID')", "JSONResponse(status_code=503)"), "RL-003"));
  EXPECT_FALSE(fastapi(limiter("request.client.host", "JSONResponse(status_code=503)"), "RL-003"));
  EXPECT_TRUE(fastapi(limiter("request.client.host", "await call_next(request)"), "RL-001"));
  EXPECT_FALSE(fastapi(limiter("request.client.host", "JSONResponse(status_code=503)"), "RL-001"));
}

TEST(PythonLimits, InTheMemoryOfOneProcess) {
  EXPECT_TRUE(
      flask("from flask_limiter import Limiter\nlimiter = Limiter(key_func=address, app=app, "
            "default_limits=['60/minute'])\n",
            "RL-005"));
  EXPECT_FALSE(
      flask("from flask_limiter import Limiter\nlimiter = Limiter(key_func=address, app=app, "
            "storage_uri=os.environ['REDIS_URL'])\n",
            "RL-005"));
}

TEST(PythonMoney, PlansThatPeopleGiveThemselves) {
  const std::string head = "@app.post('/upgrade')\ndef upgrade(plan: str, user=Depends(get_current_user)):\n";
  EXPECT_TRUE(fastapi(head + "    user.plan = plan\n    db.commit()\n", "PAY-002"));
  EXPECT_FALSE(fastapi(head + "    url = stripe.checkout.Session.create(price=PRICES[plan])\n    return url\n" +
                           "app.include_router(stripe_webhook)\n",
                       "PAY-002"));
  const std::string page =
      "@app.get('/payment/success')\ndef success(session_id: str, user=Depends(get_current_user)):\n"
      "    s = stripe.checkout.Session.retrieve(session_id)\n";
  EXPECT_TRUE(fastapi(page + "    user.is_premium = True\n    db.commit()\n", "PAY-002"));
  EXPECT_FALSE(fastapi(page + "    if s.payment_status != 'paid' or s.client_reference_id != str(user.id):\n"
                              "        raise HTTPException(402)\n"
                              "    user.is_premium = True\n    db.commit()\n",
                       "PAY-002"));
}

TEST(PythonMoney, BalancesInSteps) {
  const std::string head =
      "@app.post('/generate')\ndef generate(user=Depends(get_current_user), db=Depends(get_db)):\n";
  EXPECT_TRUE(fastapi(head + "    if user.credits < 1:\n        raise HTTPException(402)\n    user.credits -= 1\n"
                             "    db.commit()\n",
                      "PAY-004"));
  EXPECT_FALSE(fastapi(head + "    row = db.query(User).with_for_update().get(user.id)\n    if row.credits < 1:\n"
                              "        raise HTTPException(402)\n    row.credits -= 1\n    db.commit()\n",
                       "PAY-004"));
}

TEST(PythonMoney, TheKeyOfPaymentsBesideOtherThings) {
  const std::string route = "@app.route('/images')\ndef images():\n    return 'x'\n";
  EXPECT_TRUE(flask("import stripe\nstripe.api_key = os.environ['STRIPE_SECRET_KEY']\n" + route, "PAY-003"));
  EXPECT_FALSE(finds({{"app/payments.py",
                       "import os, stripe\nfrom flask import Flask\napp = Flask(__name__)\n"
                       "stripe.api_key = os.environ['STRIPE_SECRET_KEY']\n" +
                           route}},
                     "PAY-003"));
}

TEST(PythonQueries, OperatorsOfTheClient) {
  const std::string model =
      "class User:\n    @staticmethod\n    def by_mail(mail):\n        return db.users.find_one({'email': mail})\n";
  const auto tree = [&](const std::string& value) {
    return Files{{"models/user.py", model},
                 {"routes.py",
                  "from flask import Blueprint, request\nfrom models.user import User\nbp = "
                  "Blueprint('b', __name__)\n@bp.route('/login', methods=['POST'])\ndef login():\n    data "
                  "= request.get_json()\n    return User.by_mail(" +
                      value + ")\n"}};
  };
  EXPECT_TRUE(finds(tree("data['email']"), "EX-015"));
  EXPECT_TRUE(finds(tree("mail=data.get('email')"), "EX-015"));
  EXPECT_FALSE(finds(tree("str(data['email'])"), "EX-015"));
  EXPECT_TRUE(
      flask("@app.route('/u', methods=['POST'])\ndef u():\n    return db.users.find_one({'name': "
            "request.json['name']})\n",
            "EX-015"));
  EXPECT_FALSE(
      flask("@app.route('/u', methods=['POST'])\ndef u():\n    return db.users.find_one({'name': "
            "request.form['name']})\n",
            "EX-015"));
}

TEST(PythonTenants, AnAdministratorOfOneIsNoneOfTheOthers) {
  const auto route = [](const std::string& guard, const std::string& check) {
    return "@app.get('/tenants/{tenant_id}')\ndef read(tenant_id: str, current_user=Depends(" + guard + ")):\n" +
           check +
           "    return db.query(Tenant).filter(Tenant.id == tenant_id).first()\n"
           "@app.get('/mine')\ndef mine(current_user=Depends(get_current_user)):\n    return current_user.tenant_id\n";
  };
  EXPECT_TRUE(fastapi(route("require_admin", ""), "AZ-001", "other tenant"));
  EXPECT_FALSE(fastapi(route("require_super_admin", ""), "AZ-001", "other tenant"));
  const std::string own = "    if current_user.tenant_id != tenant_id:\n        raise HTTPException(403)\n";
  EXPECT_FALSE(fastapi(route("require_admin", own), "AZ-001", "tenant"));
  const std::string waived =
      "    if current_user.tenant_id != tenant_id and 'admin' not in current_user.roles:\n        raise "
      "HTTPException(403)\n";
  EXPECT_TRUE(fastapi(route("get_current_user", waived), "AZ-001", "waived"));
}

TEST(PythonTenants, MembersDoWhatOwnersShould) {
  const std::string roles =
      "def require_owner(m=Depends(membership)):\n    if m.role != 'owner':\n        raise HTTPException(403)\n";
  const auto keys = [&](const std::string& guard) {
    return roles + "@app.post('/api-keys')\ndef create_key(org=Depends(get_current_organization)" + guard +
           "):\n    return make(org)\n";
  };
  EXPECT_TRUE(fastapi(keys(""), "AZ-008"));
  EXPECT_FALSE(fastapi(keys(", owner=Depends(require_owner)"), "AZ-008"));
}

TEST(PythonDoors, MetricsModelsAndChangesByGet) {
  EXPECT_TRUE(fastapi("@app.get('/metrics')\ndef metrics():\n    return text()\n", "FA-003", "metrics"));
  EXPECT_FALSE(fastapi("@app.get('/metrics')\ndef metrics():\n    return {'requests': 0}\n", "FA-003", "metrics"));
  EXPECT_FALSE(
      fastapi("@app.get('/metrics', dependencies=[Depends(require_token)])\ndef metrics():\n    return text()\n",
              "FA-003", "metrics"));
  const std::string ask = "from openai import OpenAI\nclient = OpenAI()\n@app.post('/chat')\ndef chat(q: Ask";
  const std::string answer = "):\n    return client.chat.completions.create(messages=q.all)\n";
  EXPECT_TRUE(fastapi(ask + answer, "FA-003", "provider"));
  EXPECT_FALSE(fastapi(ask + ", user=Depends(get_current_user)" + answer, "FA-003"));
}

TEST(PythonAnswers, ThatCarryPasswords) {
  const auto shown = [](const std::string& field) {
    return "from pydantic import BaseModel\nclass UserShown(BaseModel):\n    email: str\n    " + field +
           "\n@app.get('/me', response_model=UserShown)\ndef me(user=Depends(get_current_user)):\n    return user\n";
  };
  EXPECT_TRUE(fastapi(shown("hashed_password: str"), "FA-005"));
  EXPECT_FALSE(fastapi(shown("name: str"), "FA-005"));
}

TEST(PythonAccounts, SignUpsThatTakeAnyPassword) {
  const auto model = [](const std::string& field) {
    return "from pydantic import BaseModel, Field\nclass UserCreate(BaseModel):\n    email: str\n    password: " +
           field + "\n";
  };
  EXPECT_TRUE(fastapi(model("str"), "DJ-030"));
  EXPECT_FALSE(fastapi(model("str = Field(min_length=10)"), "DJ-030"));
}

}  // namespace
}  // namespace gatehouse::audit

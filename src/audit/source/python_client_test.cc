// What clients send to FastAPI and Flask: names of files, whole bodies, origins, and what is answered to them.
#include <gtest/gtest.h>

#include "audit/source/audited.h"
#include "audit/source/origins.h"

namespace gatehouse::audit::source {
namespace {

const std::string kFast = "from fastapi import APIRouter, Depends, UploadFile\n\nrouter = APIRouter()\n\n";
const std::string kFlask = "from flask import Flask, request, session\n\napp = Flask(__name__)\n\n";

TEST(PythonUploadNames, ANameIsFollowedIntoThePathThatIsOpened) {
  const auto keep = [](const std::string& steps) {
    return audited({{"api.py", kFast +
                                   "@router.post('/papers')\nasync def papers(files: list[UploadFile], "
                                   "user=Depends(get_user)):\n    for one in files:\n" +
                                   steps}});
  };
  EXPECT_TRUE(said(keep("        path = folder / one.filename\n        with path.open('wb') as out:\n"
                        "            copy(one.file, out)\n"),
                   "FA-018:8"));
  EXPECT_TRUE(said(keep("        folder.joinpath(one.filename).write_bytes(await one.read())\n"), "FA-018:8"));
  EXPECT_TRUE(
      said(keep("        name = f'{user.id}_{one.filename}'\n        path = os.path.join(ROOT, name)\n"), "FA-018:9"));
  EXPECT_TRUE(said(keep("        file_path = f'{ROOT}/{one.filename}'\n        save(file_path, one)\n"), "FA-018:8"));
  EXPECT_FALSE(said(keep("        path = folder / Path(one.filename).name\n"), "FA-018"));
  EXPECT_FALSE(said(keep("        path = folder / f'{uuid4()}_{one.filename}'\n"), "FA-018"));
  EXPECT_FALSE(said(keep("        url = f'/files/{one.filename}'\n"), "FA-018"));
}

TEST(PythonWholeBodies, AJsonOfAnyFieldsIsNoRecord) {
  const auto put = [](const std::string& steps) {
    return audited({{"api.py", kFast +
                                   "@router.put('/notes')\ndef put(payload: dict, db=Depends(get_db), "
                                   "user=Depends(get_user)):\n" +
                                   steps}});
  };
  EXPECT_TRUE(said(put("    db.add(Note(**payload))\n"), "AZ-007:7"));
  EXPECT_TRUE(said(put("    db.query(Note).filter(Note.user_id == user.id).update(payload)\n"), "AZ-007:7"));
  EXPECT_FALSE(said(put("    db.add(Note(**NoteCreate(**payload).model_dump()))\n"), "AZ-007"));
  EXPECT_FALSE(said(put("    db.add(Note(text=payload['text'], user_id=user.id))\n"), "AZ-007"));
}

TEST(PythonWholeBodies, WhatAModelDumpsHoldsItsOwnFields) {
  const auto patch = [](const std::string& parameter, const std::string& from) {
    return audited(
        {{"api.py", kFast + "@router.patch('/me')\ndef patch(" + parameter +
                        ", user=Depends(get_user)):\n    update_data = " + from +
                        "\n    for key, value in update_data.items():\n        setattr(user, key, value)\n"}});
  };
  EXPECT_FALSE(said(patch("body: ProfileUpdate", "body.model_dump(exclude_unset=True)"), "AZ-007"));
  EXPECT_TRUE(said(patch("request: Request", "await request.json()"), "AZ-007:9"));
}

TEST(PythonOwners, GoodsOfSomebodyAreChangedByThemOnly) {
  const std::string models =
      "class User(db.Model):\n    id = db.Column(db.Integer)\n\nclass Product(db.Model):\n"
      "    id = db.Column(db.Integer)\n    user_id = db.Column(db.Integer, db.ForeignKey('user.id'))\n";
  const auto remove = [&](const std::string& model, const std::string& check) {
    return audited({{"models.py", model},
                    {"app.py", kFlask +
                                   "@app.route('/product/<int:id>/delete', methods=['POST'])\n@login_required\n"
                                   "def remove(id):\n    product = Product.query.get_or_404(id)\n" +
                                   check + "    db.session.delete(product)\n    db.session.commit()\n"}});
  };
  EXPECT_TRUE(said(remove(models, ""), "AZ-001:8"));
  EXPECT_FALSE(said(remove(models, "    if product.user_id != current_user.id: abort(403)\n"), "AZ-001"));
  EXPECT_FALSE(said(remove("class Product(db.Model):\n    id = db.Column(db.Integer)\n", ""), "AZ-001"));
}

TEST(PythonOwners, AListOfSomebodyIsNotNamedByTheClient) {
  const auto list = [](const std::string& check) {
    return audited({{"api.py", kFast +
                                   "@router.get('/orders')\ndef orders(user_id: int, db=Depends(get_db), "
                                   "user=Depends(get_current_user)):\n" +
                                   check + "    return db.query(Order).filter(Order.user_id == user_id).all()\n"}});
  };
  EXPECT_TRUE(said(list(""), "AZ-001:7"));
  EXPECT_FALSE(said(list("    if user.id != user_id: raise Denied()\n"), "AZ-001"));
}

TEST(PythonOwners, TheTableOfPeopleIsNoWordAboutAnOwner) {
  const auto tree = [](const std::string& where, const std::string& check = "") {
    return audited({{"crud.py", "def remove(db, id" + where + "):\n    user = db.get(User, id)\n" + check +
                                    "    db.delete(user)\n"},
                    {"api.py", "import crud\n" + kFast +
                                   "@router.delete('/people/{person_id}')\ndef drop(person_id: int, "
                                   "db=Depends(get_db), user=Depends(get_current_user)):\n"
                                   "    return crud.remove(db, id=person_id)\n"}});
  };
  EXPECT_TRUE(said(tree(""), "AZ-001:8"));
  EXPECT_FALSE(said(tree(", owner=None", "    assert owner is None or user.boss == owner\n"), "AZ-001"));
  EXPECT_TRUE(said(tree(", owner=None"), "AZ-001:8"));  // named, and never asked
}

TEST(PythonDoors, ABlueprintNamedAuthLocksNoDoor) {
  const auto door = [](const std::string& limit) {
    return audited({{"auth.py",
                     "from flask import Blueprint, request\n\nauth = Blueprint('auth', __name__)\n\n"
                     "@auth.route('/sign-in', methods=['POST'])\n" +
                         limit + "def signin():\n    return check(request.form['password'])\n"}});
  };
  EXPECT_TRUE(said(door(""), "RL-001:5"));
  EXPECT_FALSE(said(door("@limiter.limit('5/minute')\n"), "RL-001"));
}

TEST(PythonDoors, AKeyOfTheSessionSaysWhoIsThere) {
  const auto routes = [](const std::string& asks) {
    return audited({{"app.py", kFlask +
                                   "@app.route('/a', methods=['POST'])\ndef a():\n    if 'user' not in session: "
                                   "return '', 401\n    return keep(request.form)\n\n"
                                   "@app.route('/b', methods=['POST'])\ndef b():\n" +
                                   asks + "    return keep(request.form)\n"}});
  };
  EXPECT_TRUE(said(routes(""), "FA-003:10"));
  EXPECT_FALSE(said(routes("    if not session.get('username'): return '', 401\n"), "FA-003"));
  EXPECT_FALSE(said(routes("    user = get_logged_user(request)\n    if not user: return '', 401\n"), "FA-003"));
}

TEST(PythonRefusals, TwoThatDifferTellWhoHasAnAccount) {
  const auto login = [](const std::string& second) {
    return audited({{"api.py", kFast +
                                   "@router.post('/login')\ndef login(body: Login, db=Depends(get_db)):\n"
                                   "    user = db.query(User).filter(User.mail == body.mail).first()\n"
                                   "    if not user:\n        raise HTTPException(401, 'Invalid email or password')\n"
                                   "    if not verify_password(body.password, user.hash):\n"
                                   "        raise HTTPException(401, '" +
                                   second + "')\n    return token(user)\n"}});
  };
  EXPECT_TRUE(said(login("Invalid password"), "AU-005:11"));
  EXPECT_FALSE(said(login("Invalid email or password"), "AU-005"));
}

TEST(PythonCookies, ASwitchForSecureIsOn) {
  const auto tree = [](const std::string& fallback, const std::string& compose) {
    return audited({{"config.py", "import os\n\nCOOKIE_SECURE = get_bool('COOKIE_SECURE', " + fallback + ")\n"},
                    {"compose.yml", "services:\n  api:\n    image: shop@sha256:1\n    environment:\n" + compose},
                    {"api.py",
                     "import config\nfrom fastapi import Response\n\ndef enter(response: Response):\n"
                     "    response.set_cookie('session', token(), httponly=True, samesite='lax', "
                     "\n                        secure=config.COOKIE_SECURE)\n"}});
  };
  EXPECT_TRUE(said(tree("False", "      STAGE: production\n"), "FA-013:6"));
  EXPECT_FALSE(said(tree("True", "      STAGE: production\n"), "FA-013"));
  EXPECT_FALSE(said(tree("False", "      COOKIE_SECURE: \"true\"\n"), "FA-013"));
}

TEST(PythonPasswords, RoundsAreMany) {
  const auto hash = [](const std::string& rounds) {
    return audited({{"hash.py",
                     "import hashlib\n\ndef make(phrase, salt):\n    return "
                     "hashlib.pbkdf2_hmac('sha256', phrase, salt, " +
                         rounds + ")\n"}});
  };
  EXPECT_TRUE(said(hash("100_000"), "DJ-030:4"));
  EXPECT_FALSE(said(hash("600_000"), "DJ-030"));
}

TEST(PythonPasswords, ADatabaseIsNotOpenedByALoginInTheCode) {
  const auto config = [](const std::string& value) {
    return audited({{"db.py", "import os\n\nDATABASE_URI = " + value + "\n"}});
  };
  EXPECT_TRUE(said(config("'postgresql://postgres:password@localhost:5432/shop'"), "SEC-010:3"));
  EXPECT_FALSE(said(config("os.environ['DATABASE_URI']"), "SEC-010"));
  EXPECT_FALSE(said(config("'postgresql://localhost:5432/shop'"), "SEC-010"));
}

TEST(Origins, AHostWhereAnybodyPublishesIsNobodysOwn) {
  for (const char* open :
       {"https://.*\\.vercel\\.app", "https://[a-z0-9-]+\\.netlify\\.app", "https://(.*)\\.pages\\.dev"})
    EXPECT_TRUE(lets_anybody_publish(open)) << open;
  for (const char* own :
       {"https://shop-[a-z0-9]+\\.vercel\\.app", "https://.*-team\\.vercel\\.app", "https://.*\\.example\\.com"})
    EXPECT_FALSE(lets_anybody_publish(own)) << own;
  EXPECT_TRUE(lets_anybody_take("^https:\\/\\/shop-.*\\.vercel\\.app$"));
  EXPECT_FALSE(lets_anybody_take("https://.*-team\\.vercel\\.app"));
  EXPECT_FALSE(lets_anybody_take("https://shop\\.vercel\\.app"));
  EXPECT_TRUE(own_machine("http://localhost:5173"));
  EXPECT_FALSE(own_machine("https://localhost.shop.test"));
  const auto cors = [](const std::string& pattern) {
    return audited({{"main.py",
                     "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\n"
                     "app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)\n"
                     "app.add_middleware(CORSMiddleware, allow_origins=['https://shop.test'], allow_origin_regex=r'" +
                         pattern + "', allow_credentials=True)\n"}});
  };
  EXPECT_TRUE(said(cors("https://.*\\.vercel\\.app"), "FA-001:5"));
  EXPECT_FALSE(said(cors("https://shop-.*\\.vercel\\.app"), "FA-001"));
}

TEST(PythonWholeBodies, AllButWhatIsNamedIsAsGoodAsAll) {
  const auto patch = [](const std::string& pick) {
    return audited(
        {{"app.py", kFlask +
                        "@app.patch('/items/<int:id>')\n@login_required\ndef patch(id):\n"
                        "    changes = {k: v for k, v in request.json.items() if k " +
                        pick + "}\n    Item.query.filter_by(id=id, seller_id=current_user.id).update(changes)\n"}},
        "AZ-007");
  };
  EXPECT_TRUE(said(patch("not in ('id',)"), "AZ-007"));
  EXPECT_FALSE(said(patch("in WRITABLE"), "AZ-007"));
}

TEST(PythonOwners, ASessionOfWhateverNameFetchesTheSame) {
  const Texts repo = {{"trips/models.py",
                       "class User(Base):\n    id = Column(Integer)\nclass Trip(Base):\n    id = Column(Integer)\n"
                       "    traveller_id = Column(ForeignKey('users.id'))\n"},
                      {"trips/repo.py",
                       "from sqlalchemy import select\nclass Trips:\n    async def one(self, trip_id: int):\n"
                       "        return await self.s.get(Trip, trip_id)\n"
                       "    async def of(self, trip_id: int, uid: int):\n"
                       "        return await self.s.scalar(select(Trip).where(Trip.id == trip_id, Trip.traveller_id == "
                       "uid))\n"}};
  const auto api = [&](const std::string& ask) {
    Texts all = repo;
    all.emplace_back("trips/api.py", kFast +
                                         "@router.get('/trips/{trip_id}')\nasync def show(trip_id: int, "
                                         "user=Depends(get_user), r: Trips = Depends(trips)):\n    return await " +
                                         ask + "\n");
    return audited(all, "AZ-001");
  };
  EXPECT_TRUE(said(api("r.one(trip_id)"), "AZ-001"));
  EXPECT_FALSE(said(api("r.of(trip_id, user.id)"), "AZ-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source

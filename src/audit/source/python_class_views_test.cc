// Routes of Flask that are classes, records that a dependency fetches, and accounts opened by their names.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::string kRest =
    "from flask import Flask, request\nfrom flask_restful import Api, Resource\n\napp = Flask(__name__)\napi = "
    "Api(app)\n\n";

TEST(ClassViews, AResourceIsARouteForEachOfItsMethods) {
  const auto orders = [](const std::string& guard, const std::string& fetch) {
    return audited(
        {{"app.py", kRest + "class Orders(Resource):\n" + guard + "    def get(self, order_id):\n        return " +
                        fetch +
                        ".to_dict()\n\n    @jwt_required()\n    def put(self, order_id):\n        return {}\n\n"
                        "api.add_resource(Orders, '/orders/<int:order_id>')\n"}});
  };
  EXPECT_TRUE(said(orders("    @jwt_required()\n", "Order.query.get_or_404(order_id)"), "AZ-001:10"));
  EXPECT_TRUE(said(orders("", "Order.query.get_or_404(order_id)"), "FA-003:8"));
  EXPECT_FALSE(
      said(orders("    @jwt_required()\n", "Order.query.filter_by(id=order_id, user_id=get_jwt_identity()).first()"),
           "AZ-001"));
}

TEST(ClassViews, WhatStandsBeforeAClassStandsBeforeItsMethods) {
  const auto notes = [](const std::string& guard) {
    return audited({{"app.py",
                     "from flask import Flask\nfrom flask.views import MethodView\n\napp = Flask(__name__)\n\n"
                     "class Notes(MethodView):\n" +
                         guard +
                         "    def delete(self, note_id):\n        db.session.delete(db.session.get(Note, note_id))\n"
                         "        db.session.commit()\n\n"
                         "class Mine(MethodView):\n    decorators = [login_required]\n    def get(self):\n        "
                         "return page()\n\n"
                         "app.add_url_rule('/notes/<int:note_id>', view_func=Notes.as_view('notes'))\n"}});
  };
  EXPECT_TRUE(said(notes(""), "FA-003"));
  const auto guarded = notes("    decorators = [login_required]\n");
  EXPECT_FALSE(said(guarded, "FA-003"));
  EXPECT_TRUE(said(guarded, "AZ-001:9"));
}

TEST(ClassViews, ASignInOfAClassHasALimit) {
  const std::string door = "class LoginResource(Resource):\n    def post(self):\n        return check(request.json)\n";
  EXPECT_TRUE(said(audited({{"app.py", kRest + door}}), "RL-001:8"));
  EXPECT_FALSE(
      said(audited({{"app.py", kRest + "class LoginResource(Resource):\n    decorators = [limiter.limit('5/hour')]\n"
                                       "    def post(self):\n        return check(request.json)\n"}}),
           "RL-001"));
}

TEST(FetchedByDependency, ARecordIsAskedWhoseItIs) {
  const auto tree = [](const std::string& head, const std::string& check) {
    return audited(
        {{"api.py",
          "from fastapi import APIRouter, Depends\n\nrouter = APIRouter()\n\ndef get_document(document_id: int, " +
              head + "session=Depends(get_session)):\n    doc = session.get(Document, document_id)\n" + check +
              "    return doc\n\n@router.get('/documents/{document_id}')\n"
              "def read(doc=Depends(get_document), user=Depends(get_current_user)):\n    return doc\n"}});
  };
  EXPECT_TRUE(said(tree("", ""), "AZ-001"));
  EXPECT_FALSE(
      said(tree("user=Depends(get_current_user), ", "    if doc.owner_id != user.id: raise Missing()\n"), "AZ-001"));
}

TEST(OpenedAccounts, ANameIsNoProof) {
  const auto door = [](const std::string& steps) {
    return audited({{"api.py",
                     "from fastapi import APIRouter, Depends\n\nrouter = APIRouter()\n\n"
                     "@router.post('/google')\ndef google(data: dict, db=Depends(get_db)):\n" +
                         steps}});
  };
  const std::string enter = "    return {'t': create_access_token({'sub': user.email})}\n";
  EXPECT_TRUE(
      said(door("    user = db.query(User).filter(User.email == data['email']).first()\n" + enter), "AU-006:8"));
  EXPECT_FALSE(said(door("    info = id_token.verify_oauth2_token(data['credential'], request, CLIENT)\n"
                         "    user = db.query(User).filter(User.email == info['email']).first()\n" +
                         enter),
                    "AU-006"));
  EXPECT_FALSE(said(door("    user = db.query(User).filter(User.email == data['email']).first()\n"
                         "    if not verify_password(data['password'], user.password_hash): raise Wrong()\n" +
                         enter),
                    "AU-006"));
}

TEST(OpenedAccounts, WhatIsMadeForAMailIsNotAnswered) {
  const auto forgot = [](const std::string& answer) {
    return audited({{"app.py",
                     "from flask import Flask, request, jsonify\n\napp = Flask(__name__)\n\n"
                     "@app.route('/reset', methods=['POST'])\ndef reset():\n    user = find(request.form['email'])\n"
                     "    token = user.make_token()\n    mail(user, token)\n    return jsonify(" +
                         answer + ")\n"}});
  };
  EXPECT_TRUE(said(forgot("token=token"), "AU-007:10"));
  EXPECT_FALSE(said(forgot("sent=True"), "AU-007"));
}

TEST(OpenedAccounts, ANumberInALinkVerifiesNothing) {
  const auto link = [](const std::string& head, const std::string& find) {
    return audited({{"api.py",
                     "from fastapi import APIRouter, Depends\n\nrouter = APIRouter()\n\n"
                     "@router.get('/verify-email')\ndef verify_email(" +
                         head + ", db=Depends(get_db)):\n    user = " + find +
                         "\n    user.is_verified = True\n    db.commit()\n"}});
  };
  EXPECT_TRUE(said(link("user_id: int", "db.get(User, user_id)"), "AU-006:8"));
  EXPECT_FALSE(said(link("token: str", "db.get(User, read(token))"), "AU-006"));
}

TEST(WrittenFilters, AFilterIsNotWrittenByTheClient) {
  const auto find = [](const std::string& filter) {
    return audited({{"api.py",
                     "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n@router.get('/find')\n"
                     "def find(q: str):\n    return db.table('plans').select('*').or_(" +
                         filter + ").execute()\n"}});
  };
  EXPECT_TRUE(said(find("f'name.ilike.%{q}%,text.ilike.%{q}%'"), "FA-017:7"));
  EXPECT_FALSE(said(find("'state.eq.open,state.eq.new'"), "FA-017"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// Lists that everybody is given, ranks that everybody hands out, and doors for administrators behind a sign-in alone.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::vector<std::string> django(const std::string& view) {
  return audited(
      {{"shop/models.py",
        "from django.db import models\nfrom django.conf import settings\n\nclass Invoice(models.Model):\n    "
        "user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"},
       {"shop/views.py",
        "from rest_framework.decorators import api_view, permission_classes\nfrom rest_framework.views import "
        "APIView\nfrom django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.views.generic "
        "import ListView\n\n" +
            view}});
}

TEST(Everybodys, ListsOfDjangoAreTold) {
  const std::string fn = "@api_view(['GET'])\n@permission_classes([IsAuthenticated])\ndef invoices(request):\n";
  EXPECT_TRUE(said(django(fn + "    rows = Invoice.objects.all().order_by('-id')\n    return Response(Out(rows, "
                               "many=True).data)\n"),
                   "AZ-001:9"));
  EXPECT_TRUE(said(django("class Invoices(APIView):\n    permission_classes = [IsAuthenticated]\n    def get(self, "
                          "request):\n        return Response(Out(Invoice.objects.all(), many=True).data)\n"),
                   "AZ-001:9"));
  EXPECT_TRUE(said(django("class Invoices(LoginRequiredMixin, ListView):\n    model = Invoice\n"), "AZ-001:7"));
  for (const char* body : {"    return Response(Out(Invoice.objects.filter(user=request.user), many=True).data)\n",
                           "    rows = Invoice.objects.all()\n    rows = rows.filter(user=request.user)\n    return "
                           "Response(Out(rows).data)\n",
                           "    return Response({'n': Invoice.objects.all().count()})\n",
                           "    if not request.user.is_staff:\n        raise PermissionDenied\n    return "
                           "Response(Out(Invoice.objects.all(), many=True).data)\n"})
    EXPECT_FALSE(said(django(fn + body), "AZ-001")) << body;
  EXPECT_FALSE(said(django("class Invoices(LoginRequiredMixin, ListView):\n    model = Invoice\n    def "
                           "get_queryset(self):\n        return Invoice.objects.filter(user=self.request.user)\n"),
                    "AZ-001"));
}

TEST(Everybodys, OneRecordByItsIdIsNoList) {
  const auto flask = [](const std::string& query) {
    return audited(
        {{"models.py",
          "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\nclass Invoice(db.Model):\n    user_id = "
          "db.Column(db.Integer, db.ForeignKey('user.id'))\n"},
         {"views.py",
          "from flask import Blueprint\nfrom flask_login import login_required\nbp = Blueprint('a', "
          "__name__)\n\n@bp.route('/invoices')\n@login_required\ndef one(id=1):\n    found = " +
              query +
              "\n    if found.user_id != current_user.id:\n        abort(403)\n    return "
              "render_template('a.html', found=found)\n"}});
  };
  EXPECT_FALSE(said(flask("Invoice.query.get_or_404(id)"), "AZ-001"));
  EXPECT_FALSE(said(flask("Invoice.query.filter_by(id=id).first_or_404()"), "AZ-001"));
  EXPECT_TRUE(said(flask("Invoice.query.order_by(Invoice.user_id).all()"), "AZ-001:8"));
}

TEST(Everybodys, AThousandListsCostNoThousandRemarks) {
  std::string views;
  for (int i = 0; i < 1000; ++i)
    views += "@login_required\ndef v" + std::to_string(i) +
             "(request):\n    return render(request, 'a.html', {'rows': Invoice.objects.all()})\n";
  const auto all = django(views);
  EXPECT_LE(std::count_if(all.begin(), all.end(), [](const auto& f) { return f.starts_with("AZ-001"); }), 12);
  EXPECT_TRUE(said(all, "AZ-001"));
}

TEST(Everybodys, AQuerysetOfTheParentsIsJudgedByWhatIsAdded) {
  const auto view = [](const std::string& query) {
    return django(
        "class Invoices(viewsets.ModelViewSet):\n    queryset = Invoice.objects.all()\n    def "
        "get_queryset(self):\n        qs = super().get_queryset()\n        return " +
        query + "\n");
  };
  EXPECT_TRUE(said(view("qs.order_by('id')"), "AZ-001:8"));
  EXPECT_FALSE(said(view("qs.filter(user=self.request.user)"), "AZ-001"));
}

std::vector<std::string> fastapi(const std::string& route) {
  return audited(
      {{"app/models.py",
        "from sqlalchemy import Column, Integer, ForeignKey, Boolean\n\nclass User(Base):\n    __tablename__ "
        "= 'users'\n    id = Column(Integer, primary_key=True)\n    is_admin = Column(Boolean)\n\nclass "
        "Note(Base):\n    __tablename__ = 'notes'\n    owner_id = Column(Integer, ForeignKey('users.id'))\n"},
       {"app/notes.py",
        "from fastapi import APIRouter, Depends\nrouter = APIRouter(prefix='/notes')\n\ndef "
        "get_current_user(token=Depends(oauth)):\n    user = load(token)\n    if not user:\n        raise "
        "HTTPException(status_code=401)\n    return user\n\n" +
            route}});
}

TEST(Everybodys, ListsAndRanksOfRoutesAreTold) {
  const std::string by = "user=Depends(get_current_user), db=Depends(get_db)):\n";
  EXPECT_TRUE(said(fastapi("@router.get('/')\ndef every(" + by + "    return db.query(Note).all()\n"), "AZ-001:12"));
  EXPECT_FALSE(said(fastapi("@router.get('/')\ndef every(" + by +
                            "    return db.query(Note).filter(Note.owner_id == user.id).all()\n"),
                    "AZ-001"));
  EXPECT_TRUE(said(fastapi("@router.get('/user/{user_id}')\ndef theirs(user_id: int, " + by +
                           "    return db.query(Note).filter(Note.owner_id == user_id).all()\n"),
                   "AZ-001:12"));
  const std::string promote = "@router.post('/boss/{user_id}')\ndef promote(user_id: int, " + by;
  EXPECT_TRUE(said(fastapi(promote + "    who = db.query(User).get(user_id)\n    who.is_admin = True\n"), "AZ-008:13"));
  EXPECT_FALSE(said(fastapi(promote + "    if not user.is_admin:\n        raise HTTPException(403)\n    who = "
                                      "db.query(User).get(user_id)\n    who.is_admin = True\n"),
                    "AZ-008"));
}

TEST(Everybodys, ListsInSqlAreTold) {
  const auto list = [](const std::string& sql) {
    return said(
        audited({{"schema.sql",
                  "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT);\nCREATE TABLE "
                  "transactions (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), amount REAL);\n"},
                 {"app.py",
                  "from flask import Flask, session\napp = Flask(__name__)\n\n@app.route('/transactions')\n"
                  "@login_required\ndef rows():\n    found = db.execute('" +
                      sql + "').fetchall()\n    return render_template('t.html', rows=found)\n"}},
                "AZ-001"),
        "AZ-001:7");
  };
  EXPECT_TRUE(list("SELECT id, amount FROM transactions ORDER BY id"));
  EXPECT_TRUE(list("SELECT id, email FROM users"));
  EXPECT_FALSE(list("SELECT count(*) FROM users"));
  EXPECT_FALSE(list("SELECT id FROM transactions WHERE user_id = 7"));
}

TEST(AdminSites, AskForMoreThanAnAccount) {
  const auto sqladmin = [](const std::string& asked) {
    return audited(
        {{"admin.py",
          "from sqladmin.authentication import AuthenticationBackend\n\nclass Door(AuthenticationBackend):\n    "
          "async def login(self, request):\n        form = await request.form()\n        user = await "
          "enter(form['username'], form['password'])\n        request.session.update({'token': user.id})\n       "
          " return True\n\n    async def authenticate(self, request):\n        user = await "
          "load(request.session.get('token'))\n        return " +
              asked + "\n"}});
  };
  EXPECT_TRUE(said(sqladmin("bool(user)"), "AZ-008:10"));
  EXPECT_FALSE(said(sqladmin("bool(user) and user.is_admin"), "AZ-008"));
  const auto flask = [](const std::string& view) {
    return audited(
        {{"admin.py", "from flask_admin import Admin\nfrom flask_admin.contrib.sqla import ModelView\n\n" + view}});
  };
  EXPECT_TRUE(said(flask("class Safe(ModelView):\n    def is_accessible(self):\n        return "
                         "current_user.is_authenticated\n\nadmin.add_view(Safe(User, db.session))\n"),
                   "AZ-008:5"));
  EXPECT_FALSE(
      said(flask("class Safe(ModelView):\n    def is_accessible(self):\n        return current_user.is_authenticated "
                 "and current_user.role == 'admin'\n\nadmin.add_view(Safe(User, db.session))\n"),
           "AZ-008"));
}

TEST(Doors, ForAdministratorsThatAskOnlyForASignInAreTold) {
  const auto app = [](const std::string& guard) {
    return audited({{"models/User.js",
                     "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('User', new "
                     "mongoose.Schema({ email: String, role: String }));\n"},
                    {"middleware/auth.js",
                     "const jwt = require('jsonwebtoken');\nmodule.exports = (req, res, next) => {\n  req.user = "
                     "jwt.verify(req.headers.authorization, process.env.S);\n  " +
                         guard + "\n  next();\n};\n"},
                    {"routes/admin.js",
                     "const router = require('express').Router();\nconst auth = require('../middleware/auth');\nconst "
                     "User = require('../models/User');\nrouter.get('/admin/users', auth, async (req, res) => {\n  "
                     "res.json(await User.find().select('email'));\n});\nmodule.exports = router;\n"}});
  };
  EXPECT_TRUE(said(app(""), "AZ-008:4"));
  EXPECT_FALSE(said(app("if (req.user.role !== 'admin') return res.status(403).end();"), "AZ-008"));
}

TEST(Doors, WhatAQueryBringsAlongIsNoQuestionForARank) {
  const auto route = [](const std::string& query) {
    return audited(
        {{"prisma/schema.prisma", "model User {\n  id String @id\n  email String\n  role String\n}\n"},
         {"app/api/admin/users/route.ts",
          "import { auth } from '@/auth';\nexport async function GET() {\n  const session = await auth();\n  if "
          "(!session?.user?.id) return new Response(null, { status: 401 });\n" +
              query + "\n}\n"}});
  };
  EXPECT_TRUE(
      said(route("  return Response.json(await prisma.user.findMany({ take: 9, select: { email: true, role: true "
                 "} }));"),
           "AZ-008:2"));
  EXPECT_FALSE(
      said(route("  const me = await prisma.user.findFirst({ where: { id: session.user.id, role: 'admin' } });\n"
                 "  if (!me) return new Response(null, { status: 403 });\n  return Response.json([]);"),
           "AZ-008"));
}

TEST(Everybodys, ARouterOrADecoratorMayAskWhoIsThere) {
  const auto api = [](const std::string& router, const std::string& decorator) {
    return audited(
        {{"requirements.txt", "fastapi==0.115.0\nsqlalchemy==2.0.36\n"},
         {"app/models.py",
          "from sqlalchemy import Column, ForeignKey, Integer\nfrom .db import Base\n\n\nclass Invoice(Base):\n"
          "    __tablename__ = 'invoices'\n    id = Column(Integer, primary_key=True)\n"
          "    user_id = Column(Integer, ForeignKey('users.id'))\n"},
         {"app/routes.py", "from fastapi import APIRouter, Depends\nfrom . import models\nrouter = APIRouter(" +
                               router + ")\n@router.get('/invoices'" + decorator +
                               ")\ndef invoices(db=Depends(get_db)):\n    return db.query(models.Invoice).all()\n"}});
  };
  EXPECT_TRUE(said(api("dependencies=[Depends(get_current_user)]", ""), "AZ-001:6"));
  EXPECT_TRUE(said(api("", ", dependencies=[Depends(get_current_user)]"), "AZ-001:6"));
  EXPECT_FALSE(said(api("dependencies=[Depends(require_admin)]", ""), "AZ-001"));
  EXPECT_FALSE(said(api("", ", dependencies=[Depends(require_admin)]"), "AZ-001"));
}

TEST(Everybodys, PrismaIsKnownByWhatItIsAsked) {
  const auto app = [](const std::string& query) {
    return audited(
        {{"package.json", R"({"dependencies":{"express":"5.1.0","@prisma/client":"6.1.0"}})"},
         {"prisma/schema.prisma", "model User {\n  id Int @id\n  email String @unique\n  passwordHash String\n}\n"},
         {"auth.js",
          "const jwt = require('jsonwebtoken');\nmodule.exports = (req, res, next) => {\n  try {\n"
          "    req.user = jwt.verify(req.headers.authorization, process.env.JWT_SECRET, { algorithms: ['HS256'] });\n"
          "  } catch (e) {\n    return res.status(401).end();\n  }\n  next();\n};\n"},
         {"users.js",
          "const { PrismaClient } = require('@prisma/client');\nconst client = new PrismaClient();\n"
          "const auth = require('./auth');\nconst router = require('express').Router();\n"
          "router.get('/users', auth, async (req, res) => {\n  res.json(await client.user.findMany(" +
              query + "));\n});\nmodule.exports = router;\n"}});
  };
  EXPECT_TRUE(said(app(""), "FA-005:6"));
  EXPECT_FALSE(said(app("{ where: { id: req.user.id }, select: { email: true } }"), "FA-005"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// Records that are put below somebody else's, by the id that the client sends.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const char* const kModels =
    "class User(Base):\n    __tablename__ = 'users'\n    id = Column(Integer)\n\n"
    "class Project(Base):\n    __tablename__ = 'projects'\n    owner_id = Column(Integer, ForeignKey('users.id'))\n\n"
    "class Task(Base):\n    __tablename__ = 'tasks'\n    project_id = Column(Integer, ForeignKey('projects.id'))\n"
    "    created_by = Column(Integer, ForeignKey('users.id'))\n";

bool fastapi(const std::string& lines, const std::string& more = {}) {
  return said(
      audited({{"app/models.py", "from sqlalchemy import Column, ForeignKey, Integer\n\n" + std::string(kModels)},
               {"app/schemas.py",
                "from pydantic import BaseModel\n\nclass TaskIn(BaseModel):\n    title: str\n    project_id: int\n"},
               {"app/crud.py", more},
               {"app/tasks.py",
                "from fastapi import APIRouter, Depends\nfrom app.models import Project, Task\nfrom app import crud\n"
                "router = APIRouter()\n\n@router.post('/tasks')\ndef add(body: TaskIn, db=Depends(get_db), "
                "user=Depends(get_current_user)):\n" +
                    lines}},
              "AZ-001"),
      "AZ-001");
}

TEST(Hung, ByAFieldOfTheBody) {
  EXPECT_TRUE(fastapi("    db.add(Task(project_id=body.project_id, created_by=user.id))\n"));
  EXPECT_FALSE(
      fastapi("    p = db.query(Project).filter(Project.id == body.project_id, Project.owner_id == user.id).first()\n"
              "    if not p:\n        raise HTTPException(404)\n"
              "    db.add(Task(project_id=body.project_id, created_by=user.id))\n"));
  EXPECT_FALSE(fastapi("    may_write(user, body.project_id)\n    db.add(Task(project_id=body.project_id))\n"));
}

TEST(Hung, ByAWholeBody) {
  EXPECT_TRUE(fastapi("    db.add(Task(**body.model_dump(), created_by=user.id))\n"));
  EXPECT_FALSE(fastapi("    own = own_project(db, body.project_id, user)\n    db.add(Task(**body.model_dump()))\n"));
}

TEST(Hung, ByAFunctionThatARouteCalls) {
  const std::string crud =
      "from app.models import Task\n\ndef new_task(db, body: TaskIn, who: int):\n"
      "    db.add(Task(**body.dict(), created_by=who))\n";
  EXPECT_TRUE(fastapi("    return crud.new_task(db, body, user.id)\n", crud));
  EXPECT_FALSE(fastapi(
      "    crud.get_project_of(db, body.project_id, user)\n    return crud.new_task(db, body, user.id)\n", crud));
}

TEST(Hung, ByARowWithoutAClass) {
  const auto row = [](const std::string& lines) {
    return said(audited({{"main.py",
                          "from fastapi import Depends, FastAPI\napp = FastAPI()\n\n@app.post('/documents/{doc_id}"
                          "/comments')\nasync def comment(doc_id: str, text: str, user=Depends(get_current_user)):\n" +
                              lines}},
                        "AZ-001"),
                "AZ-001");
  };
  const std::string insert = "    await db.comments.insert_one({'document_id': doc_id, 'by': user['_id']})\n";
  EXPECT_TRUE(row(insert));
  EXPECT_FALSE(
      row("    if not await db.documents.find_one({'_id': doc_id, 'owner': user['_id']}):\n        raise "
          "HTTPException(404)\n" +
          insert));
}

bool drf(const std::string& serializer, const std::string& view) {
  return said(
      audited({{"b/models.py",
                "from django.db import models\n\nclass Wallet(models.Model):\n    user = "
                "models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n\nclass "
                "Expense(models.Model):\n    wallet = models.ForeignKey(Wallet, on_delete=models.CASCADE)\n"
                "    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"},
               {"b/serializers.py",
                "from rest_framework import serializers\n\nclass ExpenseSerializer(serializers.ModelSerializer):\n    "
                "class Meta:\n        model = Expense\n        fields = ['wallet', 'label']\n" +
                    serializer},
               {"b/views.py",
                "from rest_framework import viewsets\n\nclass Expenses(viewsets.ModelViewSet):\n    serializer_class = "
                "ExpenseSerializer\n    permission_classes = [IsAuthenticated]\n    def get_queryset(self):\n        "
                "return Expense.objects.filter(user=self.request.user)\n" +
                    view}},
              "AZ-001"),
      "AZ-001:6");
}

TEST(Hung, BySerializersThatTakeTheKey) {
  const std::string save = "    def perform_create(self, s):\n        s.save(user=self.request.user)\n";
  EXPECT_TRUE(drf({}, save));
  EXPECT_FALSE(drf("        read_only_fields = ['wallet']\n", save));
  EXPECT_FALSE(
      drf("    def validate_wallet(self, w):\n        return w if w.user == self.context['request'].user else bad()\n",
          save));
  EXPECT_FALSE(
      drf({}, "    def perform_create(self, s):\n        s.save(user=self.request.user, wallet=mine(self))\n"));
}

TEST(Hung, WhoReadsOnlyHisCompanysStillNamesAnother) {
  const auto view = [](const std::string& meta, const std::string& more) {
    return said(
        audited(
            {{"s/models.py",
              "from django.db import models\n\nclass Company(models.Model):\n    name = models.CharField()\n\nclass "
              "Article(models.Model):\n    company = models.ForeignKey(Company, on_delete=models.PROTECT)\n"},
             {"s/serializers.py",
              "from rest_framework import serializers\n\nclass ArticleSerializer(serializers.ModelSerializer):\n   "
              " class Meta:\n        model = Article\n        fields = '__all__'\n" +
                  meta},
             {"s/views.py",
              "from rest_framework import generics\n\nclass Articles(generics.ListCreateAPIView):\n    "
              "serializer_class = ArticleSerializer\n    def get_queryset(self):\n        return "
              "Article.objects.filter(company=self.request.user.company)\n" +
                  more}},
            "AZ-002"),
        "AZ-002");
  };
  EXPECT_TRUE(view({}, {}));
  EXPECT_FALSE(view("        read_only_fields = ['company']\n", {}));
  EXPECT_FALSE(view({}, "    def perform_create(self, s):\n        s.save(company=self.request.user.company)\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source

#include "audit/source/unknown_fields.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool django(const std::string& view) {
  return finds(
      {{"clinic/models.py",
        "from django.db import models\n\n\nclass Owner(models.Model):\n    name = models.CharField()\n\n\n"
        "class Pet(models.Model):\n    name = models.CharField()\n"
        "    owner = models.ForeignKey(Owner, on_delete=models.CASCADE)\n"},
       {"clinic/views.py", "from rest_framework import viewsets\nfrom .models import Owner, Pet\n\n\n" + view}},
      "RUN-004");
}

TEST(UnknownFields, AViewThatSearchesByNoFieldIsTold) {
  const auto view = [](const std::string& list) {
    return django("class PetViewSet(viewsets.ModelViewSet):\n    queryset = Pet.objects.all()\n    " + list + "\n");
  };
  EXPECT_TRUE(view("search_fields = ['name', 'owner_name']"));
  EXPECT_TRUE(view("filterset_fields = {'colour': ['exact']}"));
  EXPECT_FALSE(view("search_fields = ['^name', 'owner__name']"));
  EXPECT_FALSE(view("ordering_fields = ['owner_id', '-id']"));
}

TEST(UnknownFields, AQueryByNoFieldIsTold) {
  EXPECT_TRUE(django("def f(request):\n    return Pet.objects.filter(owner_name=request.GET['q'])\n"));
  EXPECT_FALSE(django("def f(request):\n    return Owner.objects.filter(pet__name=request.GET['q'])\n"));
  EXPECT_FALSE(django("def f(request):\n    return Pet.objects.annotate(n=1).filter(n=1)\n"));
}

TEST(UnknownFields, SchemasOfScriptsAreAsked) {
  const auto mongoose = [](const std::string& filter) {
    return finds(
        {{"models/user.js",
          "const mongoose = require('mongoose');\nconst s = new mongoose.Schema({ email: String }, { timestamps: "
          "true });\nmodule.exports = mongoose.model('User', s);\n"},
         {"a.js", "const User = require('./models/user');\nexports.f = (q) => User.findOne(" + filter + ");\n"}},
        "RUN-004");
  };
  EXPECT_TRUE(mongoose("{ mail: 'a' }"));
  EXPECT_FALSE(mongoose("{ _id: 1, email: 'a', createdAt: 1, $or: [] }"));
  // Under another name than the model's own.
  EXPECT_TRUE(
      finds({{"package.json", "{\"name\":\"x\",\"dependencies\":{\"mongoose\":\"^6.8.0\"}}\n"},
             {"models/user.js",
              "const mongoose = require('mongoose');\nconst s = new mongoose.Schema({ email: String });\n"
              "module.exports = mongoose.model('Account', s);\n"},
             {"a.js", "const User = require('./models/user');\nexports.f = (q) => User.findOne({ user: q.id });\n"}},
            "RUN-004", "any record is found"));
  const auto prisma = [](const std::string& where) {
    return finds({{"prisma/schema.prisma", "model Order {\n  id String @id\n  paymentIntentId String @unique\n}\n"},
                  {"a.ts", "import { prisma } from './db';\nexport const f = (x) => prisma.order.update({ where: { " +
                               where + ": x }, data: {} });\n"}},
                 "RUN-004", "is no field of Order");
  };
  EXPECT_TRUE(prisma("paymentIntentID"));
  EXPECT_FALSE(prisma("paymentIntentId"));
  EXPECT_FALSE(prisma("AND"));
}

TEST(UnknownFields, AModelUnderAnotherNameIsTold) {
  const auto used = [](const std::string& name) {
    return finds(
        {{"models/orderdetail.js", "module.exports = (sequelize) => sequelize.define('OrderDetail', { id: 1 });\n"},
         {"a.js",
          "const db = require('./models');\nexports.f = (q) => db.OrderDetail.create({});\nexports.g = "
          "(q) => db." +
              name + ".findAll();\n"}},
        "RUN-004");
  };
  EXPECT_TRUE(used("OrderDetails"));
  EXPECT_FALSE(used("OrderDetail"));
}

}  // namespace
}  // namespace gatehouse::audit::source

#include "audit/source/named_routes.h"

#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit::source {
namespace {

// The routes that are named at findings of this id, in the report's order.
std::vector<std::string> routes(std::vector<std::pair<std::string, std::string>> files, std::string_view id) {
  const auto tree = memory_files(std::move(files));
  std::vector<std::string> out;
  for (const proof::Finding& f : audit_source(*tree, source_pack(), {}).findings)
    if (f.id == id)
      for (const proof::Location& l : f.locations) out.push_back(l.route);
  return out;
}

using Names = std::vector<std::string>;

TEST(NamedRoutes, OfExpressAreNamedWithTheirMountAtTheHandlerInAnotherFile) {
  EXPECT_EQ(
      routes({{"package.json", R"({"dependencies":{"express":"5.1.0","mongoose":"8.9.0","jsonwebtoken":"9.0.2"}})"},
              {"app.js",
               "const express = require('express');\nconst app = express();\napp.use(express.json());\n"
               "app.use('/api/orders', require('./routes/orders'));\n"},
              {"routes/orders.js",
               "const { protect } = require('../middleware/auth');\nconst c = require('../controllers/orders');\n"
               "const router = require('express').Router();\nrouter.put('/:id', protect, c.change);\n"
               "module.exports = router;\n"},
              {"middleware/auth.js",
               "const jwt = require('jsonwebtoken');\nexports.protect = (req, res, next) => {\n"
               "  try { req.user = jwt.verify(req.headers.authorization, process.env.KEY, { algorithms: ['HS256'] }); "
               "next(); }\n  catch (e) { res.status(401).end(); }\n};\n"},
              {"models/Order.js",
               "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('Order', new mongoose.Schema({\n"
               "  user: { type: mongoose.Schema.Types.ObjectId, ref: 'User' }, note: String }));\n"},
              {"controllers/orders.js",
               "const Order = require('../models/Order');\nexports.change = async (req, res) => {\n"
               "  const order = await Order.findById(req.params.id);\n  order.note = String(req.body.note);\n"
               "  await order.save();\n  res.json({ ok: true });\n};\n"}},
             "AZ-001"),
      Names{"PUT /api/orders/{id}"});
}

TEST(NamedRoutes, OfRestFrameworkAreNamedByTheMethodOfTheirClass) {
  const std::string models =
      "from django.db import models\nfrom django.contrib.auth.models import User\n"
      "class Order(models.Model):\n    owner = models.ForeignKey(User, on_delete=models.CASCADE)\n"
      "    note = models.TextField()\n";
  EXPECT_EQ(routes({{"requirements.txt", "Django==5.1.4\ndjangorestframework==3.15.2\n"},
                    {"shop/models.py", models},
                    {"shop/urls.py",
                     "from django.urls import path\nfrom .views import OrderView\n"
                     "urlpatterns = [path('api/orders/<int:pk>/', OrderView.as_view())]\n"},
                    {"shop/views.py",
                     "from rest_framework.views import APIView\nfrom rest_framework.response import Response\n"
                     "from rest_framework.permissions import IsAuthenticated\nfrom .models import Order\n"
                     "class OrderView(APIView):\n    permission_classes = [IsAuthenticated]\n"
                     "    def delete(self, request, pk):\n        order = Order.objects.get(pk=pk)\n"
                     "        order.delete()\n        return Response(status=204)\n"}},
                   "AZ-001"),
            Names{"DELETE /api/orders/{pk}"});
}

TEST(NamedRoutes, LeaveOutWhatNoHandlerHolds) {
  EXPECT_EQ(routes({{"requirements.txt", "Django==5.1.4\n"},
                    {"shop/settings.py", "DEBUG = True\nINSTALLED_APPS = ['django.contrib.auth']\n"}},
                   "DJ-012"),
            Names{""});
}

}  // namespace
}  // namespace gatehouse::audit::source

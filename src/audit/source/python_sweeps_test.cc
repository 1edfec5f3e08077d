// Rows of everybody that one request changes, and the limits and serializers that look like more than they are.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

constexpr const char* kModels =
    "from django.conf import settings\nfrom django.db import models\n\n\nclass Order(models.Model):\n"
    "    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n"
    "    status = models.CharField(max_length=20)\n";

std::vector<std::string> action(const std::string& change, const std::string& classes = "[IsAuthenticated]") {
  return audited(
      {{"shop/models.py", kModels},
       {"shop/views.py",
        "from rest_framework import viewsets\nfrom rest_framework.decorators import action\n"
        "from rest_framework.permissions import IsAdminUser, IsAuthenticated\n"
        "from .models import Order\n\n\nclass OrderViewSet(viewsets.GenericViewSet):\n"
        "    permission_classes = " +
            classes + "\n\n    @action(detail=False, methods=['post'])\n    def close(self, request):\n        " +
            change + "\n        return Response({})\n"}});
}

TEST(PythonSweeps, RowsThatAreNobodysByNameAreEverybodys) {
  EXPECT_TRUE(said(action("Order.objects.filter(status='new').update(status='closed')"), "AZ-008:12"));
  EXPECT_TRUE(said(action("Order.objects.all().delete()"), "AZ-008:12"));
}

TEST(PythonSweeps, TheCallersOwnWhatIsOverAndWhatStaffSweepsAreNot) {
  EXPECT_FALSE(said(action("Order.objects.filter(customer=request.user).update(status='closed')"), "AZ-008"));
  EXPECT_FALSE(said(action("Order.objects.filter(made_at__lt=limit).delete()"), "AZ-008"));
  EXPECT_FALSE(said(action("Order.objects.filter(pk=request.data['id']).delete()"), "AZ-008:12"));
  EXPECT_FALSE(said(action("Order.objects.all().delete()", "[IsAdminUser]"), "AZ-008"));
}

Texts behind_middleware(const std::string& made) {
  return {
      {"main.py",
       "from fastapi import FastAPI\nfrom slowapi import Limiter\nfrom slowapi.middleware import SlowAPIMiddleware\n"
       "limiter = Limiter(key_func=address" +
           made +
           ")\napp = FastAPI()\napp.add_middleware(SlowAPIMiddleware)\n\n\n@app.post('/login')\n"
           "def login(data: Login, db=Depends(get_db)):\n    return check(db, data.email, data.password)\n"}};
}

TEST(PythonSweeps, SlowapisMiddlewareEnforcesTheDefaultsAndNothingElse) {
  EXPECT_TRUE(finds(behind_middleware(""), "RL-001", "Sign-in has no rate limit"));
  EXPECT_FALSE(finds(behind_middleware(", application_limits=['60/hour']"), "RL-001", "Sign-in has no rate limit"));
}

TEST(PythonSweeps, WhatWasReadOffAPaperDoesNotBelongIntoTheLog) {
  const auto log = [](const std::string& what) {
    return finds({{"ocr.py", "def scan(path):\n    text = run_ocr(path)\n    print(" + what + ")\n    return text\n"}},
                 "LOG-001");
  };
  EXPECT_TRUE(log("text"));
  EXPECT_TRUE(log("f'read: {text[:100]}'"));
  EXPECT_FALSE(log("len(text)"));
  EXPECT_FALSE(log("path"));
}

}  // namespace
}  // namespace gatehouse::audit::source

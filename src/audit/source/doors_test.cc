#include "audit/source/doors.h"

#include <gtest/gtest.h>

#include "audit/audit.h"

namespace gatehouse::audit::source {
namespace {

// "/api/orders other guarded", one for each door.
std::vector<std::string> doors(std::vector<std::pair<std::string, std::string>> files) {
  static constexpr const char* kKinds[] = {"other", "open", "sign_in", "webhook", "costly", "admin"};
  const auto tree = memory_files(std::move(files));
  std::vector<std::string> out;
  AuditOptions options;
  options.seen = [&out](const Project& p) {
    for (const Door& d : doors_of(p))
      out.push_back(d.path + " " + kKinds[static_cast<int>(d.kind)] + (d.guarded ? " guarded" : ""));
  };
  (void)audit_source(*tree, source_pack(), options);
  return out;
}

using Names = std::vector<std::string>;

TEST(Doors, WriteParametersOfEveryFrameworkAlike) {
  EXPECT_EQ(door_path("/users/:id/orders"), "/users/{id}/orders");
  EXPECT_EQ(door_path("users/<int:pk>/"), "/users/{pk}");
  EXPECT_EQ(door_path("^users/(?P<user_id>\\d+)/$"), "/users/{user_id}");
  EXPECT_EQ(door_path("/api/(shop)/users/[id]"), "/api/users/{id}");
  EXPECT_EQ(door_path("/files/[...path]"), "/files");
  EXPECT_EQ(door_path("/a/{item_id}"), "/a/{item_id}");
  EXPECT_EQ(door_path("^.*$"), "/");
  EXPECT_EQ(door_path(""), "/");
}

TEST(Doors, OfExpressFollowMounts) {
  EXPECT_EQ(doors({{"src/app.js",
                    "const express = require('express');\nconst app = express();\n"
                    "app.use('/api/orders', requireAuth, require('./routes/orders'));\n"
                    "app.post('/api/auth/login', (req, res) => res.json({}));\n"
                    "app.post('/webhooks/stripe', (req, res) => res.json({}));\n"},
                   {"src/routes/orders.js",
                    "const router = require('express').Router();\nrouter.get('/:id', (req, res) => res.json({}));\n"
                    "module.exports = router;\n"}}),
            (Names{"/api/auth/login sign_in", "/api/orders/{id} other guarded", "/webhooks/stripe webhook"}));
}

TEST(Doors, OfFastApiFollowPrefixesAndMounts) {
  EXPECT_EQ(
      doors({{"main.py",
              "from fastapi import FastAPI\nfrom routers import items\napp = FastAPI()\n"
              "app.include_router(items.router, prefix='/api')\n@app.get('/health')\ndef health():\n    return {}\n"},
             {"routers/items.py",
              "from fastapi import APIRouter, Depends\nrouter = APIRouter(prefix='/items')\n"
              "@router.get('/{item_id}')\nasync def one(item_id: int, user=Depends(get_current_user)):\n    pass\n"}}),
      (Names{"/api/items/{item_id} other guarded", "/health open"}));
}

TEST(Doors, OfDjangoFollowIncludesAndRouters) {
  EXPECT_EQ(doors({{"project/urls.py",
                    "from django.urls import include, path\nurlpatterns = [path('api/', include('shop.urls')),\n"
                    "path('health/', health)]\n"},
                   {"shop/urls.py",
                    "from django.urls import path\nfrom rest_framework.routers import DefaultRouter\n"
                    "router = DefaultRouter()\nrouter.register(r'orders', OrderViewSet)\n"
                    "urlpatterns = [path('login/', login), path('orders/<int:pk>/pay/', pay)] + router.urls\n"}}),
            (Names{"/api/login sign_in", "/api/orders other", "/api/orders/{pk}/pay other", "/health open"}));
}

TEST(Doors, OfNextComeFromFolders) {
  EXPECT_EQ(
      doors({{"package.json", "{\"dependencies\":{\"next\":\"15.0.0\"}}"},
             {"app/api/projects/[id]/route.ts",
              "export async function GET() { const session = await auth(); if (!session) return x(); return y(); }\n"},
             {"app/api/webhooks/clerk/route.ts", "export async function POST(req) { return new Response('ok'); }\n"}}),
      (Names{"/api/projects/{id} other guarded", "/api/webhooks/clerk webhook"}));
}

}  // namespace
}  // namespace gatehouse::audit::source

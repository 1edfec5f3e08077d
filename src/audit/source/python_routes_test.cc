// Which doors of FastAPI and Flask are locked, wherever the lock hangs.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using source::finds;
using Files = source::Texts;

const std::string kGuard =
    "from fastapi import Header, HTTPException\ndef get_current_user(authorization: str = Header()):\n    return "
    "jwt.decode(authorization, KEY, algorithms=['RS256'])\n";
const std::string kOrders =
    "from fastapi import APIRouter\nrouter = APIRouter()\n@router.post('/orders')\ndef make(order: OrderIn):\n    "
    "return "
    "save(order)\n";
const std::string kMine =
    "from fastapi import APIRouter, Depends\nfrom app.security import get_current_user\nrouter = APIRouter()\n"
    "@router.get('/mine')\ndef mine(user=Depends(get_current_user)):\n    return user\n";

Files tree(const std::string& main, const std::string& api) {
  return {{"app/security.py", kGuard},
          {"app/routers/orders.py", kOrders},
          {"app/routers/mine.py", kMine},
          {"app/api.py", api},
          {"app/main.py", main}};
}

TEST(Locks, AboveARouterHoldForAllThatHangsBelowIt) {
  const std::string api =
      "from fastapi import APIRouter\nfrom app.routers import mine, orders\napi = APIRouter()\n"
      "api.include_router(orders.router)\napi.include_router(mine.router)\n";
  const auto with = [&](const std::string& app, const std::string& include) {
    return tree(
        "from fastapi import Depends, FastAPI\nfrom app.api import api\nfrom app.security import "
        "get_current_user\nlocked = [Depends(get_current_user)]\napp = FastAPI(" +
            app + ")\napp.include_router(api" + include + ")\n",
        api);
  };
  EXPECT_TRUE(finds(with("", ""), "FA-003"));
  EXPECT_FALSE(finds(with("dependencies=[Depends(get_current_user)]", ""), "FA-003"));
  EXPECT_FALSE(finds(with("", ", dependencies=[Depends(get_current_user)]"), "FA-003"));
  EXPECT_FALSE(finds(with("", ", dependencies=locked"), "FA-003"));
}

TEST(Locks, ThatTurnNobodyAwayAreNone) {
  const auto with = [&](const std::string& otherwise) {
    return Files{
        {"app/security.py",
         "def get_current_user(request):\n    name = request.headers.get('X-Name')\n    if not name:\n        " +
             otherwise + "\n    return lookup(name)\n"},
        {"app/main.py",
         "from fastapi import APIRouter, Depends\nfrom app.security import get_current_user\nrouter = "
         "APIRouter()\n@router.post('/orders')\ndef make(order: OrderIn, user=Depends(get_current_user)):\n    "
         "return save(order, user)\n@router.post('/notes', dependencies=[Depends(require_token)])\ndef note():\n"
         "    return 1\n"}};
  };
  EXPECT_TRUE(finds(with("return None"), "FA-003"));
  EXPECT_FALSE(finds(with("raise HTTPException(status_code=401)"), "FA-003"));
}

TEST(Locks, AHouseWithoutAnyIsToldWhenPeopleLiveInIt) {
  const auto with = [&](const std::string& field) {
    return Files{{"main.py", "from fastapi import FastAPI\napp = FastAPI()\nclass Entry(BaseModel):\n    " + field +
                                 ": str\n@app.post('/entries')\ndef add(entry: Entry):\n    return store(entry)\n"}};
  };
  EXPECT_TRUE(finds(with("user_id"), "FA-003"));
  EXPECT_FALSE(finds(with("text"), "FA-003"));
}

TEST(Locks, ABlueprintsOwnLockHoldsForItAlone) {
  const auto with = [&](const std::string& routes_on) {
    return Files{{"app.py",
                  "from flask import Blueprint, Flask, abort, request\nstaff = Blueprint('staff', __name__)\nshop = "
                  "Blueprint('shop', __name__)\n@staff.before_request\ndef check():\n    if not "
                  "request.headers.get('Authorization'):\n        abort(401)\n@" +
                      routes_on + ".route('/orders', methods=['POST'])\ndef add():\n    return save(request.json)\n"}};
  };
  EXPECT_TRUE(finds(with("shop"), "FA-003"));
  EXPECT_FALSE(finds(with("staff"), "FA-003"));
}

}  // namespace
}  // namespace gatehouse::audit

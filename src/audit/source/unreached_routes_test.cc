#include "audit/source/unreached_routes.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

std::string express(std::string_view routes) {
  return "const express = require('express');\nconst router = express.Router();\n" + std::string(routes) +
         "module.exports = router;\n";
}

TEST(UnreachedRoutes, StandBehindOneThatTakesEverything) {
  EXPECT_TRUE(finds({{"routes/djs.js", express("router.get('/:id', one);\nrouter.get('/analytics', sums);\n")}},
                    "RUN-006", "never reached"));
  EXPECT_TRUE(finds({{"app/items.py",
                      "from fastapi import APIRouter\nrouter = APIRouter()\n"
                      "@router.get('/{item_id}')\ndef one(item_id: int):\n    return item_id\n"
                      "@router.get('/mine')\ndef mine():\n    return []\n"}},
                    "RUN-006", "never reached"));
}

TEST(UnreachedRoutes, AreReachedInTheirOrderByOtherMethodsAndByHandlersThatGiveOn) {
  for (const char* routes : {"router.get('/analytics', sums);\nrouter.get('/:id', one);\n",
                             "router.post('/:id', one);\nrouter.get('/analytics', sums);\n",
                             "router.get('/:id(\\\\d+)', one);\nrouter.get('/analytics', sums);\n",
                             "router.get('/:id', (req, res, next) => {\n  if (req.params.id === 'analytics') return "
                             "next();\n  res.json(1);\n});\nrouter.get('/analytics', sums);\n",
                             "router.get('/:id/notes', one);\nrouter.get('/analytics', sums);\n"})
    EXPECT_FALSE(finds({{"routes/djs.js", express(routes)}}, "RUN-006", "")) << routes;
}

}  // namespace
}  // namespace gatehouse::audit::source

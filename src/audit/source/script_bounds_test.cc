// What is kept as it was sent, and lists without an end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

std::vector<std::string> route(const std::string& verb, const std::string& code, std::string_view only) {
  return lines_of("routes/a.js",
                  "const router = require('express').Router();\nconst Task = require('../models/Task');\nrouter." +
                      verb + "('/', auth, async (req, res) => {\n  try {\n    " + code +
                      "\n  } catch (e) { res.status(500).end(); }\n});\nmodule.exports = router;\n",
                  only);
}

TEST(Bounds, ABodyIsHeldAgainstSomething) {
  const std::string keep = "res.json(await Task.create({ title, quantity, owner: req.user.id }));";
  EXPECT_THAT(route("post", "const { title, quantity } = req.body; " + keep, "VAL-001"), Contains("VAL-001:5"));
  EXPECT_THAT(route("post", "const { title, quantity } = Body.parse(req.body); " + keep, "VAL-001"), IsEmpty());
  EXPECT_THAT(route("post", "const { title, quantity } = req.body; if (!Number.isInteger(quantity)) return; " + keep,
                    "VAL-001"),
              IsEmpty());
  EXPECT_THAT(route("post", "const { title } = req.body; res.json(await ask(title));", "VAL-001"), IsEmpty())
      << "nothing is kept";
}

TEST(Bounds, AValueOfAListIsHeldAgainstIt) {
  const auto change = [](const std::string& asked) {
    return route("patch", "const { status, notes } = req.body; " + asked + "res.json(await Task.create({ status }));",
                 "VAL-001");
  };
  EXPECT_THAT(change(""), Contains("VAL-001:5"));
  EXPECT_THAT(change("if (!STATES.includes(status)) return res.status(400).end(); "), IsEmpty());
  EXPECT_THAT(change("if (!STATES.includes(status)) return res.status(400).end(); res.set('x', notes); "),
              Contains("VAL-001:5"))
      << "the other field is used as it came";
}

TEST(Bounds, AListHasAnEndOfTheServersOwn) {
  const auto list = [](const std::string& query) { return route("get", "res.json(" + query + ");", "VAL-003"); };
  EXPECT_THAT(list("await Task.find({ open: true })"), Contains("VAL-003:5"));
  EXPECT_THAT(list("await Task.find({ owner: req.user.id })"), IsEmpty()) << "one person's are not the whole table";
  EXPECT_THAT(list("await Task.find({ owner: req.user.id }).limit(Number(req.query.limit) || 9)"),
              Contains("VAL-003:5"));
  EXPECT_THAT(list("await Task.find({ owner: req.user.id }).limit(Math.min(Number(req.query.limit) || 9, 50))"),
              IsEmpty());
  EXPECT_THAT(list("await Task.find({ owner: req.user.id }).limit(50)"), IsEmpty());
  EXPECT_THAT(list("await Task.findById(req.params.id)"), IsEmpty());
}

TEST(Bounds, ANumberOfASchemaIsNotBelowNothing) {
  const auto shape = [](const std::string& number) {
    return lines_of("src/order.ts",
                    "import { z } from 'zod';\nexport const Order = z.object({ quantity: " + number + " });\n",
                    "VAL-001");
  };
  EXPECT_THAT(shape("z.number().int()"), Contains("VAL-001:2"));
  EXPECT_THAT(shape("z.number().int().positive()"), IsEmpty());
  EXPECT_THAT(shape("z.number().min(1).max(99)"), IsEmpty());
}

TEST(Bounds, PythonHoldsWhatIsSentAgainstSomethingToo) {
  const auto model = [](const std::string& field) {
    return lines_of("app/schemas.py",
                    "from pydantic import BaseModel, Field\nclass LineIn(BaseModel):\n    " + field + "\n", "VAL-001");
  };
  EXPECT_THAT(model("quantity: int"), Contains("VAL-001:3"));
  EXPECT_THAT(model("quantity: int = Field(gt=0)"), IsEmpty());
  EXPECT_THAT(model("quantity: PositiveInt"), IsEmpty());
  EXPECT_THAT(model("year: int"), IsEmpty());
  const auto list = [](const std::string& parameter) {
    return lines_of("app/api.py",
                    "from fastapi import APIRouter, Query\nrouter = APIRouter()\n@router.get('/o')\ndef o(" +
                        parameter + ", db=Depends(get_db)):\n    return db.query(Order).limit(limit)\n",
                    "VAL-003");
  };
  EXPECT_THAT(list("limit: int = 100"), Contains("VAL-003:4"));
  EXPECT_THAT(list("limit: int = Query(100, le=200)"), IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit::source

#include "audit/source/double_answers.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool twice(std::string_view body) {
  return finds({{"rooms.js", "exports.one = async (req, res) => {\n" + std::string(body) + "};\n"}}, "RUN-001",
               "twice");
}

TEST(DoubleAnswers, ABranchAnswersAndTheHandlerGoesOn) {
  EXPECT_TRUE(
      twice("  const room = await find(req.params.id);\n  if (!room) {\n    res.status(404).json({});\n  }\n  "
            "res.json(room);\n"));
  EXPECT_TRUE(
      twice("  if (!req.body.name) res.status(400).send('name');\n  return res.json(await make(req.body.name));\n"));
  // In a catch, and by a function of the project's own.
  EXPECT_TRUE(
      twice("  try {\n    payload(res, 200, await one());\n  } catch (e) {\n    if (e.message === 'gone') {\n"
            "      payload(res, 404, e.message);\n    }\n    payload(res, 500, 'error');\n  }\n"));
}

TEST(DoubleAnswers, ABranchEndsOrNothingFollows) {
  EXPECT_FALSE(twice("  if (!room) {\n    res.status(404).json({});\n    return;\n  }\n  res.json(room);\n"));
  EXPECT_FALSE(twice("  if (!room) return res.status(404).json({});\n  res.json(room);\n"));
  EXPECT_FALSE(twice("  if (!room) {\n    res.status(404).json({});\n  } else {\n    res.json(room);\n  }\n"));
  EXPECT_FALSE(
      twice("  if (a) {\n    res.json(1);\n  } else if (b) {\n    res.json(2);\n  } else {\n    res.json(3);\n  }\n"));
  EXPECT_FALSE(twice("  try {\n    if (a) res.json(1);\n  } catch (e) {\n    res.status(500).json({});\n  }\n"));
  EXPECT_FALSE(twice(
      "  switch (a) {\n    case 1:\n      if (b) res.json(1);\n      break;\n    default:\n      res.json(2);\n  }\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source

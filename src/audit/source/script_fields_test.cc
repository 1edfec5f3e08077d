// Fields that a client sends and a handler writes as they came, and rows that stand open beside a list that is shut.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kUser{"models/user.js",
                                                "module.exports = mongoose.model('User', new Schema({ name: String, "
                                                "email: String, password: String, role: String }));\n"};

std::string handler(std::string_view body) {
  return "exports.register = async (req, res) => {\n" + std::string(body) + "  res.end();\n};\n";
}

TEST(Fields, written_in_a_loop_are_all_that_the_client_sends) {
  const std::string_view loop =
      "  const user = await User.findById(req.user.id);\n"
      "  for (const key of Object.keys(req.body)) user[key] = req.body[key];\n  await user.save();\n";
  EXPECT_TRUE(said(audited({kUser, {"controllers/user.js", handler(loop)}}, "AZ-007"), "AZ-007:3"));
  const std::string_view held =
      "  const user = await User.findById(req.user.id);\n"
      "  for (const key of Object.keys(req.body)) if (allowed.includes(key)) user[key] = req.body[key];\n"
      "  await user.save();\n";
  EXPECT_FALSE(said(audited({kUser, {"controllers/user.js", handler(held)}}, "AZ-007"), "AZ-007"));
}

TEST(Fields, of_a_record_that_is_built_from_the_body_are_told) {
  EXPECT_TRUE(said(
      audited({kUser, {"controllers/user.js", handler("  const user = new User(req.body);\n  await user.save();\n")}},
              "AZ-007"),
      "AZ-007:2"));
}

TEST(Fields, that_the_statement_itself_names_are_no_others) {
  EXPECT_FALSE(
      said(audited({kUser,
                    {"controllers/user.js",
                     handler("  await User.update(req.body, { where: { id: req.user.id }, fields: ['name'] });\n")}},
                   "AZ-007"),
           "AZ-007"));
}

TEST(Rows, of_a_list_that_is_shut_are_shut) {
  const auto routes = [](std::string_view before) {
    return "const express = require('express');\nconst router = express.Router();\n"
           "router.get('/deals', requireAuth, async (req, res) => res.json(await list(req.user.id)));\n"
           "router.get('/deals/:id', " +
           std::string(before) + "async (req, res) => res.json(await load(req.params.id)));\n";
  };
  EXPECT_TRUE(said(lines_of("src/deals.js", routes(""), "EX-023"), "EX-023:4"));
  EXPECT_FALSE(said(lines_of("src/deals.js", routes("requireAuth, "), "EX-023"), "EX-023"));
}

TEST(Handlers, that_take_their_request_apart_are_read_like_others) {
  const std::string routes =
      "const express = require('express');\nconst router = express.Router();\n"
      "router.get('/orders/:orderId', requireAuth, async ({ params: { orderId } }, res) => {\n"
      "  const where = { id: orderId };\n  res.json(await prisma.order.findUnique({ where }));\n});\n";
  EXPECT_TRUE(said(lines_of("src/orders.js", routes, "AZ-001"), "AZ-001:5"));
  const std::string own =
      "const express = require('express');\nconst router = express.Router();\n"
      "router.get('/orders/:orderId', requireAuth, async ({ params: { orderId }, user }, res) => {\n"
      "  const where = { id: orderId, userId: user.id };\n  res.json(await prisma.order.findFirst({ where }));\n});\n";
  EXPECT_TRUE(lines_of("src/orders.js", own, "AZ-001").empty());
}

TEST(Fields, that_are_left_over_are_all_that_was_not_named) {
  const auto handler = [](const std::string& take) {
    return "exports.signup = wrap(async (req, res) => {\n  " + take +
           "\n  const user = await User.create({ ...rest, password: await bcrypt.hash(password, 12) });\n"
           "  res.json(user._id);\n});\n";
  };
  EXPECT_TRUE(finds({kUser, {"controllers/users.js", handler("const { password, ...rest } = req.body;")}}, "AZ-007"));
  EXPECT_FALSE(
      finds({kUser, {"controllers/users.js", handler("const { password, role, ...rest } = req.body;")}}, "AZ-007"));
  EXPECT_TRUE(finds({kUser,
                     {"controllers/users.js",
                      "exports.update = wrap(async (req, res) => {\n  const patch = _.omit(req.body, ['password']);\n"
                      "  res.json(await User.findByIdAndUpdate(req.user.id, patch, { new: true }));\n});\n"}},
                    "AZ-007"));
  EXPECT_FALSE(finds({kUser,
                      {"controllers/users.js",
                       "exports.update = wrap(async (req, res) => {\n  const patch = _.pick(req.body, ['bio']);\n"
                       "  res.json(await User.findByIdAndUpdate(req.user.id, patch, { new: true }));\n});\n"}},
                     "AZ-007"));
}

// A schema of another file, held against what is sent by name.
bool held(const std::string& fields, const std::string& route) {
  return said(audited({{"src/validators.ts",
                        "import { z } from 'zod';\nexport const updateUserSchema = z.object({ name: z.string()" +
                            fields + " });\n"},
                       {"src/routes.ts",
                        "import { Router } from 'express';\nimport { updateUserSchema } from './validators';\nconst "
                        "router = Router();\n" +
                            route + "\n"}},
                      "AZ-007"),
              "AZ-007");
}

TEST(Fields, that_a_schema_lets_in_are_the_clients) {
  const std::string direct =
      "router.patch('/me', requireAuth, async (req, res) => {\n  const data = updateUserSchema.parse(req.body);\n"
      "  await save(req.user.id, data);\n  res.end();\n});";
  const std::string before = "router.patch('/me', requireAuth, validate(updateUserSchema), controller.update);";
  EXPECT_TRUE(held(", role: z.string()", direct));
  EXPECT_TRUE(held(", role: z.enum(['USER', 'ADMIN'])", before));
  EXPECT_FALSE(held("", direct));
  EXPECT_FALSE(held(", role: z.enum(['buyer', 'guest'])", direct));
  EXPECT_FALSE(held(", role: z.string()",
                    "router.patch('/me', requireAuth, async (req, res) => {\n  const { name } = "
                    "updateUserSchema.parse(req.body);\n  await save(req.user.id, name);\n  res.end();\n});"));
  EXPECT_FALSE(held(", role: z.string()",
                    "router.patch('/users/:id', requireAuth, requireAdmin, validate(updateUserSchema), set);"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// Addresses, purses and amounts that their owners change; settings demanded by one name and read by another.
#include <gtest/gtest.h>

#include "audit/source/audited.h"
#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(Profiles, tell_an_address_that_is_changed_without_a_proof) {
  const auto change = [](std::string body) {
    return lines_of("controllers/users.js",
                    "exports.updateProfile = async (req, res) => {\n  const { email, name } = req.body;\n" + body +
                        "  res.json({ ok: true });\n};\n",
                    "AU-008");
  };
  EXPECT_EQ(change("  await User.findByIdAndUpdate(req.user.id, { email, name });\n"),
            std::vector<std::string>{"AU-008:3"});
  EXPECT_EQ(change("  const user = await User.findById(req.user.id);\n  user.email = email || user.email;\n"
                   "  await user.save();\n"),
            std::vector<std::string>{"AU-008:4"});
  EXPECT_TRUE(change("  await User.findByIdAndUpdate(req.user.id, { name });\n").empty());
  EXPECT_TRUE(
      change("  await User.findByIdAndUpdate(req.user.id, { pendingEmail: email });\n  sendConfirmation(email);\n")
          .empty());
}

TEST(Purses, tell_a_credit_that_nobody_paid_for) {
  const auto credit = [](std::string name, std::string body) {
    return lines_of("wallet.js",
                    "exports." + name + " = async (req, res) => {\n  const { amount } = req.body;\n" + body +
                        "  res.json({ ok: true });\n};\n",
                    "PAY-002");
  };
  EXPECT_EQ(credit("credit", "  await wallets.change(req.user.id, amount);\n"), std::vector<std::string>{"PAY-002:2"});
  EXPECT_TRUE(credit("credit",
                     "  const paid = await stripe.paymentIntents.retrieve(req.body.id);\n"
                     "  await wallets.change(req.user.id, paid.amount);\n")
                  .empty());
  EXPECT_TRUE(credit("withdraw", "  await wallets.change(req.user.id, -amount);\n").empty());
}

TEST(Quantities, below_nothing_are_told_where_nobody_looks) {
  const auto order = [](std::string guard) {
    return lines_of("orders.js",
                    "exports.order = async (req, res) => {\n  const { quantity } = req.body;\n" + guard +
                        "  const total = product.price * quantity;\n  await keep(total);\n};\n",
                    "PAY-001");
  };
  EXPECT_EQ(order(""), std::vector<std::string>{"PAY-001:3"});
  EXPECT_TRUE(order("  if (quantity < 1) return res.status(400).end();\n").empty());
}

TEST(Caches, tell_an_answer_that_is_kept_for_everybody) {
  const auto history = [](std::string key) {
    return lines_of(
        "history.js",
        "exports.history = async (req, res) => {\n  const { walletId } = req.query;\n"
        "  const key = " +
            key +
            ";\n  const kept = await redis.get(key);\n"
            "  if (kept) return res.json(JSON.parse(kept));\n  res.json(await load(req.user.id, walletId));\n};\n",
        "AZ-001");
  };
  EXPECT_EQ(history("`history:${walletId}`"), std::vector<std::string>{"AZ-001:4"});
  EXPECT_TRUE(history("`history:${req.user.id}:${walletId}`").empty());
}

TEST(Settings, tell_a_start_that_demands_what_nothing_reads) {
  const auto project = [](std::string demanded) {
    return found({{"config/env.ts", "import { z } from 'zod';\nconst schema = z.object({\n  " + demanded +
                                        ": z.string(),\n});\nexport const env = schema.parse(process.env);\n"},
                  {"src/tokens.ts",
                   "import jwt from 'jsonwebtoken';\nexport const make = (id: string) =>\n"
                   "  jwt.sign({ id }, process.env.JWT_ACCESS_SECRET!, { expiresIn: '15m' });\n"}});
  };
  EXPECT_TRUE(has(project("JWT_SECRET"), "ENV-006:config/env.ts:3"));
  EXPECT_FALSE(has(project("JWT_ACCESS_SECRET"), "ENV-006"));
}

TEST(SignIn, behind_the_limit_of_all_routes_alone_is_told_once) {
  const auto project = [](std::string own) {
    return found({{"app.js",
                   "const express = require('express');\nconst rateLimit = require('express-rate-limit');\n"
                   "const app = express();\napp.use(rateLimit({ max: 100 }));\n"
                   "app.use('/auth', require('./routes/auth'));\n"},
                  {"routes/auth.js",
                   "const express = require('express');\nconst router = express.Router();\n"
                   "router.post('/login', " +
                       own + "users.login);\nmodule.exports = router;\n"}});
  };
  EXPECT_TRUE(has(project(""), "EX-004:routes/auth.js:3"));
  EXPECT_FALSE(has(project("loginLimiter, "), "EX-004"));
}

TEST(SignIn, whose_route_nobody_understood_is_told_at_its_handler) {
  const auto project = [](std::string app, std::string name) {
    return found(
        {{"app.js", "const express = require('express');\nconst app = express();\nload(app, 'routes');\n" + app},
         {"controllers/users.js", "exports." + name +
                                      " = async (req, res) => {\n  const user = await User.findOne({ email: "
                                      "req.body.email });\n  res.json({ token: sign(user.id) });\n};\n"}});
  };
  EXPECT_TRUE(has(project("", "loginUser"), "EX-004:controllers/users.js:1"));
  EXPECT_FALSE(has(project("", "listUsers"), "EX-004"));
  EXPECT_FALSE(
      has(project("app.use(require('express-rate-limit')({ max: 5 }));\n", "loginUser"), "EX-004:controllers"));
  EXPECT_FALSE(has(project("app.post('/login', limited, door);\n", "loginUser"), "EX-004:controllers"));
}

TEST(Tokens, that_carry_a_whole_record_and_no_end_are_both_faults) {
  const auto signs = [](std::string options) {
    return found({{"auth.js",
                   "const jwt = require('jsonwebtoken');\nexports.login = async (req, res) => {\n"
                   "  const user = await User.findOne({ email: req.body.email });\n"
                   "  res.json({ token: jwt.sign(user.toObject(), process.env.JWT_SECRET" +
                       options + ") });\n};\n"}});
  };
  EXPECT_TRUE(has(signs(""), "JWT-008:auth.js:4"));
  EXPECT_TRUE(has(signs(""), "JWT-006:auth.js:4"));
  EXPECT_FALSE(has(signs(", { expiresIn: '1h' }"), "JWT-006"));
}

}  // namespace
}  // namespace gatehouse::audit::source

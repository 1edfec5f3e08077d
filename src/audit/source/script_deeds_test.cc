// Passwords, rights and payments that a route sets for whoever asks.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

const char* const kGuard =
    "const jwt = require('jsonwebtoken');\n"
    "exports.requireAuth = (req, res, next) => {\n"
    "  req.user = jwt.verify(req.headers.authorization, process.env.KEY);\n  next();\n};\n";
const char* const kMember =
    "const mongoose = require('mongoose');\n"
    "module.exports = mongoose.model('Member', new mongoose.Schema({ email: String, password: String, role: String,\n"
    "  wallet: Number, code: String }));\n";
const char* const kHead =
    "const router = require('express').Router();\nconst Member = require('../models/member');\n"
    "const Booking = require('../models/booking');\nconst { requireAuth } = require('../guard');\n"
    "const hash = require('../lib/hash');\n";  // five lines

std::vector<std::string> routes(const std::string& text) {
  return found(
      {{"guard.js", kGuard},
       {"models/member.js", kMember},
       {"models/booking.js",
        "const mongoose = require('mongoose');\nmodule.exports = mongoose.model('Booking', new mongoose.Schema({ "
        "member: { type: mongoose.Schema.Types.ObjectId, ref: 'Member' }, isPaid: Boolean, total: Number "
        "}));\n"},
       {"routes/doors.js", kHead + text + "module.exports = router;\n"}});
}

TEST(ScriptDeeds, APasswordSetForWhoeverNamesAnAddressOpensTheAccount) {
  EXPECT_TRUE(has(routes("router.post('/renew', async (req, res) => {\n"
                         "  const member = await Member.findOne({ email: req.body.email });\n"
                         "  member.password = await hash(req.body.password);\n  await member.save();\n"
                         "  res.json({});\n});\n"),
                  "AU-006:routes/doors.js:8"));
  // With what was sent by mail, or as oneself, or as a sign-up, it does not.
  EXPECT_FALSE(has(routes("router.post('/renew', async (req, res) => {\n"
                          "  const member = await Member.findOne({ resetToken: hash(req.body.token) });\n"
                          "  member.password = await hash(req.body.password);\n  await member.save();\n"
                          "  res.json({});\n});\n"),
                   "AU-006"));
  EXPECT_FALSE(has(routes("router.post('/join', async (req, res) => {\n"
                          "  const member = new Member({ email: req.body.email });\n"
                          "  member.password = await hash(req.body.password);\n  await member.save();\n"
                          "  res.json({});\n});\n"),
                   "AU-006"));
}

TEST(ScriptDeeds, AChangedPasswordWantsTheOldOne) {
  const std::string head = "router.put('/password', requireAuth, async (req, res) => {\n";
  const std::string tail =
      "  member.password = await hash(req.body.password);\n  await member.save();\n  res.json({});\n});\n";
  EXPECT_TRUE(has(routes(head + "  const member = await Member.findById(req.user.id);\n" + tail), "AU-008"));
  EXPECT_FALSE(has(routes(head +
                          "  const member = await Member.findById(req.user.id);\n"
                          "  if (!(await hash.compare(req.body.oldPassword, member.password))) return;\n" +
                          tail),
                   "AU-008"));
}

TEST(ScriptDeeds, APasswordIsNotKeptAsItWasTyped) {
  const std::string plain =
      "router.post('/join', async (req, res) => {\n  const { email, password } = req.body;\n"
      "  await Member.create({ email, password });\n  res.json({});\n});\n";
  EXPECT_TRUE(has(routes(plain), "DJ-030:routes/doors.js:8"));
  EXPECT_FALSE(
      has(found({{"models/member.js",
                  "const bcrypt = require('bcrypt');\nconst mongoose = require('mongoose');\n"
                  "const s = new mongoose.Schema({ email: String, password: { type: String, minlength: 8 } });\n"
                  "s.pre('save', async function () { this.password = await bcrypt.hash(this.password, 12); });\n"
                  "module.exports = mongoose.model('Member', s);\n"},
                 {"routes/doors.js", kHead + plain + "module.exports = router;\n"}}),
          "DJ-030"));
}

TEST(ScriptDeeds, ARoleOrASumInAPurseIsNotWhatTheRequestSays) {
  const std::string head =
      "router.post('/x/:id', requireAuth, async (req, res) => {\n"
      "  const member = await Member.findById(req.params.id);\n";
  EXPECT_TRUE(has(routes(head + "  member.role = req.body.role;\n  await member.save();\n  res.json({});\n});\n"),
                  "AZ-007:routes/doors.js:8"));
  EXPECT_FALSE(has(routes(head + "  if (req.user.role !== 'admin') return res.sendStatus(403);\n"
                                 "  member.role = req.body.role;\n  await member.save();\n  res.json({});\n});\n"),
                   "AZ-007"));
  EXPECT_TRUE(
      has(routes(head + "  member.wallet += Number(req.body.sum);\n  await member.save();\n  res.json({});\n});\n"),
          "PAY-002:routes/doors.js:8"));
  // A transfer takes from one what it gives to another.
  EXPECT_FALSE(has(routes(head + "  const me = await Member.findById(req.user.id);\n  me.wallet -= req.body.sum;\n"
                                 "  member.wallet += req.body.sum;\n  await me.save();\n  await member.save();\n"
                                 "  res.json({});\n});\n"),
                   "PAY-002"));
}

TEST(ScriptDeeds, WhatIsPaidIsNotForTheBrowserToSay) {
  const std::string head =
      "router.put('/booked/:id', requireAuth, async (req, res) => {\n"
      "  const booking = await Booking.findOne({ _id: req.params.id, member: req.user.id });\n";
  EXPECT_TRUE(has(routes(head + "  booking.isPaid = true;\n  await booking.save();\n  res.json({});\n});\n"),
                  "PAY-002:routes/doors.js:8"));
  EXPECT_FALSE(has(routes(head + "  const bill = await stripe.checkout.sessions.retrieve(booking.bill);\n"
                                 "  booking.isPaid = true;\n  await booking.save();\n  res.json({});\n});\n"),
                   "PAY-002"));
}

TEST(ScriptDeeds, PrismaUnderAnotherNameKeepsPasswordsToo) {
  const auto tree = [](const std::string& value) {
    return found({{"prisma/schema.prisma", "model User {\n  id String @id\n  username String\n  password String\n}\n"},
                  {"src/index.ts",
                   "import express from 'express';\nimport { client } from 'db/client';\nconst app = express();\n"
                   "app.post('/signup', async (req, res) => {\n  const password = req.body.password;\n"
                   "  const user = await client.user.create({ data: { username: req.body.username, password: " +
                       value + " } });\n  res.json({ user });\n});\n"}});
  };
  EXPECT_TRUE(has(tree("password"), "DJ-030:src/index.ts:6"));
  EXPECT_FALSE(has(tree("await argon2.hash(strong(password), { minlength: 12 })"), "DJ-030"));
}

}  // namespace
}  // namespace gatehouse::audit::source

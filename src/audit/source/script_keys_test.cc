// Keys that sign two things, sign-outs of another cookie, sockets without a caller, prices of the browser's basket.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

std::vector<std::string> one(const std::string& text) { return found({{"app.js", text}}); }

TEST(ScriptKeys, ARefreshTokenWithTheKeyOfTheAccessTokenPassesForIt) {
  const std::string head = "const jwt = require('jsonwebtoken');\n";
  const std::string access = "const accessToken = jwt.sign({ id }, process.env.KEY, { expiresIn: '15m' });\n";
  EXPECT_TRUE(has(one(head + access + "const refreshToken = jwt.sign({ id }, process.env.KEY, { expiresIn: '7d' });\n"),
                  "JWT-007:app.js:3"));
  EXPECT_FALSE(
      has(one(head + access + "const refreshToken = jwt.sign({ id }, process.env.OTHER, { expiresIn: '7d' });\n"),
          "JWT-007"));
  EXPECT_FALSE(
      has(one(head + access +
              "const refreshToken = jwt.sign({ id, type: 'refresh' }, process.env.KEY, { expiresIn: '7d' });\n"),
          "JWT-007"));
  // Through a function of the project's own, and through settings.
  EXPECT_TRUE(has(
      found({{"lib/token.js", head + "exports.makeToken = (p) => jwt.sign(p, process.env.KEY, { expiresIn: 60 });\n"},
             {"doors.js",
              "const { makeToken } = require('./lib/token');\nexports.in = (req, res) => {\n"
              "  const accessToken = makeToken({ id: 1 });\n  const refreshToken = makeToken({ id: 1 });\n};\n"}}),
      "JWT-007:doors.js:4"));
}

TEST(ScriptKeys, ATokenThatIsMailedIsNoTokenOfASignIn) {
  const std::string head =
      "const jwt = require('jsonwebtoken');\n"
      "function signIn(id) { return jwt.sign({ id }, process.env.KEY, { expiresIn: '1h' }); }\n";
  EXPECT_TRUE(
      has(one(head + "function resetLink(id) { return jwt.sign({ id }, process.env.KEY, { expiresIn: '1h' }); }\n"),
          "JWT-007:app.js:3"));
  EXPECT_FALSE(
      has(one(head + "function resetLink(id, hash) { return jwt.sign({ id }, process.env.KEY + hash, { expiresIn: "
                     "'1h' }); }\n"),
          "JWT-007"));
}

TEST(ScriptKeys, ASignOutTakesBackTheCookieThatWasSet) {
  const std::string head = "exports.in = (req, res) => res.cookie('token', made(), { httpOnly: true });\n";
  EXPECT_TRUE(has(one(head + "exports.out = (req, res) => res.clearCookie('jwt');\n"), "JWT-009:app.js:2"));
  EXPECT_FALSE(has(one(head + "exports.out = (req, res) => res.clearCookie('token');\n"), "JWT-009"));
}

TEST(ScriptSockets, WhoSpeaksIsNotWhatTheClientSays) {
  const std::string head = "const { Server } = require('socket.io');\nconst io = new Server(web);\n";
  const std::string door =
      "io.on('connection', (socket) => {\n  socket.on('say', ({ senderId, text }) => io.emit('said', { senderId, text "
      "}));\n});\n";
  EXPECT_TRUE(has(one(head + door), "AZ-002:app.js:3"));
  EXPECT_FALSE(
      has(one(head + "io.use((socket, next) => check(socket.handshake.auth.token, next));\n" + door), "AZ-002"));
}

TEST(ScriptPrices, ABasketDoesNotNameItsPrices) {
  const std::string head = "exports.pay = async (req, res) => {\n  const { items } = req.body;\n";
  EXPECT_TRUE(has(one(head + "  const lines = items.map((i) => ({ unit_amount: i.price * 100, quantity: i.n }));\n"
                             "  await stripe.checkout.sessions.create({ line_items: lines });\n};\n"),
                  "PAY-001:app.js:3"));
  EXPECT_TRUE(has(one(head + "  let total = 0;\n  for (const i of items) total += i.price * i.n;\n"
                             "  await stripe.paymentIntents.create({ amount: total });\n};\n"),
                  "PAY-001:app.js:4"));
  EXPECT_FALSE(has(one(head + "  const goods = await Product.find({ _id: { $in: items.map((i) => i.id) } });\n"
                              "  const lines = goods.map((g) => ({ unit_amount: g.price * 100, quantity: 1 }));\n"
                              "  await stripe.checkout.sessions.create({ line_items: lines });\n};\n"),
                   "PAY-001"));
}

TEST(Webhooks, AProvidersNewsIsProvedOverWhatWasSent) {
  const std::string head = "const router = require('express').Router();\nconst crypto = require('crypto');\n";
  EXPECT_TRUE(
      has(one(head + "router.post('/webhook', (req, res) => {\n"
                     "  const h = crypto.createHmac('sha256', process.env.HOOK).update(JSON.stringify(req.body));\n"
                     "  if (h.digest('hex') !== req.headers['x-signature']) return res.sendStatus(400);\n"
                     "  order.save();\n});\n"),
          "EX-019:app.js:4"));
  EXPECT_FALSE(has(one(head + "router.post('/webhook', (req, res) => {\n"
                              "  const h = crypto.createHmac('sha256', process.env.HOOK).update(req.rawBody);\n"
                              "  if (h.digest('hex') !== req.headers['x-signature']) return res.sendStatus(400);\n"
                              "  order.save();\n});\n"),
                   "EX-019"));
  EXPECT_TRUE(has(one(head + "router.post('/money/news', async (req, res) => {\n"
                             "  const { stkCallback } = req.body.Body;\n"
                             "  await Order.updateOne({ ref: stkCallback.CheckoutRequestID }, { isPaid: true });\n"
                             "  res.json({});\n});\n"),
                  "EX-018:app.js:3"));
  // What only marks the request and hands it on is no handler.
  EXPECT_FALSE(has(one(head + "app.post('/payments/webhook', express.raw({ type: '*/*' }), (req, res, next) => {\n"
                              "  req.isWebhook = true;\n  next();\n});\n"),
                   "EX-018"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// Koa: one context instead of request and answer, handlers in modules of their own.
#include <gtest/gtest.h>

#include "audit/source/audited.h"
#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

const char* const kRoutes =
    "const Router = require('koa-router');\n"
    "const auth = require('./auth');\n"
    "const notes = require('./controllers/notes');\n"
    "const router = new Router({ prefix: '/api' });\n"
    "router.get('/notes/:id', auth, notes.one);\n"
    "router.post('/webhooks/stripe', notes.hook);\n"
    "router.get('/away', notes.away);\n"
    "router.get('/look', auth, notes.look);\n"
    "module.exports = router;\n";
const char* const kAuth =
    "const jwt = require('jsonwebtoken');\n"
    "module.exports = async (ctx, next) => {\n"
    "  ctx.state.user = jwt.verify(ctx.get('Authorization').slice(7), process.env.JWT_SECRET);\n"
    "  await next();\n"
    "};\n";
const char* const kModel =
    "const mongoose = require('mongoose');\n"
    "module.exports = mongoose.model('Note', new mongoose.Schema({ user: { type: ObjectId, ref: 'User' }, text: String "
    "}));\n";

std::vector<std::string> project(std::string controllers) {
  return found({{"routes.js", kRoutes},
                {"auth.js", kAuth},
                {"models/note.js", kModel},
                {"controllers/notes.js", std::move(controllers)}});
}

TEST(Koa, reads_what_a_handler_does_with_its_context) {
  const auto all = project(
      "const Note = require('../models/note');\n"
      "const axios = require('axios');\n"
      "exports.one = async ctx => {\n"
      "  ctx.body = await Note.findById(ctx.params.id);\n"
      "};\n"
      "exports.hook = async ctx => {\n"
      "  const event = ctx.request.body;\n"
      "  if (event.type === 'checkout.session.completed') await Note.updateOne({ _id: event.data.id }, { paid: true "
      "});\n"
      "  ctx.body = { received: true };\n"
      "};\n"
      "exports.away = async ctx => {\n"
      "  ctx.redirect(ctx.query.next);\n"
      "};\n"
      "exports.look = async ctx => {\n"
      "  const { data } = await axios.get(ctx.query.url);\n"
      "  ctx.body = data;\n"
      "};\n");
  EXPECT_TRUE(has(all, "AZ-001:controllers/notes.js:4"));
  EXPECT_TRUE(has(all, "EX-018"));
  EXPECT_TRUE(has(all, "EX-012:controllers/notes.js:12"));
  EXPECT_TRUE(has(all, "EX-013:controllers/notes.js:15"));
}

TEST(Koa, leaves_a_handler_alone_that_asks_whose_the_record_is) {
  const auto all = project(
      "const Note = require('../models/note');\n"
      "exports.one = async ctx => {\n"
      "  ctx.body = await Note.findOne({ _id: ctx.params.id, user: ctx.state.user.id });\n"
      "};\n"
      "exports.hook = async ctx => { ctx.body = 'none'; };\n"
      "exports.away = async ctx => { ctx.redirect('/home'); };\n"
      "exports.look = async ctx => { ctx.body = 'none'; };\n");
  EXPECT_FALSE(has(all, "AZ-001"));
  EXPECT_FALSE(has(all, "EX-012"));
  EXPECT_FALSE(has(all, "EX-013"));
}

TEST(Koa, sees_failures_and_origins_that_are_answered_as_they_came) {
  const auto app = [](std::string error, std::string origin) {
    return lines_of("app.js",
                    "const Koa = require('koa');\nconst cors = require('@koa/cors');\nconst app = new Koa();\n"
                    "app.use(cors({ origin: " +
                        origin +
                        ", credentials: true }));\n"
                        "app.use(async (ctx, next) => {\n  try {\n    await next();\n  } catch (err) {\n"
                        "    ctx.status = 500;\n    ctx.body = " +
                        error + ";\n  }\n});\n",
                    "EX-002,EX-010");
  };
  const auto open = app("{ error: err.message }", "ctx => ctx.get('Origin')");
  EXPECT_TRUE(said(open, "EX-002:4"));
  EXPECT_TRUE(said(open, "EX-010:10"));
  EXPECT_TRUE(
      app("{ error: 'It failed' }", "ctx => allowed.includes(ctx.get('Origin')) ? ctx.get('Origin') : ''").empty());
}

TEST(Enumeration, is_seen_behind_an_address_and_in_a_class_that_is_run) {
  const auto route = [](std::string text) {
    return lines_of("routes/auth.js",
                    "router.post('/login', async (req, res) => {\n  const { email } = req.body;\n"
                    "  const user = await find(email);\n  if (!user) return res.status(404).json({ error: '" +
                        text + "' });\n});\n",
                    "AU-005");
  };
  EXPECT_EQ(route("No account with this email"), std::vector<std::string>{"AU-005:4"});
  EXPECT_TRUE(route("Wrong email or password").empty());
  EXPECT_EQ(lines_of("login.ts",
                     "export class LoginUseCase {\n  async execute(email: string) {\n"
                     "    const user = await this.users.byEmail(email);\n"
                     "    if (!user) throw new Error('User not found');\n  }\n}\n",
                     "AU-005"),
            std::vector<std::string>{"AU-005:4"});
  EXPECT_TRUE(lines_of("login.ts",
                       "export class LoginUseCase {\n  async execute(email: string) {\n"
                       "    logger.warn('User not found');\n    throw new Error('Sign-in failed');\n  }\n}\n",
                       "AU-005")
                  .empty());
}

}  // namespace
}  // namespace gatehouse::audit::source

// Rights that are believed from a token, refresh tokens nobody remembers, and addresses that change something when
// they are opened.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(Standing, IsAskedOfTheDatabaseAndNotOfTheToken) {
  const auto project = [](const std::string& until, const std::string& caller) {
    return found({{"sign.js",
                   "const jwt = require('jsonwebtoken');\nmodule.exports = (u) => jwt.sign({ id: u.id, role: "
                   "u.role }, process.env.KEY, { expiresIn: '" +
                       until + "' });\n"},
                  {"mw.js",
                   "const jwt = require('jsonwebtoken');\nexports.auth = async (req, res, next) => {\n  const "
                   "claims = jwt.verify(req.cookies.t, process.env.KEY);\n  req.user = " +
                       caller +
                       ";\n  next();\n};\nexports.boss = (req, res, next) => {\n  if (req.user.role !== "
                       "'boss') return res.status(403).end();\n  next();\n};\n"}});
  };
  EXPECT_TRUE(has(project("7d", "claims"), "JWT-009:mw.js:4"));
  EXPECT_FALSE(has(project("7d", "await User.findById(claims.id)"), "JWT-009:mw.js:4"));
  EXPECT_FALSE(has(project("15m", "claims"), "JWT-009:mw.js:4"));
}

TEST(Standing, OfARefreshTokenIsKept) {
  const auto route = [](const std::string& kept) {
    return found({{"routes.js",
                   "const jwt = require('jsonwebtoken');\nconst router = express.Router();\n"
                   "router.post('/refresh', async (req, res) => {\n  const claims = "
                   "jwt.verify(req.cookies.r, process.env.R);\n" +
                       kept +
                       "  res.json({ t: jwt.sign({ id: claims.id }, process.env.A, { expiresIn: "
                       "'5m' }) });\n});\n"}});
  };
  EXPECT_TRUE(has(route(""), "JWT-009"));
  EXPECT_FALSE(has(route("  await prisma.refreshToken.delete({ where: { hash: h(req.cookies.r) } });\n"), "JWT-009"));
}

TEST(Gets, ChangeNothing) {
  const auto server = [](const std::string& method, const std::string& path, const std::string& done) {
    return found({{"package.json", R"({"dependencies":{"express":"4"}})"},
                  {"in.js", "exports.enter = (req, res) => res.cookie('session', make(req), { httpOnly: true });\n"},
                  {"notes.js",
                   "const router = require('express').Router();\nconst Note = require('./note');\n"
                   "router." +
                       method + "('" + path + "', requireLogin, async (req, res) => {\n  await " + done +
                       ";\n  res.redirect('/');\n});\n"}});
  };
  const std::string gone = "Note.deleteOne({ _id: req.params.id, owner: req.user.id })";
  EXPECT_TRUE(has(server("get", "/notes/:id/delete", gone), "CSRF-003:notes.js:3"));
  EXPECT_FALSE(has(server("post", "/notes/:id/delete", gone), "CSRF-003"));
  EXPECT_FALSE(
      has(server("get", "/notes/:id", "Note.findOne({ _id: req.params.id, owner: req.user.id })"), "CSRF-003"));
  EXPECT_FALSE(
      has(server("get", "/notes/:id", "Note.updateOne({ _id: req.params.id }, { $inc: { views: 1 } })"), "CSRF-003"));
}

TEST(Logs, OfBodiesUnderOtherNames) {
  const auto log = [](const std::string& line) {
    return found({{"app.js",
                   "const morgan = require('morgan');\nfunction mid(req, res, next) {\n  const { url, body } = "
                   "req;\n  " +
                       line + "\n  next();\n}\n"}});
  };
  EXPECT_TRUE(has(log("console.log(`${url} ${JSON.stringify(body)}`);"), "LOG-001:app.js:4"));
  EXPECT_TRUE(has(log("console.dir(req.body, { depth: 4 });"), "LOG-001"));
  EXPECT_TRUE(has(log("morgan.token('b', (r) => JSON.stringify(req.body));"), "LOG-001"));
  EXPECT_FALSE(has(log("console.log(url);"), "LOG-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source

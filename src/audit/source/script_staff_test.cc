#include "audit/source/script_staff.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kModels{
    "models/index.js",
    "exports.User = mongoose.model('User', new Schema({ email: String, password: String, role: String }));\n"
    "exports.Page = mongoose.model('Page', new Schema({ title: String, body: String }));\n"};
const std::pair<std::string, std::string> kGuards{
    "guards.js",
    "exports.angemeldet = (req, res, next) => {\n  try { req.user = jwt.verify(req.cookies.t, process.env.K); next(); "
    "}\n"
    "  catch (e) { res.sendStatus(401); }\n};\n"
    "exports.chef = (req, res, next) => (req.user.role === 'admin' ? next() : res.sendStatus(403));\n"};

std::string routes(std::string_view before, std::string_view path = "/admin/stats") {
  return "const router = require('express').Router();\nconst { angemeldet, chef } = require('./guards');\n"
         "router.get('" +
         std::string(path) + "', " + std::string(before) +
         ", async (req, res) => {\n  res.json(await Page.find());\n});\n";
}

TEST(StaffDoors, that_ask_only_for_a_sign_in_are_open_to_everybody) {
  EXPECT_TRUE(said(audited({kModels, kGuards, {"r.js", routes("angemeldet")}}, "AZ"), "AZ-008:3"));
}

TEST(StaffDoors, behind_a_function_that_looks_at_roles_are_shut) {
  EXPECT_FALSE(said(audited({kModels, kGuards, {"r.js", routes("angemeldet, chef")}}, "AZ"), "AZ-008"));
}

TEST(Middlewares, are_known_by_what_they_do) {
  const auto open = audited({kModels, kGuards, {"r.js", routes("angemeldet", "/users/me")}}, "EX-023");
  EXPECT_TRUE(open.empty());
}

TEST(Unclaimed, records_that_everybody_with_an_account_may_change_are_told) {
  const std::string change =
      "const router = require('express').Router();\nconst { angemeldet } = require('./guards');\n"
      "router.put('/pages/:id', angemeldet, async (req, res) => {\n"
      "  const page = await Page.findById(req.params.id);\n  page.title = req.body.title;\n  await page.save();\n"
      "  res.json(page);\n});\n";
  EXPECT_TRUE(said(audited({kModels, kGuards, {"r.js", change}}, "AZ"), "AZ-008:4"));
}

TEST(NewRecords, whose_owner_the_client_names_are_told_and_the_caller_s_own_are_not) {
  const auto made = [](std::string_view owner) {
    return std::string(
               "const router = require('express').Router();\nconst { angemeldet } = require('./guards');\n"
               "router.post('/tickets', angemeldet, async (req, res) => {\n  const { text, who } = req.body;\n"
               "  res.json(await prisma.ticket.create({ data: { text, ownerId: ") +
           std::string(owner) + " } }));\n});\n";
  };
  EXPECT_TRUE(said(audited({kModels, kGuards, {"r.js", made("who")}}, "AZ-002"), "AZ-002:5"));
  EXPECT_FALSE(said(audited({kModels, kGuards, {"r.js", made("req.user.id")}}, "AZ-002"), "AZ-002"));
}

TEST(NewRecords, put_below_somebody_s_by_an_id_of_the_client_are_told) {
  const std::pair<std::string, std::string> schema{
      "prisma/schema.prisma",
      "model Folder {\n  id String @id\n  userId String\n}\nmodel Paper {\n  id String @id\n  folderId String\n}\n"};
  const auto add = [](std::string_view check) {
    return std::string(
               "const router = require('express').Router();\nconst { angemeldet } = require('./guards');\n"
               "router.post('/papers', angemeldet, async (req, res) => {\n  const { folderId, url } = req.body;\n") +
           std::string(check) + "  res.json(await prisma.paper.create({ data: { folderId, url } }));\n});\n";
  };
  EXPECT_TRUE(said(audited({kModels, kGuards, schema, {"r.js", add("")}}, "AZ-001"), "AZ-001:5"));
  EXPECT_FALSE(
      said(audited({kModels,
                    kGuards,
                    schema,
                    {"r.js", add("  const own = await prisma.folder.findFirst({ where: { id: folderId, userId: "
                                 "req.user.id } });\n  if (!own) return res.sendStatus(404);\n")}},
                   "AZ-001"),
           "AZ-001"));
}

TEST(Ownership, is_learned_from_the_project_s_own_questions) {
  const std::string sql =
      "const router = require('express').Router();\nconst { angemeldet } = require('./guards');\n"
      "router.get('/w', angemeldet, async (req, res) => res.json(await db.query('SELECT * FROM runs WHERE user_id = "
      "$1', [req.user.id])));\n"
      "router.put('/w/:id', angemeldet, async (req, res) => {\n"
      "  await db.query('UPDATE runs SET km = $1 WHERE id = $2', [req.body.km, req.params.id]);\n  res.end();\n});\n";
  EXPECT_TRUE(said(audited({kGuards, {"r.js", sql}}, "AZ-001"), "AZ-001:5"));
}

TEST(StaffDoors, of_a_house_whose_only_rank_is_a_guard_s_are_known_by_the_others) {
  const std::string guards =
      "exports.signedIn = (req, res, next) => {\n  try { req.user = jwt.verify(req.cookies.t, process.env.K); next(); "
      "}\n"
      "  catch (e) { res.sendStatus(401); }\n};\n"
      "exports.only = (...roles) => (req, res, next) =>\n"
      "  roles.includes(req.user.role) ? next() : res.sendStatus(403);\n";
  const auto shop = [&](const std::string& before) {
    return audited({{"guards.js", guards},
                    {"r.js",
                     "const router = require('express').Router();\nconst { signedIn, only } = require('./guards');\n"
                     "router.post('/products', signedIn, only('staff'), async (req, res) => {\n"
                     "  res.json(await prisma.product.create({ data: { name: req.body.name } }));\n});\n"
                     "router.put('/products/:id', signedIn" +
                         before +
                         ", async (req, res) => {\n"
                         "  res.json(await prisma.product.update({ where: { id: req.params.id }, data: { name: "
                         "req.body.name } }));\n});\n"}},
                   "AZ-008");
  };
  EXPECT_TRUE(said(shop(""), "AZ-008"));
  EXPECT_FALSE(said(shop(", only('staff')"), "AZ-008"));
}

TEST(StaffDoors, behind_a_guard_for_staff_open_to_any_record) {
  const auto ban = [&](const std::string& role) {
    return audited(
        {kModels,
         {"guards.js",
          "exports.auth = async (req, res, next) => { req.user = await User.findById(jwt.verify(req.cookies.t, "
          "process.env.K).id); next(); };\n"
          "exports.moderator = (req, res, next) => (" +
              role + " ? next() : res.sendStatus(403));\n"},
         {"r.js",
          "const router = require('express').Router();\nconst { auth, moderator } = require('./guards');\n"
          "router.post('/:id/warn', auth, moderator, async (req, res) => {\n"
          "  await User.updateOne({ _id: req.params.id }, { warned: true });\n  res.end();\n});\n"}},
        "AZ-001");
  };
  EXPECT_FALSE(said(ban("req.user.role === 'moderator'"), "AZ-001"));
}

TEST(Doors, with_the_key_in_their_address_ask_for_nothing_else) {
  const auto portal = [](const std::string& path) {
    return audited(
        {kModels,
         kGuards,
         {"r.js",
          "const router = require('express').Router();\nconst { angemeldet } = require('./guards');\n"
          "router.get('/users', angemeldet, async (req, res) => res.json(await User.find()));\n"
          "router.post('" +
              path +
              "', async (req, res) => {\n  await Quote.updateOne({ key: req.params.token }, { accepted: true "
              "});\n  res.end();\n});\n"}},
        "EX-023");
  };
  EXPECT_FALSE(said(portal("/offers/:token/accept"), "EX-023"));
  EXPECT_TRUE(said(portal("/offers/:id/accept"), "EX-023"));
}

}  // namespace
}  // namespace gatehouse::audit::source

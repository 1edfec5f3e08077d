// Code that is written once for all records: base classes, factories of handlers.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"
#include "audit/source/script_layers.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

const char* const kUser =
    "const mongoose = require('mongoose');\n"
    "module.exports = mongoose.model('User', new mongoose.Schema({ email: String, password: String, role: String "
    "}));\n";
const char* const kRoutes =
    "const express = require('express');\n"
    "const users = require('../controllers/users');\n"
    "const { protect, restrictTo } = require('../auth');\n"
    "const router = express.Router();\n"
    "router.use(protect);\n"
    "router.get('/users/:id', users.load);\n"
    "router.patch('/users/:id', users.change);\n"
    "module.exports = router;\n";

TEST(GenericCode, of_a_base_class_is_about_the_record_of_the_class_that_extends_it) {
  const auto all = found({{"models/user.js", kUser},
                          {"routes/users.js", kRoutes},
                          {"services/base.js",
                           "class Base {\n  constructor(Model) { this.Model = Model; }\n"
                           "  load(id) { return this.Model.findById(id); }\n"
                           "  change(id, data) { return this.Model.findByIdAndUpdate(id, data); }\n}\n"
                           "module.exports = Base;\n"},
                          {"services/users.js",
                           "const Base = require('./base');\nconst User = require('../models/user');\n"
                           "class UserService extends Base { constructor() { super(User); } }\n"
                           "module.exports = new UserService();\n"},
                          {"controllers/users.js",
                           "const service = require('../services/users');\n"
                           "exports.load = async (req, res) => {\n  res.json(await service.load(req.params.id));\n};\n"
                           "exports.change = async (req, res) => {\n"
                           "  res.json({ ok: await service.change(req.params.id, req.body) });\n};\n"}});
  EXPECT_TRUE(has(all, "AZ-001:controllers/users.js:3"));
  EXPECT_TRUE(has(all, "FA-005:controllers/users.js:3"));
  EXPECT_TRUE(has(all, "AZ-007:services/base.js:4"));
}

std::vector<std::string> with_factory(std::string controller, std::string model = "User") {
  return found({{"models/user.js", kUser},
                {"models/page.js",
                 "module.exports = mongoose.model('Page', new mongoose.Schema({ title: String, text: String }));\n"},
                {"routes/users.js", kRoutes},
                {"controllers/factory.js",
                 "const wrap = require('../wrap');\n"
                 "exports.loadOne = Model => wrap(async (req, res, next) => {\n"
                 "  res.json(await Model.findById(req.params.id));\n});\n"
                 "exports.changeOne = Model => wrap(async (req, res, next) => {\n"
                 "  res.json({ row: await Model.findByIdAndUpdate(req.params.id, req.body) });\n});\n"},
                {"controllers/users.js", "const factory = require('./factory');\nconst " + model +
                                             " = require('../models/any');\n" + controller}});
}

TEST(GenericCode, of_a_factory_is_about_the_record_that_it_is_handed) {
  const auto all = with_factory("exports.load = factory.loadOne(User);\nexports.change = factory.changeOne(User);\n");
  EXPECT_TRUE(has(all, "AZ-001:controllers/factory.js:3"));
  EXPECT_TRUE(has(all, "AZ-007:controllers/factory.js:6"));
}

TEST(GenericCode, says_nothing_of_pages_that_everybody_reads) {
  const auto all = with_factory("exports.load = factory.loadOne(Page);\n", "Page");
  EXPECT_FALSE(has(all, "AZ-001:controllers/factory.js:3"));
}

TEST(GenericCode, speaks_of_what_its_name_says) {
  EXPECT_EQ(noun_of("src/services/UserService"), "user");
  EXPECT_EQ(noun_of("orders.repository"), "order");
  EXPECT_EQ(noun_of("BaseService"), "");
}

}  // namespace
}  // namespace gatehouse::audit::source

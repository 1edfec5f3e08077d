// Answers that leave through helpers, and errors that leave with them.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

TEST(AnswerHelpers, AnswerWithTheRowTheyAreHanded) {
  const auto project = [](const std::string& columns) {
    return found({{"models/user.js",
                   "const s = new mongoose.Schema({ name: String, password: String });\n"
                   "module.exports = mongoose.model('User', s);\n"},
                  {"lib/ok.js", "exports.fine = (res, data) => res.status(200).json({ good: true, data });\n"},
                  {"api/me.js",
                   "const User = require('../models/user');\nexports.me = async (req, res) => {\n"
                   "  const user = await User.findById(req.user.id)" +
                       columns + ";\n  return fine(res, user);\n};\n"}});
  };
  EXPECT_TRUE(has(project(""), "FA-005:api/me.js:4"));
  EXPECT_FALSE(has(project(".select('name')"), "FA-005"));
}

TEST(AnswerHelpers, MayLeaveThePasswordOutByAProjection) {
  const auto list = [](const std::string& projection) {
    return found({{"models/user.js",
                   "const s = new mongoose.Schema({ name: String, password: String });\n"
                   "module.exports = mongoose.model('User', s);\n"},
                  {"api/all.js",
                   "const User = require('../models/user');\nexports.all = async (req, res) => {\n"
                   "  const users = await User.find({}" +
                       projection + ").sort({ _id: -1 });\n  return res.json(users);\n};\n"}});
  };
  EXPECT_TRUE(has(list(""), "FA-005:api/all.js:4"));
  EXPECT_FALSE(has(list(", { password: 0 }"), "FA-005"));
  EXPECT_FALSE(has(list(", { passwordHash: false, password: false }"), "FA-005"));
}

TEST(ErrorTexts, LeaveThroughFiltersHelpersActionsAndExceptions) {
  const auto nest = [](const std::string& caught) {
    return found({{"bill.service.ts",
                   "import { HttpException } from '@nestjs/common';\nexport class Bills {\n  async "
                   "pay() {\n    try {\n      return await go();\n    } catch (e) {\n      " +
                       caught + "\n    }\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(nest("throw new HttpException(e.message, 500);"), "EX-010:bill.service.ts:7"));
  EXPECT_FALSE(has(nest("throw new HttpException('It did not work', 500);"), "EX-010"));
  const auto filter = [](const std::string& kinds) {
    return found({{"all.filter.ts", "import { Catch } from '@nestjs/common';\n@Catch(" + kinds +
                                        ")\nexport class All implements ExceptionFilter {\n  catch(exception: any, "
                                        "host: any) {\n    const response = host.switchToHttp().getResponse();\n    "
                                        "response.status(500).json({ message: exception.message });\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(filter(""), "EX-010"));
  EXPECT_FALSE(has(filter("HttpException"), "EX-010"));
  const auto action = [](const std::string& said) {
    return found({{"save.ts",
                   "'use server';\nexport async function save(form: FormData) {\n  try {\n    await "
                   "store(form);\n  } catch (e) {\n    return { error: " +
                       said + " };\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(action("e.message"), "EX-010:save.ts:6"));
  EXPECT_FALSE(has(action("'It was not kept'"), "EX-010"));
}

TEST(Origins, InEveryWayThatLetsThemIn) {
  const auto cors = [](const std::string& origin) {
    return found({{"package.json", R"({"dependencies":{"express":"4","cors":"2"}})"},
                  {"app.js", "const cors = require('cors');\nconst app = express();\napp.use(cors({ origin: " + origin +
                                 ", credentials: true }));\n"}});
  };
  EXPECT_TRUE(has(cors("/hives\\.example/"), "EX-002:app.js:3"));
  EXPECT_FALSE(has(cors("/^https:\\/\\/hives\\.example$/"), "EX-002"));
  EXPECT_TRUE(has(cors("(o, cb) => { if (mine.includes(o)) return cb(null, true); cb(null, true); }"), "EX-002"));
  EXPECT_FALSE(has(cors("(o, cb) => { if (mine.includes(o)) return cb(null, true); cb(new Error('no')); }"), "EX-002"));
}

TEST(AnswerRows, OfModelsOfSequelizeAndTypeormAreKnownByTheirColumns) {
  const auto sequelize = [](const std::string& more) {
    return found({{"models/person.js",
                   "module.exports = (sequelize, DataTypes) =>\n  sequelize.define('PersonInfo', {\n"
                   "    Email: { type: DataTypes.STRING }, Password: { type: DataTypes.STRING } }" +
                       more + ");\n"},
                  {"api/join.js",
                   "exports.join = async (req, res) => {\n  const { Email, Password } = req.body;\n"
                   "  const made = await db.PersonInfo.create({ Email, Password });\n"
                   "  res.status(201).json(ApiResponse.success(made, 1, 201));\n};\n"}});
  };
  EXPECT_TRUE(has(sequelize(""), "FA-005:api/join.js:4"));
  EXPECT_FALSE(has(sequelize(", { defaultScope: { attributes: { exclude: ['Password'] } } }"), "FA-005"));
  const auto typeorm = [](const std::string& options) {
    return found({{"src/person.entity.ts",
                   "@Entity('people')\nexport class Person {\n  @PrimaryGeneratedColumn() id: string;\n"
                   "  @Column() email: string;\n  @Column(" +
                       options + ") password: string;\n}\n"},
                  {"src/person.service.ts",
                   "import { Injectable } from '@nestjs/common';\nexport class PersonService {\n  constructor(private "
                   "readonly people: Repository<Person>) {}\n"
                   "  async one(id: string) {\n    return this.people.findOne({ where: { id } });\n  }\n}\n"},
                  {"src/person.controller.ts",
                   "import { Controller, Get, Param } from '@nestjs/common';\n@Controller('people')\nexport class "
                   "PersonController {\n"
                   "  constructor(private readonly service: PersonService) {}\n  @Get(':id')\n"
                   "  one(@Param('id') id: string) {\n    return this.service.one(id);\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(typeorm(""), "FA-005"));
  EXPECT_FALSE(has(typeorm("{ select: false }"), "FA-005"));
}

TEST(AnswerRows, AreNotChosenByWhatIsSaidOfJoinedOnes) {
  const auto me = [](const std::string& password) {
    return found(
        {{"models/user.js", "const s = new mongoose.Schema({ name: String, email: String, password: " + password +
                                ", resetPasswordToken: String });\nmodule.exports = mongoose.model('User', s);\n"},
         {"api/me.js",
          "const User = require('../models/user');\nexports.me = async (req, res) => {\n"
          "  const user = await User.findById(req.id).populate({ path: 'courses', select: 'title' });\n"
          "  res.json({ user });\n};\n"}});
  };
  EXPECT_TRUE(has(me("String"), "FA-005:api/me.js:4"));
  // The password stays, what resets it goes.
  EXPECT_TRUE(has(me("{ type: String, select: false }"), "FA-005:api/me.js:4"));
}

TEST(AnswerRows, OfOwnersLeaveWithRelationsOfTypeorm) {
  const auto orders = [](const std::string& relations) {
    return found({{"src/user.entity.ts",
                   "@Entity()\nexport class User {\n  @Column() email: string;\n  @Column() password: string;\n}\n"},
                  {"src/order.entity.ts",
                   "@Entity()\nexport class Order {\n  @Column() total: number;\n"
                   "  @ManyToOne(() => User) user: User;\n}\n"},
                  {"src/order.service.ts",
                   "import { Injectable } from '@nestjs/common';\nexport class OrderService {\n"
                   "  constructor(private readonly orders: Repository<Order>) {}\n  async one(id: string) {\n"
                   "    return this.orders.findOne({ where: { id }, relations: " +
                       relations + " });\n  }\n}\n"}});
  };
  EXPECT_TRUE(has(orders("['user', 'lines']"), "FA-005:src/order.service.ts:5"));
  EXPECT_TRUE(has(orders("{ user: true }"), "FA-005:src/order.service.ts:5"));
  EXPECT_FALSE(has(orders("['lines']"), "FA-005"));
}

}  // namespace
}  // namespace gatehouse::audit::source

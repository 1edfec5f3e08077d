// Keys in the source, passwords in cookies and under fast hashes, queries that the client writes.
#include <gtest/gtest.h>

#include "audit/source/audited.h"
#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

std::vector<std::string> signed_with(std::string constants, std::string key) {
  return found({{"src/constants.js", std::move(constants)},
                {"src/tokens.js",
                 "const jwt = require('jsonwebtoken');\nconst keys = require('./constants');\n"
                 "exports.make = id => jwt.sign({ id }, " +
                     key + ", { expiresIn: '1h' });\n"}});
}

TEST(ConstantKeys, are_told_where_they_stand_when_another_module_signs_with_them) {
  EXPECT_TRUE(has(signed_with("module.exports = { jwt: { secret: 'quite secret' } };\n", "keys.jwt.secret"),
                  "EX-005:src/constants.js:1"));
  EXPECT_FALSE(
      has(signed_with("module.exports = { jwt: { secret: process.env.JWT_SECRET } };\n", "keys.jwt.secret"), "EX-005"));
}

TEST(ConstantKeys, are_told_of_a_passport_strategy_and_of_settings_that_are_filled_in) {
  EXPECT_TRUE(
      has(found({{"src/keys.ts", "export const keys = {\n  secret: 'quite secret',\n};\n"},
                 {"src/strategy.ts",
                  "import { keys } from './keys';\nimport { Strategy } from 'passport-jwt';\n"
                  "class S extends Base(Strategy) { constructor() { super({ secretOrKey: keys.secret }); } }\n"}}),
          "EX-005:src/keys.ts:2"));
  EXPECT_EQ(
      lines_of("settings.js", "if (!app.auth) {\n  app.auth = {\n    jwt: { secret: 'myapp' },\n  };\n}\n", "EX-005"),
      std::vector<std::string>{"EX-005:3"});
}

TEST(FastHashes, of_passwords_are_told_with_a_key_too_and_those_of_tokens_are_not) {
  const auto hash = [](std::string call) {
    return lines_of("a.js", "const crypto = require('crypto');\nfunction keep(password) {\n  return " + call + ";\n}\n",
                    "DJ-030");
  };
  EXPECT_EQ(hash("crypto.createHmac('sha512', salt).update(password).digest('hex')"),
            std::vector<std::string>{"DJ-030:3"});
  EXPECT_TRUE(hash("crypto.createHash('sha256').update(passwordResetToken).digest('hex')").empty());
  EXPECT_TRUE(hash("crypto.createHmac('sha256', key).update(body).digest('hex')").empty());
}

TEST(Queries, that_the_client_writes_are_told) {
  const auto find = [](std::string what) {
    return lines_of("a.js", "app.get('/x', async (req, res) => {\n  res.json(await Thing.find(" + what + "));\n});\n",
                    "EX-015");
  };
  EXPECT_EQ(find("JSON.parse(req.query.filter)"), std::vector<std::string>{"EX-015:2"});
  EXPECT_TRUE(find("JSON.parse(settings)").empty());
}

TEST(Cookies, that_hold_a_password_are_told) {
  const auto cookie = [](std::string value) {
    return lines_of(
        "a.js",
        "app.post('/login', (req, res) => {\n  const post = req.body;\n  res.cookie('remember', " + value + ");\n});\n",
        "EX-006");
  };
  EXPECT_EQ(cookie("post"), std::vector<std::string>{"EX-006:3"});
  EXPECT_EQ(cookie("req.body.password"), std::vector<std::string>{"EX-006:3"});
  EXPECT_TRUE(cookie("'yes'").empty());
}

TEST(Nest, answers_with_what_its_methods_return_failures_too) {
  const auto controller = [](std::string text) {
    return lines_of("a.controller.ts",
                    "import { Controller, Post } from '@nestjs/common';\n@Controller('a')\nexport class A {\n"
                    "  @Post()\n  async go() {\n    try {\n      return await this.service.go();\n"
                    "    } catch (error) {\n      " +
                        text + "\n    }\n  }\n}\n",
                    "EX-010");
  };
  EXPECT_EQ(controller("return error;"), std::vector<std::string>{"EX-010:9"});
  EXPECT_EQ(controller("throw new InternalServerErrorException(error.message);"), std::vector<std::string>{"EX-010:9"});
  EXPECT_TRUE(controller("throw new InternalServerErrorException();").empty());
  EXPECT_TRUE(controller("this.logger.error(error); return { ok: false };").empty());
}

TEST(Catalogue, without_ranks_is_still_nobody_s_own) {
  const auto all = [](std::string columns) {
    return found(
        {{"src/product.model.ts",
          "export const ProductSchema = new mongoose.Schema({\n  title: String,\n" + columns + "});\n"},
         {"src/product.controller.ts",
          "import { Controller, Delete, Param, UseGuards } from '@nestjs/common';\n"
          "@Controller('product')\n@UseGuards(JwtAuthGuard)\nexport class ProductController {\n"
          "  constructor(private readonly products: ProductService) {}\n"
          "  @Delete(':id')\n  remove(@Param('id') id: string) {\n    return this.products.remove(id);\n  }\n}\n"},
         {"src/product.service.ts",
          "export class ProductService {\n  remove(id) {\n    return this.productModel.findOneAndDelete({ _id: id });\n"
          "  }\n}\n"}});
  };
  EXPECT_TRUE(has(all("  price: Number,\n"), "AZ-008"));
  EXPECT_FALSE(has(all("  note: String,\n  user: { type: ObjectId, ref: 'User' },\n"), "AZ-008"));
}

}  // namespace
}  // namespace gatehouse::audit::source

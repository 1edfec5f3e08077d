#include "audit/source/script_trust.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(Ranks, that_an_address_in_the_source_gives_are_told) {
  EXPECT_TRUE(
      said(lines_of("src/signup.js",
                    "const user = await User.create({ email, isAdmin: email.endsWith('@firm.test') });\n", "AZ-003"),
           "AZ-003:1"));
  EXPECT_TRUE(said(
      lines_of("src/guard.js",
               "module.exports = (req, res, next) => {\n  if (req.user.email === 'boss@firm.test') return next();\n"
               "  res.sendStatus(403);\n};\n// admin\nconst admin = 1;\n",
               "AZ-003"),
      "AZ-003:2"));
  EXPECT_TRUE(
      lines_of("src/signup.js", "const user = await User.create({ email, isAdmin: false });\n", "AZ-003").empty());
}

TEST(Ranks, that_whoever_comes_first_is_given_are_told) {
  const auto sign_up = [](std::string_view role) {
    return "export const signup = async (req, res) => {\n  const count = await User.countDocuments();\n"
           "  await User.create({ email: req.body.email, role: " +
           std::string(role) + " });\n};\n";
  };
  EXPECT_TRUE(said(lines_of("src/auth.js", sign_up("count === 0 ? 'admin' : 'user'"), "AZ-003"), "AZ-003:3"));
  EXPECT_FALSE(said(lines_of("src/auth.js", sign_up("'user'"), "AZ-003"), "AZ-003"));
}

TEST(Gates, that_believe_the_request_are_told) {
  const auto gate = [](std::string_view role) {
    return "const only = (req, res, next) => {\n  const role = " + std::string(role) +
           ";\n  if (role !== 'admin') return res.status(403).end();\n  next();\n};\n";
  };
  EXPECT_TRUE(said(lines_of("src/gate.js", gate("req.body.role"), "AZ-002"), "AZ-002:3"));
  EXPECT_FALSE(said(lines_of("src/gate.js", gate("req.user.role"), "AZ-002"), "AZ-002"));
}

TEST(Gates, that_ask_an_account_the_client_names_are_told) {
  EXPECT_TRUE(
      said(lines_of("src/gate.js",
                    "const boss = async (req, res, next) => {\n  const user = await User.findById(req.body.adminId);\n"
                    "  if (!user || user.role !== 'admin') return res.status(403).end();\n  next();\n};\n",
                    "AZ-002"),
           "AZ-002:2"));
}

TEST(Inputs, of_sign_ups_that_name_rights_are_told) {
  const auto shape = [](std::string_view role) {
    return "import { z } from 'zod';\nexport const registerSchema = z.object({ email: z.string(), role: " +
           std::string(role) + " });\n";
  };
  EXPECT_TRUE(said(lines_of("src/auth.ts", shape("z.enum(['user', 'admin'])"), "AZ-007"), "AZ-007:2"));
  EXPECT_FALSE(said(lines_of("src/auth.ts", shape("z.enum(['buyer', 'guest'])"), "AZ-007"), "AZ-007"));
}

TEST(Inputs, of_nest_are_followed_to_the_class_they_take_fields_from) {
  const std::pair<std::string, std::string> base{
      "src/dto/create-user.dto.ts",
      "import { IsString } from 'class-validator';\nexport class CreateUserDto {\n  @IsString() email: string;\n"
      "  @IsString() role: string;\n}\nexport class UpdateUserDto extends PartialType(CreateUserDto) {}\n"};
  const auto controller = [](std::string_view guard) {
    return "import { Controller, Patch, Body } from '@nestjs/common';\n@Controller('users')\nexport class "
           "UsersController {\n"
           "  @Patch('me')\n  " +
           std::string(guard) + "\n  update(@Body() dto: UpdateUserDto) { return this.users.update(dto); }\n}\n";
  };
  EXPECT_TRUE(
      said(audited({base, {"src/users.controller.ts", controller("@UseGuards(JwtGuard)")}}, "AZ-007"), "AZ-007:4"));
  EXPECT_FALSE(
      said(audited({base, {"src/users.controller.ts", controller("@UseGuards(AdminGuard)")}}, "AZ-007"), "AZ-007"));
}

TEST(BrowserRows, whose_owner_the_browser_asks_for_are_told_where_no_policy_is_in_sight) {
  const std::string hook =
      "import { supabase } from './client';\nimport { useState } from 'react';\nexport function useRows(user) {\n"
      "  const [x] = useState(0);\n  const drop = async (row) => {\n    if (row.owner_id !== user.id) throw new "
      "Error('not yours');\n"
      "    await supabase.from('rides').delete().eq('id', row.key);\n  };\n  return drop;\n}\n";
  EXPECT_TRUE(said(audited({{"src/rows.ts", hook}}, "AZ-001"), "AZ-001:7"));
  EXPECT_FALSE(said(
      audited({{"src/rows.ts", hook},
               {"supabase/migrations/1.sql", "create policy p on rides for delete using (owner_id = auth.uid());\n"}},
              "AZ-001"),
      "AZ-001"));
}

TEST(Ranks, that_a_name_of_ones_own_gives_are_told) {
  EXPECT_TRUE(said(lines_of("src/guard.js",
                            "module.exports = (req, res, next) => {\n"
                            "  if (req.user.displayName.toLowerCase() !== 'admin') return res.sendStatus(403);\n"
                            "  next();\n};\n",
                            "AZ-003"),
                   "AZ-003:2"));
  EXPECT_TRUE(said(lines_of("club/access.py",
                            "def board(f):\n    def w(*a):\n        m = member()\n"
                            "        if 'admin' not in m.display_name.lower():\n            abort(403)\n"
                            "        return f(*a)\n    return w\n",
                            "AZ-003"),
                   "AZ-003:4"));
  EXPECT_FALSE(said(lines_of("club/access.py",
                             "def board(f):\n    def w(*a):\n        m = member()\n        if m.office != 'board':\n"
                             "            abort(403)\n        return f(*a)\n    return w\n",
                             "AZ-003"),
                    "AZ-003"));
}

TEST(Ranks, that_every_person_has_as_an_attribute_are_told) {
  const auto view = [](const std::string& asked) {
    return lines_of("shop/views.py", "def post(self, request):\n    if " + asked + ":\n        return make_admin()\n",
                    "AZ-003");
  };
  EXPECT_TRUE(said(view("hasattr(request.user, 'is_admin')"), "AZ-003:2"));
  EXPECT_TRUE(view("hasattr(request.user, 'is_admin') and request.user.is_admin").empty());
}

TEST(Gates, that_believe_a_name_the_body_was_given_are_told) {
  EXPECT_TRUE(
      said(lines_of("app.py",
                    "@app.delete('/members/<int:mid>')\ndef remove(mid):\n    who = claims()\n"
                    "    data = request.get_json(silent=True) or {}\n"
                    "    if not data.get('isAdmin') and who['uid'] != mid:\n        abort(403)\n    drop(mid)\n",
                    "AZ-002"),
           "AZ-002:5"));
}

}  // namespace
}  // namespace gatehouse::audit::source

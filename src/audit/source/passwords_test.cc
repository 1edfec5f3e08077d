#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> found(std::vector<std::pair<std::string, std::string>> files) {
  return source::places_of(std::move(files), "DJ-030");
}

const std::string kPython =
    "@router.post('/register')\n"
    "async def register(request: Request, db: Session = Depends(get_db)):\n"
    "    form = await request.form()\n"
    "    password = form.get('password')\n"
    "    db.add(User(email=form.get('email'), password_hash=get_password_hash(password)))\n";
const std::string kScript =
    "router.post('/register', async (req, res) => {\n"
    "  const { email, password } = req.body;\n"
    "  const hash = await bcrypt.hash(password, 12);\n"
    "  await User.create({ email, hash });\n"
    "  res.sendStatus(201);\n"
    "});\n";

TEST(Passwords, that_nothing_bounds_are_told_where_they_are_taken_in) {
  EXPECT_THAT(found({{"app/auth.py", kPython},
                     {"app/security.py", "def get_password_hash(password):\n    return pwd_context.hash(password)\n"}}),
              ElementsAre("app/auth.py:4"));
  EXPECT_THAT(found({{"app/auth.py", kPython + "    if len(password) > 72:\n        password = password[:72]\n"}}),
              ElementsAre("app/auth.py:4"));
  EXPECT_THAT(found({{"src/routes/auth.js", kScript}}), ElementsAre("src/routes/auth.js:2"));
}

TEST(Passwords, words_that_only_look_like_a_bound_are_none) {
  EXPECT_THAT(found({{"app/auth.py", kPython},
                     {"app/admin.py",
                      "class PersonAdmin(ModelView):\n    hide = [User.hashed_password]\n\n"
                      "class UserAdmin(ModelView, model=User):\n    name = 'people'\n"}}),
              ElementsAre("app/auth.py:4"));
  // A model of Mongoose looks at the hash.
  EXPECT_THAT(found({{"src/routes/auth.js", kScript},
                     {"src/models/user.js",
                      "const s = new Schema({ email: String, password: { type: String, minlength: 8 "
                      "} });\nmodule.exports = model('User', s);\n"}}),
              ElementsAre("src/routes/auth.js:2"));
}

TEST(Passwords, bounded_anywhere_on_the_server_are_fine) {
  EXPECT_THAT(found({{"app/auth.py", kPython},
                     {"app/schemas.py", "class UserCreate(BaseModel):\n    password: str = Field(min_length=8)\n"}}),
              IsEmpty());
  EXPECT_THAT(found({{"app/auth.py", kPython},
                     {"app/schemas.py",
                      "class UserCreate(BaseModel):\n    password: str\n    @field_validator('password')\n"
                      "    def strong(cls, v):\n        assert len(v) > 9\n        return v\n"}}),
              IsEmpty());
  EXPECT_THAT(
      found({{"src/routes/auth.js", kScript},
             {"src/validators.js", "exports.rules = [body('email').isEmail(), body('password').isLength(8)];"}}),
      IsEmpty());
  EXPECT_THAT(
      found({{"src/routes/auth.js", kScript},
             {"src/dto.ts", "export class SignUp {\n  @IsString()\n  @MinLength(8)\n  password: string;\n}\n"}}),
      IsEmpty());
}

TEST(Passwords, are_not_bounded_by_what_stands_beside_them) {
  EXPECT_THAT(
      found({{"src/routes/auth.js",
              "router.post('/register', async (req, res) => {\n  const { email, password } = req.body;\n"
              "  if (!mail.test(email)) return res.sendStatus(400);\n  const user = new User({ email, password });\n"
              "  await user.save();\n  res.json({ admin: isAdmin(user) });\n});\n"}}),
      ElementsAre("src/routes/auth.js:2"));
  EXPECT_THAT(
      found({{"app/auth.py", kPython + "    name = form.get('name')\n    if len(name) < 3:\n        return\n"}}),
      ElementsAre("app/auth.py:4"));
}

TEST(Passwords, are_bounded_by_rules_that_somebody_calls) {
  const std::string rule =
      "def validate_password_strength(password):\n    if len(password) < 8:\n        return False\n    return True\n";
  EXPECT_THAT(found({{"app/auth.py", kPython}, {"app/security.py", rule}}), ElementsAre("app/security.py:1"));
  EXPECT_THAT(
      found({{"app/auth.py", kPython + "    validate_password_strength(password)\n"}, {"app/security.py", rule}}),
      IsEmpty());
  EXPECT_THAT(found({{"app/auth.py", kPython},
                     {"app/security.py", rule},
                     {"app/schemas.py", "password = CharField(validators=[validate_password_strength])\n"}}),
              IsEmpty());
  const std::string strong =
      "export const isStrong = 1;\nexport const validatePassword = (password) => {\n"
      "  return password.length >= 10;\n};\n";
  EXPECT_THAT(found({{"src/routes/auth.js", kScript}, {"src/rules.js", strong}}), ElementsAre("src/rules.js:2"));
  EXPECT_THAT(found({{"src/routes/auth.js", kScript + "const ok = validatePassword(x);\n"}, {"src/rules.js", strong}}),
              IsEmpty());
}

TEST(Passwords, of_six_characters_are_told_where_the_six_stands) {
  const std::string head = "import { z } from 'zod';\nexport const signUp = z.object({\n";
  EXPECT_THAT(
      found({{"src/routes/auth.js", kScript}, {"src/schemas.js", head + "  password: z.string().min(6),\n});\n"}}),
      ElementsAre("src/schemas.js:3"));
  EXPECT_THAT(found({{"src/routes/auth.js", kScript},
                     {"src/schemas.js", head + "  password: z.string().min(12),\n});\n"},
                     {"src/sign_in.js", head + "  password: z.string().min(1),\n});\n"}}),
              IsEmpty());
  EXPECT_THAT(found({{"src/routes/auth.js", kScript},
                     {"src/schemas.js", head + "  password: z.string().min(6).regex(/[0-9]/),\n});\n"}}),
              ElementsAre("src/schemas.js:3"));
}

TEST(Passwords, bounded_by_the_browser_alone_are_not) {
  EXPECT_THAT(
      found(
          {{"server/routes/auth.js", kScript},
           {"client/src/Register.jsx",
            "export const Register = () => {\n  if (password.length < 8) setError('short');\n  document.title = 'x';\n"
            "  return <form/>;\n};\n"}}),
      ElementsAre("server/routes/auth.js:2"));
}

TEST(Passwords, of_a_seed_and_of_a_sign_in_are_no_new_ones) {
  EXPECT_THAT(found({{"prisma/seed.ts", "async function main() { await bcrypt.hash(password, 10); }\n"}}), IsEmpty());
  EXPECT_THAT(
      found({{"src/login.js",
              "async function login(req, res) {\n"
              "  if (!(await bcrypt.compare(req.body.password, user.hash))) return res.sendStatus(401);\n}\n"}}),
      IsEmpty());
}

}  // namespace
}  // namespace gatehouse::audit

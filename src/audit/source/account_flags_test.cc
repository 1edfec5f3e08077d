#include "audit/source/account_flags.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

const std::pair<std::string, std::string> kUser{
    "models/User.js",
    "module.exports = mongoose.model('User', new Schema({ email: String, password: String, isBlocked: Boolean }));\n"};

TEST(AccountFlags, that_nobody_asks_for_shut_nobody_out) {
  EXPECT_TRUE(said(audited({kUser,
                            {"admin.js",
                             "exports.block = async (req, res) => {\n"
                             "  await User.findByIdAndUpdate(req.params.id, { isBlocked: true });\n};\n"}},
                           "AZ"),
                   "AZ-010:2"));
}

TEST(AccountFlags, that_a_guard_asks_for_are_no_finding) {
  EXPECT_FALSE(said(audited({kUser,
                             {"admin.js",
                              "exports.block = async (req, res) => {\n"
                              "  await User.findByIdAndUpdate(req.params.id, { isBlocked: true });\n};\n"},
                             {"guard.js",
                              "exports.open = (req, res, next) => {\n"
                              "  if (req.user.isBlocked) return res.sendStatus(403);\n  next();\n};\n"}},
                            "AZ"),
                    "AZ-010"));
}

TEST(AccountFlags, of_products_say_nothing_of_people) {
  const std::pair<std::string, std::string> models{
      "app/models.py",
      "class User(Base):\n    email = Column(String)\n    is_active = Column(Boolean)\n"
      "class Product(Base):\n    is_active = Column(Boolean)\n"};
  const std::pair<std::string, std::string> shut{"app/admin.py", "def shut(user):\n    user.is_active = False\n"};
  EXPECT_TRUE(said(
      audited({models, shut, {"app/shop.py", "def shown():\n    return [p for p in all() if product.is_active]\n"}},
              "AZ"),
      "AZ-010:2"));
  EXPECT_FALSE(
      said(audited({models, shut, {"app/auth.py", "def ask(user):\n    if not user.is_active:\n        raise No()\n"}},
                   "AZ"),
           "AZ-010"));
}

TEST(AccountFlags, of_an_address_count_where_a_token_was_shown) {
  const std::pair<std::string, std::string> model{"models/account.js",
                                                  "module.exports = (s, T) => s.define('account', { email: T.STRING, "
                                                  "passwordHash: T.STRING, emailVerified: { type: T.BOOLEAN } });\n"};
  EXPECT_TRUE(finds({model,
                     {"verify.js",
                      "async function verify(token) {\n  const a = await load(token);\n"
                      "  a.emailVerified = true;\n  await a.save();\n}\n"}},
                    "AU-012", "Whether an address was confirmed"));
}

TEST(AccountFlags, tell_those_who_are_listed_from_those_who_are_asked) {
  const std::pair<std::string, std::string> set{"a.js", "user.isBlocked = !user.isBlocked;\nawait user.save();\n"};
  EXPECT_TRUE(
      said(audited({kUser, set, {"b.js", "const all = await User.find({ isBlocked: true });\n"}}, "AZ"), "AZ-010"));
  EXPECT_FALSE(said(
      audited({kUser, set, {"b.js", "const u = await User.findOne({ email, isBlocked: false });\n"}}, "AZ"), "AZ-010"));
}

TEST(AccountFlags, have_names_of_many_forms) {
  EXPECT_EQ(flag_key("is_blocked"), "isblocked");
  EXPECT_EQ(flag_key("emailVerified"), "emailverified");
  EXPECT_EQ(flag_key("title"), "");
}

TEST(AccountFlags, are_asked_for_where_people_sign_in) {
  EXPECT_TRUE(
      said(audited({kUser,
                    {"routes/login.js",
                     "router.post('/login', async (req, res) => {\n"
                     "  const user = await User.findOne({ email: req.body.email });\n"
                     "  if (!user || !(await bcrypt.compare(req.body.password, user.password))) return no(res);\n"
                     "  res.json({ token: jwt.sign({ id: user._id }, process.env.JWT_SECRET) });\n});\n"},
                    {"routes/staff.js",
                     "exports.block = async (req, res) => {\n"
                     "  await User.findByIdAndUpdate(req.params.id, { isBlocked: true });\n};\n"}},
                   "AZ"),
           "AZ-010:3"));
}

}  // namespace
}  // namespace gatehouse::audit::source

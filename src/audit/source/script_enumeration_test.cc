// Doors that tell who has an account.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source {
namespace {

using fixture::found;
using fixture::has;

// A sign-in of Express over a promise chain or awaited; `absent` is what it says to an unknown address.
std::vector<std::string> door(const std::string& lookup, const std::string& absent, const std::string& wrong) {
  return found({{"package.json", R"({"dependencies":{"express":"4","bcrypt":"5"}})"},
                {"routes/auth.js", "const bcrypt = require('bcrypt');\nrouter.post('/login', async (req, res) => {\n" +
                                       lookup + "  if (!user) " + absent +
                                       "\n  const same = await bcrypt.compare(req.body.password, user.password);\n"
                                       "  if (!same) " +
                                       wrong + "\n  res.json({ token: make(user) });\n});\n"}});
}

TEST(Enumeration, IsTheDifferenceBetweenTwoAnswers) {
  const std::string find = "  const user = await repo.findByEmail(req.body.email);\n";
  const std::string wrong = "return res.status(401).json({ error: 'These do not match' });";
  EXPECT_TRUE(has(door(find, "return res.status(401).json({ error: 'Nobody by that name' });", wrong),
                  "AU-005:routes/auth.js:4"));
  EXPECT_TRUE(has(door(find, "return res.status(404).json({ error: 'nobody_here' });", wrong), "AU-005"));
  EXPECT_TRUE(has(door("  const [user] = await knex('people').where({ email: req.body.email });\n",
                       "return res.status(404).json({ error: 'Kein Konto gefunden' });", wrong),
                  "AU-005"));
  EXPECT_FALSE(has(door(find, wrong, wrong), "AU-005:routes/auth.js:4 high"));
}

TEST(Enumeration, IsTheTimeThatAKnownAddressCosts) {
  const std::string find = "  const user = await repo.findByEmail(req.body.email);\n";
  const std::string wrong = "return res.status(401).json({ error: 'These do not match' });";
  EXPECT_TRUE(has(door(find, wrong, wrong), "AU-005"));
  EXPECT_FALSE(has(door(find, "await bcrypt.compare('x', dummyHash);", wrong), "AU-005"));
}

TEST(Enumeration, OfASignUpAndOfADoorThatOnlyChecks) {
  const auto sign_up = [](const std::string& inner) {
    return found({{"src/sign-up.ts", "export async function signUp(email: string, password: string) {\n" + inner +
                                         "  return accounts.save({ email, hash: await hash(password) });\n}\n"}});
  };
  const std::string find = "  const known = await accounts.findByEmail(email);\n";
  EXPECT_TRUE(has(sign_up(find + "  if (known) throw new Conflict('This address is in the house');\n"), "AU-005"));
  EXPECT_FALSE(has(sign_up(find + "  if (known) return { message: 'A mail has been sent' };\n"), "AU-005"));
  const auto check = [](const std::string& said) {
    return found({{"src/check.js",
                   "async function checkEmail(req, res) {\n  const row = await User.findOne({ email: "
                   "req.query.email });\n  res.json({ " +
                       said + " });\n}\n"}});
  };
  EXPECT_TRUE(has(check("available: !row"), "AU-005"));
  EXPECT_FALSE(has(check("ok: true"), "AU-005"));
}

}  // namespace
}  // namespace gatehouse::audit::source

#include "audit/source/believed_addresses.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool firebase(const std::string& steps) {
  return finds({{"package.json", R"({"dependencies":{"next":"15.5.9","firebase-admin":"13.0.0"}})"},
                {"lib/auth.ts",
                 "import { getAuth } from 'firebase-admin/auth';\nexport async function signIn(token) {\n"
                 "  const claims = await getAuth().verifyIdToken(token);\n" +
                     steps + "}\n"}},
               "OAU-003", "never have verified");
}

TEST(BelievedAddresses, OfAProvidersToken) {
  EXPECT_TRUE(firebase("  return prisma.user.upsert({ where: { email: claims.email }, update: {}, create: {} });\n"));
  EXPECT_TRUE(firebase("  const { email } = claims;\n  return prisma.user.findUnique({ where: { email } });\n"));
  EXPECT_FALSE(
      firebase("  if (!claims.email_verified) throw new Error('no');\n"
               "  return prisma.user.findUnique({ where: { email: claims.email } });\n"));
  EXPECT_FALSE(firebase("  return prisma.user.findUnique({ where: { uid: claims.uid } });\n"));
}

TEST(BelievedAddresses, OfAProvidersTokenInPython) {
  EXPECT_TRUE(
      finds({{"requirements.txt", "fastapi==0.115.5\nfirebase-admin==6.6.0\n"},
             {"app/auth.py",
              "from firebase_admin import auth\ndef caller(token, db):\n    claims = auth.verify_id_token(token)\n"
              "    email = claims.get('email')\n    return db.query(User).filter_by(email=email).first()\n"}},
            "OAU-003", "never have verified"));
}

bool either(const std::string& bound) {
  return finds(
      {{"requirements.txt", "fastapi==0.115.5\nsqlalchemy==2.0.36\n"},
       {"app/schemas.py", "class Register(BaseModel):\n    username: str" + bound + "\n    email: EmailStr\n"},
       {"app/users.py",
        "def register(data, db):\n    db.add(User(username=data.username, email=data.email))\n\n"
        "def find(identifier, db):\n"
        "    return db.query(User).filter((User.email == identifier) | (User.username == identifier)).first()\n"}},
      "AU-013", "A user name may be");
}

TEST(BelievedAddresses, OfANameThatIsOne) {
  EXPECT_TRUE(either(""));
  EXPECT_FALSE(either(" = Field(pattern='^[a-z]+$')"));
  // Two values are held against two columns: that is the sign-up, which looks for both.
  EXPECT_FALSE(finds({{"package.json", R"({"dependencies":{"express":"4.21.2","mongoose":"8.8.1"}})"},
                      {"auth.js",
                       "exports.register = async (req, res) => {\n  const { email, username } = req.body;\n"
                       "  const old = await User.findOne({ $or: [{ email }, { username }] });\n};\n"}},
                     "AU-013", "A user name may be"));
  EXPECT_TRUE(
      finds({{"package.json", R"({"dependencies":{"express":"4.21.2","mongoose":"8.8.1"}})"},
             {"auth.js",
              "exports.register = async (req, res) => {};\nexports.login = async (req, res) => {\n"
              "  const { identifier } = req.body;\n"
              "  const user = await User.findOne({ $or: [{ email: identifier }, { username: identifier }] });\n};\n"}},
            "AU-013", "A user name may be"));
}

}  // namespace
}  // namespace gatehouse::audit::source

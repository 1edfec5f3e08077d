#include "audit/source/members_of_nothing.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool python(std::string_view branch) {
  return finds({{"app/auth.py", "def sign_in(address, password):\n    user = find(address)\n" + std::string(branch)}},
               "RUN-001", "found missing");
}

bool script(std::string_view branch) {
  return finds({{"auth.js", "exports.signIn = async (req, res) => {\n  let user = await find(req.body.email);\n" +
                                std::string(branch) + "};\n"}},
               "RUN-001", "found missing");
}

TEST(MembersOfNothing, AreAskedForInTheBranchThatFoundItMissing) {
  EXPECT_TRUE(python("    if not user:\n        write(user.id, 'wrong')\n        return None\n"));
  EXPECT_TRUE(python("    if user is None:\n        raise Gone(user.name)\n"));
  EXPECT_TRUE(script("  if (!user) return res.status(404).json({ id: user.id });\n"));
  EXPECT_TRUE(script("  if (user === null) {\n    log(user.email);\n  }\n"));
}

TEST(MembersOfNothing, AreThereAgainOrWereNeverMissing) {
  EXPECT_FALSE(python("    if not user:\n        user = make(address)\n        send(user.id)\n"));
  EXPECT_FALSE(python("    if not user:\n        user.insert(0, 'nobody')\n"));
  EXPECT_FALSE(python("    if user is not None:\n        send(user.id)\n"));
  EXPECT_FALSE(python("    if not user.active:\n        send(user.id)\n"));
  EXPECT_FALSE(script("  if (!user) {\n    user = await make(req.body.email);\n    res.json(user.id);\n  }\n"));
  EXPECT_FALSE(script("  if (!user) return res.json({ id: user?.id });\n"));
  EXPECT_FALSE(script("  if (user) res.json(user.id);\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source

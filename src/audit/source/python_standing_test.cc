// Tokens of accounts that were closed.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

TEST(PythonStanding, AClosedAccountIsAskedForBehindItsToken) {
  const auto tree = [](const std::string& sign_in, const std::string& guard) {
    return audited({{"deps.py",
                     "import jwt\nfrom fastapi import Depends, Header\n\n"
                     "def get_current_user(authorization=Header(), db=Depends(get_db)):\n"
                     "    claims = jwt.decode(authorization, KEY, algorithms=['HS256'])\n" +
                         guard},
                    {"api.py",
                     "from fastapi import APIRouter, Depends\n\nrouter = APIRouter()\n\n"
                     "@router.post('/login')\ndef login(body: Login, db=Depends(get_db)):\n"
                     "    user = find(db, body)\n" +
                         sign_in +
                         "    return token(user)\n\n@router.get('/me')\n"
                         "def me(user=Depends(get_current_user)):\n    return user\n"}});
  };
  const std::string asked = "    if not user.is_active: raise Closed()\n";
  EXPECT_TRUE(said(tree(asked, "    return claims['sub']\n"), "JWT-009:4"));
  EXPECT_FALSE(said(tree(asked, "    return db.get(User, claims['sub'])\n"), "JWT-009:4"));
  EXPECT_FALSE(said(tree("", "    return claims['sub']\n"), "JWT-009:4"));
}

}  // namespace
}  // namespace gatehouse::audit::source

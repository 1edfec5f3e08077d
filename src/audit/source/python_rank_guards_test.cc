#include "audit/source/python_rank_guards.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"
#include "audit/source/python_app.h"

namespace gatehouse::audit::source {
namespace {

std::string shop(const std::string& before) {
  return "class Product(Base):\n    id = Column(Integer, primary_key=True)\n    price = Column(Integer)\n"
         "def current_user(token: str = Depends(scheme)):\n    user = load(token)\n    if user is None:\n"
         "        raise HTTPException(401)\n    return user\n"
         "def require(*roles):\n    def check(user=Depends(current_user)):\n        if user.role not in roles:\n"
         "            raise HTTPException(403)\n        return user\n    return check\n"
         "@app.post('/products')\ndef add(body: ProductIn, _=Depends(require('clerk'))):\n"
         "    db.add(Product(**body.model_dump()))\n    db.commit()\n"
         "@app.put('/products/{pid}')\ndef change(pid: int, body: ProductIn, user=" +
         before + "):\n    db.query(Product).filter(Product.id == pid).update(body.model_dump())\n    db.commit()\n";
}

TEST(RankGuards, what_staff_keeps_is_not_changed_by_every_account) {
  EXPECT_TRUE(fastapi(shop("Depends(current_user)"), "AZ-008"));
  EXPECT_FALSE(fastapi(shop("Depends(require('clerk'))"), "AZ-008"));
}

TEST(RankGuards, of_the_projects_own_are_known_by_what_they_refuse) {
  const auto club = [](const std::string& question) {
    return Texts{
        {"club/access.py",
         "from functools import wraps\nfrom flask import abort, g, session\n"
         "def kassenwart(f):\n    @wraps(f)\n    def w(*a, **k):\n"
         "        m = Mitglied.query.get(session['user_id'])\n        if " +
             question + ":\n            abort(403)\n        g.m = m\n        return f(*a, **k)\n    return w\n"},
        {"club/views.py",
         "from flask import Blueprint\nfrom .access import kassenwart\nbp = Blueprint('club', __name__)\n"
         "@bp.get('/mitglieder/<int:mid>')\n@login_required\n@kassenwart\ndef zeige(mid):\n"
         "    return jsonify(Mitglied.query.get(mid).to_dict())\n"}};
  };
  EXPECT_FALSE(finds(club("m.amt != 'kasse'"), "AZ-001"));
  EXPECT_TRUE(finds(club("m is None"), "AZ-001"));
}

}  // namespace
}  // namespace gatehouse::audit::source

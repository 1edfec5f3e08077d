// Ranks inside a team: who may give which, and who may put out whom. Each with its sound twin.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

const std::string kRoles =
    "import enum\nclass Role(str, enum.Enum):\n    MEMBER = 'member'\n    MANAGER = 'manager'\n    ADMIN = 'admin'\n"
    "    OWNER = 'owner'\n";

std::vector<std::string> team(const std::string& code, const std::string& type = "str") {
  return found(
      {{"app/models.py", kRoles},
       {"app/schemas.py", "from pydantic import BaseModel\nclass RoleIn(BaseModel):\n    role: " + type + "\n"},
       {"app/main.py",
        "from fastapi import FastAPI, Depends, HTTPException\nfrom .models import Role\n"
        "from .schemas import RoleIn\napp = FastAPI()\n" +
            code}});
}

std::string change(const std::string& guard, const std::string& more = "") {
  return "@app.patch('/teams/{team_id}/members/{member_id}')\n"
         "def change(team_id: int, member_id: int, body: RoleIn, db=Depends(get_db), user=Depends(get_current_user)):\n"
         "    me = membership(db, team_id, user)\n" +
         guard + "    target = db.query(Member).filter_by(team_id=team_id, id=member_id).first()\n" + more +
         "    target.role = body.role\n    db.commit()\n";
}

const std::string kManagers = "    if me.role not in (Role.MANAGER, Role.ADMIN):\n        raise HTTPException(403)\n";

TEST(PythonRanks, AManagerMakesNoAdministrator) {
  EXPECT_TRUE(has(team(change(kManagers)), "AZ-007:app/main.py:11"));
  EXPECT_FALSE(has(team(change("    if me.role != Role.OWNER:\n        raise HTTPException(403)\n")), "AZ-007"));
  EXPECT_FALSE(
      has(team(change(kManagers, "    if rank(body.role) >= rank(me.role):\n        raise HTTPException(403)\n")),
          "AZ-007:app/main.py"));
  EXPECT_FALSE(has(team(change(kManagers), "Literal['member', 'viewer']"), "AZ-007:app/main.py:11"));
}

TEST(PythonRanks, AnAdministratorAmongUsersIsTheHighestThereIs) {
  EXPECT_FALSE(has(found({{"app/main.py",
                           "from fastapi import FastAPI, Depends, HTTPException\napp = FastAPI()\n"
                           "@app.patch('/users/{user_id}')\n"
                           "def change(user_id: int, role: str, db=Depends(get_db), me=Depends(get_current_user)):\n"
                           "    if me.role != 'admin':\n        raise HTTPException(403)\n"
                           "    user = db.get(User, user_id)\n    user.role = role\n    db.commit()\n"}}),
                   "AZ-007"));
}

TEST(PythonRanks, TheOwnerIsNotRemovedByThoseBelow) {
  const auto remove = [](const std::string& more) {
    return team(
        "@app.delete('/teams/{team_id}/members/{member_id}')\n"
        "def remove_member(team_id: int, member_id: int, db=Depends(get_db), user=Depends(get_current_user)):\n"
        "    me = membership(db, team_id, user)\n"
        "    if me.role not in ('admin', 'owner'):\n        raise HTTPException(403)\n"
        "    target = db.query(Member).filter_by(team_id=team_id, id=member_id).first()\n" +
        more + "    db.delete(target)\n    db.commit()\n");
  };
  EXPECT_TRUE(has(remove(""), "AZ-008:app/main.py:5"));
  EXPECT_FALSE(has(remove("    if target.role == 'owner':\n        raise HTTPException(409)\n"), "AZ-008"));
}

TEST(PythonRanks, DjangoViewsAreReadAsWell) {
  const auto view = [](const std::string& ranks) {
    return found({{"team/models.py", kRoles},
                  {"team/views.py",
                   "from rest_framework.views import APIView\nfrom rest_framework.response import Response\n"
                   "class MemberRole(APIView):\n    def post(self, request, team_id):\n"
                   "        me = Membership.objects.get(team_id=team_id, user=request.user)\n"
                   "        if me.role not in (" +
                       ranks +
                       "):\n            return Response(status=403)\n"
                       "        target = Membership.objects.get(team_id=team_id, user_id=request.data['user_id'])\n"
                       "        target.role = request.data['role']\n        target.save()\n"
                       "        return Response({'ok': True})\n"}});
  };
  EXPECT_TRUE(has(view("'manager', 'owner'"), "AZ-007:team/views.py:9"));
  EXPECT_FALSE(has(view("'owner',"), "AZ-007"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture

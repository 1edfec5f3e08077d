// Routes that are made by calls, and lists of people that everybody sees.
#include <gtest/gtest.h>

#include "audit/source/fixture.h"

namespace gatehouse::audit::source::fixture {
namespace {

std::vector<std::string> list(const std::string& path, const std::string& parameters, const std::string& query) {
  return found({{"app/models.py",
                 "from sqlalchemy import Column\nclass User(Base):\n    __tablename__ = 'users'\n"
                 "    email = Column(String)\n"},
                {"app/main.py",
                 "from fastapi import FastAPI, Depends\nfrom .models import User\napp = FastAPI()\n"
                 "@app.get('" +
                     path + "')\ndef show(" + parameters + ", db=Depends(get_db)):\n    rows = db.query(User)" + query +
                     "\n    return [{'email': u.email} for u in rows]\n"}});
}

TEST(PythonDirectories, AreNotForEverybody) {
  EXPECT_TRUE(has(list("/users", "user=Depends(get_current_user)", ".all()"), "AZ-008:app/main.py:4"));
  EXPECT_FALSE(has(list("/users", "user=Depends(require_admin)", ".all()"), "AZ-008"));
  EXPECT_FALSE(
      has(list("/users", "user=Depends(get_current_user)", ".filter(User.doctor_id == user.id).all()"), "AZ-008"));
  EXPECT_FALSE(has(list("/users/me", "user=Depends(get_current_user)", ".all()"), "AZ-008"));
}

std::vector<std::string> notes(const std::string& guard) {
  return found({{"server.py",
                 "from aiohttp import web\nimport jwt\nroutes = web.RouteTableDef()\n"
                 "async def require_user(request):\n"
                 "    return jwt.decode(request.headers['Authorization'], SECRET, algorithms=['HS256'])\n"
                 "@routes.get('/notes')\nasync def notes(request):\n    user = await require_user(request)\n"
                 "    return web.json_response(await mine(user))\n"
                 "async def remove_note(request):\n" +
                     guard +
                     "    await db.execute('delete from notes where id = $1', request.match_info['id'])\n"
                     "    return web.json_response({})\n"
                     "app = web.Application()\napp.add_routes(routes)\n"
                     "app.router.add_delete('/notes/{id}', remove_note)\n"}});
}

TEST(PythonRoutesByCall, OfAiohttpAskWhoIsCalling) {
  EXPECT_TRUE(has(notes(""), "FA-003"));
  EXPECT_FALSE(has(notes("    user = await require_user(request)\n"), "FA-003"));
}

TEST(PythonRoutesByCall, OfAiohttpAskWhoseItIs) {
  EXPECT_TRUE(has(notes("    user = await require_user(request)\n"), "AZ-001"));
  EXPECT_FALSE(
      has(notes("    user = await require_user(request)\n    await check_owner(user, request.match_info['id'])\n"),
          "AZ-001"));
}

TEST(PythonRoutesByCall, ServeNoFileTheClientNames) {
  const auto serve = [](const std::string& made) {
    return found({{"server.py",
                   "from aiohttp import web\nimport os\nasync def files(request):\n"
                   "    name = request.match_info['name']\n    return web.FileResponse(" +
                       made + ")\napp = web.Application()\napp.add_routes([web.get('/f/{name}', files)])\n"}});
  };
  EXPECT_TRUE(has(serve("'./files/' + name"), "FA-018:server.py:5"));
  EXPECT_FALSE(has(serve("'./files/' + os.path.basename(name)"), "FA-018"));
}

}  // namespace
}  // namespace gatehouse::audit::source::fixture

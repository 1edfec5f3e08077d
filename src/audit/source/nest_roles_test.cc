// A rank beside a route says nothing until a guard reads it.
#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool unread(const std::string& guards, const std::string& guard = {}) {
  return finds({{"src/users.controller.ts",
                 "import { Controller, Get, UseGuards } from '@nestjs/common';\n@UseGuards(" + guards +
                     ")\n@Controller('users')\nexport class UsersController {\n  @Roles('admin')\n  @Get()\n  all() { "
                     "return this.users.all(); }\n}\n"},
                {"src/guard.ts", guard}},
               "AZ-008", "no guard reads it");
}

TEST(NestRoles, AreReadByAGuard) {
  EXPECT_TRUE(unread("JwtAuthGuard"));
  EXPECT_FALSE(unread("JwtAuthGuard, RolesGuard"));
  EXPECT_FALSE(unread("DoorGuard",
                      "export class DoorGuard {\n  constructor(private reflector: Reflector) {}\n  canActivate(c) { "
                      "return this.reflector.get('roles', c.getHandler()).includes(c.user.role); }\n}\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source

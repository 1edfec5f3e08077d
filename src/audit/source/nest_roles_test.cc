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

// Below guards over every controller; `more` stands in a file of its own.
bool unread_below(const std::string& providers, const std::string& rank = "Roles", const std::string& more = {}) {
  return finds(
      {{"src/app.module.ts",
        "import { Module } from '@nestjs/common';\nimport { APP_GUARD } from '@nestjs/core';\n@Module({ providers: [" +
            providers + "] })\nexport class AppModule {}\n"},
       {"src/auth.guard.ts",
        "export class AuthGuard implements CanActivate {\n  constructor(private reflector: Reflector) {}\n"
        "  canActivate(c) {\n    if (this.reflector.getAllAndOverride(IS_PUBLIC_KEY, [c.getHandler()])) return true;\n"
        "    return verify(c.switchToHttp().getRequest());\n  }\n}\n"},
       {"src/ranks.guard.ts",
        "export class RanksGuard implements CanActivate {\n  constructor(private reflector: Reflector) {}\n"
        "  canActivate(c) { return this.reflector.get(ROLES_KEY, c.getHandler()).includes(who(c).role); }\n}\n"},
       {"src/more.ts", more},
       {"src/users.controller.ts",
        "import { Controller, Get } from '@nestjs/common';\n@Controller('users')\nexport class UsersController {\n  @" +
            rank + "('admin')\n  @Get()\n  all() { return this.users.all(); }\n}\n"}},
      "AZ-008", "the guards over all of them read none");
}

TEST(NestRoles, AreNotReadByAGuardThatOnlyLooksForPublicRoutes) {
  const std::string auth = "{ provide: APP_GUARD, useClass: AuthGuard }";
  EXPECT_TRUE(unread_below(auth));
  EXPECT_TRUE(unread_below(auth + ", { provide: APP_GUARD, useClass: ThrottlerGuard }"));
  EXPECT_TRUE(unread_below(auth + "\n// { provide: APP_GUARD, useClass: RanksGuard }\n"));
  EXPECT_TRUE(unread_below(auth, "ApiBearerAuth()\n  @Roles"));  // a word of the documentation
  EXPECT_FALSE(unread_below(auth + ", { provide: APP_GUARD, useClass: RanksGuard }"));
  EXPECT_FALSE(unread_below("{ provide: APP_GUARD, useFactory: (r) => new RanksGuard(r) }"));
  EXPECT_FALSE(unread_below(auth + ", { provide: APP_GUARD, useClass: SomebodyElsesGuard }"));
}

TEST(NestRoles, AreReadWhereTheirDecoratorBringsTheGuard) {
  const std::string auth = "{ provide: APP_GUARD, useClass: AuthGuard }";
  EXPECT_TRUE(unread_below(auth, "RequireRoles"));
  EXPECT_FALSE(unread_below(auth, "RequireRoles",
                            "export function RequireRoles(...roles) {\n  return applyDecorators(SetMetadata('roles', "
                            "roles), UseGuards(DoorGuard));\n}\n"));
}

}  // namespace
}  // namespace gatehouse::audit::source

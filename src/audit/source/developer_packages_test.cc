#include "audit/source/developer_packages.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool told(std::string_view packages, std::string_view code) {
  return finds({{"package.json", "{\"name\":\"a\"," + std::string(packages) + "}"}, {"src/db.ts", std::string(code)}},
               "RUN-004", "for developers only");
}

constexpr std::string_view kClient =
    "import { PrismaClient } from '@prisma/client';\nexport const db = new PrismaClient();\n";

TEST(DeveloperPackages, AreMissingInProduction) {
  EXPECT_TRUE(told(R"("dependencies":{"express":"5.1.0"},"devDependencies":{"@prisma/client":"6.1.0"})", kClient));
  EXPECT_FALSE(told(R"("dependencies":{"express":"5.1.0","@prisma/client":"6.1.0"})", kClient));
  // A type alone, a bundle, and nothing that serves.
  EXPECT_FALSE(told(R"("dependencies":{"express":"5.1.0"},"devDependencies":{"@prisma/client":"6.1.0"})",
                    "import { User } from '@prisma/client';\nexport const of = (u: User) => u.id;\n"));
  EXPECT_FALSE(
      told(R"("dependencies":{"express":"5.1.0"},"devDependencies":{"@prisma/client":"6.1.0","esbuild":"0.24.0"})",
           kClient));
  EXPECT_FALSE(told(R"("dependencies":{"react":"19.1.2"},"devDependencies":{"@prisma/client":"6.1.0"})", kClient));
}

}  // namespace
}  // namespace gatehouse::audit::source

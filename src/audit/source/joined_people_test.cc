#include "audit/source/joined_people.h"

#include <gtest/gtest.h>

#include "audit/source/audited.h"

namespace gatehouse::audit::source {
namespace {

bool told(const std::string& include) {
  return finds({{"package.json", R"({"dependencies":{"express":"5.1.0","@prisma/client":"6.1.0"}})"},
                {"prisma/schema.prisma",
                 "model Account {\n  id String @id\n  email String @unique\n  password String\n  trips Trip[]\n}\n"
                 "model Trip {\n  id String @id\n  to String\n  accountId String\n"
                 "  account Account @relation(fields: [accountId], references: [id])\n}\n"},
                {"src/trips.js",
                 "const prisma = require('./db');\nexports.list = async (req, res) => {\n"
                 "  const trips = await prisma.trip.findMany({ take: 20, include: { account: " +
                     include + " } });\n  res.json(trips);\n};\n"}},
               "FA-005");
}

TEST(JoinedPeople, ComeWithTheirPasswords) {
  EXPECT_TRUE(told("true"));
  EXPECT_FALSE(told("{ select: { id: true } }"));
}

}  // namespace
}  // namespace gatehouse::audit::source

// Whole records of people that a query joins to something else: include: { author: true }, populate("owner"),
// relations: ["booking.renter"].
#pragma once

#include <optional>
#include <string>

#include "audit/source/data.h"
#include "audit/source/schema.h"

namespace gatehouse::audit::source {

struct JoinedPerson {
  syntax::Node at;
  std::string relation;  // the first step to it, as the row names it
};

// The first one with a password or a token in it; nothing when every join names its columns. Prisma, Drizzle,
// Mongoose, TypeORM and Sequelize, to any depth.
std::optional<JoinedPerson> joined_person(const File& file, const Schema& schema, const Touch& touch);

}  // namespace gatehouse::audit::source

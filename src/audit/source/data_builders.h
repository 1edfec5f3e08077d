// Records that a query builder names by a string: Kysely and Knex; and chains of TypeORM. Part of data.h's reading.
#pragma once

#include <optional>
#include <string>

#include "audit/source/data.h"

namespace gatehouse::audit::source {

// db.updateTable("plans").set(…).where("id", "=", id)
std::optional<Touch> built_query(const syntax::Call& c);
// What becomes of repository.createQueryBuilder("stay") of TypeORM: …where("stay.id = :id", { id }).getOne()
void settle_builder(Touch& touch);
// The table of knex("notes").where("id", id).first(); what .where() says is added to `conditions` when it is `chained`.
std::optional<std::string> table_of_knex(const syntax::Call& c, bool chained, std::string& conditions);

}  // namespace gatehouse::audit::source

// What a piece of JavaScript does to the records that are kept: Prisma, Mongoose, TypeORM, Sequelize, Drizzle, Knex,
// Supabase, MongoDB's own driver, Firestore, and SQL in text.
#pragma once

#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// The record of what is written for any: Model.findById(id) in a helper that is handed the model.
inline constexpr std::string_view kAnyRecord = "*";

struct Touch {
  enum class Kind : unsigned char { one, list, create, change, remove };
  syntax::Node call;   // prisma.order.findFirst(…)
  syntax::Node whole;  // with what is chained to it: db.select().from(orders).where(…)
  std::string record;  // as record_key() says it
  Kind kind = Kind::one;
  bool by_rules = false;  // through Supabase as the caller: its policies decide
  bool mighty = false;    // … with the key that no policy holds
  // The code that says which records: where, the first argument, .eq(…); without what is written.
  std::string condition;
  bool documents = false;  // of Firestore, where conditions and what is written stand elsewhere
  syntax::Node limit{};    // … the bound of a list
  syntax::Node written{};  // … what is written
};

// In the order of the text.
std::vector<Touch> touches(const File& file, syntax::Node within);

}  // namespace gatehouse::audit::source

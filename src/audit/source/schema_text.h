// What the readers of schemas share: words and brackets of a declaration, and how a record is kept.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "audit/source/schema.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit::source::schema_text {

constexpr int kMostDeclared = 500;  // of one kind in one file

inline bool word(char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; }
std::string_view word_at(std::string_view s, std::size_t at);
// From `at` on, past every character of `any`.
std::size_t skip(std::string_view s, std::size_t at, std::string_view any);
// The text between the bracket at `open` and its partner. Bounds: 12,000 bytes, as a hostile file must not be read
// again and again.
std::string_view block(std::string_view s, std::size_t open);
// The keys of an object at its first level: "name: …, user: { … }" -> name, user. At most 200.
void keys_of(std::string_view object, std::set<std::string>& out);

// The record of this name. A hostile file may declare without end: what is over the bound of 2000 is one record without
// a name.
Record& record(Schema& schema, std::string_view name);
// A column that leads to a record. Settled later, when it is known who is a person: kept as "column>key".
void points(Record& r, std::string_view column, std::string_view target);
// A relation that a query may join by this name: author -> user. At most 200 of one record.
void leads(Record& r, std::string_view relation, std::string_view target);

// status: { enum: ["pending", "approved"] }: kept where one of the words says what somebody else decides. `own`
// declares the record, `all` what it refers to.
void decided_in(std::string_view own, std::string_view all, Record& r);

// TypeORM, MikroORM, Sequelize, Knex; called by read_declared().
void read_orms(std::string_view script, Schema& schema);
// Documents of Firestore, which no schema describes: what is written into them; called by read_declared().
void read_documents(std::string_view script, Schema& schema);

}  // namespace gatehouse::audit::source::schema_text

// What the project keeps, read from its own schemas: which records are people, and which columns say whose a record is.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "audit/check.h"
#include "audit/project.h"

namespace gatehouse::audit::source {

struct Record {
  bool person = false;                       // somebody who signs in, or whose data this is
  std::set<std::string> owners;              // columns that point to a person: "userId", "author_id"
  std::set<std::string> belongs;             // keys of the records it points to
  std::set<std::string> columns;             // as they are written
  std::map<std::string, std::string> leads;  // a relation as it is written -> key of the record it leads to
  bool unique = false;                       // a key over several columns, which no two rows share
  bool hides = false;                        // the password never leaves with the record unless it is asked for
  bool spills = false;                       // … but a code or a token that opens the account does
  std::set<std::string> decided;             // columns whose declared words say what others decide: approved, paid
  bool owned = false;                        // its own columns, or those of what it belongs to, lead to a person
};

struct Schema {
  std::map<std::string, Record, std::less<>> records;  // by record_key
  std::set<std::string, std::less<>> owners;           // every column that points to a person, in lower case
  // A column of this kind: what a client that writes it gains by it.
  static bool rights(std::string_view column);  // role, plan, credits, verified …
  static bool money(std::string_view column);   // total, price, paid …
  const Record* of(std::string_view name) const;
  bool keeps_people() const;
};

// projectId, project_id: the record that the column points to, when it is somebody's own and no person; or nothing.
std::string parent_key(const Schema& schema, std::string_view column);
bool secret_column(const Record& r);  // one of its columns is a password, a token, a code
// One name for "Order", "orders", "orderModel", "OrdersRepository", "order_entity": "order".
std::string record_key(std::string_view name);
// Records that are written to be read by everybody: posts, products, reviews …
bool published(std::string_view key);
// A name of people: users, customers, members …
bool people(std::string_view key);

// Reads Prisma files, SQL, and the Mongoose, Drizzle, Sequelize and TypeORM declarations of scripts. At most 2,000
// files; a tree with more is told as one that was not read to its end.
void read_schema(const Project& project, Schema& schema, Sink& sink);
// The parts of it, for one text.
void read_prisma(std::string_view text, Schema& schema);
void read_tables(std::string_view sql, Schema& schema);
void read_declared(std::string_view script, Schema& schema);
void settle_schema(Schema& schema);  // after the last text

}  // namespace gatehouse::audit::source

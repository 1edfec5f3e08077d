// What the code of pages does to records itself, with no server between: tables of Supabase, collections of Firestore,
// paths of Firebase's other database.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "audit/source/data.h"

namespace gatehouse::audit::source {

struct BrowserTouch {
  syntax::Node call, row;  // row: what is written
  std::string table;       // as it is written, lower case
  Touch::Kind kind = Touch::Kind::one;
  std::string condition;  // which records
};

// In the order of the text.
std::vector<BrowserTouch> browser_touches(const File& file);

// The fields of a row with their values; of rows that are put into it (...order) what this file says of them.
std::vector<std::pair<std::string, syntax::Node>> row_fields(const File& file, syntax::Node row);
// Parameters of the functions around it that the row is, or that are spread into it: its callers name those fields.
std::set<std::string> handed_rows(const File& file, syntax::Node row);
// The functions around a node that other code knows by a name, the innermost first: a hook and what it gives back.
std::vector<std::string> known_as(syntax::Node at);
// The function that a call really calls: useCreateOrder for create.mutate(…) of `const create = useCreateOrder()`.
std::string called_name(const File& file, const syntax::Call& c);

// Written by people who work there: pages and services of the administration.
bool staff_place(std::string_view path_or_name);
// A record of what somebody buys or books.
bool purchase_record(std::string_view table);

}  // namespace gatehouse::audit::source

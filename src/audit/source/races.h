// What is asked first and done afterwards, so that two requests at once both pass: balances, stock, limits, seats,
// hours. Python and scripts alike.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct Races {
  struct Taken {
    std::string record;  // as record_key says it
    Spot asked, made;
  };
  std::vector<Taken> taken;     // "is the hour free?", and then a row for it
  std::set<std::string> alone;  // records that a unique key of the database keeps apart, as Python declares them
};

void read_races(File& file);
// The part of it that is about hours and seats.
void read_places(File& file);
// The hours and seats, once it is known which of them the database itself keeps apart.
void judge_races(const Project& project, Sink& sink);

// row.credits, row["credits"]: the last name; empty for what is no field.
std::string field_of(syntax::Node n);
// The rows are locked, the change carries its own condition, or the store itself repeats what met another.
bool held(const syntax::Code& code);
// Rows for trying out, and steps that run alone.
bool rehearsed(const File& file);

}  // namespace gatehouse::audit::source

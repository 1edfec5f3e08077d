// Shapes that a server holds what is sent against, and that let in what nobody says of himself: DTOs of NestJS, schemas
// of zod and its kin for those who sign up.
#pragma once

#include <map>
#include <set>
#include <string>

#include "audit/source/file.h"
#include "audit/source/script_resolved.h"

namespace gatehouse::audit::source {

struct InputNotes {
  struct Field {
    std::string name;
    Spot at;
  };
  std::map<std::string, Field, std::less<>> rights;         // class -> its first field that gives rights
  std::map<std::string, Field, std::less<>> prices;         // class of an order -> its first field that names a sum
  std::map<std::string, Field, std::less<>> owners;         // class of something new -> its field that says whose it is
  std::map<std::string, std::string, std::less<>> parents;  // class -> what it takes its fields from
  // "path:line" of a function or of a route -> the schemas of zod and its kin that it holds something against
  std::multimap<std::string, std::string, std::less<>> held;
};

// What nobody says of himself: role, credits, isVerified …
bool rights_field(std::string_view key);
void read_inputs(File& file);
// A route that nobody asks for a rank.
void judge_inputs(const Project& project, const ResolvedRoute& route, std::set<std::string>& told, Sink& sink);

}  // namespace gatehouse::audit::source

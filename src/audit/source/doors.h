// The ways into the application, as its source declares them: for a first policy, not for findings.
#pragma once

#include <string>
#include <vector>

#include "audit/project.h"

namespace gatehouse::audit::source {

enum class DoorKind : unsigned char { other, open, sign_in, webhook, costly, admin };

struct Door {
  std::string path;  // with prefixes and mounts, parameters as {name}: "/api/projects/{id}"
  DoorKind kind = DoorKind::other;
  bool writes = false;   // takes more than GET
  bool guarded = false;  // asks who is calling
  proof::Location at;
};

// One way in as it is declared: a method, an address, and the code that answers.
struct Way {
  std::string path;    // as in Door
  std::string method;  // "POST"; empty when it answers several
  bool writes = false, guarded = false, costly = false;
  proof::Location at;       // where it is declared
  proof::Location handler;  // where its code begins and ends; no path when that is not known
};
std::vector<Way> ways_of(const Project& project);

// Sorted by path, each path once. What is built at run time (a route per table row) is not among them.
std::vector<Door> doors_of(const Project& project);

// "/users/:id", "/users/<int:pk>/", "^users/(?P<id>\d+)/$", "/users/[id]" -> "/users/{id}".
std::string door_path(std::string_view declared);

}  // namespace gatehouse::audit::source

// A first gatehouse.toml for a project: what can be closed at the edge, each part with the findings it answers.
#pragma once

#include <string>
#include <vector>

#include "audit/project.h"
#include "audit/source/doors.h"
#include "proof/report.h"

namespace gatehouse::audit {

// What the draft needs to know of the project; taken while the audit has it at hand (AuditOptions::seen).
struct Shape {
  std::string name;
  int backend_port = 8000;  // where the framework usually listens
  bool clerk = false, supabase = false, vite = false, next = false, django = false;
  std::string issuer;  // of the tokens, when an environment file tells it
  std::vector<source::Door> doors;
};
Shape shape_of(const Project& project);

// Text that `gatehouse check` accepts, to be completed by its reader: names of hosts cannot be read from a source tree.
std::string draft_policy(const proof::Report& report, const Shape& shape);

}  // namespace gatehouse::audit

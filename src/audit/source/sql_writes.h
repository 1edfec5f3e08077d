// Statements of SQL in text, of JavaScript and of Python: which value goes into which column.
#pragma once

#include <string>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// db.query("INSERT INTO users (name, role) VALUES (?, $2)", [name, role])
struct Stored {
  std::string record;   // as record_key says it: "user"
  std::string column;   // in lower case
  syntax::Node value;   // none where the statement itself says it
  bool added = false;   // INSERT; otherwise UPDATE
  std::string said;     // SET status = 'paid', SET premium = TRUE: "paid", "true"
  bool raised = false;  // SET credits = credits + ?
};

// Places are ?, $1, %s, :name and %(name)s. Empty for statements whose places cannot be counted.
std::vector<Stored> stored_by(const syntax::Call& call);

}  // namespace gatehouse::audit::source

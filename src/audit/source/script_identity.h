// Who is calling, in odd places: where a middleware writes it into what the client sent (req.body.userId =
// decoded.id), and where a constant stands in for it.
#pragma once

#include <set>
#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct Schema;

// Fields of the body that some middleware of the project overwrites with what it verified.
struct BodyIdentities {
  std::set<std::string, std::less<>> fields;
};

// Looks through the project's middleware, before anything else is read. At most 200 files.
void read_body_identities(const Project& project, BodyIdentities& out);

// Folders of functions that Supabase calls without asking for a token, as supabase/config.toml says.
void read_unverified(const Project& project, std::set<std::string>& out);

// Stops: const userId = "user_demo", left where the caller was to be asked.
void read_fixed_callers(File& file);

// memberId, where a member of the schema is somebody's account: { id, userId, … }
bool stands_for_account(const Schema& schema, std::string_view key);

}  // namespace gatehouse::audit::source

// Lists of people that everybody who has an account is shown, with what they are reached by.
#include "audit/source/python_directories.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool people(std::string_view name) {
  const auto w = words(name);
  return !w.empty() &&
         has_word(w.back(), {"user", "users", "customer", "customers", "client", "clients", "patient", "patients",
                             "student", "students", "employee", "employees", "accounts", "profiles"});
}

// "/users", "/api/customers/": the whole of them, and no single one.
bool whole_list(std::string_view path) {
  while (path.ends_with("/")) path.remove_suffix(1);
  if (path.find_first_of("{<") != std::string_view::npos) return false;
  const std::string_view tail = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  return people(tail) || tail == "all" || tail == "list" || tail.empty();
}

}  // namespace

void read_python_directories(File& file) {
  if (!framework_of(file)) return;
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f) || function_around(f)) continue;
    std::string decorated, path;
    bool gets = false;
    for (const Node d : f.parent().children()) {
      if (!d.is("decorator")) continue;
      const auto call = as_call(d.first());
      const std::string_view m = call ? last(call->name) : std::string_view();
      if (m == "get" || m == "route") {
        path = literal(call->arg(0)).value_or("");
        gets = m == "get" || !call->keyword("methods") || icontains(call->keyword("methods").code(), "get");
      } else {
        decorated += d.code();
      }
    }
    const Code head = f.child("parameters").code(), code = body(f).code();
    const bool signed_in =
        depends_on_guard(file, f.child("parameters"), nullptr) ||
        icontains_any(decorated, {"login_required", "jwt_required", "token_required", "auth_required"}) ||
        guard_in_body(code);
    if (!gets || !signed_in || !whole_list(path)) continue;
    std::string said = decorated + std::string(head) + std::string(code) + path + function_name(f);
    // A client that is named for its key asks nobody.
    for (const std::string_view key : {"admin.table(", "admin.from_(", "supabase_admin", "admin_client"})
      for (std::size_t at = said.find(key); at != std::string::npos; at = said.find(key)) said.erase(at, key.size());
    if (icontains_any(said, {"admin",  "role",   "staff",        "superuser", "permission", "403",        "forbidden",
                             "owner",  "tenant", "organization", "org_id",    "team",       "company",    "manager",
                             "friend", "follow", "search",       "workspace", "is_public",  "leaderboard"}))
      continue;
    const Call* list = nullptr;
    for (const Call* c : file.calls_in(body(f))) {
      const std::string_view m = last(c->name);
      const std::string model = fetched_model(*c);
      const bool all = (m == "all" || m == "scalars" || m == "execute" || m == "fetchall") && people(model);
      const bool mongo = m == "find" && people(c->name.substr(0, c->name.rfind('.')));
      if (all || mongo) list = c;
    }
    if (list == nullptr) continue;
    // Some that are the caller's own: filter(doctor_id=current_user.id)
    bool scoped =
        icontains_any(code, {"current_user.", "request.user", "get_jwt_identity", "session[\"user", "session['user"}) &&
        icontains_any(code, {".filter", ".where", "find({", "!="});
    for (const Node p : f.child("parameters").children())
      scoped = scoped || (depends_on_guard(file, p, nullptr) && has_token(code, parameter_name(p)));
    if (scoped) continue;
    file.hit("AZ-008", f.parent()).title = "Everybody who has an account is shown all the others";
  }
}

}  // namespace gatehouse::audit::source

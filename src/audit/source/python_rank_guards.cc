#include "audit/source/python_rank_guards.h"

#include <algorithm>

#include "audit/source/python_names.h"
#include "audit/source/schema.h"
#include "audit/source/script_staff.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool forbids(const Code& code) {
  return icontains_any(code, {"403", "forbidden", "permissiondenied", "permission_denied", "not allowed",
                              "not authorized", "insufficient", "admins only", "staff only", "notauthorized"});
}

// user.status == "suspended", payload.get("type") != "access": every account that is as it should be passes.
bool about_state(const Code& code) {
  return icontains_any(code, {"status", "state", "type", "active", "banned", "suspended", "verified", "bearer",
                              "scheme", "deleted", "blocked", "locked", "expired", "token", "header", "confirmed"}) &&
         !icontains_any(code, {"role", "admin", "rank", "user_type", "usertype", "account_type", "staff"});
}

// user.role != "owner", m.amt not in ("kasse",), not g.user.is_admin: something that is true of few.
bool about_few(Node condition) {
  for (const Node c : condition.all("comparison_operator"))
    if (!c.all("attribute").empty() || !c.all("subscript").empty() || !c.all("call").empty()) {
      const Code code = c.code();
      if (icontains_any(code, {"none", "_id", ".id ", "owner_id", "password", "email ==", "len("}) || about_state(code))
        continue;
      if (!c.all("string").empty() || icontains_any(code, {" in ", "role", "rank", "level"})) return true;
    }
  if (condition.is("comparison_operator") && !condition.all("attribute").empty() &&
      (!condition.all("string").empty() || icontains_any(condition.code(), {" in ", "role", "rank", "level"})) &&
      !icontains_any(condition.code(), {"none", "_id", ".id ", "password"}) && !about_state(condition.code()))
    return true;
  for (const Node a : condition.all("attribute"))
    if (has_word(a.child("attribute").text(), {"admin", "staff", "superuser", "owner", "moderator", "manager", "editor",
                                               "role", "permissions", "permission"}))
      return true;
  return false;
}

}  // namespace

bool for_ordinary(Node what) {
  const auto call = as_call(unwrap(what));
  if (!call) return false;
  const auto ordinary = [](std::string_view rank) {
    return has_word(rank, {"user",      "users",      "customer",   "client", "member",  "student",  "patient",
                           "buyer",     "seller",     "vendor",     "driver", "guest",   "viewer",   "applicant",
                           "candidate", "freelancer", "subscriber", "tenant", "learner", "passenger"});
  };
  const Node given = call->node.child("arguments");
  for (const Node s : given.all("string"))
    if (ordinary(literal(s).value_or(""))) return true;
  for (const Node a : given.all("attribute"))
    if (has_word(a.child("object").text(), {"role", "roles", "userrole", "rank"}) &&
        ordinary(text::to_lower(a.child("attribute").text())))
      return true;
  return false;
}

void read_rank_guards(const File& file, PythonNotes& notes) {
  if (!forbids(file.code())) return;
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f) || route_function(f)) continue;
    for (const Node branch : f.all("if_statement")) {
      if (!forbids(branch.child("consequence").code()) || !about_few(branch.child("condition"))) continue;
      std::string name = function_name(f);
      if (name == "__call__" || name == "has_permission" || name == "dispatch")
        name = std::string(f.above("class_definition").child("name").text());
      if (!name.empty()) notes.rank_guards.insert(std::move(name));
      break;
    }
  }
}

bool asks_for_rank(const PythonNotes& notes, const std::set<std::string>& before) {
  return std::any_of(before.begin(), before.end(), [&](const std::string& b) { return notes.rank_guards.contains(b); });
}

std::string staff_record(const File& file, Node handler, const std::vector<std::string>& who) {
  const Node b = body(handler);
  const Code code = b.code();
  for (const std::string& w : who)
    if (has_token(code, w)) return {};
  if (icontains_any(code, {"current_user", "g.user", "owner", "tenant", "user_id", "get_jwt_identity", "session[",
                           "session.get", "request.user", "seller", "vendor"}))
    return {};
  bool writes = false;
  std::string record;
  const auto take = [&](std::string_view name) {
    if (record.empty() && kept_by_staff(record_key(last(name)))) record = record_key(last(name));
  };
  for (const Call* c : file.calls_in(b)) {
    const std::string_view f = last(c->name);
    writes = writes || f == "create" || f == "add" || f == "save" || f == "delete" || f == "update" || f == "insert" ||
             f == "commit" || f == "insert_one" || f == "update_one" || f == "delete_one" || f == "replace_one" ||
             f == "upsert" || f == "update_or_create" || f == "bulk_create";
    for (std::string_view rest = c->name; !rest.empty();) {
      take(rest.substr(0, rest.find('.')));
      rest.remove_prefix(std::min(rest.size(), rest.find('.') == rest.npos ? rest.size() : rest.find('.') + 1));
    }
    if (f == "table" || f == "from_" || f == "collection") take(literal(c->arg(0)).value_or(""));
    // execute("INSERT INTO products (…)")
    if (f == "execute" || f == "executemany")
      if (const std::string sql = text::to_lower(text::trim(literal(c->arg(0)).value_or("")));
          sql.starts_with("insert into ") || sql.starts_with("update ") || sql.starts_with("delete from ")) {
        const std::string_view rest = std::string_view(sql).substr(sql.starts_with("update ") ? 7 : 12);
        take(rest.substr(0, rest.find_first_of(" (;")));
        writes = true;
      }
    if (f == "get" || f == "query" || f == "select" || f == "delete" || f == "update" || f == "get_or_404")
      take(dotted(c->arg(0)));
  }
  return writes ? record : std::string();
}

}  // namespace gatehouse::audit::source

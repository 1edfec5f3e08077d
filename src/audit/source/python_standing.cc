// Whether a token of somebody whose account was closed still opens doors.
#include "audit/source/python_standing.h"

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct StandingNotes {
  proof::Location asked;               // a sign-in that turns closed accounts away
  std::set<std::string> dependencies;  // what routes depend on
  std::vector<std::pair<std::string, Spot>> by_token;
  bool signs_rights = false;     // a role is put into a token
  std::optional<Spot> believed;  // and what the token says of it decides
  std::optional<Spot> removed;   // accounts are deleted here
};

bool right_key(std::string_view key) {
  return has_word(key, {"role", "roles", "admin", "superuser", "permissions", "scopes"}) && !has_word(key, {"id"});
}

// A token of a day outlives many a dismissal, one of a quarter of an hour none.
bool lasting(const File& file, const Call& encode) {
  const Node f = function_around(encode.node);
  if (!f || !contains(f.code(), "exp")) return true;
  for (const Call* c : file.calls_in(f))
    if (last(c->name) == "timedelta")
      for (const auto& [unit, value] : c->keywords)
        if (unit == "days" || unit == "hours" || unit == "weeks") return true;
  return false;
}

// claims["role"] != "admin", "admin" not in payload.get("roles")
Node believed_right(Node f) {
  for (const Node c : f.all("comparison_operator"))
    for (const Node part : c.children()) {
      const Node n = unwrap(part);
      std::optional<std::string> key;
      std::string of;
      if (n.is("subscript")) {
        key = literal(n.child("subscript"));
        of = dotted(n.child("value"));
      } else if (const auto call = as_call(n); call && last(call->name) == "get") {
        key = literal(call->arg(0));
        of = call->name.substr(0, call->name.find('.'));
      }
      if (key && right_key(*key) &&
          has_word(of, {"claims", "payload", "token", "user", "current", "data", "decoded", "jwt"}))
        return c;
    }
  return {};
}

bool standing(const Code& code) {
  return icontains_any(code, {"is_active", ".disabled", "is_disabled", "is_banned", "is_blocked", ".banned", ".blocked",
                              "suspended", "deactivated"});
}

// Something below asks for the account the token speaks of.
bool looks_up(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "get" && literal(c->arg(0))) continue;  // payload.get("sub")
    if (m == "get" || m == "query" || m == "execute" || m == "find_one" || m == "filter_by" || m == "filter" ||
        m == "select" || m == "scalar" || m == "scalars" || m == "fetchrow" || m == "fetchval" || m == "first" ||
        m == "eq" || m == "fetchone" || m == "get_or_none")
      return true;
    if (has_word(m, {"get", "find", "load", "fetch", "by", "lookup", "ensure", "check"}) &&
        has_word(m, {"user", "account", "member", "id", "customer", "active", "principal"}))
      return true;
  }
  return false;
}

bool reads_token(const File& file, Node f) {
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "decode" && contains(file.full(c->name), "jwt")) return true;
    if (has_word(m, {"decode", "verify"}) && has_word(m, {"token", "jwt"})) return true;
  }
  return false;
}

}  // namespace

void read_python_standing(File& file) {
  if (file.imports_from("django")) return;
  auto& notes = file.project.notes<StandingNotes>();
  for (const Call& c : file.calls)
    if ((last(c.name) == "Depends" || last(c.name) == "Security") && c.arg(0))
      notes.dependencies.emplace(last(dotted(c.arg(0))));
  for (const Call& c : file.calls)
    if (last(c.name) == "encode" && contains(file.full(c.name), "jwt"))
      for (const auto& [key, value] : members(unwrap(c.arg(0))))
        notes.signs_rights = notes.signs_rights || (right_key(key) && lasting(file, c));
  for (const Node f : file.tree.all("function_definition")) {
    if (!notes.believed)
      if (const Node at = believed_right(f)) notes.believed = Spot{place(file.path, at.line()), file.shown(at)};
    const std::string name = function_name(f);
    if (!notes.removed && has_word(name, {"delete", "remove", "destroy"}) &&
        has_word(name, {"user", "account", "customer", "me", "member"}) && !has_word(name, {"role", "admin", "from"}))
      for (const Call* c : file.calls_in(body(f)))
        if (const std::string_view verb = last(c->name); verb == "delete" || verb == "delete_one" || verb == "execute")
          notes.removed = Spot{place(file.path, c->line()), file.shown(c->node)};
    if (has_word(name, {"login", "signin", "authenticate", "sign"}))
      for (const Node b : f.all("if_statement"))
        if (standing(b.child("condition").code()) && notes.asked.line == 0) notes.asked = place(file.path, b.line());
    if (route_function(f) || !has_word(name, {"current", "user", "auth", "token", "require", "principal", "verify"}) ||
        has_word(name, {"optional", "refresh", "reset", "admin"}))
      continue;
    if (reads_token(file, f) && !looks_up(file, f) && !standing(f.code()) && !f.all("return_statement").empty())
      notes.by_token.push_back({name, {place(file.path, f.line()), file.shown(f)}});
  }
}

// Stops: somebody who was shut out working on until their token ends.
void judge_python_standing(const Project& project, Sink& sink) {
  const auto& notes = project.notes<StandingNotes>();
  // Stops: somebody who is no longer an administrator and stays one until the token ends.
  const bool forgets = project.notes<PythonNotes>().forgets_tokens;
  if (notes.believed && !notes.by_token.empty() && notes.signs_rights && !forgets) {
    auto& f = sink.find("JWT-009", notes.believed->at, notes.believed->shown);
    f.title = "Rights are believed from the token until it ends: nobody asks whether they still hold";
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(notes.by_token.front().second.at);
    f.evidence.push_back(notes.by_token.front().second.shown);
  }
  if (notes.asked.line == 0 && notes.removed && !forgets &&
      !(notes.believed && !notes.by_token.empty() && notes.signs_rights))
    for (const auto& [name, spot] : notes.by_token) {
      if (!notes.dependencies.contains(name)) continue;
      // Stops: somebody whose account was deleted working on until the token ends.
      auto& f = sink.find("JWT-009", spot.at, spot.shown);
      f.title = "A deleted account works on until its token ends: nobody asks whether it is still there";
      f.confidence = proof::Confidence::medium;
      f.locations.push_back(notes.removed->at);
      f.evidence.push_back(notes.removed->shown);
      return;
    }
  if (notes.asked.line == 0) return;
  for (const auto& [name, spot] : notes.by_token) {
    if (!notes.dependencies.contains(name)) continue;
    auto& f = sink.find("JWT-009", spot.at, spot.shown);
    f.title = "A closed account works on until its token ends: only the sign-in asks whether it is closed";
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(notes.asked);
    f.evidence.emplace_back("asked here");
    return;
  }
}

}  // namespace gatehouse::audit::source

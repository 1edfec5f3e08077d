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
};

bool standing(std::string_view code) {
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
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
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

// tRPC: what stands behind publicProcedure is open, what stands behind the other kind is open to every user.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/next_parts.h"
#include "audit/source/route_judges.h"
#include "audit/source/schema.h"
#include "audit/source/script_costs.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool uses_caller(const Code& code) {
  return asks_identity(code) ||
         icontains_any(code, {"ctx.session", "ctx.user", "ctx.auth", "session.user", "ctx.userid", "userid: user",
                              "session }", "user }", "ctx.caller", "ctx.org"});
}

// Beside it the same records are asked for by who is signed in alone.
bool shut_elsewhere(const File& file, std::string_view record) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "query" ||
        !icontains_any(c.name, {"protectedprocedure", "authedprocedure", "privateprocedure"}))
      continue;
    for (const Touch& t : touches(file, unwrap(c.arg(0))))
      if (t.record == record && icontains_any(t.condition, {"ctx."})) return true;
  }
  return false;
}

// What .input(z.object({ … })) takes: its keys.
std::vector<std::string> taken_keys(const Call& c) {
  std::vector<std::string> out;
  for (const Node inner : c.node.child("function").all("call_expression"))
    if (const auto schema = as_call(inner); schema && last(schema->name) == "object")
      for (const auto& [key, value] : members(unwrap(schema->arg(0)))) out.push_back(key);
  return out;
}

// data: input, values(input), { ...input }
bool written_whole(Node call) {
  for (const Node n : call.child("arguments").all("identifier")) {
    if (n.text() != "input") continue;
    const Node p = n.parent();
    const bool value =
        p.is("pair") && p.child("value") == n && (p.child("key").text() == "data" || p.child("key").text() == "set");
    if (value || p.is("spread_element") || p.is("arguments")) return true;
  }
  return false;
}

// Stops: a profile that makes its owner an administrator, a record in the name of another: what a procedure takes is
// what its client sends.
void judge_input(File& file, const Call& c, const std::vector<Touch>& kept) {
  for (const Touch& t : kept) {
    if (t.kind != Touch::Kind::create && t.kind != Touch::Kind::change) continue;
    if (people(t.record) && written_whole(t.call))
      for (const std::string& key : taken_keys(c))
        if (Schema::rights(key) && !has_word(key, {"password"})) {
          file.hit("AZ-007", t.call).title = "The client may write the field " + text::printable(key, 60);
          return;
        }
    const Record* r = file.project.notes<Schema>().of(t.record);
    if (r == nullptr || r->person || t.kind != Touch::Kind::create) continue;
    if (written_whole(t.call))
      for (const std::string& key : taken_keys(c))
        if (r->owners.contains(key) || key == "userId" || key == "ownerId" || key == "authorId") {
          file.hit("AZ-002", t.call).title = "Whose record it is comes from the request itself";
          return;
        }
    for (const Node p : t.whole.all("pair"))
      if (r->owners.contains(std::string(p.child("key").text())) && contains(p.child("value").code(), "input.")) {
        file.hit("AZ-002", p).title = "Whose record it is comes from the request itself";
        return;
      }
  }
}

// What a procedure for those who are signed in does, for the checks over all doors.
void follow(const File& file, ScriptNotes& notes, const std::string& name, bool query, Node resolver, Node at) {
  HandlerNames own;
  for (const Node p : parameters_of(resolver))
    for (const Node part : p.is("object_pattern") ? p.children() : std::vector<Node>()) {
      const bool pair = part.is("pair_pattern");
      const std::string_view key = pair ? part.child("key").text() : part.text();
      const Node bound = pair ? part.child("value") : part;
      auto& names = key == "input" ? own.client : own.identity;
      if (key != "input" && key != "ctx") continue;
      if (bound.any_of("shorthand_property_identifier_pattern", "identifier")) {
        if (key == "input") names.emplace(bound.text());
        continue;
      }
      for (const char* type : {"shorthand_property_identifier_pattern", "identifier"})
        for (const Node n : bound.all(type))
          if (key == "input" || has_word(n.text(), {"session", "user", "userid", "auth", "me"}))
            names.emplace(n.text());
    }
  ScriptRoute r;
  r.framework = "trpc";
  r.file = module_of(file.path);
  r.path = "/" + name;
  r.method = query ? "get" : "post";
  r.handler = name;
  r.at = place(file.path, at.line());
  r.shown = file.shown(at);
  r.guarded = r.validated = true;
  r.flow = flow_of(file, resolver, &own);
  notes.routes.push_back(std::move(r));
}

}  // namespace

void read_procedures(File& file, ScriptNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "mutation" && f != "query") continue;
    const Node resolver = unwrap(c.arg(0));
    if (!is_function(resolver)) continue;
    read_returned(file, notes, resolver);
    const bool open = icontains_any(c.name, {"publicprocedure", "baseprocedure"}),
               closed = icontains_any(c.name,
                                      {"protectedprocedure", "authedprocedure", "privateprocedure", "userprocedure"});
    const bool staff = icontains(c.name, "admin") || icontains(resolver.code(), "admin");
    if (staff || (!open && !closed)) continue;
    const Code code = resolver.code();
    const Node named = c.node.above("pair");
    const std::string name(named.child("key").text());
    const Node at = named ? named : c.node;
    const std::vector<Touch> kept = touches(file, resolver);
    judge_input(file, c, kept);
    // Stops: strangers who let the owner pay for their pictures.
    if (open && !uses_caller(code) && !asks_limit(code) && asks_dear(file, resolver)) {
      auto& found = file.hit("RL-002", at);
      found.title = "Anybody runs up the bill: a paid service is asked without a sign-in or a limit";
      found.severity = proof::Severity::high;
    }
    // Stops: passwords tried as fast as the server answers.
    if (open && f == "mutation" && !notes.any_limit && !asks_limit(file.code()) &&
        (has_word(name, {"login", "signin"}) || icontains(name, "signin")))
      file.hit("EX-004", at).confidence = proof::Confidence::medium;
    if (open && !public_door(name) && !uses_caller(code)) {
      // A form for strangers that is counted.
      const bool counted = asks_limit(code) || contains(code, ".consume(");
      if (f == "mutation" && counted &&
          std::all_of(kept.begin(), kept.end(), [](const Touch& t) { return t.kind == Touch::Kind::create; }))
        continue;
      if (f == "mutation" &&
          icontains_any(code, {".delete", ".update", ".insert", ".create", ".upsert", "stripe", "send"})) {
        file.hit("NX-003", at).title = "A public procedure changes data";
        continue;
      }
      for (const Touch& t : kept)
        if ((t.kind == Touch::Kind::list || t.kind == Touch::Kind::one) && people(t.record)) {
          file.hit("NX-003", at).title = "A public procedure tells of people";
          break;
        } else if (const Record* r = file.project.notes<Schema>().of(t.record);
                   t.kind == Touch::Kind::list && !published(t.record) &&
                   (papers(t.record) || (r != nullptr && r->owned) || shut_elsewhere(file, t.record))) {
          file.hit("NX-003", at).title = "A public procedure lists what belongs to somebody";
          break;
        } else if (t.kind == Touch::Kind::list && !published(t.record) &&
                   icontains_any(t.condition, {"userid: input", "ownerid: input", "userid, input", "userid: input.",
                                               "customerid: input", "email: input"})) {
          file.hit("AZ-002", t.call).title = "A public procedure lists what belongs to whomever the client names";
          break;
        } else if (t.kind == Touch::Kind::one && !published(t.record) && papers(t.record) && r != nullptr && r->owned &&
                   contains(t.condition, "input")) {
          file.hit("NX-003", at).title = "A public procedure tells strangers what belongs to somebody";
          break;
        }
      continue;
    }
    if (!closed) continue;
    for (const Node p : resolver.all("pair"))
      if (has_word(p.child("key").text(), {"role", "admin", "credits", "plan", "balance"}) &&
          contains(p.child("value").code(), "input.") && !has_word(p.child("key").text(), {"id", "name"})) {
        file.hit("AZ-007", p).title = "The client may write the field " + std::string(p.child("key").text());
        break;
      }
    if (uses_caller(code)) {
      follow(file, notes, name, f == "query", resolver, at);
      continue;
    }
    bool told = false;
    for (const Touch& t : kept) {
      const Record* r = file.project.notes<Schema>().of(t.record);
      if (t.kind == Touch::Kind::list && papers(t.record) && r != nullptr && r->owned && !t.by_rules &&
          text::trim(t.condition).empty()) {
        file.hit("AZ-001", t.call).title = "Everybody's records are listed to every signed-in user";
        told = true;
        break;
      }
      const bool changes = t.kind == Touch::Kind::change || t.kind == Touch::Kind::remove;
      const bool by_id = contains(t.condition, "input");
      if (!by_id || t.by_rules || (!changes && (t.kind == Touch::Kind::create || published(t.record)))) continue;
      file.hit("AZ-001", t.call).title = changes ? "A record is changed by its id without asking whose it is"
                                                 : "A record is fetched by its id without asking whose it is";
      told = true;
      break;
    }
    if (!told) follow(file, notes, name, f == "query", resolver, at);
  }
}

}  // namespace gatehouse::audit::source

// Functions of the project that a route hands the id of a record to, often with the caller beside it: whether they ask
// whose the record is.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool capital(std::string_view s) { return !s.empty() && s.front() >= 'A' && s.front() <= 'Z'; }

void blank(std::string& code, Node within, Node gone) {
  if (!gone || !gone.inside(within)) return;
  for (std::uint32_t i = gone.begin() - within.begin(); i < gone.end() - within.begin() && i < code.size(); ++i)
    if (code[i] != '\n') code[i] = ' ';
}

// The branches that are not gone through on the way to the fetch.
void blank_other_branches(std::string& code, Node within, Node fetch) {
  for (Node n = fetch.parent(); n && n.inside(within); n = n.parent()) {
    if (!n.is("if_statement")) continue;
    const Node then = n.child("consequence");
    if (fetch.inside(then)) {
      for (const Node c : n.children())
        if (c.any_of("else_clause", "elif_clause")) blank(code, within, c);
    } else if (!fetch.inside(n.child("condition"))) {
      blank(code, within, then);
    }
  }
}

bool tells_only(const Call& c) {
  const std::string_view f = last(c.name);
  return f == "print" || icontains_any(c.name, {"logger.", "logging.", "log.", "_log"});
}

// Resume(user=caller.id), {"user": caller.id} of insert_one: whose the new record is.
bool makes_record(const Call& c) {
  const std::string_view f = last(c.name);
  return (capital(f) && !f.ends_with("Error") && !f.ends_with("Exception") && !f.ends_with("Id") &&
          c.name.find('.') == std::string::npos) ||
         f == "insert_one";
}

std::string head_of(Node function, const std::string& code) {
  std::string head;
  for (const Node p : function.child("parameters").children())
    if (has_token(code, parameter_name(p))) head += std::string(p.code()) + "\n";
  return head;
}

// Who is calling, as Flask and its kin say it.
bool names_session(const Code& code) {
  return icontains_any(code, {"get_jwt_identity", "session[", "session.get(", "g.user", "request.state.",
                              "current_user", "get_jwt(", "g.current"});
}

bool record_id(std::string_view name) {
  return name == "id" || name == "pk" || name == "uuid" ||
         ((name.ends_with("_id") || name.ends_with("_uuid")) && !identity_field(name) && !person_id(name));
}

}  // namespace

OwnerAsked asked_in(const File& file, Node function, Node fetch, const std::vector<std::string>& without) {
  const Node b = body(function);
  std::string code(b.code());
  if (fetch) blank_other_branches(code, b, fetch);
  const auto calls = file.calls_in(b);
  for (const Call* c : calls)
    if (tells_only(*c)) blank(code, b, c->node);
  const auto asks = [&](std::string said) {
    std::string head = head_of(function, said);
    for (const std::string& word : without) {
      said = without_token(said, word);
      head = without_token(head, word);
    }
    return says_owner(Code(head)) || says_owner(Code(said));
  };
  OwnerAsked out;
  out.owner = asks(code);
  for (const Call* c : calls)
    if (fetch && makes_record(*c) && !fetch.inside(c->node) && !c->node.inside(fetch)) blank(code, b, c->node);
  out.as_author = out.owner && fetch && !asks(code);
  for (const Node p : function.child("parameters").children())
    if (const std::string name = parameter_name(p); has_token(Code(code), name)) out.used.insert(name);
  return out;
}

void note_handed(const File& file, const Handler& h, PythonNotes& notes) {
  if (!h.route->guarded || h.route->admin_guard || public_door(h.route->path) || webhook_door(h.route->path)) return;
  std::vector<std::string> ids = h.path_ids;
  for (const Node p : h.function.child("parameters").children())
    if (const std::string name = parameter_name(p); record_id(name) && !contains(p.code(), "Depends"))
      ids.push_back(name);
  const Node b = body(h.function);
  LayerCall call;
  const Call* handed = nullptr;
  for (const Call* c : file.calls_in(b)) {
    if (tells_only(*c) || capital(last(c->name)) || last(c->name) == "str" || last(c->name) == "int") continue;
    bool gives = false;
    const auto look = [&](Node value) {
      value = unwrap(value);
      if (std::find(ids.begin(), ids.end(), value.text()) != ids.end()) {
        call.given = value.text();
        call.by_field = false;
        gives = true;
      }
      for (const auto& [parameter, model] : h.bodies)
        if (!gives && value.text() == parameter) {
          call.given = parameter;
          call.by_field = gives = true;
        } else if (!gives && value.is("attribute") && value.child("object").text() == parameter &&
                   record_id(value.child("attribute").text())) {
          call.given = value.text();
          gives = true;
        }
    };
    for (const Node a : c->args) look(a);
    for (const auto& [key, value] : c->keywords) look(value);
    if (!gives) continue;
    if (handed != nullptr) return;  // the other one may be what asks
    handed = c;
  }
  if (handed == nullptr) return;
  // uid = get_jwt_identity(): the caller by a name of the route's own
  std::vector<std::string> callers = h.identity;
  std::string rest(b.code());
  blank(rest, b, handed->node);
  for (const Node a : b.all("assignment"))
    if (a.child("left").is("identifier") && names_session(a.child("right").code())) {
      callers.emplace_back(a.child("left").text());
      blank(rest, b, a);
    }
  for (const std::string& who : callers)
    if (decides(file, b, who, true, 0, handed->node)) return;
  if (h.identity.empty() && (names_session(Code(rest)) || verifies_request(Code(rest)))) return;
  if (icontains_any(b.code(), {"owner", "tenant"})) return;
  const auto caller = [&](Node value) {
    return std::any_of(callers.begin(), callers.end(),
                       [&](const std::string& who) { return has_token(value.code(), who); }) ||
           names_session(value.code());
  };
  for (std::size_t i = 0; i < handed->args.size(); ++i)
    if (caller(handed->arg(i))) call.caller_at.insert(i);
  for (const auto& [key, value] : handed->keywords)
    if (caller(value)) call.caller_as.emplace(key);
  call.callee = ref_of(file, *handed);
  call.at = place(file.path, handed->line());
  call.shown = file.shown(handed->node);
  call.before = h.route->before;
  call.if_owned = true;
  notes.layer_calls.push_back(std::move(call));
}

}  // namespace gatehouse::audit::source

// Changes that a GET makes, where the browser's own cookie says who is asking: a link on another site is enough.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A name that promises a change, and not one that only counts or remembers a visit.
bool names_change(std::string_view name) {
  return has_word(name, {"delete",  "remove",   "cancel",  "approve", "reject",     "accept",  "toggle", "enable",
                         "disable", "activate", "upgrade", "follow",  "unfollow",   "like",    "unlike", "add",
                         "create",  "update",   "reset",   "promote", "demote",     "ban",     "unban",  "transfer",
                         "pay",     "refund",   "archive", "restore", "deactivate", "confirm", "close",  "leave",
                         "join",    "clear",    "revoke",  "publish", "unpublish",  "set"}) &&
         !has_word(name, {"verify", "email", "token", "callback", "invite", "invitation", "unsubscribe", "oauth",
                          "subscription", "session", "get"});
}

bool changing(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "save" || f == "delete" || f == "create" || f == "bulk_create" || f == "delete_one" || f == "insert_one" ||
      f == "update_one")
    return true;
  if ((f == "update" || f == "remove" || f == "add") && contains(c.node.code(), ".objects")) return true;
  if (f == "commit" && icontains_any(c.name, {"session", "db", "conn"})) return true;
  return (f == "add" || f == "remove") && c.args.size() == 1 && contains(c.arg(0).text(), "user");
}

bool changes(const File& file, Node within) {
  for (const Call* c : file.calls_in(within))
    if (changing(*c)) return true;
  return false;
}

bool by_method(const Code& code) {
  return icontains_any(
      code, {"request.method", "require_post", "require_http_methods", "http_method_names", "require_safe", "api_view",
             "is_valid(", "validate_on_submit", "is_submitted", "request.post["});  // which fails for a GET
}

// The method is asked for somewhere, and what is changed stands behind none of these questions:
// if request.method == "POST": quantity = …; cart.add(…)
bool changes_by_get(const File& file, Node f) {
  if (!by_method(f.code())) return changes(file, body(f));
  if (icontains_any(f.code(), {"require_post", "require_http_methods", "http_method_names", "require_safe", "api_view",
                               "is_valid(", "request.post["}))
    return false;
  for (const Node branch : f.all("if_statement")) {
    const Code asked = branch.child("condition").code();
    if (by_method(asked) && icontains_any(asked, {"!=", "not ", "get\"", "get'", "put", "delete"})) return false;
  }
  for (const Call* c : file.calls_in(body(f))) {
    if (!changing(*c)) continue;
    bool behind = false;
    for (Node p = c->node.parent(); p && !(p == f); p = p.parent())
      behind = behind || (p.is("if_statement") && by_method(p.child("condition").code()));
    if (!behind) return true;
  }
  return false;
}

void judge_django(File& file, Node f) {
  const auto parameters = f.child("parameters").children();
  if (parameters.empty() || function_around(f)) return;
  const Node cls = f.above("class_definition");
  const std::string name = function_name(f);
  std::string_view promise = name;
  if (cls) {
    const auto bases = bases_of(cls);
    // DRF's views may take a token; a page's view takes the session.
    if (name != "get" || !any_base(bases, {"View"}) || any_base(bases, {"APIView"})) return;
    promise = cls.child("name").text();
  } else {
    const Node head = parameters.front().is("typed_parameter") ? parameters.front().first() : parameters.front();
    if (head.text() != "request") return;
    for (const std::string& d : decorators(f))
      if (by_method(d) || contains(d, "task") || contains(d, "receiver") || contains(d, "action")) return;
  }
  if (!names_change(promise) || !changes_by_get(file, f)) return;
  if (!icontains_any(f.code(), {"redirect(", "render(", "httpresponse", "jsonresponse"})) return;
  file.hit("CSRF-003", f);
}

// def unsubscribe(request, email): the link says nothing that only its reader can know.
void judge_unsubscribed(File& file, Node f) {
  const std::string name = function_name(f);
  if (!has_word(name, {"unsubscribe", "optout"}) && !icontains_any(name, {"opt_out"})) return;
  const Code code = f.code();
  if (by_method(code) || icontains_any(code, {"token", "sign", "loads(", "hash", "uuid", "key", "secret", "user."}))
    return;
  bool named = icontains_any(code, {"get.get(\"email", "get.get('email", "args.get(\"email", "args.get('email"});
  for (const Node p : f.child("parameters").children()) {
    const Node n = p.is("typed_parameter") ? p.first() : p;
    named = named || n.text() == "email";
  }
  if (!named) return;
  auto& told = file.hit("CSRF-003", f);
  told.title = "Whoever knows an address takes it off the list";
  told.severity = proof::Severity::low;
  told.impact =
      "Nothing in the link proves that it was sent to that address, and scanners of mails open links by themselves.";
  told.fix = "Put a signed token into the link, and change the list by a POST from the page it opens.";
}

void judge_flask(File& file, Node f) {
  for (const Node d : f.parent().children()) {
    const auto call = d.is("decorator") ? as_call(d.first()) : std::nullopt;
    if (!call || (last(call->name) != "route" && last(call->name) != "get") ||
        call->name.find('.') == std::string::npos)
      continue;
    const auto path = literal(call->arg(0));
    if (!path || contains(*path, "api")) continue;
    const Node methods = call->keyword("methods");
    if (methods && !icontains(methods.code(), "get")) continue;
    const std::string promise = *path + " " + function_name(f);
    if (!names_change(promise) || (contains(f.code(), "request.form") && !by_method(f.code())) ||
        !changes_by_get(file, f))
      continue;
    file.hit("CSRF-003", f);
    return;
  }
}

// Stops: an image on another page that signs people out. Told once a project's file, and low: it only annoys.
void judge_sign_out(File& file, bool django) {
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (function_around(f) || f.above("class_definition") ||
        !(has_word(name, {"logout", "signout"}) || icontains_any(name, {"log_out", "sign_out"})))
      continue;
    const Code code = f.code();
    if (by_method(code) || !icontains_any(code, {"redirect("})) continue;
    bool ends = false;
    for (const Call* c : file.calls_in(body(f)))
      ends = ends || c->name == "logout" || c->name == "auth.logout" || c->name == "logout_user" ||
             c->name == "session.clear" || c->name == "request.session.flush" ||
             (c->name == "session.pop" && icontains(c->arg(0).code(), "user"));
    if (!ends) continue;
    bool by_get = django;
    for (const Node d : f.parent().children()) {
      const auto call = d.is("decorator") ? as_call(d.first()) : std::nullopt;
      if (d.is("decorator") && by_method(d.code())) ends = false;
      if (!call || (last(call->name) != "route" && last(call->name) != "get")) continue;
      const Node methods = call->keyword("methods");
      by_get = by_get || !methods || icontains(methods.code(), "get");
    }
    if (!ends || !by_get) continue;
    auto& told = file.hit("CSRF-003", f);
    told.title = "Signing out happens when an address is opened";
    told.severity = proof::Severity::low;
    return;
  }
}

// path("…", self.admin_site.admin_view(self.mark_paid)): pages of the administration that are made by hand.
void judge_admin_views(File& file) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "admin_view" || !c.arg(0).is("attribute")) continue;
    const std::string_view name = c.arg(0).child("attribute").text();
    for (const Node f : c.node.above("class_definition").all("function_definition"))
      if (function_name(f) == name && !by_method(f.code()) && !contains(f.code(), "POST") && changes(file, body(f)))
        file.hit("CSRF-003", f).title = "A page of the administration changes data when it is opened";
  }
}

// FastAPI: told when some caller is known by a cookie.
void note_getting(const File& file, Node f, PythonNotes& notes) {
  for (const Node d : f.parent().children()) {
    const auto call = d.is("decorator") ? as_call(d.first()) : std::nullopt;
    if (!call || last(call->name) != "get" || call->name.find('.') == std::string::npos) continue;
    const std::string promise = literal(call->arg(0)).value_or("") + " " + function_name(f);
    const bool buys = has_word(promise, {"checkout", "subscribe", "purchase"}) &&
                      !has_word(promise, {"success", "complete", "status", "return", "cancelled", "callback"});
    // await workspaces.remove_member(workspace, caller): the store stands elsewhere
    bool elsewhere = false;
    for (const Call* c : file.calls_in(body(f)))
      elsewhere = elsewhere || (c->node.parent().is("await") && !c->args.empty() &&
                                file.imports.contains(c->name.substr(0, c->name.find('.'))) &&
                                has_word(last(c->name), {"remove", "delete", "update", "cancel", "leave", "revoke",
                                                         "set", "close", "add", "create", "join"}));
    if ((!names_change(promise) && !buys) || !(elsewhere || changes(file, body(f))) ||
        !contains(f.child("parameters").code(), "Depends"))
      continue;
    notes.getting_changes.push_back({place(file.path, f.line()), file.shown(f)});
  }
}

}  // namespace

void judge_python_writes(const PythonNotes& notes, Sink& sink) {
  if (!notes.start.cookie_callers) return;
  for (const Spot& s : notes.getting_changes) sink.find("CSRF-003", s.at, s.shown);
}

void read_python_writes(File& file, PythonNotes& notes) {
  const bool django = file.imports_from("django");
  const bool flask = file.imports_from("flask");
  if (django) judge_admin_views(file);
  if (file.imports_from("fastapi"))
    for (const Node f : file.tree.all("function_definition"))
      if (f.parent().is("decorated_definition")) note_getting(file, f, notes);
  if (!django && !flask) return;
  judge_sign_out(file, django);
  for (const Node f : file.tree.all("function_definition")) {
    judge_unsubscribed(file, f);
    if (django)
      judge_django(file, f);
    else if (f.parent().is("decorated_definition"))
      judge_flask(file, f);
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/python_state.h"

#include <algorithm>
#include <functional>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "audit/source/script_state.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::string_view kFrameworks[] = {"flask", "fastapi", "django",  "starlette",
                                            "quart", "sanic",   "aiohttp", "rest_framework"};

// A web application: names of modules of scripts are nobody's business.
bool serves(const File& file) {
  if (contains(file.path, "management/commands/") || contains(file.path, "scripts/")) return false;
  for (const std::string_view module : kFrameworks)
    if (file.imports_from(module)) return true;
  return false;
}

bool answers_requests(Node function) {
  return route_function(function) || contains(function.child("parameters").code(), "request") ||
         (function.parent().is("decorated_definition") &&
          icontains_any(function.parent().code().substr(0, 200), {"route(", ".post(", ".get(", "api_view"}));
}

// What the function was given, or took from the request, and what was made of it.
bool of_a_visitor(Node value, Node function) {
  if (icontains_any(value.code(), {"request.", "session"})) return true;
  std::set<std::string> given;
  for (const Node p : function.child("parameters").children()) given.insert(parameter_name(p));
  given.erase("self");
  for (const Node a : function.all("assignment")) {
    const Code right = a.child("right").code();
    if (icontains_any(right, {"request.", "session["}) ||
        std::any_of(given.begin(), given.end(), [&](const std::string& g) { return has_token(right, g); }))
      if (a.child("left").is("identifier")) given.emplace(a.child("left").text());
  }
  return std::any_of(given.begin(), given.end(),
                     [&](const std::string& g) { return !g.empty() && has_token(value.code(), g); });
}

// A module of a project that answers requests, whatever it imports itself.
bool beside_a_server(const File& file) {
  return std::any_of(std::begin(kFrameworks), std::end(kFrameworks),
                     [&](std::string_view f) { return file.project.depends_on(f); });
}

// session_state.current_user = find(session.get("uid")): a variable of another module.
void judge_module_attributes(const File& file, const std::function<void(Node)>& say) {
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left"), f = function_around(a);
    if (!left.is("attribute") || !left.child("object").is("identifier") || !f || !answers_requests(f)) continue;
    const std::string_view module = left.child("object").text();
    if (!somebodys_state(left.child("attribute").text()) || !file.imports.contains(module)) continue;
    if (file.project.named(std::string(module) + ".py").empty()) continue;  // an object that was imported
    const std::string from = file.full(std::string(module));
    // An object of a library that keeps one value for each request.
    if (icontains_any(from, {"flask.", "context", "local", "threading", "starlette"})) continue;
    if (of_a_visitor(a.child("right"), f)) say(a);
  }
}

// class TenantService: def use(self, tenant): self.tenant_id = tenant … service = TenantService()
void judge_singletons(const File& file, const std::function<void(Node)>& say) {
  for (const Node made : file.tree.all("assignment")) {
    if (function_around(made) || made.above("class_definition") || !made.child("left").is("identifier")) continue;
    const auto c = as_call(unwrap(made.child("right")));
    if (!c || !c->node.child("function").is("identifier")) continue;
    for (const Node cls : file.tree.all("class_definition")) {
      if (cls.child("name").text() != c->name ||
          icontains_any(cls.child("superclasses").text(), {"local", "basesettings"}))
        continue;
      for (const Node a : cls.all("assignment")) {
        const Node left = a.child("left"), f = function_around(a);
        if (!left.is("attribute") || left.child("object").text() != "self" || !f) continue;
        const std::string name = function_name(f);
        if (name.starts_with("__") || has_word(name, {"init", "setup", "connect", "load", "configure", "start"}) ||
            !somebodys_state(left.child("attribute").text()) || a.child("right").any_of("none", "true", "false"))
          continue;
        if (!of_a_visitor(a.child("right"), f)) continue;
        say(a);
        return;
      }
    }
  }
}

// One client of Supabase for all: it asks as whoever signed in last.
void judge_shared_clients(File& file) {
  if (!contains(file.code(), ".auth")) return;
  for (const Call& c : file.calls) {
    const bool token = c.name.ends_with(".postgrest.auth") || c.name.ends_with(".auth.set_session");
    const bool sign_in = c.name.ends_with(".auth.sign_in_with_password") || c.name.ends_with(".auth.verify_otp");
    if (!token && !sign_in) continue;
    const std::string root = c.name.substr(0, c.name.find('.'));
    const Node f = function_around(c.node);
    if (!f || root == "self") continue;
    bool own = false;  // made, or given, for this request
    for (const Node a : f.all("assignment")) own = own || a.child("left").text() == root;
    for (const Node p : f.child("parameters").children()) own = own || parameter_name(p) == root;
    const bool asks = token || std::any_of(file.calls.begin(), file.calls.end(), [&](const Call& other) {
                        return other.name == root + ".table" || other.name == root + ".from_";
                      });
    if (own || !asks) continue;
    auto& told = file.hit("RUN-002", c.node);
    told.title = "Everybody signs in with the one client that all requests share";
    told.impact = "The client keeps the session of whoever signed in last, and asks for everybody else in his name.";
    told.fix = "Make a client for each request, and hand the caller's token to it.";
    return;
  }
}

}  // namespace

// Stops: the next visitor being taken for the one before, and reading what is his.
void read_python_state(File& file) {
  const bool own = serves(file);
  if (!own && !beside_a_server(file)) return;
  Recurring told(6);
  const auto say = [&](Node at) { told.hit(file, "RUN-002", at); };
  judge_singletons(file, say);
  judge_shared_clients(file);
  if (!own) return;
  judge_module_attributes(file, say);
  for (const Node a : file.tree.all("assignment")) {
    const Node name = a.child("left");
    if (!name.is("identifier") || function_around(a) || a.above("class_definition")) continue;
    const Node first = unwrap(a.child("right"));
    // One memory of a conversation for everybody.
    if (const auto made = as_call(first);
        made && (last(made->name).ends_with("Memory") || last(made->name) == "ChatMessageHistory")) {
      say(a);
      continue;
    }
    if (!somebodys_state(name.text())) continue;
    bool found = false;
    for (const Node g : file.tree.all("global_statement")) {
      const Node f = function_around(g);
      if (found || !f || !has_token(g.text(), name.text()) || !answers_requests(f)) continue;
      for (const Node b : f.all("assignment"))
        if (b.child("left").text() == name.text() &&
            !unwrap(b.child("right")).any_of("none", "true", "false", "list") && of_a_visitor(b.child("right"), f))
          found = true;
    }
    // history.append({"role": "user", …}) in a list that never belongs to anybody
    if (first.is("list") && first.children().empty() && !found)
      for (const Call& c : file.calls)
        if (c.name == std::string(name.text()) + ".append")
          if (const Node f = function_around(c.node);
              f && answers_requests(f) && icontains_any(c.node.code(), {"role", "question", "user", "message"}))
            found = true;
    if (found) say(a);
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/python_state.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/script_state.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A web application: names of modules of scripts are nobody's business.
bool serves(const File& file) {
  for (const std::string_view module : {"flask", "fastapi", "django", "starlette", "quart", "sanic", "rest_framework"})
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
    const std::string_view right = a.child("right").code();
    if (icontains_any(right, {"request.", "session["}) ||
        std::any_of(given.begin(), given.end(), [&](const std::string& g) { return has_token(right, g); }))
      if (a.child("left").is("identifier")) given.emplace(a.child("left").text());
  }
  return std::any_of(given.begin(), given.end(),
                     [&](const std::string& g) { return !g.empty() && has_token(value.code(), g); });
}

}  // namespace

// Stops: the next visitor being taken for the one before, and reading what is his.
void read_python_state(File& file) {
  if (!serves(file)) return;
  proof::Finding* told = nullptr;
  const auto say = [&](Node at) {
    if (told == nullptr)
      told = &file.hit("RUN-002", at);
    else if (told->locations.size() < 6)
      also(*told, file, at);
  };
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

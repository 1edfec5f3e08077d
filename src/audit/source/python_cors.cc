// Which origins FastAPI and Flask answer.
#include <algorithm>

#include "audit/source/origins.h"
#include "audit/source/python.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The origin the request names: its header, a name for it, `origin or "*"`.
bool asked_origin(Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 3) return false;
  if (icontains_any(n.code(), {"headers.get(\"origin", "headers.get('origin", "headers[\"origin", "headers['origin",
                               "request.origin", "http_origin"}))
    return true;
  if (n.is("boolean_operator")) {
    for (const Node c : n.children())
      if (asked_origin(c, depth + 1)) return true;
    return false;
  }
  const Node f = n.is("identifier") ? function_around(n) : Node();
  if (!f) return false;
  // Looked up in a list before it is said back.
  for (const Node c : f.all("comparison_operator"))
    if (has_token(c.code(), n.text()) && contains(c.code(), " in ")) return false;
  if (icontains_any(f.code(), {"allowed", "is_trusted", "whitelist"})) return false;
  for (const Node a : f.all("assignment"))
    if (a.begin() < n.begin() && a.child("left").text() == n.text() && asked_origin(a.child("right"), depth + 1))
      return true;
  return false;
}

// {r"/api/*": {"origins": ["*"]}}
bool any_resource(Node resources, const Values& known) {
  for (const Node p : resources.all("pair"))
    if (literal(p.child("key")) == "origins") {
      const Value v = evaluate(p.child("value"), known);
      if ((v.kind == Value::Kind::text && v.text == "*") ||
          std::find(v.items.begin(), v.items.end(), "*") != v.items.end())
        return true;
    }
  return false;
}

}  // namespace

void judge_cors(File& file, PythonNotes& notes) {
  Values known;
  for (const Node n : file.tree.all("assignment")) {
    if (function_around(n) || !n.child("left").is("identifier") || !n.child("right")) continue;
    const std::string name(n.child("left").text());
    Node right = n.child("right");
    if (const auto c = as_call(unwrap(right)); c && last(c->name) == "Field")
      right = c->keyword("default") ? c->keyword("default") : c->arg(0);
    const Value v = evaluate(right, known);
    known[name] = v;
    if (v.known() && icontains_any(name, {"origin", "cors"})) notes.constants[name] = v;
  }
  // response.headers["Access-Control-Allow-Origin"] = "*", or whatever was asked
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    const auto header = left.is("subscript") ? literal(left.child("subscript")) : std::nullopt;
    if (!header || !text::iequals(*header, "access-control-allow-origin")) continue;
    const bool any = literal(right) == "*";
    const bool echoed = asked_origin(right);
    if (!any && !echoed) continue;
    const Node function = function_around(a);
    const bool credentials = icontains((function ? function : file.tree.root()).code(), "allow-credentials");
    // One public view that is meant for pages of others, and answers everybody alike.
    const bool one_view = function && any && !credentials &&
                          !contains(function.child("parameters").code(), "response") &&
                          !icontains_any(function_name(function), {"cors", "header", "after", "middleware", "call"}) &&
                          (contains(function.child("parameters").code(), "request") || route_function(function));
    if (one_view && !icontains_any(function.code(), {"request.user", "authorization", "cookies", "session"})) continue;
    auto& found = file.hit("FA-001", a);
    if (credentials && echoed) break;
    found.severity = proof::Severity::medium;
    found.title = "Any origin may read the API's answers";
    break;
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool starlette = (f == "add_middleware" || f == "Middleware") && last(dotted(c.arg(0))) == "CORSMiddleware";
    const bool wrapped = f == "CORSMiddleware";
    const bool flask = f == "CORS";
    // Stops: a page of another site that opens a socket with the visitor's cookies, and reads and says what he could.
    if (const Node sockets = c.keyword("cors_allowed_origins"); sockets && literal(sockets) == "*") {
      auto& found = file.hit("FA-001", sockets);
      found.title = "Sockets are opened to pages of any site";
      found.severity = proof::Severity::medium;
    }
    if (!starlette && !wrapped && !flask) continue;
    Node origins = c.keyword("allow_origins");
    if (!origins) origins = c.keyword("origins");
    Node resources = c.keyword("resources");
    Node credentials = c.keyword("allow_credentials");
    if (!credentials) credentials = c.keyword("supports_credentials");
    const Node regex = c.keyword("allow_origin_regex");
    const Value v = origins ? evaluate(origins, known) : Value();
    bool any = v.kind == Value::Kind::text && v.text == "*";
    any = any || std::find(v.items.begin(), v.items.end(), "*") != v.items.end();
    if (flask && !origins && !resources) any = true;
    if (flask && resources && any_resource(resources, known)) any = true;
    if (regex) {
      const auto text = literal(regex);
      any = any || (text && (*text == ".*" || *text == "https?://.*" || text->ends_with("://.*") || *text == "^.*$"));
      // Stops: a page that anybody put under the host of previews, and that acts with the visitor's cookies.
      if (!any && text && lets_anybody_publish(*text)) {
        auto& found = file.hit("FA-001", regex);
        found.title = "Origins of a host where anybody publishes may call with credentials";
        const Value with = credentials ? evaluate(credentials, known) : Value();
        if (!with.is_true()) {
          found.severity = proof::Severity::low;
          found.title = "Pages of a host where anybody publishes may read the API's answers";
        }
        continue;
      }
    }
    const Value with = credentials ? evaluate(credentials, known) : Value();
    if (!any && origins && !v.known()) {
      std::string name = dotted(origins);
      if (const auto call = as_call(unwrap(origins))) name = call->args.empty() ? call->name : dotted(call->arg(0));
      notes.origins.push_back(
          {std::string(last(name)), with.is_true(), place(file.path, origins.line()), file.shown(origins)});
      continue;
    }
    if (!any) {
      if (origins && !v.items.empty())
        file.sink.positive("CORS is limited to listed origins (" + std::string(file.path) + ":" +
                           std::to_string(c.line()) + ").");
      continue;
    }
    const bool by_pattern = regex && !(v.kind == Value::Kind::text && v.text == "*") &&
                            std::find(v.items.begin(), v.items.end(), "*") == v.items.end();
    const Node at = by_pattern ? regex : origins ? origins : c.node;
    auto& found = file.hit("FA-001", at);
    if (credentials) also(found, file, credentials);
    if (!with.is_true()) {
      found.severity = proof::Severity::medium;
      found.title = "Any origin may read the API's answers";
    }
  }
}

}  // namespace gatehouse::audit::source

// Which origins FastAPI and Flask answer.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

// A pattern that every customer of a host of pages may fit: https://.*\.vercel\.app
bool anybodys_host(std::string_view pattern) {
  std::string said(pattern);
  std::erase(said, '\\');
  for (const std::string_view host : {".vercel.app", ".netlify.app", ".herokuapp.com", ".pages.dev", ".github.io",
                                      ".onrender.com", ".web.app", ".ngrok.io", ".ngrok-free.app", ".surge.sh",
                                      ".fly.dev", ".railway.app", ".workers.dev", ".azurewebsites.net"}) {
    const std::size_t at = said.find(host);
    if (at == std::string::npos || at == 0) continue;
    const std::string_view before = std::string_view(said).substr(0, at);
    // All that stands before the host's name is a wildcard: no name of one's own.
    const std::size_t start = before.rfind('/') == std::string_view::npos ? 0 : before.rfind('/') + 1;
    if (before.substr(start).find_first_of("*+") != std::string_view::npos &&
        !has_word(before.substr(start), {"app", "shop", "api", "web", "site", "my"}) &&
        before.substr(start).find('-') >= before.substr(start).find_first_of("[.*+"))
      return true;
  }
  return false;
}

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
    const bool echoed = icontains_any(
        right.code(), {"headers.get(\"origin", "headers.get('origin", "headers[\"origin", "headers['origin"});
    if (!any && !echoed) continue;
    const Node function = function_around(a);
    const bool credentials = icontains((function ? function : file.tree.root()).code(), "allow-credentials");
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
    if (flask && resources && contains(resources.text(), "\"origins\": \"*\"")) any = true;
    if (regex) {
      const auto text = literal(regex);
      any = any || (text && (*text == ".*" || *text == "https?://.*" || text->ends_with("://.*") || *text == "^.*$" ||
                             anybodys_host(*text)));
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

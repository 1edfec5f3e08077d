// Handlers that a runtime calls: Deno.serve and edge functions, Bun, workers' fetch, functions of clouds.
#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/served_rights.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// "supabase/functions/create-payment/index.ts" -> "/functions/create-payment"
std::string path_of(std::string_view file) {
  std::string module = module_of(file);
  const std::size_t at = module.rfind("functions/");
  if (at != std::string::npos) return "/" + module.substr(at);
  const std::size_t slash = module.rfind('/');
  return "/" + (slash == std::string::npos ? module : module.substr(slash + 1));
}

Node named(const File& file, Node n) {
  n = unwrap(n);
  // Deno.serve(withCors(async (req) => …)): what looks after errors and headers asks nobody who they are.
  if (const auto around = as_call(n);
      around &&
      has_word(around->name, {"handler", "async", "wrap", "wrapped", "error", "errors", "cors", "catch", "safe", "log",
                              "logging", "sentry", "try"}) &&
      !has_word(around->name, {"auth", "authenticated", "user", "guard", "session", "admin", "protected"}))
    for (const Node a : around->args)
      if (const Node f = named(file, a); is_function(f)) return f;
  if (!n.is("identifier")) return n;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type))
      if (function_name(f) == n.text()) return f;
  return {};
}

// Where it takes what it was sent: what is missing is missing there, and not where the preflight is answered.
Node taking(const File& file, Node handler, Node at) {
  for (const Call* c : file.calls_in(body(handler))) {
    const std::string_view f = last(c->name);
    if ((f == "json" || f == "text" || f == "formData") && c->args.empty() && !contains(c->name, "()") &&
        has_word(c->name, {"req", "request"}))
      return c->node;
  }
  return at;
}

}  // namespace

void read_served(File& file, ScriptNotes& notes) {
  std::vector<std::pair<Node, Node>> found;  // handler, place
  for (const Call& c : file.calls) {
    if (c.name == "Deno.serve" || (c.name == "serve" && contains(file.full(c.name), "http"))) {
      for (const Node a : c.args)
        if (const Node f = named(file, a); is_function(f)) found.emplace_back(f, c.node);
    } else if (c.name == "Bun.serve") {
      if (const Node f = member(unwrap(c.arg(0)), "fetch"); is_function(unwrap(f)))
        found.emplace_back(unwrap(f), c.node);
    }
  }
  for (const Node e : file.tree.all("export_statement")) {
    const Node value = unwrap(e.child("value") ? e.child("value") : e.child("declaration"));
    if (e.has_token("default") && value.is("object"))  // export default { async fetch(request, env) { … } }
      if (const Node f = member(value, "fetch"); is_function(unwrap(f))) found.emplace_back(unwrap(f), f);
    if (!contains(file.path, "function") && !contains(file.path, "lambda") && !contains(file.path, "netlify")) continue;
    // export default async (req, context) => … of a function of Netlify
    if (e.has_token("default") && is_function(value) &&
        (file.imports_from("@netlify/functions") || contains(file.path, "netlify/functions/"))) {
      found.emplace_back(value, e);
      continue;
    }
    for (const Node d : value.children())  // export const handler = async (event) => …
      if (d.is("variable_declarator") && d.child("name").text() == "handler" && is_function(unwrap(d.child("value"))))
        found.emplace_back(unwrap(d.child("value")), d);
  }
  for (const auto& [handler, at] : found) {
    const Code code = handler.code();
    const bool writes = icontains_any(code, {".json()", "event.body", ".formdata()", ".text()", "post"});
    read_web_handler(file, notes, path_of(file.path), writes ? "post" : "get", handler, taking(file, handler, at));
    judge_served_rights(file, handler);
  }
}

}  // namespace gatehouse::audit::source

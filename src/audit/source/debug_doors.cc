#include "audit/source/debug_doors.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::string_view kHeaders = "All headers of a request are answered, cookies and what proxies add among them";
constexpr std::string_view kPlace = "An answer tells where the program lies on the server";

// request.META.items(), dict(request.headers), "headers": request.headers
bool all_headers_python(Node answer) {
  const Code code = answer.code();
  if (!contains(code, "request.")) return false;
  if (contains(code, "request.META.items()") || contains(code, "dict(request.headers)") ||
      contains(code, "request.headers.items()") || contains(code, "dict(request.META)"))
    return true;
  for (const Node p : answer.all("pair"))
    if (const std::string value = dotted(unwrap(p.child("value")));
        value == "request.headers" || value == "request.META")
      return true;
  return false;
}

bool guarded_python(Node f) {
  for (const std::string& d : decorators(f))
    if (icontains_any(d, {"login", "admin", "staff", "permission", "required"})) return true;
  return icontains_any(f.code().substr(0, std::min<std::size_t>(f.code().size(), 400)),
                       {"depends(", "settings.debug", "is_staff", "is_superuser", "current_user"});
}

// { headers: req.headers }, { ...req.headers }, req.headers
bool all_headers_script(const Node answer) {
  for (const Node p : answer.all("pair"))
    if (const std::string v = dotted(unwrap(p.child("value"))); v == "req.headers" || v == "request.headers")
      return true;
  for (const Node s : answer.all("spread_element"))
    if (const std::string v = dotted(unwrap(s.first())); v == "req.headers" || v == "request.headers") return true;
  for (const Node a : answer.children())
    if (const std::string v = dotted(unwrap(a)); v == "req.headers" || v == "request.headers") return true;
  return icontains_any(answer.code(), {"object.fromentries(req.headers", "object.fromentries(request.headers"});
}

// const uploadsPath = path.join(__dirname, "../uploads"): the value itself is sent.
bool tells_place(Node answer, Node function) {
  if (!contains(function.code(), "__dirname") && !contains(function.code(), "process.cwd()")) return false;
  std::vector<Node> sent;
  for (const Node p : answer.all("pair")) sent.push_back(unwrap(p.child("value")));
  for (const Node p : answer.all("shorthand_property_identifier")) sent.push_back(p);
  for (const Node v : sent) {
    if (v.code() == "__dirname" || v.code() == "process.cwd()") return true;
    if (!v.any_of("identifier", "shorthand_property_identifier")) continue;
    for (const Node d : function.all("variable_declarator")) {
      if (d.child("name").text() != v.text()) continue;
      const auto c = as_call(unwrap(d.child("value")));
      if (c && (c->name == "path.join" || c->name == "path.resolve" || c->name == "join" || c->name == "resolve") &&
          icontains_any(c->node.code(), {"__dirname", "process.cwd()"}))
        return true;
    }
  }
  return false;
}

}  // namespace

// Stops: cookies, tokens and addresses of the inside that a page of somebody else reads back.
void read_debug_doors_python(File& file) {
  if (!icontains_any(file.code(), {"request.headers", "request.meta"})) return;
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  for (const Node f : file.tree.all("function_definition")) {
    if ((!route_function(f) && !f.child("parameters").code().starts_with("(request")) || guarded_python(f)) continue;
    for (const Node r : body(f).all("return_statement")) {
      if (!all_headers_python(r) || !(function_around(r) == f)) continue;
      auto& told = file.hit(django ? "DJ-029" : "FA-004", r);
      told.title = kHeaders;
      told.fix = "Take the door away, or let it stand for staff alone.";
      return;
    }
  }
}

void read_debug_doors_script(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {".headers", "__dirname", "process.cwd"})) return;
  for (const char* type : {"arrow_function", "function_expression", "function_declaration", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const Code given = f.child("parameters").code();
      if (!icontains_any(given, {"req", "ctx", "request"})) continue;
      for (const auto& [at, args] : answers_in(file, body(f))) {
        if (!(function_around(at) == f)) continue;
        const bool headers = all_headers_script(args);
        if (!headers && !tells_place(args, f)) continue;
        auto& told = file.hit("EX-010", at);
        told.title = headers ? kHeaders : kPlace;
        told.fix = "Take the door away, or let it stand for staff alone.";
        return;
      }
    }
}

}  // namespace gatehouse::audit::source

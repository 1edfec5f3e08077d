#include "audit/source/python_client.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

const std::initializer_list<std::string_view> kClient = {
    "request.data",  "request.post", "request.get.",         "request.get[",    "request.json",
    "request.args",  "request.form", "request.query_params", "request.body",    "request.values",
    "request.files", "get_json",     "self.kwargs",          "request.headers", "request.query",
    "match_info",    "path_params",  "request.cookies",      "cleaned_data",    "validated_data"};

bool is_parameter(Node f, std::string_view name) {
  for (const Node p : f.child("parameters").children()) {
    const Node n = p.is("identifier") ? p : p.child("name") ? p.child("name") : p.first();
    if (n.text() == name) return true;
  }
  return false;
}

bool constant_name(std::string_view s) {
  return std::none_of(s.begin(), s.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// A parameter that FastAPI fills from the program: Depends(get_db).
bool given_by_program(Node f, std::string_view name) {
  for (const Node p : f.child("parameters").children())
    if (parameter_name(p) == name) return contains(p.code(), "Depends(") || contains(p.code(), "Security(");
  return false;
}

}  // namespace

Taint taint(Node n, int depth) {
  n = unwrap(n);
  if (!n || depth > 5) return Taint::no;
  if (literal(n) || n.any_of("integer", "float", "true", "false", "none")) return Taint::no;
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "int" || f == "float" || f == "len" || f == "bool" || f == "UUID" || f == "quote" || f == "escape" ||
        f == "Identifier" || f == "quote_ident" || f == "quote_name" || f == "range" || f == "reverse" ||
        f == "url_for" || f == "resolve_url" || f == "secure_filename" || f == "basename" || f == "uuid4")
      return Taint::no;
    if (icontains_any(n.child("function").code(), kClient)) return Taint::yes;
    // SORTS.get(sort, "date"): one of what the program lists
    if (f == "get" && !c->name.empty() && c->name.size() > 4 &&
        constant_name(std::string_view(c->name).substr(0, c->name.find('.'))))
      return taint(c->arg(1), depth + 1);
    Taint worst = Taint::no;
    for (const Node a : c->args) worst = std::max(worst, taint(a, depth + 1));
    if (f.ends_with("Serializer") || f.ends_with("Form"))
      for (const auto& [key, value] : c->keywords) worst = std::max(worst, taint(value, depth + 1));
    if (const Node g = n.child("function"); g.is("attribute"))
      worst = std::max(worst, taint(g.child("object"), depth + 1));
    return worst;
  }
  if (!as_call(n) && icontains_any(n.code(), kClient) &&
      !n.any_of("binary_operator", "conditional_expression", "string", "concatenated_string"))
    return Taint::yes;
  if (n.is("attribute")) {
    const std::string root = dotted(n);
    if (root.starts_with("self.") || root.starts_with("cls.") || root.starts_with("settings.") ||
        contains(root, "_meta"))
      return Taint::no;
    return taint(n.child("object"), depth + 1);
  }
  if (n.is("subscript")) return taint(n.child("value"), depth + 1);
  if (n.is("identifier")) {
    const std::string name(n.text());
    if (constant_name(name)) return Taint::no;
    const Node f = function_around(n);
    if (!f) return Taint::no;
    Taint worst = Taint::no;
    bool assigned = false;
    for (const Node a : f.all("assignment")) {
      if (a.begin() >= n.begin() || a.child("left").text() != name || a.child("right").any_of("list", "dictionary")) {
        if (a.child("left").text() == name && a.begin() < n.begin()) assigned = true;
        continue;
      }
      assigned = true;
      worst = std::max(worst, taint(a.child("right"), depth + 1));
    }
    for (const Node loop : f.all("for_statement"))
      if (has_token(loop.child("left").text(), name)) {
        assigned = true;
        worst = std::max(worst, taint(loop.child("right"), depth + 1));
      }
    if (assigned) return worst;
    if (is_parameter(f, name) && name != "self" && name != "cls")
      return route_function(f) && name != "request" && !given_by_program(f, name) ? Taint::yes : Taint::maybe;
    return Taint::no;
  }
  if (const auto built = holes(n); !built.empty()) {
    Taint worst = Taint::no;
    for (const Node h : built) worst = std::max(worst, taint(h, depth + 1));
    return worst;
  }
  Taint worst = Taint::no;
  for (const Node c : n.children()) worst = std::max(worst, taint(c, depth + 1));
  return worst;
}

bool made_of(Node n, std::string_view parameter, int depth) {
  n = unwrap(n);
  if (!n || depth > 5) return false;
  if (has_token(n.code(), parameter)) return true;
  const Node f = function_around(n);
  std::vector<Node> names = n.all("identifier");
  if (n.is("identifier")) names.push_back(n);
  for (const Node a : f.all("assignment")) {
    if (a.begin() >= n.begin() || !a.child("left").is("identifier") || a.child("left").text() == parameter) continue;
    for (const Node name : names)
      if (name.text() == a.child("left").text() && made_of(a.child("right"), parameter, depth + 1)) return true;
  }
  return false;
}

bool from_client(Node f, Node n, int depth) {
  n = unwrap(n);
  if (!n || depth > 4) return false;
  if (n.is("await")) return from_client(f, n.first(), depth + 1);
  // PLANS.get(request.json.get("plan")): what a list of the server's own gives for it.
  if (const auto c = as_call(n); c && last(c->name) == "get") {
    const std::string_view list = std::string_view(c->name).substr(0, c->name.size() - 4);
    if (list.size() > 1 && std::none_of(list.begin(), list.end(), [](char x) { return x >= 'a' && x <= 'z'; }))
      return false;
  }
  const std::string said(n.code());
  if (said.starts_with("request.") || said.starts_with("await request.") || contains(said, "request.get_json(") ||
      contains(said, "request.args") || contains(said, "request.json") || contains(said, "request.form"))
    return true;
  if (n.is("attribute")) return from_client(f, n.child("object"), depth + 1);
  if (n.is("subscript")) return from_client(f, n.child("value"), depth + 1);
  if (const auto c = as_call(n)) {
    const std::string_view m = last(c->name);
    if (m == "get" && literal(c->arg(0))) return from_client(f, n.child("function").child("object"), depth + 1);
    if (m == "str" || m == "strip" || m == "model_dump" || m == "dict")
      return from_client(f, c->arg(0) ? c->arg(0) : n.child("function").child("object"), depth + 1);
    return false;
  }
  if (!n.is("identifier")) return false;
  // for item in body.items, [… for item in body.items]
  for (const char* loop : {"for_statement", "for_in_clause"})
    for (const Node l : f.all(loop))
      if (has_token(l.child("left").text(), n.text()) && !n.inside(l.child("right"))) {
        Node over = unwrap(l.child("right"));
        if (const auto c = as_call(over); c && (c->name == "enumerate" || c->name == "list" || c->name == "zip"))
          over = c->arg(0);
        if (from_client(f, over, depth + 1)) return true;
      }
  bool assigned = false, sent = false;
  for (const Node a : f.all("assignment"))
    if (a.begin() < n.begin() && a.child("left").text() == n.text()) {
      assigned = true;
      sent = sent || from_client(f, a.child("right"), depth + 1);
    }
  if (assigned) return sent;
  for (const Node p : f.child("parameters").children())
    if (parameter_name(p) == n.text())
      return n.text() != "self" && !contains(p.code(), "Depends(") && !contains(p.code(), "Security(");
  return false;
}

bool sent_in(Node f, Node n, int depth) {
  n = unwrap(n);
  for (int i = 0; i < 8 && n; ++i) {
    const Code code = n.code();
    if (n.any_of("attribute", "subscript") &&
        icontains_any(code, {"request.data", "request.post", "request.get", "self.request", "cleaned_data",
                             "validated_data", "request.form", "request.json"}))
      return true;
    if (n.is("attribute")) {
      n = unwrap(n.child("object"));
    } else if (n.is("subscript")) {
      n = unwrap(n.child("value"));
    } else if (const auto c = as_call(n)) {
      const std::string_view m = last(c->name);
      if (c->name == "json.loads" || c->name == "loads") return icontains(code, "request");
      if (m == "get_json" || m == "getlist") return true;
      if (m != "get" && m != "copy" && m != "items" && m != "values" && m != "enumerate" && m != "strip") return false;
      n = m == "enumerate" ? unwrap(c->arg(0)) : unwrap(n.child("function").child("object"));
    } else {
      break;
    }
  }
  if (!n.is("identifier") || depth > 3) return false;
  for (const char* loop : {"for_statement", "for_in_clause"})
    for (const Node l : f.all(loop))
      if (has_token(l.child("left").text(), n.text()) && !n.inside(l.child("right")) &&
          sent_in(f, l.child("right"), depth + 1))
        return true;
  for (const Node a : f.all("assignment"))
    if (a.begin() < n.begin() && a.child("left").text() == n.text() && sent_in(f, a.child("right"), depth + 1))
      return true;
  return false;
}

}  // namespace gatehouse::audit::source

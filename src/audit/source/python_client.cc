#include "audit/source/python_client.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

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
    const std::string_view code = n.code();
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

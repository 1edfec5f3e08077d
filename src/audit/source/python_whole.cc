// Bodies nobody looked at that become records as they are.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool sent_as_it_is(const Code& code) {
  return code == "request.json" || code.starts_with("request.get_json(") || code == "await request.json()" ||
         code == "request.form" || code == "request.form.to_dict()" || code == "json.loads(request.data)" ||
         code == "json.loads(await request.body())" || code == "request.json or {}";
}

// { k: v for k, v in request.json.items() if k not in ("id",) }: everything but what is named.
bool all_but(Node value) {
  value = unwrap(value);
  if (!value.is("dictionary_comprehension")) return false;
  const Code code = value.code();
  bool sent = false;
  for (const Node in : value.all("for_in_clause"))
    sent =
        sent || icontains_any(in.child("right").code(), {"request.json.items", "get_json().items", "request.form.items",
                                                         "request.get_json(", "request.json or"});
  for (const Node i : value.all("if_clause"))
    if (!contains(i.code(), "not in") && !contains(i.code(), "!=") && !contains(i.code(), "not None")) return false;
  return sent && !icontains_any(code, {"role", "admin", "allowed", "_fields"});
}

// Names that hold a JSON of any fields.
std::set<std::string> raw_names(Node function) {
  std::set<std::string> raw;
  for (const Node a : body(function).all("assignment"))
    if (a.child("left").is("identifier") && sent_as_it_is(text::trim(a.child("right").code())))
      raw.insert(std::string(a.child("left").text()));
  for (const Node p : function.child("parameters").children())
    if (const std::string_view type = p.child("type").text();
        (type == "dict" || type.starts_with("dict[") || type.starts_with("Dict")) && !contains(p.code(), "Depends"))
      raw.insert(parameter_name(p));
  return raw;
}

// Models of bodies check what they are built from; errors and answers are no records.
bool record_class(std::string_view name) {
  if (name.empty() || name.front() < 'A' || name.front() > 'Z') return false;
  for (const std::string_view end :
       {"Schema", "Form", "Request", "Response", "Create", "Update", "In", "Out", "Dto", "DTO", "Error", "Exception",
        "Config", "Settings", "Params", "Query", "Input", "Model", "Args"})
    if (name.ends_with(end)) return false;
  return true;
}

}  // namespace

// Stops: fields that only the server should write, sent along with those that were meant.
void judge_whole_bodies(File& file, const Handler& h) {
  const std::set<std::string> raw = raw_names(h.function);
  std::set<std::string> blacklisted;
  for (const Node a : body(h.function).all("assignment"))
    if (a.child("left").is("identifier") && all_but(a.child("right"))) blacklisted.emplace(a.child("left").text());
  const auto whole = [&](std::string_view value) {
    if (blacklisted.contains(std::string(value))) return true;
    const bool picked = contains(h.function.code(), std::string(value) + " = {") ||
                        icontains_any(h.function.code(), {"allowed", "_fields"}) ||
                        contains(h.function.code(), std::string(value) + ".pop(");
    return (raw.contains(std::string(value)) || sent_as_it_is(value)) && !picked;
  };
  const auto told = [&](Node at) {
    file.hit("AZ-007", at).title = "Every field the client sends is written to the record";
  };
  for (const Node p : body(h.function).all("pair"))
    if (literal(p.child("key")) == "$set" && whole(p.child("value").code())) return told(p);
  if (h.route->admin_guard || icontains(h.route->path, "admin") || webhook_door(h.route->path)) return;
  for (const Call* c : file.calls_in(body(h.function))) {
    const std::string_view f = last(c->name);
    const Code code = c->node.code();
    Node splat;  // Note(**payload), values(**payload)
    for (const Node s : c->node.child("arguments").all("dictionary_splat"))
      if (s.parent() == c->node.child("arguments") && whole(s.first().code())) splat = s;
    if (splat && (f == "values" || f == "update" ||
                  (record_class(f) && file.full(c->name).find("pydantic") == std::string::npos)))
      return told(c->node);
    const std::string first(unwrap(c->arg(0)).code());
    if (!whole(first)) continue;
    const bool query = icontains_any(code, {".query(", ".filter(", ".filter_by(", ".where(", ".table(", ".from_("});
    if ((f == "update" && query) || (f == "insert" && contains(code, ".table(")) || f == "insert_one")
      return told(c->node);
  }
}

}  // namespace gatehouse::audit::source

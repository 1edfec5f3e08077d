#include "audit/source/python_layers.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::string parameter_name(Node p) {
  const Node n = p.is("identifier") ? p : p.child("name") ? p.child("name") : p.first();
  return std::string(n.text());
}

bool says_owner(std::string_view all) {
  // Which columns and neighbours are loaded says nothing about whose record it may be.
  std::string code(all);
  for (const std::string_view load : {"select_related(", "prefetch_related(", "joinedload(", "selectinload("})
    for (std::size_t at; (at = code.find(load)) != std::string::npos;) {
      const std::size_t end = std::min(code.find(')', at), code.size());
      code.erase(at, end - at);
    }
  return icontains_any(
      code, {"owner", "user", "tenant", "account_id", "member", "created_by", "author", "buyer", "seller", "customer",
             "organization", "org_id", "team", "workspace", "caller", "principal", "permission", "shared"});
}

// session.get(Model, id), Model.objects.get(pk=id), execute(select(…)), collection.find_one(…)
bool reads_records(const Call& c) {
  const std::string_view f = last(c.name);
  const std::string_view code = c.node.code();
  if (contains(c.name, ".objects") || contains(code, ".objects."))
    return f == "get" || f == "filter" || f == "get_object_or_404";
  if (f == "get_object_or_404" || f == "find_one" || f == "delete_one" || f == "update_one" || f == "fetchrow" ||
      f == "fetch_one" || f == "filter_by" || f == "get_or_404")
    return true;
  const bool base = icontains_any(c.name, {"session", "db", "conn", "cursor", "query", "database"});
  return base && (f == "get" || f == "execute" || f == "scalar" || f == "scalars" || f == "filter" || f == "fetch");
}

bool proves_caller(std::string_view code) {
  if (icontains_any(code, {"jwt.decode(", "verify_token(", "authenticate_request("})) return true;
  return icontains_any(code, {"raise ", "abort("}) &&
         icontains_any(code, {"401", "403", "unauthorized", "forbidden"}) &&
         icontains_any(code, {"authorization", "token", "cookie", "session", "bearer", "x_api_key"});
}

}  // namespace

void read_layers(File& file, PythonNotes& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    if (route_function(f)) continue;
    const std::string name(f.child("name").text());
    const std::string_view code = body(f).code();
    if (proves_caller(code)) {
      const Node cls = f.above("class_definition");
      notes.guards.insert(cls && name.starts_with("__") ? std::string(cls.child("name").text()) : name);
    }
    PythonNotes::Layer layer;
    layer.asks_owner = says_owner(f.child("parameters").code()) || says_owner(code) || has_word(name, {"mine", "own"});
    for (const Node p : f.child("parameters").children()) {
      const std::string given = parameter_name(p);
      if (given.empty() || given == "self" || given == "cls") continue;
      for (const Call* c : file.calls_in(body(f))) {
        if (!has_token(c->node.child("arguments").code(), given)) continue;
        if (reads_records(*c))
          layer.fetches = true;
        else
          layer.calls.insert(std::string(last(c->name)));
      }
    }
    if (layer.fetches || !layer.calls.empty()) notes.layers[name].push_back(std::move(layer));
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node right = a.child("right");
    if (!right.is("subscript") || last(dotted(right.child("value"))) != "Annotated") continue;
    const std::string name(a.child("left").text());
    if (const Node type = right.child("subscript")) notes.stands_for[name].insert(std::string(last(dotted(type))));
    for (const Call* c : file.calls_in(right))
      if ((last(c->name) == "Depends" || last(c->name) == "Security") && c->arg(0))
        notes.stands_for[name].insert(std::string(last(dotted(c->arg(0)))));
  }
}

void note_layer_calls(const File& file, Node handler, const std::vector<std::string>& ids, LayerCall call,
                      std::vector<LayerCall>& out) {
  for (const Call* c : file.calls_in(body(handler))) {
    const bool given = std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
      return std::any_of(c->args.begin(), c->args.end(), [&](Node a) { return unwrap(a).text() == id; }) ||
             std::any_of(c->keywords.begin(), c->keywords.end(),
                         [&](const auto& k) { return unwrap(k.second).text() == id; });
    });
    if (!given) continue;
    call.callee = std::string(last(c->name));
    call.at = place(file.path, c->line());
    call.shown = file.shown(c->node);
    out.push_back(call);
  }
}

bool fetches_unowned(const PythonNotes& notes, std::string_view name) {
  std::set<std::string> seen, next = {std::string(name)};
  bool fetches = false;
  for (int depth = 0; depth < 8 && !next.empty(); ++depth) {
    std::set<std::string> found;
    for (const std::string& n : next) {
      const auto it = notes.layers.find(n);
      if (!seen.insert(n).second || it == notes.layers.end()) continue;
      for (const auto& layer : it->second) {
        if (layer.asks_owner) return false;
        fetches = fetches || layer.fetches;
        found.insert(layer.calls.begin(), layer.calls.end());
      }
    }
    next = std::move(found);
  }
  return fetches;
}

bool refuses_strangers(const PythonNotes& notes, std::string_view name) {
  if (notes.guards.contains(std::string(name))) return true;
  const auto it = notes.stands_for.find(std::string(name));
  return it != notes.stands_for.end() && std::any_of(it->second.begin(), it->second.end(),
                                                     [&](const std::string& n) { return notes.guards.contains(n); });
}

}  // namespace gatehouse::audit::source

// What a client's JSON becomes inside a filter of MongoDB: {"$gt": ""} where a text was meant, here or through the
// functions it is handed to.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_addresses.h"
#include "audit/source/python_client.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool filters(const Call& c) {
  const std::string_view f = last(c.name);
  return (f == "find_one" || f == "find" || f == "update_one" || f == "delete_one" || f == "count_documents" ||
          f == "find_one_and_update" || f == "find_one_and_delete" || f == "delete_many" || f == "update_many" ||
          f == "replace_one" || f == "find_one_and_replace") &&
         c.arg(0);
}

// The dictionary a filter is, by its name too.
Node filter_of(const Call& c) {
  const Node given = unwrap(c.arg(0));
  if (!given.is("identifier")) return given;
  const Node f = function_around(c.node);
  Node made = given;
  for (const Node a : f ? f.all("assignment") : std::vector<Node>{})
    if (a.begin() < c.node.begin() && a.child("left").text() == given.text()) made = unwrap(a.child("right"));
  return made;
}

std::set<std::string> json_names(Node function) {
  std::set<std::string> out;
  for (const Node a : body(function).all("assignment")) {
    const std::string_view right = text::trim(a.child("right").code());
    if (a.child("left").is("identifier") &&
        (right == "request.json" || right.starts_with("request.get_json(") || right == "await request.json()" ||
         right == "request.json or {}" || right == "json.loads(request.data)" ||
         right.starts_with("await request.get_json")))
      out.insert(std::string(a.child("left").text()));
  }
  for (const Node p : function.child("parameters").children()) {
    const std::string_view type = p.child("type").text();
    if ((type == "dict" || type.starts_with("dict[") || type.starts_with("Dict")) && !contains(p.code(), "Depends"))
      out.insert(parameter_name(p));
  }
  return out;
}

// A value of the JSON as it came: data["email"], data.get("email"), request.json["email"], or a name for it.
bool raw_value(Node function, const std::set<std::string>& names, Node n, int depth = 0) {
  n = unwrap(n);
  if (n.is("identifier") && depth < 3) {
    bool raw = false;
    for (const Node a : body(function).all("assignment"))
      if (a.child("left").text() == n.text() && a.begin() < n.begin())
        raw = raw_value(function, names, a.child("right"), depth + 1);
    return raw;
  }
  Node of;
  if (const auto c = as_call(n)) {
    if (last(c->name) != "get" || !literal(c->arg(0)) || (c->arg(1) && !c->arg(1).is("none"))) return false;
    of = n.child("function").child("object");
  } else if (n.is("subscript") && literal(n.child("subscript"))) {
    of = n.child("value");
  }
  if (!of) return false;
  const Code said = unwrap(of).code();
  return names.contains(std::string(said)) || said == "request.json" || said == "request.get_json()";
}

// The name of a value whose text is asked for, so that nothing but text comes through.
bool made_text(Node function, Node n) {
  const std::string name(unwrap(n).text());
  if (icontains(function.code(), "isinstance(")) return true;
  for (const std::string_view method :
       {".lower(", ".strip(", ".upper(", ".encode(", ".split(", ".endswith(", ".startswith("})
    if (contains(function.code(), name + std::string(method))) return true;
  return contains(function.code(), "str(" + name) || contains(function.code(), "re.match(");
}

}  // namespace

// Stops: a filter of Supabase that a comma in what the client sends goes on with.
static void judge_written_filters(File& file) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "or_" || !icontains_any(c.node.code(), {".table(", ".from_("})) continue;
    for (const Node hole : holes(built_text(c.arg(0))))
      if (taint(hole) == Taint::yes) {
        auto& found = file.hit("FA-017", c.node);
        found.title = "A filter is written together with what the client sent";
        found.severity = proof::Severity::medium;
        break;
      }
  }
}

void read_python_queries(File& file, PythonNotes& notes) {
  judge_written_filters(file);
  const bool web = framework_of(file).has_value();
  for (const Node f : file.tree.all("function_definition")) {
    const auto names = web ? json_names(f) : std::set<std::string>{};
    for (const Call* c : file.calls_in(body(f))) {
      if (!(function_around(c->node) == f)) continue;
      if (filters(*c)) {
        const Node filter = filter_of(*c);
        if (names.contains(std::string(filter.text())) || filter.code() == "request.json" ||
            (!filter.is("dictionary") && !made_text(f, filter) &&
             (raw_value(f, names, filter) || filter.code().starts_with("request.json.get(") ||
              filter.code().starts_with("request.get_json().get(")))) {
          if (route_function(f)) file.hit("EX-015", c->node);
          continue;
        }
        for (const auto& [key, value] : members(filter)) {
          if (route_function(f) && raw_value(f, names, value) && !made_text(f, value)) {
            file.hit("EX-015", value).title = "A value of the client's JSON may be an operator of the database";
            break;
          }
          // find_one({"email": email}) of a function that was given it
          const Node plain = unwrap(value);
          if (!plain.is("identifier") || made_text(f, plain)) continue;
          std::size_t position = 0;
          for (const Node p : f.child("parameters").children()) {
            const std::string name = parameter_name(p);
            if (name == "self" || name == "cls") continue;
            if (name == plain.text())
              notes.mongo_filters[function_name(f)].push_back(
                  {std::string(f.above("class_definition").child("name").text()), name, position,
                   place(file.path, c->line()), file.shown(c->node)});
            ++position;
          }
        }
        continue;
      }
      if (!route_function(f) || (names.empty() && !icontains(f.code(), "request.json"))) continue;
      for (std::size_t i = 0; i < c->args.size(); ++i)
        if (raw_value(f, names, c->arg(i)) && !made_text(f, c->arg(i)))
          notes.raw_values.push_back({ref_of(file, *c), i, {}, true, place(file.path, c->line())});
      for (const auto& [key, value] : c->keywords)
        if (raw_value(f, names, value) && !made_text(f, value))
          notes.raw_values.push_back({ref_of(file, *c), 0, std::string(key), true, place(file.path, c->line())});
    }
  }
}

// Stops: signing in as the first account that a comparison matches.
void judge_python_queries(const PythonNotes& notes, Sink& sink) {
  std::set<std::pair<std::string, int>> told;
  for (const BodyCall& call : notes.raw_values) {
    const auto it = notes.mongo_filters.find(call.callee.name);
    if (it == notes.mongo_filters.end()) continue;
    for (const PythonNotes::MongoFilter& filter : it->second) {
      const bool same = call.keyword.empty() ? call.position == filter.position : call.keyword == filter.parameter;
      const std::string& cls = call.callee.cls;
      if (!same || (!cls.empty() && notes.classes.contains(cls) && !filter.cls.empty() && cls != filter.cls)) continue;
      if (!told.insert({filter.at.path, filter.at.line}).second) continue;
      auto& f = sink.find("EX-015", filter.at, filter.shown);
      f.title = "A value of the client's JSON may be an operator of the database";
      f.locations.push_back(call.at);
      f.evidence.emplace_back("this route hands on a value as the client sent it");
    }
  }
}

}  // namespace gatehouse::audit::source

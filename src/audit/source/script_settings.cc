#include "audit/source/script_settings.h"

#include <algorithm>
#include <map>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Demanded {
  std::map<std::string, Spot> names;  // what a schema or a list asks for
  std::set<std::string> read;         // every name that some code reads, of the environment or of a settings object
  std::map<std::string, Spot> keys;   // secrets read of the environment itself, with nothing to stand in for them
};

// JWT_SECRET
bool variable_name(std::string_view s) {
  return s.size() > 3 && contains(s, "_") && std::all_of(s.begin(), s.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || text::is_digit(c) || c == '_';
         });
}

bool signs(std::string_view name) {
  return has_word(name, {"jwt", "session", "token", "cookie", "access", "refresh"}) &&
         has_word(name, {"secret", "key"}) && !has_word(name, {"public", "publishable"});
}

// z.object({ JWT_SECRET: z.string() }), cleanEnv(process.env, { … }), ["JWT_SECRET", …] beside a refusal
void read_demands(File& file, Demanded& out) {
  if (!contains(file.code(), "process.env")) return;
  const auto demand = [&](std::string_view name, Node at) {
    if (variable_name(name)) out.names.emplace(std::string(name), Spot{place(file.path, at.line()), file.shown(at)});
  };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "object" && f != "cleanEnv" && f != "createEnv") continue;
    for (const Node p : c.node.child("arguments").all("pair"))
      if (!icontains_any(p.child("value").code(), {"optional()", ".default("})) demand(p.child("key").text(), p);
  }
  for (const Node a : file.tree.all("array")) {
    const auto parts = a.children();
    const bool all = parts.size() > 1 && std::all_of(parts.begin(), parts.end(), [](Node n) {
                       const auto said = literal(n);
                       return said && variable_name(*said);
                     });
    if (all && contains(file.code(), "process.env[") && icontains_any(file.code(), {"throw", "process.exit"}))
      for (const Node n : parts) demand(*literal(n), n);
  }
}

}  // namespace

void read_demanded(File& file) {
  if (client_file(file)) return;
  auto& notes = file.project.notes<Demanded>();
  read_demands(file, notes);
  for (const Node m : file.tree.all("member_expression")) {
    const std::string_view name = m.child("property").text();
    if (!variable_name(name)) continue;
    notes.read.emplace(name);
    if (env_name(m) != name || !signs(name)) continue;
    Node p = m.parent();
    if (p.any_of("non_null_expression", "as_expression")) p = p.parent();
    if (!p.any_of("binary_expression", "if_statement", "unary_expression"))
      notes.keys.emplace(std::string(name), Spot{place(file.path, m.line()), file.shown(m)});
  }
  for (const Node p : file.tree.all("shorthand_property_identifier_pattern"))  // const { JWT_SECRET } = env
    if (variable_name(p.text())) notes.read.emplace(p.text());
}

// Stops: a start that looks guarded and lets the program run without the key that it signs with.
void judge_demanded(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Demanded>();
  for (const auto& [name, at] : notes.names) {
    if (!signs(name) || notes.read.contains(name)) continue;
    for (const auto& [key, spot] : notes.keys) {
      if (notes.names.contains(key)) continue;
      auto& f = sink.find("ENV-006", at.at, at.shown);
      f.title = "Start-up demands " + name + ", which nothing reads; " + key + " is read and demanded by nobody";
      f.severity = proof::Severity::high;
      f.locations.push_back(spot.at);
      f.evidence.push_back(spot.shown);
      return;
    }
  }
}

}  // namespace gatehouse::audit::source

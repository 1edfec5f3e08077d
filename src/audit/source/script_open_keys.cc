#include "audit/source/script_open_keys.h"

#include <map>
#include <vector>

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 20;

struct ScriptOpenKeys {
  struct Open {
    std::string variable;
    Spot at;
  };
  std::vector<Open> all;
  std::set<std::string> required;  // variables that something asks for, or a schema names
};

// process.env.KEY, or the name that holds it and nothing else.
std::string key_behind(const File& file, Node function, Node side) {
  side = unwrap(side);
  const auto variable = [](Node n) {
    const std::string name = dotted(unwrap(n));
    if (!name.starts_with("process.env.")) return std::string();
    const std::string key = name.substr(12);
    return secret_name(key) || has_word(key, {"key", "token", "secret", "password"}) ? key : std::string();
  };
  if (std::string key = variable(side); !key.empty()) return key;
  if (!side.is("identifier")) return {};
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").text() == side.text())
      if (const Node around = function_around(d); !around || around == function) return variable(d.child("value"));
  return {};
}

// req.headers["x-key"], req.body.key, req.get("x-key") of Express: undefined where nothing is sent. A Headers object
// answers null, which is not undefined.
bool may_be_undefined(Node function, Node n, int depth = 0) {
  n = unwrap(n);
  if (const auto c = as_call(n))
    return c->args.size() == 1 && (c->name == "req.get" || c->name == "req.header" || c->name == "request.header");
  if (n.any_of("member_expression", "subscript_expression")) {
    const std::string of = dotted(n.child("object"));
    return of == "req.headers" || of == "req.body" || of == "req.query" || of == "request.headers" ||
           of == "request.body" || of == "request.query" || of == "ctx.request.body" || of == "event.headers";
  }
  if (!n.is("identifier") || depth > 0) return false;
  for (const Node d : function.all("variable_declarator")) {
    if (d.child("name").text() == n.text()) return may_be_undefined(function, d.child("value"), 1);
    if (!d.child("name").is("object_pattern")) continue;
    for (const Node p : d.child("name").all("shorthand_property_identifier_pattern"))
      if (p.text() == n.text() && !p.parent().is("object_assignment_pattern")) {
        const Code from = d.child("value").code();
        return contains(from, "req.body") || contains(from, "req.query") || contains(from, ".json()");
      }
  }
  return false;
}

bool turns_away(Node branch) {
  const Code code = branch.code();
  return icontains_any(code, {"401", "403", "404", "400", "unauthor", "forbidden", "throw", "denied"}) &&
         icontains_any(code, {"return", "throw", "res."});
}

}  // namespace

void read_script_open_keys(const File& file) {
  const Code code = file.code();
  if (!contains(code, "process.env")) return;
  auto& notes = file.project.notes<ScriptOpenKeys>();
  for (const Node u : file.tree.all("unary_expression"))
    if (const std::string name = dotted(unwrap(u.child("argument"))); u.has_token("!") && !name.empty()) {
      if (name.starts_with("process.env."))
        notes.required.insert(name.substr(12));
      else if (const std::string key = key_behind(file, function_around(u), u.child("argument")); !key.empty())
        notes.required.insert(key);
    }
  if (client_file(file) || has_word(file.path, {"test", "tests"})) return;
  for (const Node branch : file.tree.all("if_statement")) {
    if (notes.all.size() >= kMost) return;
    const Node asked = unwrap(branch.child("condition"));
    if (!asked.is("binary_expression") || !(asked.has_token("!==") || asked.has_token("!=")) ||
        !turns_away(branch.child("consequence")))
      continue;
    const Node function = function_around(branch);
    if (!function) continue;
    const Node left = asked.child("left"), right = asked.child("right");
    for (const auto& [given, kept] : {std::pair(left, right), std::pair(right, left)}) {
      std::string key = key_behind(file, function, kept);
      if (key.empty() || !may_be_undefined(function, given)) continue;
      notes.all.push_back({std::move(key), {place(file.path, branch.line()), file.shown(branch)}});
      break;
    }
  }
}

void judge_script_open_keys(const Project& project, const ScriptNotes& script, Sink& sink) {
  const auto& notes = project.notes<ScriptOpenKeys>();
  if (script.env_validated) return;
  std::map<std::string, Recurring> told;
  for (const ScriptOpenKeys::Open& o : notes.all) {
    if (notes.required.contains(o.variable)) continue;
    // Stops: sending no key at all to a deployment that was never given one.
    if (auto* f = told[o.variable].find(sink, "EX-021", o.at)) {
      f->title = "Without the key in the environment, who sends none has the right one";
      f->severity = proof::Severity::high;
      f->fix = "Refuse when the variable is missing, and compare with crypto.timingSafeEqual.";
    }
  }
}

}  // namespace gatehouse::audit::source

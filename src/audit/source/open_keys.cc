#include "audit/source/open_keys.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_value.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 20;
constexpr std::size_t kMostNames = 20;

struct OpenKeys {
  struct Open {
    std::string variable;
    Spot at;
  };
  std::vector<Open> all;
  std::set<std::string> required;  // variables without which the program does not start
};

struct Key {
  std::string variable;
  bool may_miss = false;  // os.getenv("KEY"): None when it is missing
};

std::optional<Key> key_of(Node n) {
  n = unwrap(n);
  const auto read = env_read(n);
  if (!read || !(secret_name(read->name) || has_word(read->name, {"key", "token", "secret", "auth", "password"})))
    return std::nullopt;
  const auto call = as_call(n);
  const bool quiet = call && (call->name.ends_with("getenv") || call->name.ends_with("environ.get"));
  return Key{read->name, quiet && (!read->fallback || read->fallback.is("none"))};
}

// The key itself, or the name it was read into.
std::optional<Key> key_behind(const File& file, Node function, Node side) {
  side = unwrap(side);
  if (const auto key = key_of(side)) return key;
  if (!side.is("identifier")) return std::nullopt;
  for (const Node scope : {function, file.tree.root()})
    for (const Node a : scope.all("assignment")) {
      if (a.child("left").text() != side.text()) continue;
      if (const Node around = function_around(a); around && !(around == function)) continue;
      if (auto key = key_of(a.child("right"))) {
        // Somebody asks for it before it is needed.
        if (contains(file.code(), "not " + std::string(side.text()))) key->may_miss = false;
        return key;
      }
    }
  return std::nullopt;
}

// request.data["key"], request.headers.get("X-Key"): None can be sent, or is what stands for nothing.
bool may_be_none(Node n) {
  n = unwrap(n);
  const auto c = as_call(n);
  if (c && last(c->name) == "get") return c->args.size() == 1 && !c->keyword("default");
  if (!n.is("subscript")) return false;
  const std::string of = dotted(n.child("value"));
  return !icontains_any(of, {"headers", "meta", "cookies", ".post", ".form", ".args", "environ"});
}

struct Sent {
  std::set<std::string> names;    // what holds something of the request
  std::set<std::string> nothing;  // … and may be None
};

Sent sent_to(Node function) {
  Sent out;
  for (const Node p : function.child("parameters").children()) {
    const std::string_view name = p.child("name").text();
    if (const auto c = as_call(unwrap(p.child("value")));
        c && (last(c->name) == "Header" || last(c->name) == "Query")) {
      out.names.emplace(name);
      if (c->arg(0).is("none") || c->keyword("default").is("none")) out.nothing.emplace(name);
    }
  }
  for (const Node a : function.all("assignment")) {
    const Node right = a.child("right");
    if (!a.child("left").is("identifier") || out.names.size() > kMostNames) continue;
    const bool from = has_token(right.code(), "request") ||
                      std::any_of(out.names.begin(), out.names.end(),
                                  [&](const std::string& n) { return has_token(right.code(), n); });
    if (!from) continue;
    out.names.emplace(a.child("left").text());
    if (may_be_none(right)) out.nothing.emplace(a.child("left").text());
  }
  return out;
}

bool turns_away(Node block) {
  const Code code = block.code();
  return icontains_any(code, {"400", "401", "403", "404", "unauthorized", "forbidden", "permissiondenied", "denied",
                              "raise ", "abort("}) &&
         icontains_any(code, {"return", "raise ", "abort("});
}

struct Guard {
  Node branch;
  Key key;
  bool none = false;  // None may stand on the other side
};

std::optional<Guard> guard_of(const File& file, Node function) {
  if (!icontains_any(function.code(), {"request", "header("})) return std::nullopt;
  std::optional<Sent> sent;
  for (const Node branch : function.all("if_statement")) {
    Node asked = unwrap(branch.child("condition"));
    const bool negated = asked.is("not_operator");
    if (negated) asked = unwrap(asked.first());
    if (!asked.is("comparison_operator") || !asked.has_token(negated ? "==" : "!=")) continue;
    const auto sides = asked.children();
    if (sides.size() != 2 || !turns_away(branch.child("consequence"))) continue;
    for (int i = 0; i < 2; ++i) {
      const auto key = key_behind(file, function, sides[static_cast<std::size_t>(i)]);
      if (!key) continue;
      const Node given = unwrap(sides[static_cast<std::size_t>(1 - i)]);
      if (!sent) sent = sent_to(function);
      const bool named = given.is("identifier");
      if (named ? !sent->names.contains(std::string(given.text())) : !has_token(given.code(), "request")) continue;
      return Guard{branch, *key, named ? sent->nothing.contains(std::string(given.text())) : may_be_none(given)};
    }
  }
  return std::nullopt;
}

}  // namespace

bool asks_open_key(const File& file, Node function) {
  return icontains_any(file.code(), {"getenv", "environ", "config(", "env("}) && guard_of(file, function).has_value();
}

void read_open_keys(const File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<OpenKeys>();
  // os.environ["KEY"], REQUIRED = ["KEY", …], `if not os.getenv("KEY"): raise`
  if (contains(code, "environ["))
    for (const Node s : file.tree.all("subscript"))
      if (const auto read = env_read(s)) notes.required.insert(read->name);
  for (const char* type : {"list", "tuple", "set"})
    for (const Node l : file.tree.all(type))
      for (const Node x : l.children())
        if (const auto word = literal(x); word && word->size() > 3 && word->size() < 60 && secret_name(*word))
          notes.required.insert(*word);
  if (!icontains_any(code, {"getenv", "environ.get"}) || has_word(file.path, {"test", "tests"})) return;
  for (const Node n : file.tree.all("not_operator"))
    if (const auto read = env_read(unwrap(n.first()))) notes.required.insert(read->name);
  for (const Node f : file.tree.all("function_definition")) {
    if (notes.all.size() >= kMost) return;
    if (const auto guard = guard_of(file, f); guard && guard->key.may_miss && guard->none)
      notes.all.push_back({guard->key.variable, {place(file.path, guard->branch.line()), file.shown(guard->branch)}});
  }
}

void judge_open_keys(const Project& project, Sink& sink) {
  const auto& notes = project.notes<OpenKeys>();
  std::map<std::string, Recurring> told;
  std::set<std::pair<std::string, int>> places;
  for (const OpenKeys::Open& o : notes.all) {
    if (notes.required.contains(o.variable) || !places.emplace(o.at.at.path, o.at.at.line).second) continue;
    // Stops: sending no key at all to a deployment that was never given one: None is None.
    if (auto* f = told[o.variable].find(sink, "EX-021", o.at)) {
      f->title = "Without the key in the environment, who sends none has the right one";
      f->severity = proof::Severity::high;
      f->fix = "Refuse when the variable is missing, and compare with hmac.compare_digest.";
    }
  }
}

}  // namespace gatehouse::audit::source

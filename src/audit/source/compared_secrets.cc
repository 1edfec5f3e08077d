#include "audit/source/compared_secrets.h"

#include <algorithm>
#include <map>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_value.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

enum class Lack : unsigned char { demanded, nothing, empty };  // what stands there when nobody set it

struct Compared {
  std::string name;            // of the setting
  Lack lack = Lack::demanded;  // when the comparison itself says
  bool within = false;         // it is a part of a text: "Bearer undefined" stands there when nobody set it
  bool absent = false;         // what is sent is nothing when it is left out
  Spot at;
};

struct SecretNotes {
  std::map<std::string, Lack, std::less<>> kept;  // settings by their last name
  std::set<std::string, std::less<>> asked;       // names whose lack somebody asks for
  std::vector<Compared> compared;
  std::vector<Compared> keys;  // of digests that prove who sent something
  bool demands = false;        // some script does not start without a list of variables
};

// Without .strip(), .trim() at its end.
Node bare(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n); c && c->args.empty() && (last(c->name) == "strip" || last(c->name) == "trim"))
    return unwrap(n.child("function").child("object"));
  return n;
}

// process.env.X ?? "", os.getenv("X", ""): the variable, and what stands in for it.
std::optional<std::pair<std::string, Lack>> read_of(Node n, bool python) {
  n = bare(n);
  const bool either = n.is("binary_expression") ? n.has_token("||") || n.has_token("??")
                                                : n.is("boolean_operator") && n.has_token("or");
  if (either) {
    const auto inner = read_of(n.child("left"), python);
    const auto value = literal(n.child("right"));
    if (!inner || !value || inner->second == Lack::demanded) return std::nullopt;
    return std::pair{inner->first, value->empty() ? Lack::empty : Lack::demanded};
  }
  if (!python) {
    const auto name = env_name(n);
    return name ? std::optional(std::pair{*name, Lack::nothing}) : std::nullopt;
  }
  const auto read = env_read(n);
  if (!read || !read->cast.empty()) return std::nullopt;
  const auto c = as_call(n);
  // os.environ["X"] and decouple's config("X") refuse to start.
  const bool quiet = c && (last(c->name) == "getenv" || c->name.ends_with("environ.get"));
  if (!read->fallback) return std::pair{read->name, quiet ? Lack::nothing : Lack::demanded};
  const auto value = literal(read->fallback);
  if (!value) return std::nullopt;
  return std::pair{read->name, value->empty() ? Lack::empty : Lack::demanded};
}

bool guards(std::string_view name) { return secret_name(name); }

// SECRET = os.getenv("SECRET", ""), const secret = process.env.SECRET ?? "", { secret: process.env.SECRET }
void note_kept(const File& file, SecretNotes& notes) {
  const bool python = file.tree.python();
  const auto note = [&](Node name, Node value) {
    const std::string full = name.any_of("member_expression", "attribute") ? dotted(name) : std::string(name.text());
    const std::string_view n = last(full);
    if (!guards(n)) return;
    const auto read = read_of(value, python);
    if (!read) return;
    notes.kept.emplace(std::string(n), read->second);
  };
  if (!python) {
    for (const Node d : file.tree.all("variable_declarator")) note(d.child("name"), d.child("value"));
    for (const Node p : file.tree.all("pair")) note(p.child("key"), p.child("value"));
    return;
  }
  for (const Node a : file.tree.all("assignment")) {
    note(a.child("left"), a.child("right"));
    // class Settings(BaseSettings): cron_secret: str = ""
    const Node cls = a.above("class_definition");
    if (!cls || !contains(cls.child("superclasses").text(), "BaseSettings") || !guards(a.child("left").text()))
      continue;
    const Node value = unwrap(a.child("right"));
    if (literal(value) == "")
      notes.kept.emplace(std::string(a.child("left").text()), Lack::empty);
    else if (value.is("none"))
      notes.kept.emplace(std::string(a.child("left").text()), Lack::nothing);
  }
}

// !SECRET, SECRET && …, if not SECRET, SECRET is None: somebody thinks of its lack.
void note_asked(const File& file, SecretNotes& notes) {
  const auto note = [&](Node n) {
    n = unwrap(n);
    if (const auto name = file.tree.python() ? std::nullopt : env_name(n)) notes.asked.insert(*name);
    const std::string name = dotted(n);
    if (!name.empty()) notes.asked.emplace(last(name));
    if (const auto c = as_call(n))  // Boolean(X), bool(X)
      for (const Node a : c->args) notes.asked.emplace(last(dotted(unwrap(a))));
  };
  if (file.tree.python()) {
    for (const Node n : file.tree.all("not_operator")) note(n.first());
    for (const Node n : file.tree.all("boolean_operator")) {
      if (n.has_token("and")) note(n.child("left"));
      if (n.has_token("and")) note(n.child("right"));
    }
    for (const Node n : file.tree.all("if_statement")) note(n.child("condition"));
    for (const Node n : file.tree.all("assert_statement")) note(n.first());
    for (const Node n : file.tree.all("comparison_operator"))
      if (contains(n.code(), "None")) note(n.first());
    return;
  }
  for (const Node n : file.tree.all("unary_expression"))
    if (n.has_token("!") || n.has_token("typeof")) note(n.child("argument"));
  for (const Node n : file.tree.all("binary_expression")) {
    if (n.has_token("&&")) {
      note(n.child("left"));
      note(n.child("right"));
    }
    const Code right = n.child("right").code();
    const bool compares = n.has_token("===") || n.has_token("!==") || n.has_token("==") || n.has_token("!=");
    if (!compares) continue;
    if (right == "undefined" || right == "null" || right == "\"\"" || right == "''") note(n.child("left"));
  }
  for (const char* type : {"if_statement", "ternary_expression"})
    for (const Node n : file.tree.all(type)) note(n.child("condition"));
  for (const Node m : file.tree.all("member_expression"))
    if (m.child("property").text() == "length") note(m.child("object"));
}

// What is sent, and whether leaving it out leaves nothing: a header, a part of the query or the body.
struct Sent {
  bool absent = false;
};

std::optional<Sent> sent_script(const File& file, Node n, int depth = 0) {
  n = bare(n);
  if (depth > 2 || literal(n)) return std::nullopt;
  if (n.is("binary_expression") && (n.has_token("||") || n.has_token("??"))) {
    const auto inner = sent_script(file, n.child("left"), depth + 1);
    if (inner && literal(n.child("right")) == "") return Sent{false};
    return std::nullopt;
  }
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    // req.headers.get("x")?.replace("Bearer ", ""): nothing when it is left out
    if (contains(n.code(), "?.") && (f == "replace" || f == "slice" || f == "substring"))
      return sent_script(file, n.child("function").child("object"), depth + 1) ? std::optional(Sent{true})
                                                                               : std::nullopt;
    if (!literal(c->arg(0)) && !file.tree.python() && c->args.size() != 1) return std::nullopt;
    const std::string of = c->name.substr(0, c->name.size() - std::min(c->name.size(), f.size()));
    if (f == "get" && (contains(of, "eaders") || contains(of, "earchParams"))) return Sent{false};
    if (f == "header" || (f == "get" && (of == "req." || of == "request." || of == "ctx."))) return Sent{true};
    return std::nullopt;
  }
  if (n.any_of("member_expression", "subscript_expression")) {
    const std::string of = dotted(n.child("object"));
    const std::string_view tail = last(of);
    if (tail == "headers" || tail == "query" || tail == "body") return Sent{true};
    return std::nullopt;
  }
  if (!n.is("identifier")) return std::nullopt;
  const Node v = value_of(file, n);
  if (!(v == n)) return sent_script(file, v, depth + 1);
  return from_client(file, n) ? std::optional(Sent{true}) : std::nullopt;
}

std::optional<Sent> sent_python(Node n, int depth = 0) {
  n = bare(n);
  if (depth > 2) return std::nullopt;
  if (n.is("boolean_operator") && n.has_token("or")) {
    const auto inner = sent_python(n.child("left"), depth + 1);
    return inner && literal(n.child("right")) == "" ? std::optional(Sent{false}) : std::nullopt;
  }
  if (const auto c = as_call(n)) {
    const std::string of = c->name;
    if (last(of) != "get" ||
        !icontains_any(of, {"headers", "meta", "args", "request.get", "query_params", "request.post"}))
      return std::nullopt;
    return Sent{!c->arg(1) || c->arg(1).is("none")};
  }
  if (!n.is("identifier")) return std::nullopt;
  const Node f = function_around(n);
  for (const Node a : body(f).all("assignment"))
    if (a.child("left").text() == n.text() && a.begin() < n.begin()) return sent_python(a.child("right"), depth + 1);
  for (const Node p : f.child("parameters").children()) {
    if (parameter_name(p) != n.text()) continue;
    const Code whole = p.code();
    const bool route = route_function(f) || contains(whole, "Header(") || contains(whole, "Query(");
    if (!route) return std::nullopt;
    return Sent{icontains_any(whole, {"none"}) && !contains(whole, "...")};
  }
  return std::nullopt;
}

// if (!key || key !== SECRET): what is lacking is refused first.
bool asks_for(Node value, Node function) {
  const std::string name(bare(value).text());
  const Code code = function.code();
  for (const std::string_view form : {"!", "not "})
    if (contains(code, std::string(form) + name)) return true;
  return contains(code, name + " &&") || contains(code, name + " and ") || contains(code, "if (" + name + ")") ||
         contains(code, name + " is None") || contains(code, "if " + name + ":") ||
         (name.ends_with(")") && contains(code, "!(" + name));
}

// The variable that stands in a text, and where the text takes it from.
struct Laid {
  std::string name;
  Node from;
};

// `Bearer ${process.env.X}`, "Basic " + Buffer.from(`admin:${process.env.X}`).toString("base64")
std::optional<Laid> put_into_text(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (depth > 5 || !n) return std::nullopt;
  if (n.is("identifier")) {
    const Node v = unwrap(value_of(file, n));
    return v == n ? std::nullopt : put_into_text(file, v, depth + 1);
  }
  if (const auto c = as_call(n)) {
    if (last(c->name) == "toString") return put_into_text(file, n.child("function").child("object"), depth + 1);
    return c->name == "Buffer.from" || c->name == "btoa" ? put_into_text(file, c->arg(0), depth + 1) : std::nullopt;
  }
  for (const Node h : holes(n)) {
    const Node v = unwrap(value_of(file, unwrap(h)));
    if (auto name = env_name(v)) return Laid{std::move(*name), h};
    if (as_call(v))
      if (auto inner = put_into_text(file, v, depth + 1)) return inner;
  }
  return std::nullopt;
}

void note_compared(const File& file, SecretNotes& notes) {
  const bool python = file.tree.python();
  const auto look = [&](Node left, Node right, Node at) {
    const Node function = function_around(at);
    if (!function) return;
    for (const auto& [given, kept] : {std::pair{left, right}, std::pair{right, left}}) {
      const auto sent = python ? sent_python(given) : sent_script(file, given);
      if (!sent) continue;
      Compared c;
      if (const auto read = read_of(kept, python)) {
        c.name = read->first;
        c.lack = read->second;
      } else if (auto part = python ? std::nullopt : put_into_text(file, kept)) {
        if (asks_for(part->from, function)) continue;  // if (!secret || header !== `Bearer ${secret}`)
        c.name = std::move(part->name);
        c.lack = Lack::nothing;
        c.within = true;
      } else {
        c.name = std::string(last(dotted(unwrap(kept))));
      }
      const bool named = guards(c.name) || (c.within && has_word(c.name, {"password", "pass", "credentials", "auth"}));
      if (!named || c.name.empty() || (!c.within && asks_for(given, function))) continue;
      c.absent = sent->absent || c.within;
      c.at = {place(file.path, at.line()), file.shown(at)};
      notes.compared.push_back(std::move(c));
      return;
    }
  };
  for (const Node b : file.tree.all(python ? "comparison_operator" : "binary_expression")) {
    const bool equal = b.has_token("==") || b.has_token("!=") || b.has_token("===") || b.has_token("!==");
    if (!equal) continue;
    const auto sides = b.children();
    if (sides.size() == 2) look(sides[0], sides[1], b);
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "createHmac" || c.name == "hmac.new") {
      Node key = bare(c.arg(f == "createHmac" ? 1 : 0));
      if (const auto made = as_call(key); made && last(made->name) == "encode")
        key = bare(key.child("function").child("object"));
      Compared k;
      if (const auto read = read_of(key, python)) {
        k.name = read->first;
        k.lack = read->second;
      } else {
        k.name = std::string(last(dotted(unwrap(key))));
      }
      if (k.name.empty() || !guards(k.name)) continue;
      k.at = {place(file.path, c.line()), file.shown(c.node)};
      notes.keys.push_back(std::move(k));
      continue;
    }
    if (f != "compare_digest" && f != "timingSafeEqual" && f != "safeCompare" && f != "secureCompare" &&
        f != "constant_time_compare" && f != "safeEqual")
      continue;
    if (c.args.size() != 2) continue;
    const auto inner = [](Node n) {  // Buffer.from(x)
      const auto made = as_call(unwrap(n));
      return made && (made->name == "Buffer.from" || last(made->name) == "encode" || made->name == "str") &&
                     !made->args.empty()
                 ? made->arg(0)
                 : n;
    };
    look(inner(c.arg(0)), inner(c.arg(1)), c.node);
  }
}

}  // namespace

void read_compared_secrets(File& file) {
  if (!file.tree.python() && client_file(file)) return;
  if (!icontains_any(file.code(), {"env", "settings", "config"}) ||
      !icontains_any(file.code(), {"secret", "token", "key", "password"}))
    return;
  auto& notes = file.project.notes<SecretNotes>();
  if (!file.tree.python()) {
    // REQUIRED.filter((name) => !process.env[name]), and a refusal to start
    if (contains(file.code(), "!process.env[") && icontains_any(file.code(), {"throw", "exit("})) notes.demands = true;
    // z.object({ CRON_SECRET: z.string() }): who holds the environment against a shape asks for each name of it.
    if (contains(file.code(), "process.env"))
      for (const Call& c : file.calls)
        if (const std::string_view f = last(c.name); f == "object" || f == "createEnv" || f == "cleanEnv")
          for (const Node p : c.node.child("arguments").all("pair")) notes.asked.emplace(p.child("key").text());
  }
  note_kept(file, notes);
  note_asked(file, notes);
  note_compared(file, notes);
}

namespace {

// Stops: events that anybody signs with the empty key, because a variable was forgotten.
void judge_empty_keys(const SecretNotes& notes, Sink& sink) {
  for (const Compared& k : notes.keys) {
    Lack lack = k.lack;
    if (lack == Lack::demanded)
      if (const auto it = notes.kept.find(k.name); it != notes.kept.end()) lack = it->second;
    if (lack != Lack::empty || notes.asked.contains(k.name) || notes.demands) continue;
    if (std::any_of(sink.findings().begin(), sink.findings().end(),
                    [&](const proof::Finding& f) { return f.id == "SEC-013" || f.id == "SEC-008"; }))
      return;
    auto& f = sink.find("SEC-013", k.at.at, k.at.shown);
    f.title = "The key that signatures are checked with falls back to an empty text";
    f.impact = "Where the variable is forgotten, everybody can sign: the empty key is known to all.";
    f.severity = proof::Severity::medium;
    f.fix = "Read it without a default, and refuse to start when it is missing or empty.";
    return;
  }
}

}  // namespace

// Stops: an empty header that equals the secret nobody set, and opens what the secret was to shut.
void judge_compared_secrets(const Project& project, Sink& sink) {
  const auto& notes = project.notes<SecretNotes>();
  judge_empty_keys(notes, sink);
  for (const Compared& c : notes.compared) {
    if (notes.demands && !c.at.at.path.ends_with(".py")) continue;
    Lack lack = c.lack;
    if (lack == Lack::demanded)
      if (const auto it = notes.kept.find(c.name); it != notes.kept.end()) lack = it->second;
    if (lack == Lack::demanded || notes.asked.contains(c.name) || (lack == Lack::nothing && !c.absent)) continue;
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "EX-021" && f.locations.front().path == c.at.at.path &&
             std::abs(f.locations.front().line - c.at.at.line) < 3;
    });
    if (told) continue;
    auto& f = sink.find("EX-021", c.at.at, c.at.shown);
    if (c.within) {
      f.title = "Where " + c.name + " is not set, the word undefined passes for it";
      f.severity = proof::Severity::medium;
      continue;
    }
    f.title = lack == Lack::empty ? "Where " + c.name + " is not set, the empty text passes for it"
                                  : "Where " + c.name + " is not set, who sends nothing passes";
    f.severity = proof::Severity::high;
  }
}

}  // namespace gatehouse::audit::source

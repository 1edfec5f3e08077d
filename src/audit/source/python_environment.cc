// Settings and secrets as Python reads them: defaults that stand in for what is missing, what nobody asks for at the
// start, databases of settings.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_notes.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// if not KEY: raise RuntimeError(…), for name in REQUIRED: if not os.getenv(name): …, class Settings: key: str
void read_demanded_env(const File& file, PythonNotes& notes) {
  const Code code = file.code();
  if (contains(code, "BaseSettings"))
    for (const Node cls : file.tree.all("class_definition"))
      if (contains(cls.child("superclasses").text(), "BaseSettings"))
        for (const Node a : cls.all("assignment")) {
          std::string name(a.child("left").text());
          for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
          notes.demanded_env.insert(name);
        }
  if (!contains(code, "getenv") && !contains(code, "environ")) return;
  for (const Node b : file.tree.all("if_statement")) {
    const Code then = b.child("consequence").code();
    if ((!contains(then, "raise ") && !icontains_any(then, {"exit("})) || contains(then, "HTTPException")) continue;
    for (const char* kind : {"identifier", "call", "subscript"})
      for (const Node n : b.child("condition").all(kind)) {
        if (const auto read = env_read(n)) notes.demanded_env.insert(read->name);
        if (!n.is("identifier")) continue;
        notes.demanded_env.emplace(n.text());
        for (const Node a : file.tree.all("assignment"))
          if (a.child("left").text() == n.text())
            for (const Node c : a.child("right").all("call"))
              if (const auto read = env_read(c)) notes.demanded_env.insert(read->name);
        for (const Node a : file.tree.all("assignment"))
          if (a.child("left").text() == n.text())
            if (const auto read = env_read(unwrap(a.child("right")))) notes.demanded_env.insert(read->name);
      }
  }
  // A list of names that are asked for one by one.
  const bool one_by_one = std::any_of(file.calls.begin(), file.calls.end(), [](const Call& c) {
    return (last(c.name) == "getenv" || c.name.ends_with("environ.get")) && c.arg(0) && !literal(c.arg(0));
  });
  if ((one_by_one || contains(code, " not in os.environ")) && icontains_any(code, {"raise ", "exit("}))
    for (const Node s : file.tree.all("string"))
      if (const auto said = literal(s)) notes.demanded_env.insert(*said);
}

void judge_defaults(File& file) {
  read_demanded_env(file, file.project.notes<PythonNotes>());
  const bool settings =
      contains(file.path, "settings") && file.imports_from("") && contains(file.code(), "INSTALLED_APPS");
  std::vector<Node> reads;
  for (const Call& c : file.calls) reads.push_back(c.node);
  for (const Node n : reads) {
    const auto read = env_read(n);
    if (!read || !secret_name(read->name)) continue;
    Node fallback = read->fallback;
    if (!fallback) {
      const Node p = n.parent();
      if (p.is("boolean_operator") && p.has_token("or") && p.child("left") == n) fallback = p.child("right");
    }
    const auto value = literal(fallback);
    if (!fallback || (value && value->empty())) {
      // Nothing, or an empty text, in place of a secret that is not there.
      const auto c = as_call(n);
      if (c && (last(c->name) == "getenv" || c->name == "os.environ.get" || c->name == "environ.get"))
        if (!(settings && read->name.ends_with("SECRET_KEY") && !contains(read->name, "STRIPE")))  // Django asks itself
          file.project.notes<PythonNotes>().unchecked_env.emplace_back(read->name,
                                                                       Spot{place(file.path, n.line()), file.shown(n)});
      if (value && icontains(read->name, "webhook") && icontains(read->name, "secret"))
        file.project.notes<PythonNotes>().empty_hook_secrets.push_back({place(file.path, n.line()), file.shown(n)});
      continue;
    }
    if (!value || contains(*value, "...")) continue;  // sk_test_... opens nothing
    const Node a = n.above("assignment");
    if (settings && a.child("left").text() == "SECRET_KEY") continue;  // DJ-008 says it
    if (contains(*value, "...")) continue;                             // "sk_test_..." is no value
    file.hit("SEC-013", n, redacted(quote(file.tree.line_text(n.line()))));
  }
  for (const Node a : file.tree.all("assignment")) {  // app.secret_key = "…", app.config["SECRET_KEY"] = "…"
    const Node left = a.child("left");
    const auto value = literal(a.child("right"));
    if (!value || value->empty()) continue;
    const bool flask = (left.is("attribute") && (left.child("attribute").text() == "secret_key" ||
                                                 left.child("attribute").text() == "SECRET_KEY")) ||
                       (left.is("subscript") && contains(dotted(left.child("value")), "config") &&
                        literal(left.child("subscript")) && secret_name(*literal(left.child("subscript"))));
    if (!flask) continue;
    // Nothing can replace it: the key is what stands here.
    const std::string key = left.is("attribute") ? "secret_key" : text::to_lower(*literal(left.child("subscript")));
    const bool signs = key == "secret_key" || key == "jwt_secret_key";
    file.hit(signs && value->size() < 32 ? "SEC-008" : "SEC-017", a, redacted(quote(file.tree.line_text(a.line()))));
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node cls = a.above("class_definition");
    const bool on = text::iequals(a.child("left").text(), "debug") && a.child("right").is("true");
    if (on && cls && !function_around(a) && icontains(cls.child("superclasses").text(), "settings")) {
      auto& f = file.hit("FA-007", a);
      f.title = "Debug mode is on when its environment variable is missing";
      f.severity = proof::Severity::high;
    }
  }
  // SECRET = "…" in code, and pydantic settings with such a default.
  for (const Node a : file.tree.all("assignment")) {
    if (function_around(a)) continue;
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    if (!left.is("identifier") || !secret_name(left.text()) || !right) continue;
    if (settings && left.text() == "SECRET_KEY") continue;
    Node fallback = right;
    if (const auto c = as_call(right); c && last(c->name) == "Field")
      fallback = c->arg(0) ? c->arg(0) : c->keyword("default");
    auto value = literal(fallback);
    // jwt_secret: str = DEFAULT_SECRET, whatever name the text was given first
    if (!value && a.child("type") && fallback.is("identifier"))
      for (const Node named : file.tree.all("assignment"))
        if (!function_around(named) && named.child("left").text() == fallback.text() && !(named == a))
          value = literal(named.child("right"));
    if (!value || value->size() < 4 || contains(*value, " ") || contains(*value, "/") || value->starts_with("${") ||
        (value->starts_with("$") &&
         std::all_of(value->begin() + 1, value->end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; })))
      continue;
    const Node cls = a.above("class_definition");
    const bool pydantic = cls && icontains_any(cls.child("superclasses").text(), {"settings", "config", "basemodel"});
    const bool upper =
        std::none_of(left.text().begin(), left.text().end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (cls && !pydantic && !icontains(cls.child("name").text(), "config")) continue;
    if (!cls && !upper) continue;
    if (has_word(left.text(), {"cookie", "header", "param", "regex", "pattern", "scheme", "model", "allow"})) continue;
    if (cls && contains(cls.child("superclasses").text(), "BaseModel") &&
        !icontains(cls.child("name").text(), "setting"))
      continue;
    // In a settings class it is a default the environment may replace, anywhere else the only value there is.
    file.hit(cls ? "SEC-013" : "SEC-017", a, redacted(quote(file.tree.line_text(a.line()))));
  }
}

// DATABASES = {"default": {"PASSWORD": "…", "HOST": "…"}}
void judge_databases(File& file) {
  for (const Node a : file.tree.all("assignment")) {
    if (a.child("left").text() != "DATABASES") continue;
    for (const auto& [name, database] : members(a.child("right"))) {
      const auto host = literal(member(database, "HOST"));
      const bool far = host && contains(*host, ".") && !host->starts_with("127.") && !host->starts_with("10.") &&
                       !host->starts_with("192.168.") && !host->ends_with(".internal") && !host->ends_with(".local");
      const Node password = member(database, "PASSWORD");
      if (const auto value = literal(password); value && !value->empty()) {
        auto& f = file.hit("SEC-017", password, "PASSWORD of the database " + name);
        f.title = "The database's password stands in the settings";
        f.severity = far ? proof::Severity::critical : proof::Severity::medium;
      }
      if (far && !icontains_any(database.code(), {"sslmode", "ssl"}))
        file.hit("INF-017", database,
                 "HOST of the database " + name + " is on another machine, OPTIONS ask for no TLS");
    }
  }
}

}  // namespace

void read_python_environment(File& file) {
  judge_defaults(file);
  judge_databases(file);
}

void judge_python_environment(const PythonNotes& notes, Sink& sink) {
  // Stops: an event signed with the empty key, which every deployment that forgot the variable believes.
  if (!notes.hook_secret_asked_for)
    for (const Spot& s : notes.empty_hook_secrets) {
      auto& f = sink.find("SEC-013", s.at, s.shown);
      f.title = "An empty text stands in for a webhook's secret";
      f.severity = proof::Severity::medium;
    }
  Recurring told(6);
  for (const auto& [name, at] : notes.unchecked_env)
    if (!notes.demanded_env.contains(name)) told.find(sink, "ENV-006", at);
}

}  // namespace gatehouse::audit::source

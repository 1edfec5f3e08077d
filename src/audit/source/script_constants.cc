// Keys that stand in the source, whichever module holds them: constants.ts, a settings object, the defaults of options.
#include <algorithm>
#include <map>

#include "audit/source/script.h"
#include "audit/source/script_layers.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct Constants {
  // The last name of a constant -> the modules that hold it, and where.
  std::multimap<std::string, std::pair<std::string, Spot>> held;
  struct Use {
    std::string name, module;
    Spot at;
  };
  std::vector<Use> uses;  // as a key that signs or encrypts
};

bool key_like(const std::string& text) {
  return text.size() >= 3 && text.size() < 200 && !contains(text, "BEGIN") && !text.starts_with("http") &&
         !text.starts_with("/") && !contains(text, "${");
}

void hold(File& file, std::string_view name, Node value) {
  const auto said = literal(unwrap(value));
  if (!said || !key_like(*said) || !has_word(name, {"secret", "key", "jwt", "token", "salt", "passphrase"})) return;
  file.project.notes<Constants>().held.emplace(
      std::string(name), std::pair{module_of(file.path), Spot{place(file.path, value.line()),
                                                              redacted(quote(file.tree.line_text(value.line())))}});
}

// config.jwt.secret: its last name and the module its root comes from.
void use(File& file, Node key, Node at) {
  key = unwrap(key);
  if (key.is("binary_expression")) return;  // … || "literal" is told where it stands
  if (const auto c = as_call(key); c && (last(c->name) == "from" || last(c->name) == "encode")) key = unwrap(c->arg(0));
  if (!key.any_of("identifier", "member_expression")) return;
  const std::string name = dotted(key);
  if (name.starts_with("process.") || name.starts_with("this.") || name.starts_with("import.")) return;
  const std::string root = name.substr(0, name.find_first_of(".("));
  const auto it = file.imports.find(root);
  if (key.is("identifier") && it == file.imports.end()) return;  // a constant of the file is told already
  const std::string module = it == file.imports.end() ? module_of(file.path) : resolve_module(file.path, it->second);
  if (module.empty()) return;
  file.project.notes<Constants>().uses.push_back(
      {std::string(last(name)), module, {place(file.path, at.line()), file.shown(at)}});
}

// auth: { jwt: { secret: "…" } }: what the outer names say it is for.
bool signs_sessions(Node pair) {
  for (Node p = pair.parent(); p; p = p.parent()) {
    if (is_function(p)) return false;
    const Node name = p.is("pair") ? p.child("key") : p.is("assignment_expression") ? p.child("left") : Node();
    const std::string full = name ? dotted(name) : std::string();
    if (name && has_word(full.empty() ? name.text() : last(full),
                         {"jwt", "session", "sessions", "token", "tokens", "cookie", "auth"}))
      return true;
  }
  return false;
}

}  // namespace

void read_constants(File& file) {
  if (client_file(file)) return;
  for (const Node p : file.tree.all("pair")) {
    const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
    hold(file, key, p.child("value"));
    if (key == "secretOrKey" || key == "secretOrPrivateKey") use(file, p.child("value"), p);
    const auto around = as_call(p.above("call_expression", "new_expression"));
    if ((key == "secret" || key == "privateKey" || key == "keys") && around &&
        icontains_any(around->name, {"jwt", "session", "expressjwt", "cookie", "sign", "verify"}))
      use(file, p.child("value"), p);
    const auto said = literal(unwrap(p.child("value")));
    if (key == "secret" && said && key_like(*said) && !around && signs_sessions(p))
      file.hit("EX-005", p, redacted(quote(file.tree.line_text(p.line()))));
  }
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("identifier") && !function_around(d)) hold(file, d.child("name").text(), d.child("value"));
  for (const Node a : file.tree.all("assignment_expression"))
    if (const std::string left = dotted(a.child("left")); left.starts_with("exports.") || left.starts_with("module."))
      hold(file, last(left), a.child("right"));
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    const bool jwt = (f == "sign" || f == "verify" || f == "signAsync" || f == "verifyAsync") &&
                     (contains(full, "jsonwebtoken") || icontains_any(c.name, {"jwt."}) || contains(full, "hono/jwt"));
    if (jwt) use(file, c.arg(1), c.node);
    if (full == "cookie-parser" || f == "createHmac" || f == "createCipheriv")
      use(file, c.arg(full == "cookie-parser" ? 0 : 1), c.node);
  }
}

// Stops: a token that everybody makes who has seen the source.
void judge_constants(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Constants>();
  std::set<std::pair<std::string, int>> told;
  for (const proof::Finding& f : sink.findings())
    if (f.id == "EX-005" && !f.locations.empty()) told.emplace(f.locations.front().path, f.locations.front().line);
  for (const Constants::Use& u : notes.uses) {
    const auto [from, to] = notes.held.equal_range(u.name);
    for (auto it = from; it != to; ++it) {
      const auto& [module, spot] = it->second;
      if (!same_module(module, u.module) || !told.emplace(spot.at.path, spot.at.line).second) continue;
      auto& f = sink.find("EX-005", spot.at, spot.shown);
      f.locations.push_back(u.at.at);
      f.evidence.push_back(u.at.shown);
    }
  }
}

}  // namespace gatehouse::audit::source

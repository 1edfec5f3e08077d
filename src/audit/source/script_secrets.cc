// Which secret serves what: tokens, cookies, encryption, signatures of messages. And keys that a constant holds.
#include <algorithm>
#include <map>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct SecretUses {
  std::map<std::string, std::map<std::string, Spot>> uses;   // secret -> purpose -> its first place
  std::map<std::string, std::map<std::string, Spot>> named;  // variable of the environment -> names it is given
};

// JWT_SECRET, jwtSecret and config.jwt.secret's last words: one spelling for all.
std::string key_of(const File& file, Node n, int depth = 0) {
  if (depth > 8) return {};  // Stops: var key = key || "x" leading to itself for ever
  n = unwrap(n);
  if (const auto c = as_call(n)) {  // new TextEncoder().encode(secret), Buffer.from(secret, "hex")
    const std::string_view f = last(c->name);
    if ((f == "encode" || f == "from" || f == "createSecretKey") && !c->args.empty())
      return key_of(file, c->arg(0), depth + 1);
  }
  if (const auto name = env_name(n)) return *name;
  if (n.any_of("binary_expression")) return key_of(file, n.child("left"), depth + 1);
  if (n.is("identifier"))
    if (const Node given = unwrap(value_of(file, n)); given && !(given == n) && !given.is("identifier")) {
      if (literal(given)) return {};
      return key_of(file, given, depth + 1);
    }
  std::string name(n.is("identifier") ? n.text() : std::string_view());
  if (n.is("member_expression")) name = std::string(last(dotted(n)));
  if (!secret_name(name)) return {};
  std::string out;
  for (const std::string& w : words(name)) out += (out.empty() ? "" : "_") + w;
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out == "SECRET" || out == "KEY" ? std::string() : out;
}

void note(File& file, Node key, const std::string& purpose, Node at) {
  if (!key) return;
  const std::string name = key_of(file, key);
  if (!name.empty())
    file.project.notes<SecretUses>().uses[name].try_emplace(purpose, Spot{place(file.path, at.line()), file.shown(at)});
}

// jwt.sign(claims, KEY) where KEY is a constant of the file.
void judge_constant(File& file, const Call& c) {
  const Node key = unwrap(c.arg(1));
  if (!key.is("identifier")) return;
  const Node given = unwrap(value_of(file, key));
  const auto said = literal(given);
  if (!said || said->size() < 3 || contains(*said, "BEGIN") || contains(*said, " BEGIN")) return;
  auto& f = file.hit("EX-005", given, redacted(quote(file.tree.line_text(given.line()))));
  if (f.locations.size() == 1) also(f, file, c.node);
}

void read_names(File& file) {
  auto& named = file.project.notes<SecretUses>().named;
  auto one = [&](std::string_view name, Node value, Node at) {
    const auto env = env_name(unwrap(value));
    if (!env || !secret_name(name) || !has_word(name, {"access", "refresh", "session", "cookie", "reset", "verify"}))
      return;
    named[*env].try_emplace(std::string(name), Spot{place(file.path, at.line()), file.shown(at)});
  };
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    one(key, p.child("value"), p);
  }
  for (const Node d : file.tree.all("variable_declarator")) one(d.child("name").text(), d.child("value"), d);
}

// Stops: a setting that was forgotten and that nobody misses, because another secret does its work, too:
// process.env.WEBHOOK_SECRET || process.env.API_SECRET.
void judge_stand_ins(File& file) {
  if (client_file(file)) return;
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("||") && !b.has_token("??")) continue;
    const auto left = env_name(unwrap(b.child("left"))), right = env_name(unwrap(b.child("right")));
    if (!left || !right || *left == *right) continue;
    const auto secret = [](std::string_view name) {
      return has_word(name, {"secret", "key", "token", "salt"}) && !has_word(name, {"public", "publishable", "anon"});
    };
    if (!secret(*left) || !secret(*right)) continue;
    for (const std::string_view purpose : {"webhook", "refresh", "reset", "cookie", "session", "encryption"})
      if (has_word(*left, {purpose}) && !has_word(*right, {purpose})) {
        auto& f = file.hit("SEC-012", b);
        f.title = "Where " + *left + " is missing, " + *right + " serves in its place";
        f.confidence = proof::Confidence::medium;
        break;
      }
  }
}

}  // namespace

void read_secret_uses(File& file) {
  const bool jsonwebtoken = file.imports_from("jsonwebtoken") || file.imports_from("@nestjs/jwt");
  std::set<int> told;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const std::string full = file.full(c.name);
    if (jsonwebtoken && (f == "sign" || f == "verify" || f == "signAsync" || f == "verifyAsync")) {
      note(file, c.arg(1), "tokens", c.node);
      for (const char* option : {"secret", "privateKey"})
        note(file, member(unwrap(c.arg(1)), option), "tokens", c.node);
      const Node given = unwrap(value_of(file, unwrap(c.arg(1))));
      if (given && told.insert(given.line()).second) judge_constant(file, c);
    } else if (full == "cookie-parser" || (c.name == "cookieParser" && file.imports_from("cookie-parser"))) {
      note(file, c.arg(0), "cookies", c.node);
    } else if (full == "express-session" || full == "cookie-session") {
      note(file, member(unwrap(c.arg(0)), "secret"), "cookies", c.node);
    } else if (f == "createCipheriv" || f == "createDecipheriv") {
      note(file, c.arg(1), "encryption", c.node);
    } else if (f == "createHmac") {
      note(file, c.arg(1), "signatures of messages", c.node);
    } else if (contains(c.name, "AES.encrypt") || contains(c.name, "AES.decrypt")) {
      note(file, c.arg(1), "encryption", c.node);
    }
  }
  read_names(file);
  judge_stand_ins(file);
}

void judge_secret_uses(const Project& project, Sink& sink) {
  const auto& notes = project.notes<SecretUses>();
  std::set<std::string> told;
  auto tell = [&](const std::string& secret, const std::map<std::string, Spot>& spots, const std::string& title) {
    if (!told.insert(secret).second) return;
    const Spot& first = spots.begin()->second;
    auto& f = sink.find("SEC-012", first.at, first.shown);
    f.title = title;
    for (auto it = std::next(spots.begin()); it != spots.end(); ++it) {
      f.locations.push_back(it->second.at);
      f.evidence.push_back(it->second.shown);
    }
  };
  for (const auto& [secret, purposes] : notes.uses) {
    if (purposes.size() < 2) continue;
    std::string list;
    for (const auto& [purpose, spot] : purposes) list += (list.empty() ? "" : " and ") + purpose;
    tell(secret, purposes, "One secret for " + list);
  }
  // Stops: a refresh token that passes where an access token is asked for.
  for (const auto& [variable, names] : notes.named)
    if (names.size() > 1) tell(variable, names, "One secret under several names: " + variable);
}

}  // namespace gatehouse::audit::source

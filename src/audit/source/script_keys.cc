// Which key signs what: one key for two kinds of token; sign-outs that forget another
// cookie.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// process.env.JWT_SECRET!, config.get("JWT_SECRET"), config.jwt.secret, SECRET: one name for the key.
std::string key_of(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 4) return {};
  if (const auto env = env_name(n)) return "env:" + *env;
  if (n.is("binary_expression") && (n.has_token("||") || n.has_token("??")))
    return key_of(file, n.child("left"), depth + 1);
  if (const auto text = literal(n)) return text->size() > 3 ? "text:" + *text : std::string();
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "get" || f == "getOrThrow") {
      const auto name = literal(c->arg(0));
      return name ? "env:" + *name : std::string();
    }
    if (f == "String" || f == "from" || f == "encode") return key_of(file, c->arg(0), depth + 1);
    return {};
  }
  if (n.is("identifier")) {
    const Node value = value_of(file, n);
    if (!(value == n)) return key_of(file, value, depth + 1);
    return file.imports.contains(n.text()) ? "name:" + std::string(n.text()) : std::string();
  }
  if (n.is("member_expression")) {
    const std::string name = dotted(n);
    if (name.find('?') != std::string::npos || name.starts_with("this.") || name.starts_with("req.")) return {};
    return "name:" + std::string(last(name));
  }
  return {};
}

// What is it for? The names around the call say: a function, a variable, the key itself.
std::string purpose(const Call& c, std::string_view key) {
  std::string said = function_name(function_around(c.node));
  if (const Node d = c.node.above("variable_declarator"); d && !is_function(unwrap(d.child("value"))))
    said = std::string(d.child("name").text()) + " " + said;
  if (const Node p = c.node.above("pair"); p && p.child("value") == c.node) said = std::string(p.child("key").text());
  for (const std::string_view one : {std::string_view(said), key}) {
    if (has_word(one, {"refresh"}) && !has_word(one, {"access"})) return "refresh";
    if (has_word(one, {"reset", "forgot", "recovery", "recover"})) return "reset";
    if (has_word(one, {"verification", "verify", "activation", "activate", "confirm", "confirmation", "invite",
                       "invitation", "email"}))
      return "mail";
    if (has_word(one, {"access"}) && !has_word(one, {"refresh"})) return "access";
  }
  // const token = sign({ email }, key); await sendVerificationEmail(user, token)
  const Node made = c.node.above("variable_declarator").child("name");
  const Node f = function_around(c.node);
  if (made.is("identifier") && f)
    for (const Node call : f.all("call_expression"))
      if (const auto sent = as_call(call); sent && call.begin() > c.node.end() &&
                                           has_word(last(sent->name), {"mail", "email", "mails"}) &&
                                           has_token(call.child("arguments").code(), made.text()))
        return has_word(last(sent->name), {"reset", "forgot", "recovery"}) ? "reset" : "mail";
  return "token";
}

bool marked(const Code& code) {
  return icontains_any(code, {"type", "typ:", "scope", "kind", "purpose", "audience", "subject", "use:", "action"});
}

// "7d" of sign(payload, key, { expiresIn: "7d" }); nothing when it is not said here.
double life_of(const Call& c) {
  for (const Node a : c.args)
    if (const auto until = literal(member(unwrap(a), "expiresIn"))) return days_of(*until);
  return 0;
}

// Two tokens of one function, one of minutes and one of days: the second is for getting new ones.
void tell_apart(std::vector<std::pair<std::size_t, std::pair<Node, double>>> here, ScriptNotes& notes) {
  for (const auto& [one, what] : here)
    for (const auto& [two, other] : here) {
      ScriptSigning &a = notes.signings[one], &b = notes.signings[two];
      if (one == two || !(what.first == other.first) || a.purpose != "token" || b.purpose != "token") continue;
      if (what.second > 0 && other.second > 5 * what.second) a.purpose = "access", b.purpose = "refresh";
    }
}

void read_signings(File& file, ScriptNotes& notes) {
  std::vector<std::pair<std::size_t, std::pair<Node, double>>> lives;
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    const bool jwt = (f == "sign" || f == "signAsync") &&
                     (contains(full, "jsonwebtoken") || icontains_any(c.name, {"jwt.", "jwtservice", "app.jwt"}));
    const bool fastify = f.ends_with("JwtSign");
    if (f == "register" && icontains(c.arg(0).code(), "jwt")) {  // Fastify's namespaces, each with its key
      const Node options = unwrap(c.arg(1));
      if (const auto space = literal(member(options, "namespace")))
        notes.key_names.emplace("space:" + *space + "JwtSign", key_of(file, member(options, "secret")));
    }
    // A refresh token is taken when it has the signature of any token.
    if (f == "verify" && (contains(full, "jsonwebtoken") || c.name == "jwt.verify") &&
        has_word(last(dotted(unwrap(c.arg(0)))), {"refresh"})) {
      const Node around = function_around(c.node);
      notes.signings.push_back({"refresh",
                                key_of(file, c.arg(1)),
                                {},
                                {},
                                marked(around.code()),
                                false,
                                {place(file.path, c.line()), file.shown(c.node)}});
    }
    const bool makes = !jwt && has_word(f, {"sign", "generate", "create", "creat", "make", "issue", "get"}) &&
                       has_word(f, {"token", "jwt"}) && !has_word(f, {"csrf", "device", "push"});
    if (!jwt && !fastify && !makes) continue;
    ScriptSigning s;
    s.at = {place(file.path, c.line()), file.shown(c.node)};
    s.marked = marked(c.node.child("arguments").code());
    const Node payload = value_of(file, c.arg(0));
    s.marked = s.marked || marked(payload.code());
    if (jwt) {
      s.key = key_of(file, c.arg(1));
      if (const Node options = unwrap(c.arg(1)); options.is("object")) s.key = key_of(file, member(options, "secret"));
      if (icontains(c.name, "jwtservice") && s.key.empty()) s.key = "name:the module's";
      // A function that signs whatever it is given: its callers say what for.
      const Node around = function_around(c.node);
      s.maker = function_name(around);
      s.key_given = s.key.empty();
      s.purpose = purpose(c, s.key);
      if (s.purpose == "token" && has_word(s.maker, {"token", "jwt"}) && !s.key.empty())
        notes.token_makers.emplace(s.maker, s.key);
    } else if (fastify) {
      s.key = "space:" + std::string(f);
      s.purpose = has_word(f, {"refresh"}) ? "refresh" : "access";
    } else {
      s.calls = std::string(f);
      for (const Node a : c.args)
        if (const std::string key = key_of(file, a);
            key.starts_with("env:") || (key.starts_with("name:") && icontains(key, "secret")))
          s.key = key;
      s.purpose = purpose(c, s.key);
    }
    if (jwt) lives.push_back({notes.signings.size(), {function_around(c.node), life_of(c)}});
    notes.signings.push_back(std::move(s));
  }
  if (lives.size() > 1 && lives.size() < 20) tell_apart(std::move(lives), notes);
}

// { jwtSecret: process.env.X }: the name a setting has elsewhere.
void read_settings(const File& file, ScriptNotes& notes) {
  const auto note = [&](const std::string& name, Node value) {
    if (const std::string key = key_of(file, value); key.starts_with("env:")) notes.key_names.emplace(name, key);
  };
  for (const Node p : file.tree.all("pair"))
    if ((p.child("key").text() == "signOptions" || p.child("key").text() == "sign") &&
        contains(p.child("value").code(), "expiresIn"))
      notes.dated_tokens = true;
  for (const Node p : file.tree.all("pair")) note(std::string(p.child("key").text()), p.child("value"));
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").is("identifier")) note(std::string(d.child("name").text()), d.child("value"));
}

// Which cookies carry the sign-in, and which are taken back.
void read_cookie_names(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool sets = f == "cookie" && icontains_any(c.name, {"res.", "response.", "reply.", "status()"});
    const bool clears = f == "clearCookie";
    if (!sets && !clears) continue;
    const auto name = literal(value_of(file, c.arg(0)));
    if (!name) {
      notes.odd_cookies = true;
      continue;
    }
    const Code value = c.arg(1).code();
    const auto said = literal(unwrap(c.arg(1)));
    const bool back = clears || (sets && (said || value == "null" || contains(c.node.code(), "maxAge: 0") ||
                                          contains(c.node.code(), "new Date(0)")));
    if (back)
      notes.cleared_cookies.emplace(*name, Spot{place(file.path, c.line()), file.shown(c.node)});
    else
      notes.set_cookies.emplace(*name, Spot{place(file.path, c.line()), file.shown(c.node)});
  }
}

std::string resolved(const ScriptNotes& notes, const ScriptSigning& s) {
  std::string key = s.key;
  if (key.empty() && !s.calls.empty())
    if (const auto it = notes.token_makers.find(s.calls); it != notes.token_makers.end()) key = it->second;
  if (key.starts_with("space:"))
    if (const auto it = notes.key_names.find(key); it != notes.key_names.end()) key = it->second;
  for (int i = 0; i < 2 && key.starts_with("name:"); ++i)
    if (const auto it = notes.key_names.find(key.substr(5)); it != notes.key_names.end()) key = it->second;
  return key;
}

}  // namespace

void read_keys(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  read_signings(file, notes);
  read_settings(file, notes);
  read_cookie_names(file, notes);
}

void judge_keys(const ScriptNotes& notes, Sink& sink) {
  if (!notes.dated_tokens && !notes.undated_tokens.empty()) {
    auto& f = sink.find("JWT-006", notes.undated_tokens.front().at, notes.undated_tokens.front().shown);
    f.title = "Tokens are made that never expire";
    for (std::size_t i = 1; i < notes.undated_tokens.size() && i < 6; ++i) {
      f.locations.push_back(notes.undated_tokens[i].at);
      f.evidence.push_back(notes.undated_tokens[i].shown);
    }
  }
  // Stops: a token that was made for one door and opens another.
  const ScriptSigning* access = nullptr;
  for (const ScriptSigning& s : notes.signings)
    if (s.purpose == "access" && !s.marked && (access == nullptr || access->purpose != "access")) access = &s;
  for (const ScriptSigning& s : notes.signings)
    if (access == nullptr && s.purpose == "token" && !s.marked && !resolved(notes, s).empty()) access = &s;
  if (access != nullptr) {
    const std::string key = resolved(notes, *access);
    std::set<std::string> told;
    for (const ScriptSigning& s : notes.signings) {
      if (&s == access || s.marked || key.empty() || resolved(notes, s) != key) continue;
      if (s.purpose != "refresh" && s.purpose != "reset" && s.purpose != "mail") continue;
      if (!told.insert(s.purpose).second) continue;
      auto& f = sink.find("JWT-007", s.at.at, s.at.shown);
      f.locations.push_back(access->at.at);
      f.evidence.push_back(access->at.shown);
      if (s.purpose != "refresh") f.title = "A token sent by mail and one of a sign-in pass for each other";
    }
  }
  // Stops: a sign-out that leaves the cookie where it is.
  if (notes.odd_cookies || notes.set_cookies.empty()) return;
  const auto credential = [](std::string_view name) {
    return has_word(name, {"token", "jwt", "session", "sid", "auth", "access", "refresh"}) && !icontains(name, "csrf");
  };
  for (const auto& [name, at] : notes.cleared_cookies) {
    if (!credential(name) || notes.set_cookies.contains(name) || icontains(name, "connect.sid")) continue;
    const auto left = std::find_if(notes.set_cookies.begin(), notes.set_cookies.end(), [&](const auto& c) {
      return credential(c.first) && !notes.cleared_cookies.contains(c.first);
    });
    if (left == notes.set_cookies.end()) continue;
    auto& f = sink.find("JWT-009", at.at, at.shown);
    f.title = "Signing out takes back a cookie of another name (" + name + ", and the one that was set is " +
              left->first + ")";
    f.locations.push_back(left->second.at);
    f.evidence.push_back(left->second.shown);
    return;
  }
}

}  // namespace gatehouse::audit::source

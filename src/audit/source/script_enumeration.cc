// Doors that tell who has an account: by what they say, by a status, by what they leave undone.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/script_sign_up.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

enum class Door : unsigned char { none, in, up, forgot, check };

// "login", "/auth/sign-in", "iniciarSesion", "passwortVergessen": what a name promises.
Door door_of(std::string_view name) {
  const std::vector<std::string> w = words(name);
  const auto any = [&](std::initializer_list<std::string_view> all) {
    return std::any_of(w.begin(), w.end(),
                       [&](const std::string& x) { return std::find(all.begin(), all.end(), x) != all.end(); });
  };
  if (any({"token", "tokens", "refresh", "logout", "signout", "callback", "verified", "google", "github"}) &&
      !any({"forgot", "request", "forget"}))
    return Door::none;
  if (any({"forgot", "forget", "forgotten", "recover", "recovery", "recuperar", "olvide", "olvido", "vergessen",
           "oublie", "esqueci"}) ||
      (any({"reset", "resend", "send", "request"}) && any({"password", "passwort", "otp", "verification", "link"})) ||
      (any({"reset"}) && any({"request", "send"})) || (w.size() == 1 && w.front() == "reset"))
    return Door::forgot;
  if (any({"signup", "register", "registration", "registrar", "registro", "registrieren", "inscription", "cadastro"}) ||
      (any({"sign"}) && any({"up"})) || (any({"create"}) && any({"account"})))
    return Door::up;
  if (any({"check", "exists", "exist", "available", "availability", "taken"}) &&
      any({"email", "mail", "phone", "user", "username", "account", "mobile"}))
    return Door::check;
  if (any({"login", "signin", "authenticate", "authorize", "authorise", "logon", "anmelden", "einloggen", "ingresar",
           "entrar", "connexion"}) ||
      (any({"sign", "log"}) && any({"in"})) || (any({"iniciar", "inicio"}) && any({"sesion"})) ||
      (any({"validate", "verify", "check"}) && any({"user", "credentials", "password"})))
    return Door::in;
  return Door::none;
}

// The function's name, or that of what it is handed to: signUp: publicProcedure.input(…).mutation(async () => …),
// new LocalStrategy(async (email, password, done) => …).
std::string name_around(const File& file, Node f) {
  std::string name = door_name(file, f);
  // validate(email, password) of a strategy of Passport
  if (name == "validate" && f.is("method_definition") &&
      contains(f.above("class_declaration").code().substr(0, 300), "PassportStrategy(") &&
      icontains(f.child("parameters").code(), "passw"))
    return "login";
  if (name.empty() && contains(file.path, "functions/"))  // Deno.serve(async (req) => …) of functions/request-reset
    if (const auto around = as_call(f.parent().parent()); around && last(around->name) == "serve") {
      std::string_view folder = file.path.substr(0, file.path.rfind('/'));
      return std::string(folder.substr(folder.rfind('/') + 1));
    }
  if (!name.empty()) return name;
  Node p = f.parent();
  for (int i = 0; i < 12 && p && !p.any_of("statement_block", "program", "class_body"); ++i, p = p.parent()) {
    if (p.is("pair")) return std::string(p.child("key").text());
    if (p.is("new_expression"))
      if (const auto made = as_call(p); made && made->name.ends_with("LocalStrategy")) return "login";
    if (is_function(p)) break;
  }
  return {};
}

bool address(const Code& code) {
  return icontains_any(code, {"email", "mail", "username", "phone", "mobile", "correo", "usuario", "telefono",
                              "identifier", "benutzer", "handle", "login"});
}

// A call that looks somebody up by an address: User.findOne({ email }), this.users.findByEmail(email),
// pool.query("… WHERE email = $1", [email]).
bool looks_up(const File& file, const Call& c) {
  if (c.name.starts_with("new ") || c.name.size() > 200) return false;
  const std::string_view f = last(c.name);
  const std::string_view given = c.node.child("arguments").code().substr(0, 400);
  if (icontains(given, "password:")) return false;  // found only by both: who is not found may be either
  if (f == "maybeSingle" || f == "single" || f == "limit" || f == "first") {  // .from("people").eq("email", email)
    const std::string_view chain = c.node.code().substr(0, 500);
    return address(chain) && icontains_any(chain, {".eq(", ".where(", ".ilike("});
  }
  if (f == "query" || f == "execute" || f == "raw" || f == "prepare" || f == "get" || f == "one" || f == "oneOrNone" ||
      f == "all" || c.name == "sql")
    return icontains(given, "select") && icontains(given, "where") && address(given);
  const bool reads = has_word(f, {"find", "get", "fetch", "lookup", "search", "buscar", "obtener", "load", "suche",
                                  "hole", "exists", "exist", "exista", "existe", "by", "one"});
  if (!reads || has_word(f, {"config", "token", "secret", "param", "header"})) return f == "where" && address(given);
  if (!address(given) && !has_word(f, {"email", "mail", "username", "phone", "mobile", "correo"})) return false;
  // findOne({ … }) of a record that is nobody: products, coupons
  for (const Touch& t : touches(file, c.node))
    if (const Record* r = file.project.notes<Schema>().of(t.record); r != nullptr && !r->person) return false;
  return true;
}

void names_in(Node pattern, std::set<std::string>& out) {
  if (pattern.is("identifier")) out.insert(std::string(pattern.text()));
  for (const char* type : {"identifier", "shorthand_property_identifier_pattern"})
    for (const Node n : pattern.all(type))
      if (!n.parent().is("pair_pattern") || n.parent().child("value") == n) out.insert(std::string(n.text()));
}

// Names that hold who was looked up.
std::set<std::string> looked_up(const File& file, Node f) {
  std::set<std::string> out;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view verb = last(c->name);
    if (verb == "then" || verb == "exec") {  // User.findOne({ email }).then((user) => …)
      const Node object = unwrap(c->node.child("function").child("object"));
      const Node taker = unwrap(c->arg(0));
      if (const auto inner = as_call(object); inner && is_function(taker) && looks_up(file, *inner))
        for (const Node p : parameters_of(taker)) names_in(p, out);
      continue;
    }
    if (!looks_up(file, *c)) continue;
    if (!c->args.empty() && is_function(unwrap(c->args.back()))) {  // db.query(sql, [email], (err, rows) => …)
      for (const Node p : parameters_of(unwrap(c->args.back()))) names_in(p, out);
      continue;
    }
    Node p = c->node;
    for (int i = 0; i < 12 && p && !p.any_of("statement_block", "program"); ++i, p = p.parent()) {
      if (p.is("variable_declarator")) names_in(p.child("name"), out);
      if (p.is("assignment_expression")) names_in(p.child("left"), out);
      if (p.any_of("variable_declarator", "assignment_expression", "if_statement") || is_function(p)) break;
    }
  }
  // const taken = data.users.some((user) => user.email === email)
  for (const Node d : body(f).all("variable_declarator")) {
    const auto c = as_call(unwrap(d.child("value")));
    if (!c || c->args.empty() || !is_function(unwrap(c->arg(0)))) continue;
    const std::string_view verb = last(c->name);
    const Code given = c->arg(0).code();
    if ((verb == "some" || verb == "find" || verb == "findIndex") && address(given) && contains(given, "==") &&
        has_word(c->name, {"users", "user", "accounts", "people", "members", "customers", "data"}))
      names_in(d.child("name"), out);
  }
  out.erase("err");
  out.erase("error");
  for (int i = 0; i < 2 && !out.empty(); ++i)  // const user = rows[0]
    for (const Node d : body(f).all("variable_declarator")) {
      const Node v = unwrap(d.child("value"));
      if (!v.any_of("subscript_expression", "member_expression", "binary_expression", "identifier", "unary_expression"))
        continue;
      const std::string root(v.code().substr(0, v.code().find_first_of(".[? )>=!")));
      if (out.contains(root) ||
          (v.is("unary_expression") &&
           out.contains(std::string(v.code().substr(std::min(v.code().find_first_not_of('!'), v.code().size()))))))
        names_in(d.child("name"), out);
    }
  return out;
}

std::string bare(const Code& code) {
  std::string out;
  for (const char c : code)
    if (c != ' ' && c != '\n' && c != '(' && c != ')') out += c;
  return out;
}

enum class Asked : unsigned char { nothing, absent, present };

// What a condition asks about one that was looked up.
Asked asked(Node condition, const std::set<std::string>& names) {
  const Code code = condition.code();
  if (code.size() > 160 || icontains_any(code, {"compare", "verify", "matches", "await", "hash"}))
    return Asked::nothing;
  for (const std::string& n : names) {
    if (!has_token(code, n)) continue;
    const std::string said = bare(code);
    for (const std::string_view mark :
         {"===null", "==null", "===undefined", "==undefined", "===0", "==0", "<1", "===false", "==false"})
      for (const std::string_view part : {"", ".length", ".rows.length", ".rowCount", "?.length", "[0]", ".rows[0]"})
        if (contains(said, n + std::string(part) + std::string(mark))) return Asked::absent;
    if (const std::size_t at = said.find("!" + n); at != std::string::npos) {
      const std::string_view rest = std::string_view(said).substr(at + 1 + n.size());
      // !user.isActive asks about one that is there.
      if (rest.starts_with(".") && !rest.starts_with(".length") && !rest.starts_with(".rows") &&
          !rest.starts_with(".rowCount") && !rest.starts_with(".exists"))
        return Asked::nothing;
      return Asked::absent;
    }
    if (contains(said, n + ".empty")) return Asked::absent;
    if (said == n || said.starts_with(n + "&&") || said.ends_with("&&" + n) || said.starts_with(n + "||") ||
        contains(said, n + ".length>0") || contains(said, n + ".rows.length") || said == n + ".length" ||
        contains(said, n + ".rowCount>0") || contains(said, n + "!==null") || contains(said, n + "!=null") ||
        contains(said, n + "[0]") || contains(said, n + "!==undefined") || said == "!!" + n)
      return Asked::present;
    if (contains(said, n + ".email===") || contains(said, n + ".email==") || contains(said, n + ".username==="))
      return Asked::present;
  }
  return Asked::nothing;
}

// What a branch answers: its words and its status. `says` is where.
struct Told {
  Node says;
  std::string words;
  bool not_found = false, taken = false, ends = false;
};

Told told_in(Node branch) {
  Told out;
  if (!branch) return out;
  const std::string_view code = branch.code().substr(0, 600);
  out.not_found = icontains_any(code, {"404", "not_found", "notfound"});
  out.taken = icontains_any(code, {"409", "conflict"});
  out.ends = branch.is("return_statement") || branch.is("throw_statement") || contains(code, "return") ||
             contains(code, "throw") || contains(code, "res.") || contains(code, "next(") || contains(code, "reject(");
  for (const char* type : {"string", "template_string"})
    for (const Node s : branch.all(type)) {
      const std::string said = spoken(s);
      // The words for people: not a code, a key, what is only logged.
      const Node call = s.above("call_expression");
      const std::string via = call && call.inside(branch) ? as_call(call)->name : std::string();
      if (said.size() < 8 || icontains_any(via, {"console.", "log", "redirect", "cookie", "setheader", "track"}))
        continue;
      if (said.find(' ') == std::string::npos && said.find('_') == std::string::npos) continue;
      if (said.size() > out.words.size() || !out.says) {
        out.says = s;
        out.words = said;
      }
    }
  if (out.says || !out.ends) return out;
  for (const char* type : {"return_statement", "throw_statement"})
    for (const Node s : branch.all(type))
      if (!out.says) out.says = s;
  if (!out.says) out.says = branch;
  return out;
}

// Words that say the same of a wrong password and of an unknown address, and what one may tell everybody.
bool same_for_all(std::string_view said) {
  return icontains_any(said, {"credential",    " or ",       " oder ",      "email/password",  "login failed",
                              "anmeldedaten",  "credencial", "identifiant", "zugangsdaten",    "authentication failed",
                              "unauthorized",  "if ",        "check your",  "went wrong",      "been sent",
                              "has been sent", "wenn ",      "falls ",      "si existe",       "failed to",
                              "try again",     "required",   "too many",    "invalid request", "unauthenticated"});
}

// The branch that speaks of a wrong password answers in the same words.
bool said_elsewhere(Node f, const Told& told) {
  if (told.words.empty()) return false;
  const Code code = body(f).code();
  const Code text = told.says.code();
  const std::size_t at = code.find(text);
  return at != std::string_view::npos && code.find(text, at + text.size()) != std::string_view::npos;
}

bool compares(const Call& c) {
  return has_word(last(c.name), {"compare", "verify", "matches", "match", "check", "comparepassword", "validate"}) ||
         icontains_any(last(c.name), {"compare", "checkpassword", "verifypassword", "matchpassword"});
}

struct Reading {
  File& file;
  std::size_t said = 0;
  bool in_passing = false;  // a sign-in that is only slower for those it knows was told

  bool judge(Node f, Door door) {
    const std::set<std::string> names = looked_up(file, f);
    if (names.empty()) return duplicate(f, door);
    Node silent;  // where an unknown address leaves early
    for (const Node i : body(f).all("if_statement")) {
      const Asked what = asked(unwrap(i.child("condition")), names);
      // { error: user ? "wrong password" : "no such user" }
      if (what == Asked::nothing && door != Door::up)
        for (const Node t : i.child("consequence").all("ternary_expression")) {
          const auto one = literal(t.child("consequence")), two = literal(t.child("alternative"));
          if (!one || !two || *one == *two || !names.contains(std::string(unwrap(t.child("condition")).text())))
            continue;
          hit(t, "");
          return true;
        }
      if (what == Asked::nothing) continue;
      const Node yes = i.child("consequence"), no = i.child("alternative");
      const Node absent = what == Asked::absent ? yes : no, present = what == Asked::absent ? no : yes;
      if (door == Door::up) {
        const Told told = told_in(present);
        if (!told.says || !told.ends || (told.words.empty() && !told.taken) || icontains(told.words, "if ")) continue;
        if (icontains_any(told.words, {"sent", "success", "check your", "into your", "inbox", "verification email"}) &&
            !told.taken)
          continue;
        hit(told.says, "The sign-up tells who has an account", proof::Severity::low);
        return true;
      }
      const Told told = told_in(absent);
      if (!told.says || !told.ends) continue;
      const bool same = said_elsewhere(f, told) && !told.not_found;
      if (!same && !same_for_all(told.words) && (told.not_found || !told.words.empty())) {
        hit(told.says, door == Door::forgot ? "Asking for a new password tells who has an account" : "");
        return true;
      }
      if (told.not_found && !told.words.empty() && !same_for_all(told.words)) {
        hit(told.says, "");
        return true;
      }
      if (!silent && what == Asked::absent) silent = i;
    }
    if (door != Door::in || !silent || in_passing) return duplicate(f, door);
    const std::vector<const Call*> calls = file.calls_in(body(f));
    if (std::any_of(calls.begin(), calls.end(),
                    [&](const Call* c) { return c->node.begin() < silent.begin() && compares(*c); }))
      return false;
    for (const Call* c : calls)
      if (c->node.begin() > silent.end() && compares(*c) &&
          icontains_any(c->node.code(), {"password", "hash", "clave", "pwd"}) && !icontains(f.code(), "dummy") &&
          !icontains(f.code(), "fake")) {
        in_passing = true;
        auto& found = file.hit("AU-005", silent);
        found.title = "An unknown address is answered sooner than a known one";
        found.impact = "No password is hashed for it: the time tells who has an account.";
        found.fix = "Compare with the hash of a made-up password where nobody was found.";
        found.severity = proof::Severity::low;
        found.confidence = proof::Confidence::low;
        return true;
      }
    return false;
  }

  // catch (e) { if (e.code === "P2002") … "E-mail is taken" }
  bool duplicate(Node f, Door door) {
    if (door != Door::up) return false;
    for (const Node i : body(f).all("if_statement")) {
      if (!icontains_any(i.child("condition").code(),
                         {"11000", "p2002", "23505", "dup_entry", "uniqueconstraint", "duplicate key", "1062"}))
        continue;
      const Told told = told_in(i.child("consequence"));
      if (!told.says || !told.ends || (told.words.empty() && !told.taken)) continue;
      hit(told.says, "The sign-up tells who has an account", proof::Severity::low);
      return true;
    }
    return false;
  }

  // GET /check-email: { exists: true }
  bool check(Node f) {
    const std::set<std::string> names = looked_up(file, f);
    for (const Said& answer : answers_in(file, body(f)))
      for (const Node a : answer.values())
        for (const auto& [key, value] : members(unwrap(a)))
          if (has_word(key, {"exists", "available", "taken", "registered", "found", "exist", "free", "existe"}) &&
              std::any_of(names.begin(), names.end(),
                          [&](const std::string& n) { return has_token(value.code(), n); })) {
            hit(answer.at, "Whoever asks is told whether an address has an account");
            return true;
          }
    return false;
  }

  void hit(Node at, std::string_view title, std::optional<proof::Severity> severity = {}) {
    ++said;
    auto& found = file.hit("AU-005", at);
    if (!title.empty()) found.title = title;
    if (severity) found.severity = *severity;
  }
};

}  // namespace

// Stops: learning, address by address, who has an account here.
bool read_enumeration(File& file) {
  if (!icontains_any(file.code(), {"mail", "username", "phone", "correo", "usuario"})) return false;
  Reading reading{file};
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (reading.said >= 6) return true;
      const std::string name = name_around(file, f);
      Door door = door_of(name);
      // createUser, whatever it is called: who makes an account there is told whether there is one.
      if (door == Door::none && !has_word(name, {"admin", "seed", "invite"}) &&
          icontains_any(f.code(), {"exist", "already", "taken", "in use"}) && keeps_password(f.code()) &&
          has_word(name, {"create", "add", "post", "store", "new", "save"}) &&
          !people_made(file, f, false).calls.empty())
        door = Door::up;
      if (door == Door::none) continue;
      if (asks_identity(f.code()) && door != Door::in) continue;
      if (door == Door::check)
        reading.check(f);
      else
        reading.judge(f, door);
    }
  return reading.said > 0;
}

}  // namespace gatehouse::audit::source

// Accounts in Python: how passwords are kept, what answers tell of who has an account, whose session it is.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool people(std::string_view name) {
  return has_word(name, {"user", "users", "account", "member", "customer", "student", "employee", "admin", "person",
                         "client", "patient", "seller", "author"});
}

bool hashes(const Code& code) {
  return icontains_any(code, {"hash", "bcrypt", "crypt", "make_password", "set_password", "pbkdf2", "argon",
                              ".create_user(", "scrypt", "encode_password", ".create_superuser("});
}

// password, body.password, data["password"], form.password.data, request.form.get("password")
bool typed_password(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n)) return last(c->name) == "get" && literal(c->arg(0)) == "password";
  if (n.is("subscript")) return literal(n.child("subscript")) == "password";
  std::string name = dotted(n);
  if (name.ends_with(".data")) name.resize(name.size() - 5);
  return n.any_of("identifier", "attribute") && (last(name) == "password" || last(name) == "passwd");
}

// Stops: a stolen table of passwords that open everything their owners use.
void judge_plain_passwords(File& file, PythonNotes& notes) {
  const auto told = [&](Node at) {
    auto& f = file.hit("DJ-030", at);
    f.title = "Passwords are stored in clear";
    f.severity = proof::Severity::critical;
  };
  for (const Call& c : file.calls) {
    const Node password = c.keyword("password");
    const std::string_view f = last(c.name);
    const bool record = !f.empty() && f.front() >= 'A' && f.front() <= 'Z' && people(f) && !f.ends_with("Schema") &&
                        !f.ends_with("Serializer") && !f.ends_with("Form") && !f.ends_with("Create") &&
                        !f.ends_with("In") && !f.ends_with("Request") && !f.ends_with("Login");
    const bool manager = f == "create" && contains(c.name, ".objects") && people(c.name);
    if (!password || (!record && !manager)) continue;
    if (record) notes.secret_models.insert(std::string(f));
    const Node function = function_around(c.node);
    if (!function || !typed_password(password) || hashes(body(function).code())) continue;
    // A model may hash in its own setter.
    if (icontains_any(file.code(), {"password.setter", "generate_password_hash", "def set_password"})) continue;
    notes.plain_passwords.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
  // User.hashed_password: a model with a password, wherever it is declared.
  if (icontains_any(file.code(), {"hashed_password", "password_hash"}))
    for (const Node a : file.tree.all("attribute"))
      if (const std::string_view f = a.child("attribute").text(), o = a.child("object").text();
          (f == "hashed_password" || f == "password_hash") && !o.empty() && o.front() >= 'A' && o.front() <= 'Z' &&
          a.child("object").is("identifier") && people(o))
        notes.secret_models.insert(std::string(o));
  if (icontains_any(file.code(), {"password.setter", "passwordtype", "hybrid_property"}) && hashes(file.code()))
    notes.hashing_setter = true;
  // collection.insert_one({"email": …, "password": data["password"]})
  for (const Node p : file.tree.all("pair")) {
    if (literal(p.child("key")) != "password" || !typed_password(p.child("value"))) continue;
    const auto around = as_call(p.above("call"));
    const Node function = function_around(p);
    if (!around || !function || hashes(body(function).code())) continue;
    const std::string_view f = last(around->name);
    if ((f == "insert_one" || f == "insert" || f == "update_one" || f == "upsert" || f == "add") &&
        !contains(around->name, "auth"))
      told(p);
  }
  for (const Node a : file.tree.all("assignment")) {  // user.password = request.form["password"]
    const Node left = a.child("left");
    const Node function = function_around(a);
    if (left.is("attribute") && left.child("attribute").text() == "password" && people(dotted(left.child("object"))) &&
        typed_password(a.child("right")) && function && !hashes(body(function).code()))
      notes.plain_passwords.push_back({place(file.path, a.line()), file.shown(a)});
  }
}

// "We do not know this address", "kein Konto", "usuario no encontrado": somebody is said not to be there.
bool denies_somebody(std::string_view said) {
  if (icontains_any(said, {" or password", "if ", "token", "format", "address is invalid", "valid email", "/password",
                           "enter a valid"}))
    return false;
  if (icontains_any(said, {"invalid email", "wrong password", "incorrect password", "invalid password",
                           "invalid username", "email is not", "contraseña incorrecta", "falsches passwort"}))
    return true;
  const bool absent =
      icontains_any(said, {"not found",         "not exist",        "doesn't exist",  "no user",       "no account",
                           "not registered",    "isn't registered", "not a user",     "unknown",       "no such",
                           "not recogni",       "do not know",      "don't know",     "couldn't find", "could not find",
                           "no member",         "no customer",      "nicht gefunden", "unbekannt",     "kein konto",
                           "nicht registriert", "no existe",        "no encontrad",   "não encontrad", "não existe",
                           "introuvable",       "inconnu"});
  return absent && icontains_any(said, {"user", "account", "mail", "phone", "number", "address", "member", "customer",
                                        "konto", "benutzer", "adresse", "usuario", "usuário", "correo", "cuenta",
                                        "utilisateur", "compte"});
}

// A reset's last step: whoever has the token was known before.
bool holds_a_token(Node f) {
  std::string given(f.child("parameters").code());
  for (const std::string& d : decorators(f))
    if (contains(d, "\"/") || contains(d, "'/")) given += " " + d;
  return has_word(given, {"token", "uid", "uidb64", "signature", "key"}) &&
         !has_word(function_name(f), {"login", "signin"});
}

// {"taken": User.objects.filter(email=…).exists()}
bool answers_whether(File& file, Node f) {
  for (const Node r : body(f).all("return_statement"))
    for (const Node p : r.all("pair")) {
      const auto key = literal(p.child("key"));
      if (!key || !has_word(*key, {"exists", "exist", "available", "taken", "registered", "found", "free", "used"}) ||
          p.child("value").any_of("true", "false"))
        continue;
      auto& found = file.hit("AU-005", p);
      found.title = "Whoever asks is told whether an address has an account";
      return true;
    }
  return false;
}

// Stops: learning which addresses have accounts, one question at a time.
void judge_enumeration(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    const Node cls = f.above("class_definition");
    std::string name = function_name(f) + " " + std::string(cls.child("name").text());
    for (const std::string& d : decorators(f))  // @router.post("/login") def loginuser(…)
      if (contains(d, "/")) name += " " + d;
    const std::string_view parameters = f.child("parameters").code(), code = f.code();
    const bool served = contains(parameters, "request") || route_function(f) || icontains(code, "request.");
    if (has_word(name, {"check", "exists", "available", "availability", "taken"}) &&
        has_word(name, {"email", "mail", "username", "phone", "user", "account"})) {
      if (served && icontains_any(code, {"email", "username", "phone"}) &&
          !icontains_any(code, {"isauthenticated", "login_required", "current_user", "request.user"}) &&
          !icontains_any(cls.code().substr(0, 300), {"isauthenticated", "loginrequired"}) && answers_whether(file, f))
        continue;
    }
    if (!has_word(name, {"forgot", "reset", "login", "signin", "authenticate", "resend", "forget", "otp"}) &&
        !(has_word(name, {"password"}) && has_word(name, {"request", "recover", "lost", "email"})))
      continue;
    // class LoginForm(forms.Form): def clean_email(self)
    const bool form =
        has_word(cls.child("name").text(), {"form", "serializer"}) && has_word(function_name(f), {"clean", "validate"});
    if (!icontains_any(code, {"email", "username", "phone", "mobile"}) || (!served && !form) || holds_a_token(f))
      continue;
    for (const Node s : f.all("string")) {
      const auto whole = literal(s);
      const std::optional<std::string> said = whole ? whole : std::optional<std::string>(spoken(s));
      if (said->size() < 8 || said->size() > 200 || !denies_somebody(*said)) continue;
      Node answer = s.parent();
      while (answer && !answer.any_of("return_statement", "raise_statement", "call", "function_definition"))
        answer = answer.parent();
      const auto call = as_call(answer);
      if (!answer.any_of("return_statement", "raise_statement") &&
          !(call && icontains_any(last(call->name), {"response", "exception", "jsonify", "error", "flash", "failed",
                                                     "render", "notfound"})))
        continue;
      if (call && icontains_any(call->name, {"log.", "logger", "logging"})) continue;
      file.hit("AU-005", s);
      break;
    }
  }
}

// What a branch answers: its texts and numbers, nothing where it refuses nobody.
std::string refusal(Node then) {
  for (const char* type : {"raise_statement", "return_statement"})
    for (const Node r : then.all(type)) {
      std::string said;
      for (const char* part : {"string", "integer", "attribute"})
        for (const Node x : r.all(part)) said += std::string(x.text()) + " ";
      if (contains(said, "\"") || contains(said, "'")) return said;
    }
  for (const Node c : then.all("call"))
    if (const auto call = as_call(c); call && last(call->name) == "flash") return std::string(call->arg(0).text());
  return {};
}

// Stops: telling "no such person" from "wrong password" by two answers that differ, whatever they say.
void judge_two_refusals(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    std::string door = function_name(f);
    for (const std::string& d : decorators(f))  // its address; login_required is no sign-in
      if (contains(d, "/")) door += " " + d;
    if (!route_function(f) || !has_word(door, {"login", "signin", "token", "authenticate", "sign"}) ||
        has_word(door, {"signup", "register", "up"}))
      continue;
    const int from = f.line(), to = f.end_line();
    if (std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const proof::Finding& x) {
          return x.id == "AU-005" && x.locations.front().path == file.path && x.locations.front().line >= from &&
                 x.locations.front().line <= to;
        }))
      continue;
    std::string nobody;
    for (const Node branch : f.all("if_statement")) {
      const std::string_view condition = text::trim(branch.child("condition").code());
      const bool proves = icontains_any(condition, {"verify", "check", "password", "compare", "bcrypt"});
      const std::string said = refusal(branch.child("consequence"));
      if (said.empty()) continue;
      const bool alone = !contains(condition, " or ") && !contains(condition, " and ");
      if (!proves && alone && (condition.starts_with("not ") || condition.ends_with(" is None")) &&
          has_word(condition, {"user", "account", "member", "customer", "row", "record", "admin", "found", "person",
                               "employee", "student", "client", "existing", "exist"})) {
        nobody = said;
      } else if (proves && alone && !nobody.empty() && said != nobody) {
        auto& found = file.hit("AU-005", branch.child("consequence"));
        found.title = "Two different refusals tell who has an account";
        found.severity = proof::Severity::low;
        break;
      }
    }
  }
}

// Stops: being whoever signed in last. A client of Supabase that all requests share keeps one session.
void judge_shared_session(File& file) {
  for (const Call& c : file.calls) {
    const bool asks = c.name.ends_with("auth.get_session") || c.name.ends_with("auth.get_user");
    if (!asks || !c.args.empty() || !c.keywords.empty()) continue;
    const Node f = function_around(c.node);
    const std::string root = c.name.substr(0, c.name.find('.'));
    if (!f || icontains_any(f.code(), {"set_session", "create_client(", "postgrest.auth("}) || root == "self") continue;
    bool given = false;  // a client of this request
    for (const Node p : f.child("parameters").children()) given = given || parameter_name(p) == root;
    for (const Node a : f.all("assignment")) given = given || a.child("left").text() == root;
    if (given) continue;
    auto& found = file.hit("JWT-001", c.node);
    found.title = "The caller is whoever signed in last: all requests share one session";
  }
}

// blocklist = set(): forgotten with the process, unknown to its neighbours.
void judge_forgotten_sign_outs(File& file) {
  if (!icontains_any(file.code(), {"jwt", "token"})) return;
  for (const Node a : file.tree.all("assignment")) {
    const Node right = unwrap(a.child("right"));
    if (function_around(a) || !a.child("left").is("identifier") ||
        !has_word(a.child("left").text(), {"blacklist", "blocklist", "denylist", "revoked", "blacklisted"}))
      continue;
    const auto made = as_call(right);
    const bool empty =
        (made && (made->name == "set" || made->name == "list" || made->name == "dict") && made->args.empty()) ||
        (right.any_of("list", "dictionary") && right.children().empty());
    if (empty) file.hit("JWT-009", a).title = "Signed-out tokens are remembered by one process until it restarts";
  }
}

// revoke(get_jwt()["jti"]) behind jwt_required(): the other of the two tokens makes a new one at once.
void judge_half_sign_outs(File& file) {
  const Code code = file.code();
  if (!contains(code, "flask_jwt_extended") || !contains(code, "refresh=True") || contains(code, "verify_type=False"))
    return;
  Node out;
  for (const Node f : file.tree.all("function_definition")) {
    if (!contains(f.code(), "jti")) continue;
    const Node whole = f.parent().is("decorated_definition") ? f.parent() : f;
    if (contains(whole.code(), "refresh=True")) return;  // the refresh token is taken back by a door of its own
    if (!out && has_word(function_name(f), {"logout", "signout"})) out = f;
  }
  if (out) file.hit("JWT-009", out).title = "Signing out ends one of the two tokens: the refresh token makes new ones";
}

// token != BOOT_TOKEN, compare_digest(key, settings.CRON_SECRET): the server's own secret is what it must be.
bool held_against_secret(Node f, const std::string& name) {
  if (!has_word(name, {"token", "key", "code", "auth"})) return false;
  const auto secret = [](Node n) {
    n = unwrap(n);
    if (const auto read = as_call(n); read && icontains_any(read->name, {"getenv", "environ.get"}))
      return has_word(literal(read->arg(0)).value_or(""), {"secret", "token", "key", "password"});
    const std::string said = dotted(n);
    const bool upper = !said.empty() &&
                       std::none_of(last(said).begin(), last(said).end(), [](char c) { return c >= 'a' && c <= 'z'; });
    return (upper || icontains_any(said, {"settings.", "config."})) &&
           has_word(last(said), {"secret", "token", "key", "password"});
  };
  for (const Node c : f.all("comparison_operator")) {
    const auto parts = c.children();
    const bool named = std::any_of(parts.begin(), parts.end(), [&](Node p) { return unwrap(p).text() == name; });
    if (named && std::any_of(parts.begin(), parts.end(), secret)) return true;
  }
  for (const Node n : f.all("call"))
    if (const auto c = as_call(n); c && last(c->name) == "compare_digest" && c->args.size() == 2)
      if ((unwrap(c->arg(0)).text() == name && secret(c->arg(1))) ||
          (unwrap(c->arg(1)).text() == name && secret(c->arg(0))))
        return true;
  return false;
}

// def refresh(refresh_token: str): FastAPI takes that from the query.
void judge_secrets_in_query(File& file) {
  if (!file.imports_from("fastapi")) return;
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f)) continue;
    std::string decorated;
    for (const std::string& d : decorators(f)) decorated += d;
    for (const Node p : f.child("parameters").children()) {
      const std::string name = parameter_name(p);
      const std::string_view type = p.child("type").text();
      if (contains(decorated, ".websocket(") && has_word(name, {"token", "jwt"}) && contains(decorated, "{" + name)) {
        file.hit("FA-019", p).title = "A token travels in the path of a socket's address";
        break;
      }
      if (!has_word(name, {"password", "secret"}) && name != "refresh_token" && name != "access_token" &&
          name != "api_key" && name != "otp" && name != "current_password" && !held_against_secret(f, name))
        continue;
      if ((type != "str" && type != "Optional[str]" && type != "str | None" && !type.empty()) ||
          icontains_any(p.code(), {"form(", "body(", "header(", "depends", "cookie(", "security("}) ||
          contains(decorated, "{" + name))
        continue;
      file.hit("FA-019", p);
      break;
    }
  }
}

}  // namespace

void read_python_accounts(File& file, PythonNotes& notes) {
  judge_plain_passwords(file, notes);
  judge_enumeration(file);
  judge_two_refusals(file);
  judge_shared_session(file);
  judge_forgotten_sign_outs(file);
  judge_half_sign_outs(file);
  judge_secrets_in_query(file);
}

void judge_python_accounts(const PythonNotes& notes, Sink& sink) {
  if (notes.hashing_setter) return;
  for (const auto& [at, shown] : notes.plain_passwords) {
    auto& f = sink.find("DJ-030", at, shown);
    f.title = "Passwords are stored in clear";
    f.severity = proof::Severity::critical;
  }
}

}  // namespace gatehouse::audit::source

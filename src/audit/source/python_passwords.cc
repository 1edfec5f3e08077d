// Passwords and callers that FastAPI and Flask take on somebody's word: compared in clear by the database, sent back,
// set by whoever asks, read from a cookie that nobody signed.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool hashing(const Code& code) {
  return icontains_any(code,
                       {"hash", "bcrypt", "sha", "md5", "pbkdf2", "argon", "scrypt", "crypt(", "hexdigest", "encrypt"});
}

void told(File& file, Node at) {
  auto& f = file.hit("DJ-030", at);
  f.title = "Passwords are stored in clear";
  f.severity = proof::Severity::critical;
}

// SELECT … WHERE email = %s AND password = %s
bool compared_by_sql(std::string_view sql) {
  std::string low = text::to_lower(sql);
  std::erase(low, ' ');
  std::erase(low, '\n');
  if (!contains(low, "select") || !contains(low, "where")) return false;
  const std::string_view where = std::string_view(low).substr(low.find("where"));
  return icontains_any(where, {"password=?", "password=%s", "password=:", "password='", "password=\"", "passwd=?",
                               "passwd=%s", "pwd=%s", "pwd=?", "password=$"});
}

// Stops: a stolen table of passwords that open everything their owners use.
void judge_clear(File& file, Node f) {
  const Node b = body(f);
  if (hashing(b.code())) return;
  for (const Call* c : file.calls_in(b)) {
    const std::string_view m = last(c->name);
    if ((m == "execute" || m == "fetchrow" || m == "fetch_one" || m == "text" || m == "fetchone") && c->arg(0)) {
      Node sql = unwrap(c->arg(0));
      if (sql.is("identifier"))
        for (const Node a : b.all("assignment"))
          if (a.begin() < c->node.begin() && a.child("left").text() == sql.text()) sql = unwrap(a.child("right"));
      if (compared_by_sql(spoken(sql))) {
        told(file, c->node);
        return;
      }
    }
    // find_one({"name": name, "password": password}), filter_by(email=email, password=password)
    if (m == "find_one")
      for (const auto& [key, value] : members(unwrap(c->arg(0))))
        if (key == "password" && !literal(value)) {
          told(file, c->node);
          return;
        }
    if (m == "filter_by")
      if (const Node given = c->keyword("password"); given && !literal(given)) {
        told(file, c->node);
        return;
      }
    if (m == "filter" || m == "where")
      for (const Node a : c->args)
        if (const std::string code = std::string(a.code());
            a.is("comparison_operator") && contains(code, ".password ==")) {
          told(file, c->node);
          return;
        }
  }
  // users[name]["password"] == password
  for (const Node c : b.all("comparison_operator")) {
    const auto sides = c.children();
    if (sides.size() != 2 || (!contains(c.text(), "==") && !contains(c.text(), "!="))) continue;
    const auto stored = [&](Node n) {
      n = unwrap(n);
      // user.userPassword, of a row that was looked up
      if (n.is("attribute") && n.child("object").is("identifier") &&
          has_word(n.child("attribute").text(), {"password", "passwd"}) &&
          !has_word(n.child("attribute").text(), {"hash", "hashed", "salt", "encrypted", "digest"}))
        for (const Node a : b.all("assignment"))
          if (a.child("left").text() == n.child("object").text() &&
              icontains_any(a.child("right").code(), {".query", "find_one(", ".first(", "select(", "fetchone(",
                                                      ".objects.get(", "one_or_none(", "scalar("}))
            return true;
      return n.is("subscript") && literal(n.child("subscript")) == "password" &&
             !has_word(n.child("value").text(), {"data", "body", "form", "request", "payload", "json"});
    };
    const auto typed = [](Node n) {
      n = unwrap(n);
      return has_word(n.is("subscript") ? n.child("subscript").text() : n.text(), {"password", "passwd", "pwd"}) &&
             !literal(n);
    };
    if ((stored(sides[0]) && typed(sides[1])) || (stored(sides[1]) && typed(sides[0]))) {
      told(file, c);
      return;
    }
  }
}

// jsonify({"password": user["password"]})
void judge_sent_back(File& file, Node f) {
  for (const Node r : body(f).all("return_statement"))
    for (const Node p : r.all("pair")) {
      const auto key = literal(p.child("key"));
      if (key != "password" && key != "password_hash" && key != "hashed_password") continue;
      const Node value = unwrap(p.child("value"));
      const bool row = value.any_of("attribute", "subscript") &&
                       !has_word(dotted(value).substr(0, dotted(value).find('.')), {"form", "errors", "settings"});
      if (!row) continue;
      auto& found = file.hit("FA-005", p);
      found.title = "An answer carries the password or its hash";
      return;
    }
}

// Stops: taking over an account by knowing its address.
void judge_reset(File& file, Node f) {
  const std::string name = function_name(f);
  std::string head = name;
  std::string guards;
  for (const Node d : f.parent().children())
    if (d.is("decorator")) {
      const auto c = as_call(d.first());
      const bool route = c && c->arg(0) && literal(c->arg(0)) && literal(c->arg(0))->starts_with("/");
      (route ? head : guards) += " " + std::string(d.code());
    }
  if (!has_word(head, {"password", "passwd"}) ||
      !has_word(head, {"reset", "forgot", "forget", "change", "update", "new", "recover"}))
    return;
  const Code code = body(f).code();
  if (!guards.empty() && !icontains_any(guards, {"limit", "cross_origin", "csrf"})) return;
  bool admin = false;
  if (depends_on_guard(file, f.child("parameters"), &admin) || guard_in_body(code)) return;
  const Code all = f.code();
  if (says_otp(all) ||
      icontains_any(all, {"token",         "loads(",          "verify",         "old_password", "current_password",
                          "oldpassword",   "currentpassword", "check_password", "session[",     "session.get(",
                          "flask_session", "answer",          "current_user",   "secret",       "signature",
                          "authenticate",  "uidb64",          "passcode",       "reset_code",   "verification_code"}) ||
      has_token(all, "code") || has_token(all, "pin"))
    return;
  Node set;
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) == "set_password") set = c->node;
    if (last(c->name) == "execute" && icontains(spoken(unwrap(c->arg(0))), "update ") &&
        icontains(spoken(unwrap(c->arg(0))), "password"))
      set = c->node;
    if (last(c->name) == "update_one" && icontains(c->node.code(), "password") && contains(c->node.code(), "$set"))
      set = c->node;
  }
  for (const Node a : body(f).all("assignment"))
    if (const Node left = a.child("left");
        left.is("attribute") && has_word(left.child("attribute").text(), {"password", "passwd"}))
      set = a;
  if (!set) return;
  auto& found = file.hit("AZ-002", set);
  found.title = "Whoever names an account sets its password";
  found.severity = proof::Severity::critical;
}

// request.cookies.get("username"): whoever writes the cookie is that person.
void judge_cookie_caller(File& file) {
  if (!contains(file.code(), "cookies")) return;
  for (const char* type : {"call", "subscript"})
    for (const Node n : file.tree.all(type)) {
      std::optional<std::string> key;
      std::string of;
      if (const auto c = as_call(n)) {
        if (last(c->name) != "get") continue;
        key = literal(c->arg(0));
        of = c->name;
      } else {
        key = literal(n.child("subscript"));
        of = dotted(n.child("value"));
      }
      if (!key || !contains(of, "request.cookies")) continue;
      const bool who = *key == "username" || *key == "user" || *key == "user_id" || *key == "userid" ||
                       *key == "admin" || *key == "is_admin" || *key == "role" || *key == "email" || *key == "userID" ||
                       *key == "uid";
      if (!who) continue;
      const auto around = as_call(n.above("call"));
      if (around && has_word(last(around->name), {"loads", "decode", "verify", "unsign", "decrypt"})) continue;
      const Node f = function_around(n);
      if (icontains_any(f.code(), {"loads(", "unsign(", "jwt.decode", "decrypt(", "verify_"})) continue;
      file.hit("AZ-002", n).title = "Who the caller is comes from a cookie that nobody signed (" + *key + ")";
      return;
    }
}

// UPDATE users SET credits = credits - 3, after a look whether there are three
void judge_sql_steps(File& file, Node f) {
  const Code code = body(f).code();
  if (icontains_any(code, {"for update", "serializable", "advisory", ".lock"})) return;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m != "execute" && m != "fetchval" && m != "fetchrow" && m != "text") continue;
    const std::string sql = text::to_lower(spoken(unwrap(c->arg(0))));
    if (!contains(sql, "update ") || !contains(sql, " set ")) continue;
    for (const std::string_view balance : {"credits", "balance", "stock", "quantity", "quota", "tokens", "coins"}) {
      const std::string b(balance);
      if (!contains(sql, b + " = " + b + " -") && !contains(sql, b + "=" + b + "-")) continue;
      const std::size_t where = sql.find("where");
      if (where != std::string::npos && contains(std::string_view(sql).substr(where), b)) continue;
      const bool looked = icontains(code, "select " + b) || has_word(code, {balance});
      if (!looked) continue;
      file.hit("PAY-004", c->node);
      return;
    }
  }
}

// def create_access_token(data, expires_minutes: int = 60 * 24 * 7), ACCESS_TOKEN_EXPIRE_MINUTES = 60 * 24 * 30
void judge_lifetimes(File& file) {
  const auto judge = [&](Node name, Node value, Node at) {
    const std::string n = text::to_lower(name.text());
    if (!has_word(n, {"expire", "expires", "expiry", "expiration", "lifetime", "ttl"}) ||
        has_word(n, {"refresh", "reset", "cache"}))
      return false;
    const Value v = evaluate(value, {});
    if (v.kind != Value::Kind::number) return false;
    const double seconds = v.number * (has_word(n, {"days"})      ? 86400
                                       : has_word(n, {"hours"})   ? 3600
                                       : has_word(n, {"minutes"}) ? 60
                                                                  : 0);
    if (seconds < 86400) return false;
    auto& f = file.hit("JWT-006", at);
    f.title = seconds < 172800 ? std::string("A token lives for a day and nothing can revoke it")
                               : "A token lives for " + std::to_string(static_cast<int>(seconds / 86400)) +
                                     " days and nothing can revoke it";
    f.severity = seconds > 8 * 86400.0 ? proof::Severity::medium : proof::Severity::low;
    return true;
  };
  if (icontains_any(file.code(), {"jwt", "token"}))
    for (const char* type : {"default_parameter", "typed_default_parameter"})
      for (const Node p : file.tree.all(type))
        if (has_word(function_name(function_around(p)), {"token", "jwt"}) &&
            judge(p.child("name"), p.child("value"), p))
          return;
  for (const Node a : file.tree.all("assignment")) {
    if (function_around(a) || !a.child("left").is("identifier")) continue;
    Node value = unwrap(a.child("right"));
    if (const auto read = env_read(value); read && read->fallback) value = read->fallback;
    const std::string name = text::to_lower(a.child("left").text());
    if (has_word(name, {"token", "jwt", "access"}) && judge(a.child("left"), value, a)) return;
  }
}

Values constants_of(const File& file) {
  Values known;
  for (const Node a : file.tree.all("assignment"))
    if (!function_around(a) && a.child("left").is("identifier") && a.child("right"))
      known[std::string(a.child("left").text())] = evaluate(a.child("right"), known);
  return known;
}

// Stops: a stolen table that is guessed through because each guess costs too little.
void judge_rounds(File& file) {
  const auto weak = [&](Node at, double rounds) {
    auto& f = file.hit("DJ-030", at);
    f.title = "Passwords are hashed with too few rounds (" + std::to_string(static_cast<long>(rounds)) + ")";
    f.severity = proof::Severity::medium;
  };
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (full == "hashlib.pbkdf2_hmac") {
      const Value rounds = evaluate(c.arg(3) ? c.arg(3) : c.keyword("iterations"), constants_of(file));
      const std::string hash = literal(c.arg(0)).value_or("sha256");
      const double least = hash == "sha512" ? 210000 : 300000;
      if (rounds.kind == Value::Kind::number && rounds.number > 0 && rounds.number < least) weak(c.node, rounds.number);
    } else if (full == "bcrypt.gensalt") {
      const Value rounds = evaluate(c.arg(0) ? c.arg(0) : c.keyword("rounds"), constants_of(file));
      if (rounds.kind == Value::Kind::number && rounds.number < 10) weak(c.node, rounds.number);
    }
  }
}

// Stops: the stock login of a developer's machine that goes on to the server, because nothing but the code names it.
void judge_database_login(File& file) {
  const auto stock = [](Node n) {
    const auto said = literal(unwrap(n));
    if (!said) return false;
    const std::size_t scheme = said->find("://"), at = said->find('@');
    if (scheme == std::string::npos || at == std::string::npos || at < scheme) return false;
    const std::string_view login = std::string_view(*said).substr(scheme + 3, at - scheme - 3);
    const std::size_t colon = login.find(':');
    return icontains_any(said->substr(0, scheme), {"postgres", "mysql", "mongodb", "mariadb", "redis", "amqp"}) &&
           colon != std::string_view::npos && colon + 1 < login.size() &&
           login.find_first_of("{}<>$%*") == std::string_view::npos &&
           icontains_any(said->substr(at), {"@localhost", "@127.0.0.1", "@0.0.0.0"});
  };
  const auto told = [&](Node at) {
    for (const auto& f : file.sink.findings())
      if (f.id == "SEC-010" && f.locations.front().path == file.path) return;
    auto& f = file.hit("SEC-010", at, redacted(quote(file.tree.line_text(at.line()))));
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  };
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    const auto key = left.is("subscript") ? literal(left.child("subscript")) : std::nullopt;
    const std::string name = key ? *key : dotted(left);
    if (has_word(name, {"database", "db", "sqlalchemy", "uri", "url", "dsn", "mongo"}) && stock(a.child("right")))
      return told(a);
  }
  for (const Call& c : file.calls)
    if (const std::string_view f = last(c.name); (f == "create_engine" || f == "create_async_engine" ||
                                                  f == "MongoClient" || f == "AsyncIOMotorClient" || f == "connect") &&
                                                 stock(c.arg(0)))
      return told(c.node);
}

}  // namespace

void read_python_passwords(File& file) {
  if (file.imports_from("django")) return;
  for (const Node f : file.tree.all("function_definition")) {
    judge_clear(file, f);
    judge_sql_steps(file, f);
    if (!route_function(f)) continue;
    judge_sent_back(file, f);
    judge_reset(file, f);
  }
  judge_cookie_caller(file);
  judge_lifetimes(file);
  judge_rounds(file);
  judge_database_login(file);
}

}  // namespace gatehouse::audit::source

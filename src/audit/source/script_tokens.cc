// Tokens that JavaScript and TypeScript sign and verify.
#include <algorithm>
#include <charconv>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

double days_of(std::string_view s) {
  double n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  if (s.find_first_of("yY") != std::string_view::npos) return n * 365;
  if (s.find_first_of("wW") != std::string_view::npos) return n * 7;
  if (s.find_first_of("dD") != std::string_view::npos) return n;
  if (s.find_first_of("hH") != std::string_view::npos) return n / 24;
  if (s.find_first_of("mM") != std::string_view::npos) return n / 1440;
  return n / 86400;
}

namespace {

// Does the project make tokens, and has it any way to refuse one that was signed out?
void judge_kinds(const File& file, ScriptNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (last(full) == "sign" && (contains(full, "jsonwebtoken") || c.name == "jwt.sign")) notes.makes_tokens = true;
    if (icontains_any(c.name, {"jwtservice.sign", "jwt.signasync"})) notes.makes_tokens = true;
  }
  // The session of a payment page is nobody's sign-in, and revokeObjectURL takes back a picture.
  const bool of_tokens =
      icontains(file.code(), "token") && !icontains_any(file.code(), {"checkout", "revokeobjecturl"});
  if (icontains_any(file.code(), {"jti", "denylist", "blacklist", "blocklist", "tokenversion", "token_version",
                                  "session.delete", "refreshtoken.delete"}) ||
      (of_tokens && icontains_any(file.code(), {"revoke", "sessionid"})))
    notes.forgets_tokens = true;
  if (icontains_any(file.code(), {"refreshtoken", "refresh_token", "refresh token"}) &&
      icontains_any(file.code(),
                    {"hashedrefresh", "hashedrt", "refreshtokenhash", "refresh_token_hash", "refreshtokens",
                     "refreshtoken.", "refresh_tokens", "user.refreshtoken", "redis", "session.create", "sessions.",
                     "refreshtoken: null", "refreshtoken = null", "deletemany", "sismember", "currentrefresh",
                     "refreshtokenrepo", "tokenrepo", "$unset"}))
    notes.remembers_refresh = true;
}

// Stops: a token that is signed with the public key as if it were a shared secret.
bool public_key(const File& file, Node key) {
  std::string said(key.code());
  said += value_of(file, key).code();
  return icontains_any(said, {"public", "pem", "cert", "jwk", "getkey", "readfile"}) || is_function(unwrap(key));
}

// sign({ name: user }), sign({ ...user }), sign(user.toJSON()): the row with all its columns.
bool whole_person(const File& file, Node payload) {
  const Schema& schema = file.project.notes<Schema>();
  // await User.findOne(…), and User.findByEmail(…): a method of the model that is written by hand
  const auto brings = [&](Node value) {
    const auto all = touches(file, value);
    for (const Touch& t : all) {
      const Record* r = schema.of(t.record);
      if (icontains_any(t.whole.code(), {"select", "attributes"})) return false;
      if (r != nullptr ? r->person && !r->hides : people(t.record)) return true;
    }
    const auto found = as_call(unwrap(value));
    return all.empty() && found && last(found->name).starts_with("find") &&
           found->name.find('.') != std::string::npos &&
           people(record_key(std::string_view(found->name).substr(0, found->name.find('.'))));
  };
  const auto is_row = [&](Node n) {
    n = unwrap(n);
    if (const auto c = as_call(n)) {
      if (last(c->name) != "toJSON" && last(c->name) != "toObject") return brings(n);
      n = unwrap(n.child("function").child("object"));
    }
    if (!n.any_of("identifier", "shorthand_property_identifier")) return false;
    const std::string name(n.text());
    const Node function = function_around(n);
    for (const Node d : function.all("variable_declarator"))
      if (d.child("name").text() == name && brings(d.child("value"))) return true;
    for (const Node p : function.child("parameters").children())
      if (p.child("pattern").text() == name) {
        const Record* r = schema.of(record_key(p.child("type").text()));
        return r != nullptr && r->person && !r->hides && people(record_key(name));
      }
    return false;
  };
  if (is_row(payload)) return true;
  if (!payload.is("object")) return false;
  for (const Node n : payload.children()) {
    if (n.is("spread_element") && is_row(n.first())) return true;
    if (n.is("pair") && is_row(n.child("value"))) return true;
    if (n.is("shorthand_property_identifier") && is_row(n)) return true;
  }
  return false;
}

void judge_jwt(File& file, ScriptNotes& notes) {
  const bool client = client_file(file);
  const Code code = file.code();
  bool verifies = false;
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    verifies = verifies || ((f == "verify" || f == "jwtVerify" || f == "verifyToken") &&
                            (contains(full, "jsonwebtoken") || contains(full, "jose") || contains(full, "clerk") ||
                             contains(full, "hono") || contains(full, "jwt")));
  }
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    const bool jsonwebtoken =
        contains(full, "jsonwebtoken") || icontains_any(c.name, {"jwtservice.sign", "jwtservice.signasync"}) ||
        (c.name == "jwt.verify" || c.name == "jwt.sign" || c.name == "jwt.decode") || contains(full, "hono/jwt");
    if (jsonwebtoken && f == "decode" && !client) {
      // Looking at the header or the expiry of a token is not believing it.
      const std::string inside = function_name(function_around(c.node));
      const bool looks =
          has_word(inside, {"expires", "exp", "expiry", "expired", "expiration", "header", "kid", "is"}) ||
          contains(c.node.code(), "complete: true");
      bool here = false;  // the same function verifies it, too
      if (const Node function = function_around(c.node))
        for (const Call* d : file.calls_in(function)) here = here || last(d->name) == "verify";
      if (!here && !looks && (!verifies || !inside.empty())) {
        auto& found = file.hit("JWT-001", c.node);
        if (verifies) found.confidence = proof::Confidence::medium;
      }
    } else if ((f == "decodeJwt" && contains(full, "jose")) || full == "jwt-decode" || full == "jwt-decode.jwtDecode" ||
               c.name == "jwtDecode" || c.name == "jwt_decode") {
      // A hook of the browser reads a name out of it, and the server asks again.
      const bool hook = icontains_any(file.path, {"hooks/", "/context", "client"}) ||
                        (function_name(function_around(c.node)).starts_with("use"));
      if (!client && !verifies && !hook) file.hit("JWT-001", c.node);
    } else if (c.name == "JSON.parse" && !client && !verifies &&
               icontains_any(c.arg(0).code(), {"split('.')[1]", "split(\".\")[1]"})) {
      const std::string inside = function_name(function_around(c.node));
      if (!has_word(inside, {"expires", "exp", "expiry", "expired", "expiration"})) file.hit("JWT-001", c.node);
    } else if (jsonwebtoken && f == "verify") {
      const Node options = unwrap(c.arg(2));
      const Node algorithms = member(options, "algorithms");
      if (!algorithms && !public_key(file, c.arg(1))) {
        // A shared secret verifies HS tokens only, in every version of the last years.
      } else if (!algorithms) {
        auto& found = file.hit("JWT-002", c.node);
        found.title = "A token is verified without a list of allowed algorithms";
        found.severity = proof::Severity::low;  // current versions choose by the kind of key
        found.confidence = proof::Confidence::medium;
      } else if (icontains(algorithms.code(), "none")) {
        file.hit("JWT-002", algorithms);
      } else if (contains(algorithms.code(), ".alg") || contains(value_of(file, algorithms).code(), ".alg")) {
        file.hit("JWT-002", algorithms).title = "The token itself says with which algorithm it is verified";
      } else {
        file.sink.positive("JWT signatures are verified with an explicit algorithm allow-list (" +
                           std::string(file.path) + ":" + std::to_string(c.line()) + ").");
      }
      if (member(options, "ignoreExpiration").is("true")) file.hit("JWT-006", c.node).severity = proof::Severity::high;
      const Node given = unwrap(c.arg(1)).is("member_expression") ? value_of(file, c.arg(1)) : c.arg(1);
      if (const auto secret = literal(given); secret && !secret->empty() && !contains(*secret, "BEGIN"))
        file.hit("EX-005", given == c.arg(1) ? c.node : given, redacted(quote(file.tree.line_text(given.line()))));
    } else if (jsonwebtoken && (f == "sign" || f == "signAsync")) {
      const Node given = unwrap(c.arg(1)).is("member_expression") ? value_of(file, c.arg(1)) : c.arg(1);
      if (const auto secret = literal(given); secret && !secret->empty() && !contains(*secret, "BEGIN"))
        file.hit("EX-005", given == c.arg(1) ? c.node : given, redacted(quote(file.tree.line_text(given.line()))));
      const Node payload = value_of(file, c.arg(0));
      if (whole_person(file, payload)) {
        auto& found = file.hit("JWT-008", c.node);
        found.title = "The whole record of the user is signed into the token";
        found.severity = proof::Severity::high;
      } else {
        for (const auto& [key, value] : members(payload))
          if (has_word(key, {"password", "passwd", "hash", "secret", "ssn", "apikey", "card", "iban"}) ||
              key == "apiKey" || key == "privateKey") {
            file.hit("JWT-008", c.node);
            break;
          }
      }
      // Services of a framework date tokens by the settings they were made with.
      const bool served = icontains(c.name, "jwtservice.");
      const Node options = unwrap(c.arg(served ? 1 : 2));
      if (served && !member(options, "expiresIn")) {
        if (!contains(c.node.code(), "exp") && !options.is("identifier"))
          notes.undated_tokens.push_back({place(file.path, c.line()), file.shown(c.node)});
        continue;
      }
      if (contains(full, "hono/jwt") && contains(payload.code(), "exp")) continue;
      // process.env.JWT_EXPIRES_IN || "7d"
      Node span = unwrap(member(options, "expiresIn"));
      if (span.is("binary_expression") && (span.has_token("||") || span.has_token("??")))
        span = unwrap(span.child("right"));
      const auto expires = literal(span);
      if (!member(options, "expiresIn") && !contains(c.node.code(), "exp") && !options.is("identifier") &&
          !options.is("call_expression")) {
        file.hit("JWT-006", c.node).title = "Tokens are made that never expire";
      } else if (expires && days_of(*expires) > 1) {
        // A refresh token is meant to last, when it names a session that can be ended.
        const Node around = function_around(c.node);
        const bool refresh = icontains(c.node.code(), "refresh") || icontains(function_name(around), "refresh") ||
                             icontains(c.node.above("variable_declarator").child("name").text(), "refresh");
        if (refresh && days_of(*expires) <= 31) continue;
        auto& found = file.hit("JWT-006", c.node);
        found.title = "A token lives for " + *expires + " and nothing can revoke it";
        if (days_of(*expires) <= 8) found.severity = proof::Severity::low;
      }
    } else if (c.name.ends_with(".jwt.sign") || c.name.ends_with(".jwtSign") ||
               (c.name.starts_with("this.jwt") && (f == "sign" || f == "signAsync"))) {
      notes.makes_tokens = true;
      if (!contains(c.node.code(), "exp") && !unwrap(c.arg(1)).is("identifier"))
        notes.undated_tokens.push_back({place(file.path, c.line()), file.shown(c.node)});
    } else if ((full == "hono/jwt.jwt" || full == "koa-jwt" || contains(full, "express-jwt")) &&
               literal(member(unwrap(c.arg(0)), "secret"))) {
      file.hit("EX-005", c.node, redacted(quote(file.tree.line_text(c.line()))));
    } else if (f == "setExpirationTime" && contains(c.name, "SignJWT")) {
      notes.makes_tokens = true;
      if (const auto expires = literal(value_of(file, c.arg(0))); expires && days_of(*expires) > 1) {
        auto& found = file.hit("JWT-006", c.node);
        found.title = "A token lives for " + *expires + " and nothing can revoke it";
      }
    } else if (f == "jwtVerify" && contains(full, "jose")) {
      const Node options = unwrap(c.arg(2));
      const bool key_set = contains(code, "createRemoteJWKSet");
      if (key_set && !options.is("identifier")) {
        if (!member(options, "issuer")) file.hit("JWT-005", c.node).severity = proof::Severity::medium;
        if (!member(options, "audience") && !icontains(code, "azp"))
          file.hit("JWT-003", c.node).severity = proof::Severity::medium;
      }
      if (key_set)
        file.sink.positive("JWT signatures are verified against a key set (" + std::string(file.path) + ":" +
                           std::to_string(c.line()) + ").");
    } else if ((f == "verifyToken" || f == "authenticateRequest") && contains(full, "clerk")) {
      const Node options = unwrap(c.args.empty() ? Node() : c.args.back());
      const Node parties = member(options, "authorizedParties");
      if (options.is("object") && !parties) {
        file.hit("JWT-004", c.node).title = "The token's authorized party (azp) is not checked";
      } else if (parties && (icontains(parties.code(), "undefined") || contains(parties.code(), "|| []") ||
                             contains(parties.code(), "?? []"))) {
        file.hit("JWT-004", parties);
      }
    } else if ((full == "express-session" || c.name == "session") && file.imports_from("express-session")) {
      const Node options = unwrap(c.arg(0));
      const auto site = literal(member(member(options, "cookie"), "sameSite"));
      if (!site || text::iequals(*site, "none"))
        notes.session_cookies.push_back({place(file.path, c.line()), file.shown(c.node)});
      const Node secret = member(options, "secret");
      if (literal(secret)) file.hit("EX-005", secret, redacted(quote(file.tree.line_text(secret.line()))));
      const Node cookie = member(options, "cookie");
      const Node secure = member(cookie, "secure"), http = member(cookie, "httpOnly");
      if (!secure || secure.is("false") || http.is("false")) {
        auto& found = file.hit("EX-006", cookie ? cookie : c.node);
        found.title = "The session cookie is set without Secure";
      }
    } else if (full == "next-auth" || c.name == "NextAuth" || c.name == "betterAuth" ||
               contains(full, "iron-session")) {
      for (const std::string_view key : {"secret", "password"})
        if (const Node secret = member(unwrap(c.args.empty() ? Node() : c.args.back()), key); literal(secret))
          file.hit("EX-005", secret, redacted(quote(file.tree.line_text(secret.line()))));
    } else if (full == "koa-session" && unwrap(c.arg(0)).is("object")) {
      const Node options = unwrap(c.arg(0));
      if (member(options, "httpOnly").is("false") || !member(options, "secure") ||
          member(options, "secure").is("false")) {
        auto& found = file.hit("EX-006", c.node);
        found.title = member(options, "httpOnly").is("false") ? "The session cookie can be read by scripts"
                                                              : "The session cookie is set without Secure";
      }
    } else if (full == "cookie-session") {
      if (const Node keys = member(unwrap(c.arg(0)), "keys"); keys.is("array") && literal(keys.first()))
        file.hit("EX-005", keys, redacted(quote(file.tree.line_text(keys.line()))));
    }
  }
}

// app.keys = ["…"] of Koa
void judge_koa_keys(File& file) {
  if (!file.imports_from("koa")) return;
  for (const Node a : file.tree.all("assignment_expression")) {
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    if (left.child("property").text() != "keys" || !right.is("array") || !literal(right.first())) continue;
    file.hit("EX-005", a, redacted(quote(file.tree.line_text(a.line()))));
  }
}

}  // namespace

void read_script_tokens(File& file, ScriptNotes& notes) {
  judge_koa_keys(file);
  judge_jwt(file, notes);
  judge_kinds(file, notes);
}

}  // namespace gatehouse::audit::source

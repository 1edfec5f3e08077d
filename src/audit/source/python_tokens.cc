// JSON Web Tokens and cookies in Python (PyJWT, python-jose, Authlib, Flask and Django responses).
#include "audit/source/python_tokens.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool is_jwt_decode(const File& file, const Call& c) {
  if (last(c.name) != "decode" && !c.name.ends_with("jwt_decode")) return false;
  const std::string full = file.full(c.name);
  return full == "jwt.decode" || full.ends_with("jwt.decode") || full.ends_with("pyjwt.decode") ||
         full.ends_with("PyJWT.decode") || c.name == "pyjwt.decode" || c.name == "jose_jwt.decode";
}

// What "verify_aud" and its kin are set to, anywhere in this file: {key: value}, Node() when never.
Node option(const File& file, std::string_view key) {
  for (const Node p : file.tree.all("pair"))
    if (literal(p.child("key")) == std::string(key)) return p.child("value");
  for (const Node a : file.tree.all("assignment"))
    if (const Node l = a.child("left"); l.is("subscript") && literal(l.child("subscript")) == std::string(key))
      return a.child("right");
  return {};
}

bool asymmetric(const File& file) {
  return icontains_any(file.code(), {"rs256", "es256", "jwks", "pyjwkclient", "rs512", "eddsa", "ps256", "public_key"});
}

void judge_optional(File& file, const Call& decode, std::string_view key, std::string_view keyword, std::string_view id,
                    std::string_view what) {
  const Node set = option(file, key);
  if (set) {
    if (set.is("true")) return;
    auto& f = file.hit(id, set);
    if (set.is("false") && !asymmetric(file)) f.severity = proof::Severity::medium;  // a key of its own, at least
    if (!set.is("false")) {
      f.title = "The token's " + std::string(what) + " is checked only when it is configured";
      f.severity = proof::Severity::medium;
    }
    return;
  }
  const Node given = decode.keyword(keyword);
  if (given) {
    const Code text = given.code();
    if (contains(text, " or None") || contains(text, "if ")) {
      auto& f = file.hit(id, given);
      f.title = "The token's " + std::string(what) + " is checked only when it is configured";
      f.severity = proof::Severity::medium;
    }
    return;
  }
  // kwargs["audience"] = … under an if
  for (const Node a : file.tree.all("assignment"))
    if (const Node l = a.child("left"); l.is("subscript") && literal(l.child("subscript")) == std::string(keyword)) {
      if (const Node branch = a.above("if_statement")) {
        auto& f = file.hit(id, branch);
        f.title = "The token's " + std::string(what) + " is checked only when it is configured";
        f.severity = proof::Severity::medium;
      }
      return;
    }
  const bool splat = contains(decode.node.code(), "**");
  const std::string by_hand = std::string(keyword == "audience" ? "aud" : "iss");
  const bool checked_later = contains(file.code(), "[\"" + by_hand + "\"]") ||
                             contains(file.code(), "(\"" + by_hand + "\"") ||
                             contains(file.code(), "['" + by_hand + "']");
  if (!splat && !checked_later && asymmetric(file)) {
    auto& f = file.hit(id, decode.node);
    f.severity = proof::Severity::medium;
    f.title = "The token's " + std::string(what) + " is not checked";
  }
}

void judge_azp(File& file, const Call& decode) {
  const Code code = file.code();
  const bool clerk = icontains(code, "clerk") || icontains(code, "azp") || icontains(code, "authorized_part");
  if (!clerk) return;
  for (const Node branch : file.tree.all("if_statement")) {
    const Node condition = branch.child("condition");
    const std::string_view text = condition.code(), all = branch.code();
    if (!icontains_any(all, {"azp"})) continue;
    // `if parties:` or `if parties and azp not in parties:` lets everything pass when the list is empty.
    const bool list = icontains_any(text, {"part", "azp", "allowed"});
    const bool only_when =
        list && !contains(text, " or ") &&
        (contains(text, " and ") || (!contains(text, " in ") && !contains(text, "not ") && !contains(text, "!=")));
    if (only_when) {
      file.hit("JWT-004", branch);
      return;
    }
    if (list) return;
  }
  if (!has_token(code, "azp") && icontains(code, "clerk"))
    file.hit("JWT-004", decode.node).title = "The token's authorized party (azp) is not checked";
}

double seconds_of(Node timedelta_call) {
  const auto c = as_call(unwrap(timedelta_call));
  if (!c || last(c->name) != "timedelta") return 0;
  double total = 0;
  Values none;
  for (const auto& [key, value] : c->keywords) {
    const Value v = evaluate(value, none);
    const double n = v.kind == Value::Kind::number ? v.number : 0;
    total += n * (key == "weeks" ? 604800 : key == "days" ? 86400 : key == "hours" ? 3600 : key == "minutes" ? 60 : 1);
  }
  return total;
}

// The dictionary that becomes the payload, looked up when it has a name.
Node payload_of(const Call& encode) {
  const Node first = unwrap(encode.arg(0) ? encode.arg(0) : encode.keyword("payload"));
  const Node function = function_around(encode.node);
  if (!first.is("identifier") || !function) return first;
  Node found = first;
  for (const Node a : function.all("assignment"))
    if (a.child("left").text() == first.text() && a.begin() < encode.node.begin()) found = unwrap(a.child("right"));
  return found;
}

// Two functions sign with one key, and nothing in the token tells which of the two made it.
void judge_kinds(File& file) {
  const Call* access = nullptr;
  const Call* refresh = nullptr;
  for (const Call& c : file.calls) {
    if (last(file.full(c.name)) != "encode" || !contains(file.full(c.name), "jwt")) continue;
    std::string name = function_name(function_around(c.node));
    // refresh_token = jwt.encode(…) beside access_token = jwt.encode(…) of one function
    if (const Node a = c.node.above("assignment"); a && unwrap(a.child("right")) == c.node)
      if (const std::string_view made = a.child("left").text(); has_word(made, {"refresh", "access"}))
        name = std::string(made);
    if (has_word(name, {"refresh"})) refresh = &c;
    if (has_word(name, {"access"})) access = &c;
  }
  if (access == nullptr || refresh == nullptr) return;
  const Node one = access->arg(1) ? access->arg(1) : access->keyword("key");
  const Node two = refresh->arg(1) ? refresh->arg(1) : refresh->keyword("key");
  // {"sub": id, "type": "refresh"}; what is answered beside it ("token_type": "bearer") marks nothing.
  const Node payload = payload_of(*refresh);
  const Node function = function_around(refresh->node);
  const Code said = payload.is("dictionary") && payload.begin() >= function.begin() ? payload.code() : function.code();
  if (one.code() != two.code() ||
      icontains_any(said, {"\"type\"", "'type'", "\"typ\"", "token_type", "\"scope\"", "\"kind\"", "\"use\"", "\"aud\"",
                           "'scope'", "'typ'"}) ||
      icontains_any(function.code(), {"headers=", "\"type\"", "'type'", "\"typ\""}))
    return;
  also(file.hit("JWT-007", refresh->node), file, access->node);
}

// A sign-out that only forgets the cookie, where tokens are made and nothing remembers them.
void judge_sign_out(File& file, PythonNotes& notes) {
  const Code code = file.code();
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (last(full) == "encode" && contains(full, "jwt") && c.args.size() + c.keywords.size() >= 2)
      notes.makes_tokens = true;
  }
  notes.makes_tokens = notes.makes_tokens || contains(code, "rest_framework_simplejwt") ||
                       (contains(code, "flask_jwt_extended") && contains(code, "create_access_token("));
  if (icontains(code, "token_in_blocklist_loader")) notes.forgets_tokens = true;
  if (notes.forgets_tokens ||
      icontains_any(code, {"jti", "denylist", "blacklist", "blocklist", "token_version", "tokenblacklist"}) ||
      (icontains_any(code, {"revoke", "session_id"}) && icontains_any(code, {"jwt", "refresh_token", "access_token"})))
    notes.forgets_tokens = true;
  for (const Node f : file.tree.all("function_definition"))
    if (has_word(function_name(f), {"refresh"}) && route_function(f) && icontains(body(f).code(), "create_refresh"))
      notes.sign_outs.push_back({place(file.path, f.line()), file.shown(f)});
  for (const Node f : file.tree.all("function_definition"))
    if ((has_word(function_name(f), {"logout", "signout"}) &&
         (route_function(f) || contains(f.code(), "delete_cookie") || contains(f.parent().code(), "@api_view"))) ||
        (function_name(f) == "post" &&
         has_word(f.above("class_definition").child("name").text(), {"logout", "signout"}) &&
         !contains(f.above("class_definition").code(), "SessionAuthentication")))
      notes.sign_outs.push_back({place(file.path, f.line()), file.shown(f)});
}

// What the functions of a project call that say anywhere when something expires, where they make tokens.
struct UndatedTokens {
  std::vector<std::pair<std::string, Spot>> helpers;  // by the function's name
  std::set<std::string, std::less<>> dated;
};

void note_dated(File& file) {
  if (!icontains(file.code(), "exp") || !icontains_any(file.code(), {"jwt", "token"})) return;
  auto& dated = file.project.notes<UndatedTokens>().dated;
  for (const Call& c : file.calls)
    if (has_word(last(c.name), {"encode", "jwt", "token", "sign"}))
      if (const Node f = function_around(c.node); f && icontains_any(f.code(), {"expire", "exp\"", "exp'", "exp="}))
        dated.emplace(last(c.name));
}

void judge_encode(File& file) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (last(full) != "encode" || !contains(full, "jwt")) continue;
    // `jwt` may be a text that is encoded, and a splat says nothing.
    if (c.args.size() + c.keywords.size() < 2 || literal(c.arg(0)) || contains(c.node.child("arguments").code(), "*"))
      continue;
    for (const auto& [key, value] : members(payload_of(c)))
      if (has_word(key, {"password", "passwd", "hash", "secret", "ssn", "apikey", "card", "iban"}) ||
          icontains_any(key, {"api_key", "private_key"}) ||
          (value.any_of("attribute", "subscript") &&
           has_word(last(dotted(unwrap(value))), {"password", "passwd", "pwhash", "hashed"}))) {
        file.hit("JWT-008", value);
        break;
      }
    const Node function = function_around(c.node);
    const std::string_view code = function ? function.code() : file.code();
    if (!contains(code, "exp")) {
      // def encode(claims): return jwt.encode(claims, KEY, "RS256"): who calls it says when they end.
      bool handed = false;
      for (const Node p : function.child("parameters").children())
        handed = handed || (c.arg(0).is("identifier") && parameter_name(p) == c.arg(0).text());
      if (handed)
        file.project.notes<UndatedTokens>().helpers.emplace_back(function_name(function),
                                                                 Spot{place(file.path, c.line()), file.shown(c.node)});
      else
        file.hit("JWT-006", c.node).title = "Tokens are made that never expire";
      continue;
    }
    for (const Call* d : file.calls_in(function ? function : file.tree.root()))
      if (const double s = seconds_of(d->node); s >= 86400) {
        auto& f = file.hit("JWT-006", d->node);
        f.title = s < 172800 ? std::string("A token lives for a day and nothing can revoke it")
                             : "A token lives for " + std::to_string(static_cast<int>(s / 86400)) +
                                   " days and nothing can revoke it";
        if (s <= 8 * 86400.0) f.severity = proof::Severity::low;
        break;
      }
  }
}

// A cookie that says who somebody is: "user", "session" and not "cart", "theme".
bool names_somebody(std::string_view label) {
  return has_word(label,
                  {"user", "users", "session", "auth", "account", "profile", "role", "roles", "admin", "me", "uid",
                   "login", "identity", "member", "customer", "usuario", "current", "credentials", "token"}) &&
         !has_word(label, {"cart", "theme", "prefs", "preferences", "settings", "consent", "lang", "language"});
}

// json.loads(request.cookies["user"]), raw = request.cookies.get("user"): the cookie's name
std::string cookie_read(Node said) {
  const Node function = function_around(said);
  said = unwrap(said);
  if (const auto c = as_call(said); c && last(c->name) != "get") said = unwrap(c->arg(0));  // unquote(…)
  if (said.is("identifier") && function)
    for (const Node a : function.all("assignment"))
      if (a.begin() < said.begin() && a.child("left").text() == said.text()) {
        said = unwrap(a.child("right"));
        break;
      }
  if (!icontains(said.code(), ".cookies") || icontains_any(said.code(), {"unsign", "decrypt", "loads("})) return {};
  const Node read = said.is("boolean_operator") ? unwrap(said.child("left")) : said;
  if (const auto c = as_call(read)) return literal(c->arg(0)).value_or("");
  if (read.is("subscript")) return literal(read.child("subscript")).value_or("");
  return {};
}

void judge_cookies(File& file) {
  for (const Call& c : file.calls) {
    if (last(c.name) != "set_cookie") continue;
    const Node key = c.arg(0) ? c.arg(0) : c.keyword("key");
    Node value = c.arg(1) ? c.arg(1) : c.keyword("value");
    const auto name = literal(key);
    const std::string label = name ? *name : dotted(key);
    if (const Node function = function_around(c.node); value.is("identifier") && function)
      for (const Node a : function.all("assignment"))
        if (a.begin() < c.node.begin() && a.child("left").text() == value.text()) value = a.child("right");
    const Code text = value.code();
    if (contains(text, "json.dumps(") && !icontains_any(text, {"sign", "encrypt", "jwt", "serializer"}) &&
        (names_somebody(label) || contains(text, "role") || contains(text, "user"))) {
      file.hit("DJ-024", c.node);
    }
    if (!has_word(label, {"session", "sessionid", "token", "auth", "jwt", "access", "refresh", "sid", "user"}) ||
        icontains(label, "csrf"))
      continue;
    std::vector<std::string> missing;
    Values none;
    for (const auto& [flag, shown] : {std::pair<std::string_view, std::string_view>{"httponly", "HttpOnly"},
                                      {"secure", "Secure"},
                                      {"samesite", "SameSite"}}) {
      const Node given = c.keyword(flag);
      const bool weak = !given || given.is("false") ||
                        (flag == "samesite" && literal(given) && text::iequals(*literal(given), "none")) ||
                        (flag == "samesite" && given.is("none"));
      if (weak) missing.emplace_back(shown);
    }
    const bool splat = contains(c.node.child("arguments").code(), "**");
    if (missing.empty() || splat) continue;
    auto& f = file.hit("FA-013", c.node);
    std::string list;
    for (const auto& m : missing) list += (list.empty() ? "" : ", ") + m;
    f.title = "The cookie " + label + " is set without " + list;
    if (missing.size() == 1 && missing.front() == "SameSite") f.severity = proof::Severity::medium;
  }
  // app.config["SESSION_COOKIE_SECURE"] = False
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    if (!left.is("subscript") || !contains(left.child("value").text(), "config") || !a.child("right").is("false"))
      continue;
    const auto key = literal(left.child("subscript"));
    if (key == "SESSION_COOKIE_SECURE" || key == "SESSION_COOKIE_HTTPONLY")
      file.hit("FA-013", a).title = *key + " is off";
  }
  // app.config["JWT_ACCESS_TOKEN_EXPIRES"] = False
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    const auto key = left.is("subscript") ? literal(left.child("subscript")) : std::nullopt;
    const bool endless = key == "JWT_ACCESS_TOKEN_EXPIRES" || left.text() == "JWT_ACCESS_TOKEN_EXPIRES";
    if (endless && a.child("right").any_of("false", "none")) file.hit("JWT-006", a).title = "Access tokens never end";
    if (const double s = endless ? seconds_of(a.child("right")) : 0; s >= 86400) {
      auto& f = file.hit("JWT-006", a);
      const int days = static_cast<int>(s / 86400);
      f.title = "A token lives for " + (days == 1 ? std::string("a day") : std::to_string(days) + " days") +
                " and nothing can revoke it";
      if (s <= 8 * 86400.0) f.severity = proof::Severity::low;
    }
  }
  // json.loads(request.COOKIES[…]) taken for an identity.
  for (const Call& c : file.calls)
    if (c.name == "json.loads" && names_somebody(cookie_read(c.arg(0))))
      file.hit("DJ-024", c.node).title = "A JSON cookie is believed without a signature";
}

}  // namespace

void read_python_tokens(File& file, PythonNotes& notes) {
  const Call* main = nullptr;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "get_unverified_claims" && contains(file.full(c.name), "jwt")) {
      const Node function = function_around(c.node);
      bool also_verified = false;
      for (const Call* d : file.calls_in(function)) also_verified = also_verified || is_jwt_decode(file, *d);
      if (!also_verified) file.hit("JWT-001", c.node);
      continue;
    }
    if (!is_jwt_decode(file, c)) continue;
    const Node options = c.keyword("options");
    bool unverified = c.keyword("verify").is("false");
    if (const Node v = member(options, "verify_signature"); v && v.is("false")) unverified = true;
    if (unverified) {
      const Node function = function_around(c.node);
      bool also_verified = false;
      for (const Call* d : file.calls_in(function ? function : file.tree.root()))
        if (d != &c && is_jwt_decode(file, *d) && !contains(d->node.code(), "verify_signature")) also_verified = true;
      // token = encode(…): what was made a line above needs no proof.
      for (const Node a : function ? function.all("assignment") : std::vector<Node>{}) {
        const auto made = as_call(unwrap(a.child("right")));
        if (made && a.begin() < c.node.begin() && has_token(a.child("left").code(), unwrap(c.arg(0)).text()) &&
            has_word(last(made->name), {"encode", "create", "make", "sign", "issue", "generate"}))
          also_verified = true;
      }
      if (!also_verified) file.hit("JWT-001", c.node);
      continue;
    }
    const Node algorithms = c.keyword("algorithms") ? c.keyword("algorithms") : c.arg(2);
    if (!algorithms) {
      if (!contains(c.node.code(), "**"))
        file.hit("JWT-002", c.node).title = "A token is decoded without a list of allowed algorithms";
    } else if (icontains(algorithms.code(), "\"none\"") || icontains(algorithms.code(), "'none'")) {
      file.hit("JWT-002", algorithms);
    } else if (icontains_any(algorithms.code(), {"header", "[\"alg\"]", "['alg']", "get(\"alg\")", "get_algorithms"})) {
      file.hit("JWT-002", algorithms).title = "The token itself says with which algorithm it is verified";
    } else if (algorithms.any_of("list", "tuple") && contains(algorithms.code(), "HS") &&
               (contains(algorithms.code(), "RS") || contains(algorithms.code(), "ES"))) {
      file.hit("JWT-002", algorithms).title = "One list allows algorithms for shared and for public keys";
    } else if (asymmetric(file)) {
      file.sink.positive("JWT signatures are verified against a key set with an explicit algorithm allow-list (" +
                         std::string(file.path) + ":" + std::to_string(c.line()) + ").");
    } else {
      file.sink.positive("JWT signatures are verified with an explicit algorithm allow-list (" +
                         std::string(file.path) + ":" + std::to_string(c.line()) + ").");
    }
    if (!main) main = &c;
  }
  if (main) {
    judge_optional(file, *main, "verify_aud", "audience", "JWT-003", "audience");
    judge_optional(file, *main, "verify_iss", "issuer", "JWT-005", "issuer");
    judge_azp(file, *main);
    if (const Node e = option(file, "verify_exp"); e && e.is("false"))
      file.hit("JWT-006", e).severity = proof::Severity::high;
  }
  note_dated(file);
  judge_encode(file);
  judge_kinds(file);
  judge_sign_out(file, notes);
  judge_cookies(file);
}

// Stops: a stolen token that stays good for ever.
void judge_undated_tokens(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UndatedTokens>();
  for (const auto& [name, at] : notes.helpers)
    if (!notes.dated.contains(name)) sink.find("JWT-006", at.at, at.shown).title = "Tokens are made that never expire";
}

}  // namespace gatehouse::audit::source

// Tokens and one-time codes that prove nothing: believed by how they begin, decoded without a signature, of one kind
// where two were meant, without an end.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ProofNotes {
  proof::Location refresh_made;  // a token that says it is for refreshing
  bool kinds_compared = false;   // and somebody who asks for the other kind
  struct Guard {
    proof::Location at;
    std::string shown;
  };
  std::vector<Guard> kind_blind;                               // guards that take either
  std::map<std::string, std::map<std::string, Spot>> secrets;  // secret -> what it is used for
};

// Something below asks a key, a table or another server about the token.
bool asks_somebody(const File& file, Node function) {
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    if (has_word(f, {"verify", "hmac",       "decrypt",  "loads",    "unsign",       "query",  "execute", "find",
                     "one",    "select",     "fetchone", "fetchrow", "filter",       "exists", "digest",  "getsession",
                     "redis",  "introspect", "scalar",   "scalars",  "authenticate", "jwks"}) &&
        !contains(c->name, "json.loads"))
      return true;
    if (f == "decode" && contains(file.full(c->name), "jwt")) return true;
    if (file.full(c->name).starts_with("requests.") || file.full(c->name).starts_with("httpx.")) return true;
    if (f == "get" && icontains_any(c->name, {"client", "session", "cache", "store", "db", "tokens", "redis"}))
      return true;
  }
  return icontains_any(body(function).code(), {"compare_digest", " in valid_", "in tokens", "in sessions", "hmac."});
}

// Stops: signing in by writing a token oneself, when all that is asked is how it begins.
void judge_prefix(File& file, Node function) {
  const std::string name = function_name(function);
  if (!has_word(name,
                {"verify", "validate", "decode", "authenticate", "check", "parse", "get", "resolve", "current"}) ||
      !has_word(name, {"token", "sso", "session", "user", "jwt", "auth", "bearer", "identity", "key"}))
    return;
  const Node b = body(function);
  if (b.all("return_statement").empty()) return;
  for (const Call* c : file.calls_in(b)) {
    if (last(c->name) != "startswith") continue;
    const std::string token = c->name.substr(0, c->name.rfind('.'));
    if (!has_word(token, {"token", "jwt", "session", "code", "credential", "credentials", "ticket"})) continue;
    const auto begins = literal(c->arg(0));
    if (!begins || has_word(*begins, {"bearer", "token", "basic"}) || begins->starts_with("ey")) continue;
    const Node branch = c->node.above("if_statement", "elif_clause");
    if (!branch || contains(branch.child("condition").code(), "not " + token + ".startswith")) {
      // `if not token.startswith("x"): refuse`, and then the rest of it is the caller
      if (!branch ||
          !icontains_any(b.code(), {token + ".split(", token + "[", token + ".replace(", token + ".removeprefix("}))
        continue;
    } else if (!contains(branch.code(), "return")) {
      continue;
    }
    if (asks_somebody(file, function)) return;
    file.hit("JWT-001", c->node).title = "A token is believed by how it begins";
    return;
  }
}

// Stops: a token anybody can write, where the middle of it is decoded and nobody looks at the signature.
void judge_decoded(File& file, Node function) {
  const std::string name = function_name(function);
  const Code code = body(function).code();
  if (!has_word(name, {"token", "user", "auth", "session", "jwt", "payload", "claims", "verify", "current"}) &&
      !icontains_any(code, {"authorization", "token"}))
    return;
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    if (f != "b64decode" && f != "urlsafe_b64decode") continue;
    const std::string given(c->arg(0).code());
    const bool token = icontains_any(given, {"token", "jwt", "payload", "parts[1]", "session", "cookie", "auth"}) &&
                       !icontains_any(given, {"basic", "key", "image", "file", "signature", "header"});
    const bool claims = icontains_any(code, {"json.loads", ".split(\":", ".split(':", "return"}) &&
                        !icontains_any(code, {"basic "}) && !has_word(name, {"basic"});
    if (!token || !claims || asks_somebody(file, function)) continue;
    if (icontains_any(code, {"hmac", "jwt.decode", "verify", "signature ==", "fernet", "expired"}) &&
        icontains_any(code, {"hmac", "jwt.decode", "verify(", "verify_", "fernet"}))
      continue;
    file.hit("JWT-001", c->node).title = "A token is decoded and believed, and nobody asks for its signature";
    return;
  }
}

// refresh_token = create_access_token(…): nothing in it says which of the two it is.
void judge_one_maker(File& file) {
  for (const Node a : file.tree.all("assignment")) {
    if (!has_word(a.child("left").text(), {"refresh"}) || !has_word(a.child("left").text(), {"token"})) continue;
    const auto made = as_call(unwrap(a.child("right")));
    if (!made || !has_word(last(made->name), {"create", "generate", "make", "encode", "sign", "issue"}) ||
        has_word(last(made->name), {"refresh", "urlsafe", "hex"}) || contains(made->name, "secrets."))
      continue;
    if (!has_word(last(made->name), {"token", "access", "jwt"})) continue;
    if (icontains_any(made->node.child("arguments").code(),
                      {"type", "scope", "kind", "\"refresh", "'refresh", ".refresh", "purpose", "secret"}))
      continue;
    file.hit("JWT-007", a);
    return;
  }
}

// { "access_token": create_token(user, 15), "refresh_token": create_token(user, 10080) }
void judge_one_pair(File& file) {
  for (const Node d : file.tree.all("dictionary")) {
    std::optional<Call> access, refresh;
    for (const auto& [key, value] : members(d)) {
      if (has_word(key, {"access"})) access = as_call(unwrap(value));
      if (has_word(key, {"refresh"})) refresh = as_call(unwrap(value));
    }
    if (!access || !refresh || access->name != refresh->name ||
        !has_word(last(access->name), {"token", "jwt", "encode"}) ||
        icontains_any(refresh->node.child("arguments").code(),
                      {"type", "scope", "kind", "\"refresh", "'refresh", ".refresh", "purpose", "secret", "refresh_"}))
      continue;
    file.hit("JWT-007", refresh->node);
    return;
  }
}

bool says_refresh(Node dictionary) {
  for (const auto& [key, value] : members(dictionary))
    if ((key == "type" || key == "token_type" || key == "typ" || key == "scope" || key == "kind" || key == "use") &&
        literal(value) == "refresh")
      return true;
  return false;
}

// One kind is marked, and the guard never reads the mark.
void note_kinds(File& file, ProofNotes& notes) {
  for (const Node d : file.tree.all("dictionary"))
    if (says_refresh(d) && notes.refresh_made.line == 0) notes.refresh_made = place(file.path, d.line());
  for (const Node c : file.tree.all("comparison_operator")) {
    const Code code = c.code();
    const bool of_kind = icontains_any(code, {"type", "typ\"", "scope", "kind", "use\""});
    if (of_kind && (icontains(code, "access") ||
                    (icontains(code, "refresh") && !has_word(function_name(function_around(c)), {"refresh"}))))
      notes.kinds_compared = true;
  }
  for (const Node f : file.tree.all("function_definition")) {
    if (has_word(function_name(f), {"refresh", "reset", "verify", "email", "confirm"})) continue;
    for (const Call* c : file.calls_in(body(f)))
      if (last(c->name) == "decode" && contains(file.full(c->name), "jwt") &&
          !icontains_any(f.code(), {"type\"", "'type", "token_type", "expected", "\"typ", "scope", "kind"}) &&
          has_word(function_name(f), {"user", "current", "auth", "authenticate", "decode", "token", "principal"}))
        notes.kind_blind.push_back({place(file.path, c->line()), file.shown(c->node)});
  }
}

// Stops: a code in an old mail that still opens the account.
void judge_endless_codes(File& file) {
  if (icontains_any(file.code(), {"expir", "ttl", "setex", "valid_until", "max_age", "timedelta", "ex=", "created_at"}))
    return;
  const auto once = [](std::string_view name) {
    return name == "reset_token" || name == "otp" || name == "otp_code" || name == "verification_code" ||
           name == "magic_token" || name == "secret_token" || name == "password_reset_token" || name == "reset_code" ||
           name == "login_code" || name == "magic_link_token";
  };
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    std::string key;
    if (left.is("attribute")) key = std::string(left.child("attribute").text());
    if (left.is("subscript") && icontains_any(left.child("value").text(), {"otp", "reset", "code", "token"}) &&
        !contains(left.child("value").text(), "config") && !contains(left.child("value").text(), "environ"))
      key = "otp";
    if (!once(key) || !a.child("right").any_of("call", "identifier") || !function_around(a)) continue;
    if (left.is("subscript") &&
        !has_word(function_name(function_around(a)), {"otp", "reset", "forgot", "code", "send", "magic", "request"}))
      continue;
    file.hit("JWT-006", a).title = "A one-time code is kept without an end";
    return;
  }
}

// "SECRET_KEY" of os.getenv("SECRET_KEY") or of a name that was given it.
std::string secret_behind(const File& file, Node n) {
  n = unwrap(n);
  if (const auto read = env_read(n)) return text::to_lower(read->name);
  if (n.is("subscript") && icontains_any(n.child("value").text(), {"config", "environ"}))
    if (const auto key = literal(n.child("subscript"))) return text::to_lower(*key);
  if (n.is("attribute")) {
    const std::string name = dotted(n);
    if (icontains_any(name.substr(0, name.find('.')), {"settings", "config"})) return text::to_lower(last(name));
    if (name == "app.secret_key" || name == "current_app.secret_key") return "secret_key";
  }
  if (n.is("identifier")) {
    for (const Node a : file.tree.all("assignment"))
      if (!function_around(a) && a.child("left").text() == n.text())
        if (const auto read = env_read(unwrap(a.child("right")))) return text::to_lower(read->name);
    if (const auto it = file.imports.find(n.text()); it != file.imports.end()) return text::to_lower(last(it->second));
  }
  return {};
}

// One secret for two purposes: who learns or breaks it in one place has the other.
void note_secrets(File& file, ProofNotes& notes) {
  bool told_literal = false;
  const auto use = [&](Node value, std::string_view purpose, Node at) {
    const std::string secret = secret_behind(file, value);
    if (!secret.empty()) notes.secrets[secret].emplace(purpose, Spot{place(file.path, at.line()), file.shown(at)});
  };
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    if ((f == "encode" || f == "decode") && contains(full, "jwt") && c.args.size() + c.keywords.size() >= 2) {
      const Node key = c.arg(1) ? c.arg(1) : c.keyword("key");
      // jwt.encode(claims, "secret"): whoever reads the source signs.
      if (const auto said = literal(key); said && !said->empty() && !contains(*said, "BEGIN") && !told_literal) {
        file.hit(said->size() < 32 ? "SEC-008" : "SEC-017", key, redacted(quote(file.tree.line_text(key.line()))));
        told_literal = true;
      }
      use(key, "tokens", c.node);
    }
    // AdminAuth(secret_key="…"): what signs the cookie of a session
    if (const Node key = c.keyword("secret_key");
        literal(key) && !literal(key)->empty() && !told_literal &&
        has_word(c.name, {"auth", "session", "admin", "middleware", "backend"})) {
      file.hit(literal(key)->size() < 32 ? "SEC-008" : "SEC-017", key, redacted(quote(file.tree.line_text(key.line()))))
          .title = "The key that signs sessions stands in the code";
      told_literal = true;
    }
    if (f == "add_middleware" && last(dotted(c.arg(0))) == "SessionMiddleware")
      use(c.keyword("secret_key"), "the session cookie", c.node);
    if (f == "URLSafeTimedSerializer" || f == "URLSafeSerializer" || f == "TimestampSigner")
      use(c.arg(0), "links in mails", c.node);
    if (f == "Fernet") use(c.arg(0), "encryption", c.node);
    if (full == "hmac.new") use(c.arg(0), "signatures", c.node);
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left");
    const auto key = left.is("subscript") ? literal(left.child("subscript")) : std::nullopt;
    const bool config = left.is("subscript") && contains(dotted(left.child("value")), "config");
    if ((config && key == "SECRET_KEY") || dotted(left) == "app.secret_key") {
      use(a.child("right"), "the session cookie", a);
      const std::string secret = secret_behind(file, a.child("right"));
      if (!secret.empty() && secret != "secret_key")
        notes.secrets["secret_key"].emplace("the session cookie", Spot{place(file.path, a.line()), file.shown(a)});
    }
    if (config && key == "JWT_SECRET_KEY") use(a.child("right"), "tokens", a);
  }
}

}  // namespace

void read_python_proofs(File& file) {
  auto& notes = file.project.notes<ProofNotes>();
  for (const Node f : file.tree.all("function_definition")) {
    judge_prefix(file, f);
    judge_decoded(file, f);
  }
  judge_one_maker(file);
  judge_one_pair(file);
  note_kinds(file, notes);
  judge_endless_codes(file);
  note_secrets(file, notes);
}

void judge_python_proofs(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ProofNotes>();
  const bool told = std::any_of(sink.findings().begin(), sink.findings().end(),
                                [](const proof::Finding& f) { return f.id == "JWT-007"; });
  if (!told && notes.refresh_made.line > 0 && !notes.kinds_compared && !notes.kind_blind.empty()) {
    auto& f = sink.find("JWT-007", notes.kind_blind.front().at, notes.kind_blind.front().shown);
    f.locations.push_back(notes.refresh_made);
    f.evidence.emplace_back("made here, and marked");
  }
  for (const auto& [secret, purposes] : notes.secrets) {
    if (purposes.size() < 2) continue;
    std::string list;
    for (const auto& [purpose, spot] : purposes) list += (list.empty() ? "" : " and ") + purpose;
    const auto tokens = purposes.find("tokens");
    const Spot& first = tokens == purposes.end() ? purposes.begin()->second : tokens->second;
    auto& f = sink.find("SEC-012", first.at, first.shown);
    f.title = "One secret for " + list;
    for (const auto& [purpose, spot] : purposes)
      if (&spot != &first) {
        f.locations.push_back(spot.at);
        f.evidence.push_back(spot.shown);
      }
  }
}

}  // namespace gatehouse::audit::source

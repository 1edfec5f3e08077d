// JavaScript and TypeScript that executes, opens, serves or draws what it should not: one judge a hazard, and of a call
// the first judge that takes it.
#include "audit/source/script_hazards.h"

#include <charconv>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool judge_proxies(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = (f == "set" && literal(c.arg(0)) == "trust proxy" && c.arg(1).is("true")) ||
                     (full == "fastify" && member(unwrap(a), "trustProxy").is("true"));
  if (!taken) return false;
  file.hit("EX-007", c.node);
  return true;
}

bool judge_served(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  if (contains(full, "express.static") || full == "serve-static") {
    const auto folder = literal(a);
    const auto joined = as_call(a);
    const bool whole = a.code() == "process.cwd()" ||
                       (joined && (last(joined->name) == "join" || last(joined->name) == "resolve") &&
                        joined->args.size() == 1 && icontains_any(a.code(), {"process.cwd()", "__dirname"}));
    if (whole || (folder && (*folder == "." || *folder == "./" || *folder == "..")) || a.text() == "__dirname" ||
        contains(c.node.code(), "dotfiles: \"allow\"") || contains(c.node.code(), "dotfiles: 'allow'"))
      file.hit("EX-011", c.node);
  } else if (full == "serve-index") {
    file.hit("EX-011", c.node);
  } else {
    return false;
  }
  return true;
}

bool judge_uploads(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = !client && (full == "multer" || full == "fileUpload" || full == "express-fileupload");
  if (!taken) return false;
  const Node options = unwrap(a);
  const bool known = !options || options.is("object");
  const bool sized = static_cast<bool>(member(options, "limits")),
             typed = static_cast<bool>(member(options, "fileFilter"));
  const bool looked =
      typed || (icontains_any(file.code(), {"mimetype ", "mimetype)", "mimetype.", "mimetype;", "filetype"}) &&
                !icontains(file.code(), "file.mimetype)"));
  if (known && sized && typed && icontains_any(file.code(), {"extname(", "originalname.match", "originalname.split"}) &&
      !icontains(file.code(), "mimetype")) {
    auto& found = file.hit("FA-016", c.node);
    found.title = "What an upload is, is believed from the end of its name";
    found.severity = proof::Severity::low;
  } else if (known && (!sized || !looked))
    file.hit("FA-016", c.node).title = sized    ? "An upload is taken whatever its type"
                                       : looked ? "An upload is taken whatever its size"
                                                : "An upload is taken whatever its size and type";
  return true;
}

bool judge_bodies(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken =
      (f == "json" || f == "urlencoded") && (c.name.starts_with("express") || c.name.starts_with("bodyParser"));
  if (!taken) return false;
  if (const auto limit = literal(member(a, "limit"))) {
    int n = 0;  // "50mb"; a word that begins with no number stays 0
    std::from_chars(limit->data(), limit->data() + limit->size(), n);
    if ((icontains(*limit, "mb") && n >= 10) || icontains(*limit, "gb")) file.hit("EX-008", c.node);
  }
  return true;
}

bool judge_digests(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = ((last(full) == "createHash" || last(full) == "createHmac") && literal(a) &&
                      icontains_any(*literal(a), {"md5", "sha"})) ||
                     full == "md5" || full == "sha1" || full == "sha256" || full == "js-sha256" ||
                     (contains(full, "crypto-js") && has_word(f, {"md5", "sha1", "sha256", "sha512"})) ||
                     c.name == "CryptoJS.MD5" || c.name == "CryptoJS.SHA1" || c.name == "CryptoJS.SHA256" ||
                     c.name == "CryptoJS.SHA512" || (last(full) == "digest" && contains(c.name, "subtle"));
  if (!taken) return false;
  Node whole = c.node;
  for (Node p = c.node.parent(); p.any_of("member_expression", "call_expression"); p = p.parent()) whole = p;
  const bool kept = icontains_any(whole.code(), {"password", "passwd", "(pwd"}) && !icontains(whole.code(), "token");
  if (kept &&
      !icontains_any(function_around(c.node).code(), {"pwned", "hibp", "bcrypt", "argon", "scrypt", "pbkdf2"})) {
    auto& found = file.hit("DJ-030", c.node);
    found.title = "Passwords are hashed with a function that is made to be fast";
    found.severity = proof::Severity::high;
  }
  return true;
}

bool judge_draws(const HazardCall& call) {
  const auto& [file, c, f, full, a, client, shells] = call;
  const bool taken = c.name == "Math.random" && !client;
  if (!taken) return false;
  const Node d = c.node.above("variable_declarator", "pair", "assignment_expression");
  const Node name = d.child("name") ? d.child("name") : d.child("key") ? d.child("key") : d.child("left");
  const std::string_view path = file.path.substr(file.path.rfind('/') + 1);
  const bool draws = has_word(path, {"draw", "lottery", "raffle"});
  Node named = function_around(c.node);  // Array.from({ length }, () => pick(Math.random()))
  while (named && function_name(named).empty() && named.parent().is("arguments") && function_around(named))
    named = function_around(named);
  std::string where = function_name(named);
  if (has_word(where, {"schedule", "job", "delay", "cleanup", "retry", "jitter", "backoff"})) where.clear();
  where += " " + std::string(name.text());
  // const temporaryPassword = randomString(8)
  if (const std::string maker = function_name(named);
      !icontains_any(file.path, {"script", "generator", "seed", "fake", "mock", "fixture"}) &&
      has_word(maker, {"random", "generate", "make", "string", "id"}))
    for (const Call& use : file.calls)
      if (last(use.name) == maker)
        if (const Node kept = use.node.above("variable_declarator", "pair", "assignment_expression");
            kept && !is_function(unwrap(kept.child("value"))))
          where += " " + std::string((kept.child("name")  ? kept.child("name")
                                      : kept.child("key") ? kept.child("key")
                                                          : kept.child("left"))
                                         .text());
  if (draws || has_word(where, {"token",        "code",    "otp",       "password", "secret", "pin",     "nonce",
                                "state",        "session", "sessionid", "verifier", "key",    "apikey",  "reset",
                                "verification", "invite",  "coupon",    "draw",     "winner", "winners", "lottery",
                                "raffle",       "jackpot", "prize",     "voucher",  "salt"}))
    file.hit("FA-010", c.node);
  return true;
}

// Stops: const right = bcrypt.compare(…): a promise, which every `if` takes for yes.
void judge_waiting(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool hash = (f == "compare" && icontains_any(c.name, {"bcrypt", "argon"})) ||
                      (f == "verify" && icontains(c.name, "argon2"));
    if (!hash || c.args.size() > 2 || !(f == "compare" || f == "verify")) continue;
    const Node up = c.node.parent();
    if (up.any_of("await_expression", "return_statement", "member_expression", "arrow_function", "array", "arguments"))
      continue;
    const Node d = up.is("variable_declarator") ? up : Node();
    const Node function = function_around(c.node);
    if (d && icontains_any(function.code(), {"await " + std::string(d.child("name").text()),
                                             std::string(d.child("name").text()) + ".then"}))
      continue;
    if (!d && !up.any_of("unary_expression", "parenthesized_expression", "if_statement", "binary_expression")) continue;
    auto& found = file.hit("AU-006", c.node);
    found.title = "The check of a password is not waited for: every password is right";
    found.severity = proof::Severity::critical;
    found.impact = "Anybody signs in to any account whose name is known.";
    found.fix = "await bcrypt.compare(…).";
  }
}

// { $where: `…${q}…` } runs as a program in the database.
void judge_where(File& file) {
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key != "$where" && literal(p.child("key")) != "$where") continue;
    if (!holes(p.child("value")).empty() || from_client(file, p.child("value"))) file.hit("EX-015", p);
  }
}

void judge_verification(File& file) {
  for (const Node p : file.tree.all("pair"))
    if (p.child("key").text() == "rejectUnauthorized" && p.child("value").is("false")) file.hit("EX-017", p);
  for (const Node a : file.tree.all("assignment_expression"))
    if (contains(a.child("left").text(), "NODE_TLS_REJECT_UNAUTHORIZED") && literal(a.child("right")) == "0")
      file.hit("EX-017", a);
}

}  // namespace

void read_script_hazards(File& file, ScriptNotes& notes) {
  const bool client = client_file(file);
  const auto shells = names_of_shells(file);
  for (const Call& c : file.calls) {
    const HazardCall call{file, c, last(c.name), file.full(c.name), unwrap(c.arg(0)), client, shells};
    for (const auto judge :
         {judge_run, judge_sent, judge_proxies, judge_served, judge_uploads, judge_bodies, judge_digests, judge_draws})
      if (judge(call)) break;
  }
  if (!client) judge_waiting(file);
  judge_where(file);
  judge_origins(file);
  judge_verification(file);
  const Code code = file.code();
  if (file.imports_from("express-rate-limit") || file.imports_from("rate-limiter-flexible") ||
      file.imports_from("@upstash/ratelimit") || file.imports_from("@fastify/rate-limit") ||
      file.imports_from("hono-rate-limiter"))
    notes.any_limit = true;
  if (icontains_any(code, {"csurf", "csrf-csrf", "doublecsrf", "lusca", "csrf", "sec-fetch-site", "xsrf"}) ||
      (icontains_any(code, {"headers.get(\"origin\")", "headers.get('origin')", "headers.origin"}) &&
       icontains_any(code, {"403", "forbidden"})))
    notes.csrf = true;
}

}  // namespace gatehouse::audit::source

// JavaScript and TypeScript that executes or opens what it should not. Long, as it is a list: one judge a hazard.
#include <algorithm>
#include <charconv>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool is_upper(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

Node built_sql(Node n) {
  n = unwrap(n);
  if (!holes(n).empty()) return n;
  if (n.is("identifier"))
    if (const Node f = function_around(n))
      for (const Node d : f.all("variable_declarator"))
        if (d.child("name").text() == n.text() && d.begin() < n.begin() && !holes(d.child("value")).empty())
          return d.child("value");
  return {};
}

// Text that this program chose: SORT[req.query.sort] || "id", a ? "asc" : "desc", ids.map((_, i) => `$${i}`).join(",")
bool chosen_here(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 4) return false;
  if (literal(n) || n.is("number")) return true;
  if (n.any_of("binary_expression")) {
    const Node left = unwrap(n.child("left")), right = unwrap(n.child("right"));
    return (n.has_token("||") || n.has_token("??")) && chosen_here(file, left, depth + 1) &&
           chosen_here(file, right, depth + 1);
  }
  if (n.is("ternary_expression"))
    return chosen_here(file, n.child("consequence"), depth + 1) && chosen_here(file, n.child("alternative"), depth + 1);
  if (n.is("subscript_expression")) {
    const Node object = unwrap(n.child("object"));
    return !from_client(file, object) && (value_of(file, object).is("object") || is_upper(object.text()));
  }
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "join" && icontains_any(n.code(), {".map(", ".fill("}) &&
        icontains_any(n.code(), {"`$$", "'?'", "\"?\"", "`?"}))
      return true;
    return f == "Number" || f == "parseInt" || f == "format" || f == "escapeId" || f == "escapeIdentifier" ||
           f == "escape";
  }
  if (n.is("identifier"))
    if (const Node v = value_of(file, n); !(v == n)) return chosen_here(file, v, depth + 1);
  return false;
}

// res.send("<h1>" + name): what of it is the client's, or nothing.
Node reflected(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  if (f != "send" && f != "end" && f != "html" && f != "write") return {};
  const std::string_view head = c.name;
  if (!has_word(head, {"res", "response", "reply", "c", "ctx"}) && !icontains(head, "status()")) return {};
  Node text = unwrap(c.arg(0));
  if (text.is("identifier")) text = unwrap(value_of(file, text));
  if (!contains(spoken(text), "<") || icontains(c.node.code().substr(0, 80), "text/plain")) return {};
  for (const Node h : holes(text))
    if (!icontains_any(h.code(), {"escape", "encode", "sanitize", "number(", "parseint("}) && from_client(file, h))
      return h;
  return {};
}

// findOne({ resetToken: token }) where `token` came out of the body as it was: no text was asked for.
bool operator_in_secret(const File& file, const Call& c) {
  const Node function = function_around(c.node);
  if (!function || icontains_any(file.code(), {"z.string", "joi.", "checkschema", "validationresult", "mongo-sanitize",
                                               "mongosanitize", "yup.", "class-validator"}))
    return false;
  const ClientData data = client_data(file, function);
  // With an operator for a name, one password is tried on everybody at once.
  const bool sign_in = has_word(function_name(function), {"login", "signin"}) && icontains(function.code(), "compare");
  for (const auto& [key, value] : members(unwrap(c.arg(0)))) {
    if (!has_word(key, {"token", "code", "otp", "secret", "pin", "password"}) && !sign_in) continue;
    const Node v = unwrap(value);
    const bool direct = v.is("member_expression") && icontains_any(v.code(), {"req.body", "request.body"});
    const bool bound = v.any_of("identifier", "shorthand_property_identifier") &&
                       std::any_of(data.fields.begin(), data.fields.end(), [&](const auto& f) {
                         return f.first == v.text() && contains(f.second.above("variable_declarator").code(), "body");
                       });
    const bool text_asked = contains(function.code(), "typeof " + std::string(v.text())) ||
                            contains(function.code(), "String(" + std::string(v.text()));
    if ((direct || bound) && !text_asked) return true;
  }
  return false;
}

// find(JSON.parse(req.query.filter)): the client writes the query, operators and all.
bool written_query(const File& file, Node a) {
  const auto parsed = as_call(value_of(file, a));
  return parsed && parsed->name == "JSON.parse" && from_client(file, parsed->arg(0));
}

// const sql = completion.choices[0].message.content
bool written_by_model(const File& file, Node n) {
  n = unwrap(n);
  for (int i = 0; i < 4 && n; ++i) {
    if (icontains_any(n.code(), {"choices[0]", ".message.content", "output_text", "generatecontent", "generatetext(",
                                 ".content[0].text", "response.text()"}))
      return true;
    if (n.is("identifier")) {
      const Node v = value_of(file, n);
      if (v == n) return false;
      n = v;
      continue;
    }
    if (const auto c = as_call(n)) {
      n = unwrap(n.child("function").child("object"));
      continue;
    }
    if (n.is("binary_expression")) {
      n = unwrap(n.child("left"));
      continue;
    }
    return false;
  }
  return false;
}

// Stops: a sentence in a document or a chat that makes the model write what runs here.
void tell_model(File& file, Node at, std::string_view title) {
  auto& found = file.hit("EX-014", at);
  found.title = title;
  found.severity = proof::Severity::high;
  found.fix = "Let the model choose among calls of your own; run its SQL as a reader of the caller's rows only.";
}

void judge_execution(File& file) {
  const bool client = client_file(file);
  std::set<std::string> shells;  // const run = promisify(exec)
  for (const Node d : file.tree.all("variable_declarator"))
    if (const auto made = as_call(unwrap(d.child("value"))); made && last(made->name) == "promisify") {
      const std::string what = file.full(dotted(made->arg(0)));
      if (contains(what, "child_process") && last(what) == "exec") shells.insert(std::string(d.child("name").text()));
    }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const std::string full = file.full(c.name);
    const Node a = unwrap(c.arg(0));
    if (!client && (f == "query" || f == "execute" || f == "raw" || f == "$queryRawUnsafe" ||
                    f == "$executeRawUnsafe" || f == "unsafe" || f == "all" || f == "run" || f == "exec" ||
                    f == "get" || f == "prepare" || f == "whereRaw" || f == "orderByRaw" || f == "havingRaw" ||
                    f == "joinRaw" || f == "literal" || f == "andWhere" || f == "orWhere" || f == "rpc")) {
      const Node sql = built_sql(a);
      if (sql) {
        const std::string said = spoken(sql);
        const std::string low = text::to_lower(said);
        const bool is_sql =
            (contains(low, "select ") && contains(low, " from ")) || contains(low, "insert into ") ||
            (contains(low, "update ") && contains(low, " set ")) || contains(low, "delete from ") ||
            contains(low, " where ") || contains(low, "order by ") ||
            ((f.ends_with("Raw") || f == "andWhere" || f == "orWhere" || f == "literal") && contains(low, "="));
        // A tagged template hands its holes over as parameters.
        const std::vector<Node> put_in = holes(sql);
        const bool constant = std::all_of(put_in.begin(), put_in.end(), [&](Node h) {
          const std::string_view t = h.text();
          return is_upper(t) || chosen_here(file, h) ||
                 icontains_any(t, {"placeholders", "table", "columns.join", "quoteident", "escape"});
        });
        // What changes a schema runs once, on the project's own data.
        if (is_sql && !constant && !has_word(file.path, {"migration", "migrations"})) {
          file.hit("EX-020", sql);
          continue;
        }
      }
      if (f.ends_with("Unsafe") && a && !literal(a)) file.hit("EX-020", c.node);
      // orderByRaw(req.query.sort), pool.query(what a model wrote)
      else if ((f.ends_with("Raw") || f == "literal") && a && !sql && !chosen_here(file, a) && from_client(file, a))
        file.hit("EX-020", c.node);
      else if ((f == "query" || f == "execute" || f == "raw" || f.ends_with("Unsafe")) && written_by_model(file, a))
        tell_model(file, c.node, "What a language model answers is run as SQL");
    }
    if (((contains(full, "child_process") && (f == "exec" || f == "execSync")) || shells.contains(c.name)) &&
        !literal(a) && a) {
      auto& found = file.hit("EX-014", c.node);
      if (!from_client(file, a) && holes(a).empty()) found.confidence = proof::Confidence::low;
    } else if ((f == "spawn" || f == "spawnSync") && contains(full, "child_process") &&
               contains(c.node.code(), "shell: true")) {
      file.hit("EX-014", c.node);
    } else if ((c.name == "eval" || c.name == "new Function" || f == "runInNewContext" || f == "runInContext") && a &&
               written_by_model(file, a)) {
      tell_model(file, c.node, "What a language model answers is run as a program");
    } else if ((c.name == "eval" || c.name == "new Function") && a && !literal(a)) {
      auto& found = file.hit("EX-014", c.node);
      if (!from_client(file, a)) {
        found.severity = client ? proof::Severity::medium : proof::Severity::high;
        found.confidence = proof::Confidence::low;
      }
    } else if (!client &&
               (c.name == "fetch" || f == "request" || c.name.starts_with("axios") || c.name.starts_with("got") ||
                c.name == "needle") &&
               a) {
      Node url = a.is("object") ? member(a, "url") : a;
      url = unwrap(url);
      if (!url || literal(url) || !from_client(file, url)) continue;
      const std::string said = spoken(url);
      const bool fixed_host = (said.starts_with("http") && said.find('?') > 12) ||
                              (!holes(url).empty() && !said.starts_with("?") && !said.starts_with("http"));
      const bool base =
          !holes(url).empty() &&
          icontains_any(holes(url).front().text(), {"base", "host", "url", "api", "endpoint", "process.env"}) &&
          said.starts_with("?/");
      const Node function = function_around(c.node);
      if (fixed_host || base ||
          icontains_any(function.code(), {"allowedhosts", "allowlist", "whitelist", "allowed_hosts", ".hostname",
                                          ".host)", ".host ", ".origin "}))
        continue;
      file.hit("EX-013", c.node);
    } else if (const Node sent = client ? Node() : reflected(file, c)) {
      auto& found = file.hit("RE-001", sent);
      found.title = "What a client sends is put into the page that answers it";
      found.severity = proof::Severity::high;
    } else if (!client && f == "or" && c.node.child("function").is("member_expression") &&
               file.imports_from("supabase") && !holes(a).empty() && from_client(file, a) &&
               !icontains_any(function_around(c.node).code(), {"replace(", "escape"})) {
      auto& found = file.hit("EX-015", c.node);
      found.title = "What a client sends is put into the text of a filter: a comma adds another condition";
      found.severity = proof::Severity::medium;
    } else if (f == "redirect" && !client) {
      const Node target = c.args.size() > 1 && c.arg(0).is("number") ? c.arg(1) : c.arg(0);
      if (!target || literal(target) || !from_client(file, target)) continue;
      const std::string said = spoken(target);
      const bool own = said.starts_with("/") || said.starts_with(".") || said.starts_with("http") ||
                       contains(target.code(), "new URL(\"/") || contains(target.code(), "new URL('/") ||
                       contains(target.code(), "new URL(`/");
      const Node function = function_around(c.node);
      const auto cleaned = as_call(unwrap(target));
      if (cleaned && has_word(last(cleaned->name), {"safe", "sanitize", "validate", "validated", "check", "internal",
                                                    "allowed", "local", "relative"}))
        continue;
      if (own || icontains_any(function.code(), {"startswith(\"/", "startswith('/", "allowed", "issafe", "sanitize",
                                                 "authorize", "session.url", "stripe"}))
        continue;
      if (icontains_any(target.code(), {"session.url", "authurl", "auth_url", "authorizeurl"})) continue;
      file.hit("EX-012", c.node);
    } else if (!client &&
               (f == "find" || f == "findOne" || f == "findOneAndUpdate" || f == "deleteOne" || f == "deleteMany" ||
                f == "countDocuments") &&
               (sent_object(a.code()) || (a.is("member_expression") && sent_object(dotted(a.child("object"))))) &&
               (icontains(c.name, "collection") || (c.name.front() >= 'A' && c.name.front() <= 'Z'))) {
      file.hit("EX-015", c.node);
    } else if (!client && a && written_query(file, a) &&
               (f == "find" || f == "findOne" || f == "aggregate" || f == "where" || f == "countDocuments" ||
                f == "deleteMany" || f == "updateMany" || f == "findOneAndUpdate")) {
      file.hit("EX-015", c.node);
    } else if (!client && (f == "findOne" || f == "findOneAndUpdate") &&
               ((c.name.front() >= 'A' && c.name.front() <= 'Z') || c.name.find("Model.") != std::string::npos) &&
               operator_in_secret(file, c)) {
      file.hit("EX-015", c.node).title =
          "What names the account may be sent as a question ({\"$ne\": null}) that every account answers";
    } else if ((contains(full, "lodash") || c.name.starts_with("_.") || contains(full, "deepmerge") ||
                contains(full, "merge-deep") || full == "extend") &&
               icontains_any(full, {"merge", "defaultsdeep", "extend", "setwith"}) &&
               icontains_any(c.node.child("arguments").code(),
                             {"req.body", "request.body", "req.query", "ctx.query"})) {
      file.hit("EX-016", c.node);
    } else if (c.name == "Object.assign" && a && !a.is("object") &&
               !icontains_any(a.code(), {"req.body", "request.body"}) &&
               icontains_any(c.node.child("arguments").code(), {"req.body", "request.body"})) {
      file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
    } else if ((f == "set" && literal(c.arg(0)) == "trust proxy" && c.arg(1).is("true")) ||
               (full == "fastify" && member(unwrap(a), "trustProxy").is("true"))) {
      file.hit("EX-007", c.node);
    } else if (contains(full, "express.static") || full == "serve-static") {
      const auto folder = literal(a);
      const auto joined = as_call(a);
      const bool whole = a.code() == "process.cwd()" ||
                         (joined && (last(joined->name) == "join" || last(joined->name) == "resolve") &&
                          joined->args.size() == 1 && icontains_any(a.code(), {"process.cwd()", "__dirname"}));
      if (whole || (folder && (*folder == "." || *folder == "./" || *folder == "..")) || a.text() == "__dirname" ||
          contains(c.node.code(), "dotfiles: \"allow\"") || contains(c.node.code(), "dotfiles: 'allow'"))
        file.hit("EX-011", c.node);
    } else if (!client && (full == "multer" || full == "fileUpload" || full == "express-fileupload")) {
      const Node options = unwrap(a);
      const bool known = !options || options.is("object");
      const bool sized = static_cast<bool>(member(options, "limits")),
                 typed = static_cast<bool>(member(options, "fileFilter"));
      const bool looked =
          typed || (icontains_any(file.code(), {"mimetype ", "mimetype)", "mimetype.", "mimetype;", "filetype"}) &&
                    !icontains(file.code(), "file.mimetype)"));
      if (known && sized && typed &&
          icontains_any(file.code(), {"extname(", "originalname.match", "originalname.split"}) &&
          !icontains(file.code(), "mimetype")) {
        auto& found = file.hit("FA-016", c.node);
        found.title = "What an upload is, is believed from the end of its name";
        found.severity = proof::Severity::low;
      } else if (known && (!sized || !looked))
        file.hit("FA-016", c.node).title = sized    ? "An upload is taken whatever its type"
                                           : looked ? "An upload is taken whatever its size"
                                                    : "An upload is taken whatever its size and type";
    } else if (!client && a &&
               (f == "readFile" || f == "readFileSync" || f == "createReadStream" || f == "sendFile" ||
                f == "download" || f == "writeFile" || f == "writeFileSync" || f == "createWriteStream" ||
                f == "unlink" || f == "unlinkSync" || f == "rm" || f == "rmSync")) {
      // Stops: ../../etc/passwd as the name of a file.
      const Node function = function_around(c.node);
      const bool express_answer = f == "sendFile" || f == "download";
      if (express_answer && member(unwrap(c.arg(1)), "root")) continue;
      if (!from_client(file, a) || icontains_any(function.code(), {"basename", "startswith(", "sanitize", "randomuuid",
                                                                   "nanoid", "includes(\"..", "includes('..",
                                                                   "isinside", "safejoin", "safepath", "/^[", "uuid"}))
        continue;
      file.hit("FA-018", c.node);
    } else if (full == "serve-index") {
      file.hit("EX-011", c.node);
    } else if ((f == "json" || f == "urlencoded") &&
               (c.name.starts_with("express") || c.name.starts_with("bodyParser"))) {
      if (const auto limit = literal(member(a, "limit"))) {
        int n = 0;  // "50mb"; a word that begins with no number stays 0
        std::from_chars(limit->data(), limit->data() + limit->size(), n);
        if ((icontains(*limit, "mb") && n >= 10) || icontains(*limit, "gb")) file.hit("EX-008", c.node);
      }
    } else if (((last(full) == "createHash" || last(full) == "createHmac") && literal(a) &&
                icontains_any(*literal(a), {"md5", "sha"})) ||
               full == "md5" || full == "sha1" || full == "sha256" || full == "js-sha256" ||
               (contains(full, "crypto-js") && has_word(f, {"md5", "sha1", "sha256", "sha512"})) ||
               c.name == "CryptoJS.MD5" || c.name == "CryptoJS.SHA1" || c.name == "CryptoJS.SHA256" ||
               c.name == "CryptoJS.SHA512" || (last(full) == "digest" && contains(c.name, "subtle"))) {
      Node whole = c.node;
      for (Node p = c.node.parent(); p.any_of("member_expression", "call_expression"); p = p.parent()) whole = p;
      const bool kept =
          icontains_any(whole.code(), {"password", "passwd", "(pwd"}) && !icontains(whole.code(), "token");
      if (kept &&
          !icontains_any(function_around(c.node).code(), {"pwned", "hibp", "bcrypt", "argon", "scrypt", "pbkdf2"})) {
        auto& found = file.hit("DJ-030", c.node);
        found.title = "Passwords are hashed with a function that is made to be fast";
        found.severity = proof::Severity::high;
      }
    } else if (c.name == "Math.random" && !client) {
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
    }
  }
  // Stops: const right = bcrypt.compare(…): a promise, which every `if` takes for yes.
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool hash = (f == "compare" && icontains_any(c.name, {"bcrypt", "argon"})) ||
                      (f == "verify" && icontains(c.name, "argon2"));
    if (!hash || client || c.args.size() > 2 || !(f == "compare" || f == "verify")) continue;
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
  // { $where: `…${q}…` } runs as a program in the database.
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key != "$where" && literal(p.child("key")) != "$where") continue;
    if (!holes(p.child("value")).empty() || from_client(file, p.child("value"))) file.hit("EX-015", p);
  }
  judge_origins(file);
  for (const Node p : file.tree.all("pair"))
    if (p.child("key").text() == "rejectUnauthorized" && p.child("value").is("false")) file.hit("EX-017", p);
  for (const Node a : file.tree.all("assignment_expression"))
    if (contains(a.child("left").text(), "NODE_TLS_REJECT_UNAUTHORIZED") && literal(a.child("right")) == "0")
      file.hit("EX-017", a);
}

}  // namespace

void read_script_hazards(File& file, ScriptNotes& notes) {
  judge_execution(file);
  const std::string_view code = file.code();
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

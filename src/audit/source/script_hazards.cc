// JavaScript and TypeScript that executes, opens or believes what it should not.
#include <algorithm>
#include <charconv>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool all_origins_function(Node f) {
  const std::string_view code = f.code();
  const Node only = f.child("parameter") ? f.child("parameter") : f.child("parameters").first();
  const std::string_view name =
      only.any_of("required_parameter", "optional_parameter") ? only.child("pattern").text() : only.text();
  if (!name.empty() && body(f).text() == name) return true;  // (origin) => origin
  const bool yes = contains(code, "null, true") || contains(code, "null, origin");
  return yes && !contains(code, "if ") && !contains(code, "if(") && !contains(code, "includes") &&
         !contains(code, "?") && !contains(code, ".test(") && !contains(code, "has(");
}

void judge_cors(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  for (const Call& c : file.calls) {
    const bool cors = c.name == "cors" || c.name == "fastifyCors" ||
                      (last(c.name) == "register" && contains(dotted(c.arg(0)), "cors"));
    if (cors && (file.imports_from("cors") || contains(file.code(), "cors"))) {
      Node options = last(c.name) == "register" ? c.arg(1) : c.arg(0);
      if (options.is("identifier"))
        for (const Node d : file.tree.all("variable_declarator"))
          if (d.child("name").text() == options.text()) options = d.child("value");
      options = unwrap(options);
      if (options && !options.is("object")) continue;
      const Node origin = unwrap(member(options, "origin"));
      const Node credentials = member(options, "credentials");
      bool any = !options || !origin;
      if (origin) {
        const auto text = literal(origin);
        any = (text && *text == "*") || origin.is("true") || (is_function(origin) && all_origins_function(origin));
        if (origin.is("binary_expression") && (origin.has_token("||") || origin.has_token("??"))) {
          const Node right = unwrap(origin.child("right"));
          const auto fallback = literal(right);
          any = any || (fallback && *fallback == "*") || right.is("true");
        }
        if (origin.is("ternary_expression")) {
          const bool production_open =
              literal(origin.child("alternative")) == "*" || origin.child("alternative").is("true") ||
              literal(origin.child("consequence")) == "*" || origin.child("consequence").is("true");
          any = any || production_open;
        }
        if (origin.is("array"))
          for (const Node x : origin.children()) any = any || literal(x) == "*";
        if (origin.is("regex") && icontains_any(origin.text(), {"/.*/", "/./", "/^.*$/"})) any = true;
      }
      // An origin of undefined is every origin.
      if (!any && origin.is("member_expression") && dotted(origin).starts_with("process.env.")) {
        notes.unsure_origins.push_back({place(file.path, origin.line()), file.shown(origin)});
        continue;
      }
      if (!any) {
        if (origin)
          file.sink.positive("CORS is limited to configured origins (" + std::string(file.path) + ":" +
                             std::to_string(c.line()) + ").");
        continue;
      }
      auto& f = file.hit("EX-002", origin ? origin : c.node);
      if (credentials) also(f, file, credentials);
      if (!credentials || !credentials.is("true")) f.severity = proof::Severity::medium;
    }
    const std::string_view f = last(c.name);
    if ((f == "setHeader" || f == "header" || f == "set" || f == "append") && literal(c.arg(0)) &&
        text::iequals(*literal(c.arg(0)), "access-control-allow-origin")) {
      const Node value = c.arg(1);
      const bool star = literal(value) == "*";
      const bool reflects = icontains_any(value.code(), {"headers.origin", "get(\"origin\")", "get('origin')",
                                                         "header(\"origin\")", "header('origin')"}) ||
                            value.code() == "origin";
      const Node function = function_around(c.node);
      const bool checked = icontains_any(function.code(), {"includes(", ".has(", "allowed", "indexof("});
      if (star || (reflects && !checked)) {
        auto& found = file.hit("EX-002", c.node);
        if (star) found.severity = proof::Severity::medium;
      }
    }
  }
  for (const Node p : file.tree.all("pair")) {
    const auto key = literal(p.child("key"));
    if (key && text::iequals(*key, "access-control-allow-origin") && literal(p.child("value")) == "*")
      file.hit("EX-002", p).severity = proof::Severity::medium;
    if (p.child("key").text() == "value" && literal(p.child("value")) == "*" &&
        contains(p.parent().code(), "Access-Control-Allow-Origin"))
      file.hit("EX-002", p).severity = proof::Severity::medium;
  }
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
                    f == "get" || f == "prepare" || f == "whereRaw" || f == "rpc")) {
      const Node sql = built_sql(a);
      if (sql) {
        const std::string said = spoken(sql);
        const std::string low = text::to_lower(said);
        const bool is_sql = (contains(low, "select ") && contains(low, " from ")) || contains(low, "insert into ") ||
                            (contains(low, "update ") && contains(low, " set ")) || contains(low, "delete from ") ||
                            contains(low, " where ") || contains(low, "order by ");
        // A tagged template hands its holes over as parameters.
        const std::vector<Node> put_in = holes(sql);
        const bool constant = std::all_of(put_in.begin(), put_in.end(), [](Node h) {
          const std::string_view t = h.text();
          return std::none_of(t.begin(), t.end(), [](char x) { return x >= 'a' && x <= 'z'; }) ||
                 icontains_any(t, {"placeholders", "table", "columns.join", "quoteident", "escape"});
        });
        if (is_sql && !constant) {
          file.hit("EX-020", sql);
          continue;
        }
      }
      if (f.ends_with("Unsafe") && a && !literal(a)) file.hit("EX-020", c.node);
    }
    if (((contains(full, "child_process") && (f == "exec" || f == "execSync")) || shells.contains(c.name)) &&
        !literal(a) && a) {
      auto& found = file.hit("EX-014", c.node);
      if (!from_client(file, a) && holes(a).empty()) found.confidence = proof::Confidence::low;
    } else if ((f == "spawn" || f == "spawnSync") && contains(full, "child_process") &&
               contains(c.node.code(), "shell: true")) {
      file.hit("EX-014", c.node);
    } else if ((c.name == "eval" || c.name == "new Function") && a && !literal(a)) {
      file.hit("EX-014", c.node);
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
    } else if (f == "redirect" && !client) {
      const Node target = c.args.size() > 1 && c.arg(0).is("number") ? c.arg(1) : c.arg(0);
      if (!target || literal(target) || !from_client(file, target)) continue;
      const std::string said = spoken(target);
      const bool own = said.starts_with("/") || said.starts_with(".") || said.starts_with("http") ||
                       contains(target.code(), "new URL(\"/") || contains(target.code(), "new URL('/") ||
                       contains(target.code(), "new URL(`/");
      const Node function = function_around(c.node);
      if (own || icontains_any(function.code(), {"startswith(\"/", "startswith('/", "allowed", "issafe", "sanitize",
                                                 "authorize", "session.url", "stripe"}))
        continue;
      if (icontains_any(target.code(), {"session.url", "authurl", "auth_url", "authorizeurl"})) continue;
      file.hit("EX-012", c.node);
    } else if (!client &&
               (f == "find" || f == "findOne" || f == "findOneAndUpdate" || f == "deleteOne" || f == "deleteMany" ||
                f == "countDocuments") &&
               (a.code() == "req.body" || a.code() == "req.query" || a.code() == "request.body" ||
                (a.is("member_expression") &&
                 (a.code().starts_with("req.body.") || a.code().starts_with("req.query.") ||
                  a.code().starts_with("request.body.")))) &&
               (icontains(c.name, "collection") || (c.name.front() >= 'A' && c.name.front() <= 'Z'))) {
      file.hit("EX-015", c.node);
    } else if ((contains(full, "lodash") || c.name.starts_with("_.") || contains(full, "deepmerge") ||
                contains(full, "merge-deep") || full == "extend") &&
               icontains_any(full, {"merge", "defaultsdeep", "extend", "setwith"}) &&
               icontains_any(c.node.child("arguments").code(), {"req.body", "request.body", "req.query"})) {
      file.hit("EX-016", c.node);
    } else if (c.name == "Object.assign" && contains(c.node.child("arguments").code(), "req.body")) {
      file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
    } else if (f == "set" && literal(c.arg(0)) == "trust proxy" && c.arg(1).is("true")) {
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
      if (known && (!sized || !typed) && !icontains(file.code(), "mimetype"))
        file.hit("FA-016", c.node).title = sized   ? "An upload is taken whatever its type"
                                           : typed ? "An upload is taken whatever its size"
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
        if ((icontains(*limit, "mb") && n >= 20) || icontains(*limit, "gb")) file.hit("EX-008", c.node);
      }
    } else if ((last(full) == "createHash" || full == "md5" || full == "sha1") &&
               (literal(a) == "md5" || literal(a) == "sha1" || literal(a) == "sha256")) {
      Node whole = c.node;
      for (Node p = c.node.parent(); p.any_of("member_expression", "call_expression"); p = p.parent()) whole = p;
      if (icontains_any(whole.code(), {"password", "passwd"})) {
        auto& found = file.hit("DJ-030", c.node);
        found.title = "Passwords are hashed with a function that is made to be fast";
        found.severity = proof::Severity::high;
      }
    } else if (c.name == "Math.random" && !client) {
      const Node d = c.node.above("variable_declarator", "pair", "assignment_expression");
      const Node name = d.child("name") ? d.child("name") : d.child("key") ? d.child("key") : d.child("left");
      const std::string where = std::string(name.text()) + " " + function_name(function_around(c.node));
      if (has_word(where, {"token", "code", "otp", "password", "secret", "pin", "nonce", "state", "session",
                           "sessionid", "verifier", "key", "apikey", "reset", "verification", "invite", "coupon"}))
        file.hit("FA-010", c.node);
    }
  }
  // { $where: `…${q}…` } runs as a program in the database.
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key != "$where" && literal(p.child("key")) != "$where") continue;
    if (!holes(p.child("value")).empty() || from_client(file, p.child("value"))) file.hit("EX-015", p);
  }
  // success_url: `${req.headers.get("origin")}/done`
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key != "success_url" && key != "return_url" && key != "successUrl" && key != "returnUrl") continue;
    const Node function = function_around(p);
    std::string said(p.child("value").code());
    for (const Node h : holes(p.child("value")))
      if (h.is("identifier") && function)
        for (const Node d : function.all("variable_declarator"))
          if (d.child("name").text() == h.text()) said += d.child("value").code();
    if (!icontains_any(said, {"headers.origin", "get(\"origin\")", "get('origin')", "headers[\"origin\"]",
                              "headers['origin']", "headers.host", "headers.referer", "req.body", "get(\"referer\")"}))
      continue;
    if (icontains_any(function.code(), {"allowed", "whitelist", "includes(origin", "issafe"})) continue;
    auto& found = file.hit("EX-012", p);
    found.severity = proof::Severity::low;
    found.title = "The address one comes back to is taken from a header of the request";
  }
  for (const Node p : file.tree.all("pair"))
    if (p.child("key").text() == "rejectUnauthorized" && p.child("value").is("false")) file.hit("EX-017", p);
  for (const Node a : file.tree.all("assignment_expression"))
    if (contains(a.child("left").text(), "NODE_TLS_REJECT_UNAUTHORIZED") && literal(a.child("right")) == "0")
      file.hit("EX-017", a);
}

// Stops: a new address for every request by writing it into a header.
void judge_client_address(File& file, ScriptNotes&) {
  if (client_file(file)) return;
  for (const char* type : {"call_expression", "subscript_expression"})
    for (const Node n : file.tree.all(type)) {
      std::optional<std::string> key;
      if (const auto c = as_call(n)) {
        const std::string_view f = last(c->name);
        if (f != "get" && f != "header") continue;
        key = literal(c->arg(0));
      } else {
        key = literal(n.child("index"));
      }
      if (!key) continue;
      const std::string low = text::to_lower(*key);
      if (low != "x-forwarded-for") continue;
      const Node f = function_around(n);
      const std::string_view code = f ? f.code() : file.code();
      if (icontains_any(code,
                        {"trustedprox", "trusted_prox", "trustedhops", ".pop()", ".at(-1)", "length - 1", "length - "}))
        continue;
      file.hit("RL-003", n);
      return;
    }
}

bool about_who(const std::optional<std::string>& key) {
  return key && icontains(*key, "x-") &&
         has_word(*key, {"user", "userid", "role", "roles", "admin", "tenant", "account", "customer", "org"}) &&
         !has_word(*key, {"agent", "forwarded", "hub", "request", "signature"});
}

// Stops: x-user-role: admin, written by whoever calls.
void judge_identity_headers(File& file, ScriptNotes& notes) {
  if (client_file(file)) return;
  for (const char* type : {"call_expression", "subscript_expression"})
    for (const Node n : file.tree.all(type)) {
      if (const auto c = as_call(n)) {
        const std::string_view f = last(c->name);
        const auto key = literal(c->arg(0));
        if (!about_who(key)) continue;
        // The program's own middleware writes it over what came: then it is no word of the client.
        if ((f == "set" || f == "setHeader") && c->args.size() > 1) notes.own_headers.insert(text::to_lower(*key));
        if ((f == "get" || f == "header") && icontains(c->name, "head"))
          notes.identity_headers.push_back({text::to_lower(*key), {place(file.path, n.line()), file.shown(n)}});
        if (f == "header" && icontains_any(c->name, {"req.", "request."}))
          notes.identity_headers.push_back({text::to_lower(*key), {place(file.path, n.line()), file.shown(n)}});
      } else if (const auto key = literal(n.child("index")); about_who(key)) {
        if (n.parent().is("assignment_expression") && n.parent().child("left") == n)
          notes.own_headers.insert(text::to_lower(*key));
        else if (icontains(dotted(n.child("object")), "headers"))
          notes.identity_headers.push_back({text::to_lower(*key), {place(file.path, n.line()), file.shown(n)}});
      }
    }
}

// if (req.query.admin === "true"): whoever asks says what they may.
void judge_claimed_roles(File& file) {
  if (client_file(file)) return;
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==") && !b.has_token("!==") && !b.has_token("!=")) continue;
    const std::string name = dotted(unwrap(b.child("left")));
    const bool said = name.starts_with("req.query.") || name.starts_with("req.body.") ||
                      name.starts_with("request.query.") || name.starts_with("request.body.");
    if (said && has_word(last(name), {"admin", "role", "superuser"}) && literal(b.child("right")) &&
        !icontains_any(function_around(b).code(), {"req.user", "session.user"}))
      file.hit("AZ-002", b).title = "Who the caller is comes from the request itself (" + std::string(last(name)) + ")";
    else if (said && has_word(last(name), {"admin", "isadmin"}))
      file.hit("AZ-002", b).title = "Who the caller is comes from the request itself (" + std::string(last(name)) + ")";
  }
}

// Passwords looked up or compared as they were typed are stored as they were typed.
void judge_plain_passwords(File& file) {
  if (client_file(file)) return;
  const auto told = [&](Node at) {
    auto& found = file.hit("DJ-030", at);
    found.title = "Passwords are stored in clear";
    found.severity = proof::Severity::critical;
  };
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "findOne" && f != "findFirst" && f != "findUnique" && f != "where" && f != "find") continue;
    for (const Node p : c.node.child("arguments").all("pair"))
      if (p.child("key").text() == "password" &&
          (from_client(file, p.child("value")) || (last(dotted(unwrap(p.child("value")))) == "password" &&
                                                   function_name(function_around(p)) == "authorize")) &&
          !icontains_any(p.child("value").code(), {"hash", "bcrypt", "crypt"})) {
        told(p);
        return;
      }
  }
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==") && !b.has_token("!==") && !b.has_token("!=")) continue;
    const std::string left = dotted(unwrap(b.child("left"))), right = dotted(unwrap(b.child("right")));
    const bool stored = last(left) == "password" && left.find('.') != std::string::npos && !left.starts_with("req.");
    const bool typed = (last(right) == "password" && right != left) && !icontains_any(right, {"confirm", "hash"});
    if (stored && typed && !icontains_any(left, {"form", "values", "body", "confirm", "state", "data", "errors"}))
      told(b);
  }
}

void judge_memory_limiter(File& file) {
  if (client_file(file)) return;
  for (const Node d : file.tree.all("variable_declarator")) {
    if (function_around(d)) continue;
    const std::string_view v = d.child("value").code();
    const bool map = v.starts_with("new Map") || v == "{}";
    if (!map || !icontains_any(d.child("name").text(), {"ratelimit", "limitstore", "requests", "hits", "attempts",
                                                        "limits", "buckets", "counter", "rate", "ipstore", "store"}))
      continue;
    if (!icontains_any(file.code(), {"ratelimit", "rate limit", "resetat", "resettime", "windowms"})) continue;
    file.hit("RL-005", d);
    return;
  }
}

void judge_json_store(File& file) {
  if (client_file(file)) return;
  bool race = false, open = false;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "writeFile" && f != "writeFileSync") continue;
    const std::string_view args = c.node.child("arguments").code();
    if (!contains(args, "JSON.stringify(")) continue;
    const bool store =
        icontains_any(file.code(), {"readfile"}) &&
        (icontains_any(file.code(), {".json\"", ".json'", ".json`"}) || icontains_any(args, {"file", "path", "db"}));
    if (!store) continue;
    if (icontains_any(file.path, {"script", "seed", "generate", "build", "tool"})) continue;
    if (!open && !contains(args, "0o600") && !contains(args, "mode")) {
      file.hit("FS-001", c.node);
      open = true;
    }
    if (!race &&
        !icontains_any(file.code(), {"lock", "mutex", "queue", "semaphore", "proper-lockfile", "write-file-atomic"})) {
      file.hit("FS-002", c.node);
      race = true;
    }
  }
}

}  // namespace

bool claims_identity(const File& file, Node within) {
  for (const Call* c : file.calls_in(within))
    if ((last(c->name) == "get" || last(c->name) == "header") && about_who(literal(c->arg(0)))) return true;
  for (const Node n : within.all("subscript_expression"))
    if (about_who(literal(n.child("index"))) && icontains(dotted(n.child("object")), "headers")) return true;
  return false;
}

void read_script_hazards(File& file, ScriptNotes& notes) {
  judge_cors(file, notes);
  judge_execution(file);
  judge_client_address(file, notes);
  judge_identity_headers(file, notes);
  judge_claimed_roles(file);
  judge_plain_passwords(file);
  judge_memory_limiter(file);
  judge_json_store(file);
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

// Python code that hands out, prints, executes or believes what it should not.
#include <algorithm>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

const std::initializer_list<std::string_view> kClient = {
    "request.data",  "request.post", "request.get.",         "request.get[",   "request.json",
    "request.args",  "request.form", "request.query_params", "request.body",   "request.values",
    "request.files", "get_json(",    "self.kwargs",          "request.headers"};

bool route_function(Node f) {
  const Node p = f.parent();
  if (!p.is("decorated_definition")) return false;
  for (const Node d : p.children())
    if (d.is("decorator"))
      if (const auto c = as_call(d.first()))
        for (const std::string_view m : {"get", "post", "put", "patch", "delete", "route", "api_route", "websocket"})
          if (last(c->name) == m) return true;
  return false;
}

bool is_parameter(Node f, std::string_view name) {
  for (const Node p : f.child("parameters").children()) {
    const Node n = p.is("identifier") ? p : p.child("name") ? p.child("name") : p.first();
    if (n.text() == name) return true;
  }
  return false;
}

bool constant_name(std::string_view s) {
  return std::none_of(s.begin(), s.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// Does an expression carry what a client sent? `sure` is false for a bare parameter of some function.
enum class Taint : unsigned char { no, maybe, yes };
Taint taint(Node n, int depth = 0) {
  n = unwrap(n);
  if (!n || depth > 5) return Taint::no;
  if (literal(n) || n.any_of("integer", "float", "true", "false", "none")) return Taint::no;
  if (icontains_any(n.code(), kClient)) return Taint::yes;
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if (f == "int" || f == "float" || f == "len" || f == "bool" || f == "UUID" || f == "quote" || f == "escape" ||
        f == "Identifier" || f == "quote_ident" || f == "range")
      return Taint::no;
    Taint worst = Taint::no;
    for (const Node a : c->args) worst = std::max(worst, taint(a, depth + 1));
    if (const Node g = n.child("function"); g.is("attribute"))
      worst = std::max(worst, taint(g.child("object"), depth + 1));
    return worst;
  }
  if (n.is("attribute")) {
    const std::string root = dotted(n);
    if (root.starts_with("self.") || root.starts_with("cls.") || root.starts_with("settings.") ||
        contains(root, "_meta"))
      return Taint::no;
    return taint(n.child("object"), depth + 1);
  }
  if (n.is("subscript")) return taint(n.child("value"), depth + 1);
  if (n.is("identifier")) {
    const std::string name(n.text());
    if (constant_name(name)) return Taint::no;
    const Node f = function_around(n);
    if (!f) return Taint::no;
    Taint worst = Taint::no;
    bool assigned = false;
    for (const Node a : f.all("assignment")) {
      if (a.begin() >= n.begin() || a.child("left").text() != name || a.child("right").any_of("list", "dictionary")) {
        if (a.child("left").text() == name && a.begin() < n.begin()) assigned = true;
        continue;
      }
      assigned = true;
      worst = std::max(worst, taint(a.child("right"), depth + 1));
    }
    for (const Node loop : f.all("for_statement"))
      if (has_token(loop.child("left").text(), name)) {
        assigned = true;
        worst = std::max(worst, taint(loop.child("right"), depth + 1));
      }
    if (assigned) return worst;
    if (is_parameter(f, name) && name != "self" && name != "cls")
      return route_function(f) && name != "request" ? Taint::yes : Taint::maybe;
    return Taint::no;
  }
  if (const auto built = holes(n); !built.empty()) {
    Taint worst = Taint::no;
    for (const Node h : built) worst = std::max(worst, taint(h, depth + 1));
    return worst;
  }
  Taint worst = Taint::no;
  for (const Node c : n.children()) worst = std::max(worst, taint(c, depth + 1));
  return worst;
}

// The built text behind an expression: itself, or what its name was assigned.
Node built_text(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n); c && last(c->name) == "text" && !c->args.empty()) n = unwrap(c->arg(0));
  if (!holes(n).empty()) return n;
  if (n.is("identifier"))
    if (const Node f = function_around(n)) {
      Node found;
      for (const Node a : f.all("assignment"))
        if (a.begin() < n.begin() && a.child("left").text() == n.text()) found = unwrap(a.child("right"));
      if (found && !holes(found).empty()) return found;
    }
  return {};
}

void judge_sql(File& file, bool django) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool sink = f == "execute" || f == "executemany" || f == "executescript" || f == "raw" || f == "extra" ||
                      f == "fetch" || f == "fetchrow" || f == "fetchval" || f == "fetch_all" || f == "fetch_one" ||
                      f == "read_sql" || f == "RawSQL" || f == "text" || f == "exec_driver_sql" || f == "query";
    if (!sink || c.args.empty()) continue;
    if (f == "text" && c.node.parent().is("argument_list")) {
      const auto outer = as_call(c.node.parent().parent());
      if (outer && (last(outer->name) == "execute" || last(outer->name) == "query")) continue;  // told there
    }
    const Node sql = built_text(c.arg(0));
    if (!sql) continue;
    const std::string words_ = spoken(sql);
    if (!icontains_any(words_,
                       {"select ", "insert ", "update ", "delete ", "where ", "from ", "order by", "drop ", "alter "}))
      continue;
    Taint worst = Taint::no;
    for (const Node h : holes(sql)) worst = std::max(worst, taint(h));
    if (worst == Taint::no) continue;
    auto& found = file.hit(django ? "DJ-025" : "FA-017", sql);
    if (!(sql.line() == c.line())) also(found, file, c.node);
    if (worst == Taint::maybe) found.confidence = proof::Confidence::medium;
  }
}

void judge_execution(File& file) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    const std::string_view f = last(full);
    const Node a = c.arg(0);
    if (full == "yaml.load" || full == "yaml.load_all") {
      const Node loader = c.keyword("Loader") ? c.keyword("Loader") : c.arg(1);
      if (!contains(loader.text(), "Safe"))
        file.hit("FA-008", c.node).title = "yaml.load builds any object a file asks for";
    } else if (full == "pickle.loads" || full == "pickle.load" || full == "dill.loads" || full == "marshal.loads" ||
               full == "cloudpickle.loads" || full == "jsonpickle.decode") {
      file.hit("FA-008", c.node);
    } else if (full.starts_with("subprocess.") && c.keyword("shell").is("true") && !literal(a)) {
      auto& found = file.hit("FA-009", c.node);
      if (taint(a) == Taint::yes || !holes(built_text(a)).empty()) found.severity = proof::Severity::critical;
    } else if ((full == "os.system" || full == "os.popen") && !literal(a)) {
      file.hit("FA-009", c.node);
    } else if ((full == "eval" || full == "exec") && !literal(a)) {
      file.hit("FA-009", c.node).title = "Text is run as a program";
    } else if (full == "os.chmod" && (c.arg(1).text() == "0o777" || c.arg(1).text() == "0o666")) {
      file.hit("FA-012", c.node);
    } else if ((full == "hashlib.md5" || full == "hashlib.sha1" || full == "hashlib.sha256" ||
                full == "hashlib.sha512") &&
               a) {
      const std::string_view text = a.code();
      const Node function = function_around(c.node);
      const bool password =
          icontains_any(text, {"password", "passwd"}) || has_word(function_name(function), {"password"});
      if (password && !icontains_any(function.code(), {"pbkdf2", "prehash", "breach", "pwned", "hibp"})) {
        auto& found = file.hit("DJ-030", c.node);
        found.title = "Passwords are hashed with " + std::string(f) + ", which is made to be fast";
        found.severity = proof::Severity::high;
      }
    } else if (full.starts_with("random.") && full != "random.SystemRandom" && full != "random.seed") {
      const Node function = function_around(c.node);
      const Node assigned = c.node.above("assignment");
      const std::string where = function_name(function) + " " + std::string(assigned.child("left").text());
      if (has_word(where, {"token", "code", "otp", "password", "secret", "key", "pin", "nonce", "session", "reset",
                           "verification"}))
        file.hit("FA-010", c.node);
    } else if ((full.starts_with("requests.") || full.starts_with("httpx.")) &&
               (f == "get" || f == "post" || f == "put" || f == "delete" || f == "patch" || f == "request" ||
                f == "head")) {
      const bool verified_off = c.keyword("verify").is("false");
      if (verified_off) file.hit("EX-017", c.node);
      const Node url = f == "request" ? c.arg(1) : a;
      // Stops: the server fetching what only the server can reach.
      if (taint(url) == Taint::yes && !literal(url)) {
        const auto built = holes(unwrap(url));
        const bool fixed_host = !built.empty() && spoken(url).starts_with("http") && spoken(url).find('?') > 10;
        const Node function = function_around(c.node);
        const bool checked = icontains_any(
            function.code(), {"allowed_hosts", "allowlist", "whitelist", "urlparse", "is_safe_url", "validate_url"});
        if (!fixed_host && !checked && spoken(url).find("http") != 0) file.hit("EX-013", c.node);
      }
    } else if (contains(full, "httpx.AsyncClient") || contains(full, "aiohttp")) {
      if (c.keyword("verify").is("false") || c.keyword("ssl").is("false")) file.hit("EX-017", c.node);
    } else if (f == "mark_safe" && a && !literal(a)) {
      file.hit("DJ-026", c.node);
    } else if ((f == "redirect" || f == "HttpResponseRedirect" || f == "RedirectResponse") && a &&
               taint(a) == Taint::yes && holes(unwrap(a)).empty()) {
      const Node function = function_around(c.node);
      if (!icontains_any(function.code(), {"url_has_allowed_host", "is_safe_url", "allowed", "startswith(\"/"}) &&
          !a.is("string"))
        file.hit("EX-012", c.node);
    } else if ((f == "open" || f == "FileResponse" || f == "send_file") && a && !literal(a)) {
      const Node function = function_around(c.node);
      const Taint t = taint(a);
      const bool named = icontains(a.code(), "filename") || !holes(built_text(a)).empty() || contains(a.code(), " / ");
      if (t == Taint::yes && named &&
          !icontains_any(function.code(), {"secure_filename", "uuid", ".resolve()", "basename", "is_relative_to",
                                           "token_hex", "commonpath", "safe_join"}))
        file.hit("FA-018", c.node);
    }
  }
}

bool debug_guarded(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent())
    if (p.any_of("conditional_expression", "if_statement") &&
        icontains_any((p.is("if_statement") ? p.child("condition") : p).code(),
                      {"debug", "expose", "is_dev", "environment", "env ", "development"}))
      return true;
  return false;
}

// Text of an exception that goes into an answer.
void judge_error_text(File& file) {
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  for (const Node clause : file.tree.all("except_clause")) {
    std::string name, type;
    for (const Node c : clause.children())
      if (c.is("as_pattern")) {
        type = std::string(c.first().text());
        for (const Node t : c.children())
          if (t.is("as_pattern_target")) name = std::string(t.text());
      }
    // What a person typed wrong may be said back to them.
    if (icontains_any(type,
                      {"validationerror", "valueerror", "permissiondenied", "http404", "signature", "httpexception",
                       "apiexception", "parseerror", "integrityerror", "keyerror", "userinput"}) &&
        !contains(type, "Exception,"))
      if (!contains(type, "IntegrityError")) continue;
    for (const Call* c : file.calls_in(clause)) {
      const std::string_view f = last(c->name);
      const bool answer = f == "Response" || f == "JsonResponse" || f == "HTTPException" || f == "jsonify" ||
                          f == "JSONResponse" || f == "HttpResponse" || f == "HttpResponseServerError" ||
                          f == "HttpResponseBadRequest" || f == "abort" || f == "APIException" ||
                          f == "make_response" || f == "PlainTextResponse" || f == "ErrorResponse";
      if (!answer) continue;
      const std::string_view text = c->node.code();
      bool leak = contains(text, "format_exc") || contains(text, "traceback");
      if (!name.empty())
        leak = leak || contains(text, "str(" + name + ")") || contains(text, "repr(" + name + ")") ||
               contains(text, "{" + name + "}") || contains(text, "{" + name + "!") ||
               contains(text, "{str(" + name + ")") || contains(text, name + ".args") ||
               contains(text, name + ".message") || contains(text, name + ".user_message") ||
               contains(text, "% " + name) || contains(text, name + ".response.text") ||
               contains(text, name + ".detail");
      if (!leak || debug_guarded(c->node, clause)) continue;
      bool inside = false;  // the leak itself may be behind `… if settings.DEBUG else …`
      for (const Node t : c->node.all("conditional_expression"))
        inside = inside || icontains_any(t.code(), {"debug", "expose", "is_dev", "development"});
      if (inside) continue;
      file.hit(django ? "DJ-029" : "FA-004", c->node);
      break;
    }
    for (const Node r : clause.all("return_statement")) {
      const Node v = unwrap(r.first());
      if (!v.is("dictionary") || name.empty()) continue;
      const std::string_view text = v.code();
      const bool route = route_function(function_around(clause));
      if (route && (contains(text, "str(" + name + ")") || contains(text, "{" + name + "}")) &&
          !debug_guarded(r, clause))
        file.hit(django ? "DJ-029" : "FA-004", r);
    }
  }
  // A handler for every exception that answers with its text.
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    if (!p.is("decorated_definition") || !contains(p.first().code(), "exception_handler") ||
        !contains(p.first().code(), "Exception"))
      continue;
    if (icontains_any(p.first().code(), {"validation", "httpexception"})) continue;
    for (const Call* c : file.calls_in(f)) {
      const std::string_view fn = last(c->name);
      if ((fn == "JSONResponse" || fn == "jsonify") &&
          icontains_any(c->node.code(), {"str(exc", "str(e)", "traceback", "format_exc", "repr(e", "{exc}", "{e}"}) &&
          !icontains(f.code(), "debug"))
        file.hit("FA-004", c->node);
    }
  }
}

bool hides(const Call& c) {
  return icontains_any(last(c.name), {"hash", "mask", "redact", "len", "bool", "sha", "truncate", "type", "isinstance",
                                      "fingerprint", "shorten", "safe", "sanitize", "digest"});
}

void judge_logs(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool log = c.name == "print" || c.name == "pprint" ||
                     ((f == "info" || f == "debug" || f == "warning" || f == "error" || f == "exception" ||
                       f == "critical" || f == "warn" || f == "log") &&
                      icontains_any(c.name, {"log", "structlog"}));
    if (!log) continue;
    std::vector<Node> said = c.args;
    for (const auto& [key, value] : c.keywords) said.push_back(value);
    bool secret = false, personal = false;
    for (std::size_t i = 0; i < said.size(); ++i) {
      std::vector<Node> leaves = holes(said[i]);
      if (leaves.empty() && !literal(said[i])) leaves.push_back(said[i]);
      for (const Node& leaf_ : leaves) {
        const Node leaf = unwrap(leaf_);
        if (const auto inner = as_call(leaf); inner && hides(*inner)) continue;
        if (leaf.any_of("boolean_operator", "comparison_operator", "conditional_expression", "not_operator")) continue;
        std::string name =
            dotted(leaf.is("call") && leaf.child("function").is("attribute") ? leaf.child("function") : leaf);
        const std::string_view tail = last(name);
        const std::string_view text = leaf.code();
        bool inside = false;
        if (leaf.is("dictionary")) {
          for (const auto& [key, value] : members(leaf))
            if (secret_name(key) && !literal(value)) inside = true;
          if (!inside) continue;
        }
        if (inside || (secret_name(tail) && !leaf.is("string")) || contains(text, "settings.SECRET") ||
            (env_read(leaf) && secret_name(env_read(leaf)->name))) {
          if (!secret) file.hit("SEC-014", c.node);
          secret = true;
          continue;
        }
        if (icontains_any(text, {"request.data", "request.body", "request.post", "request.headers", "request.json",
                                 "request.form", "request.cookies"}) &&
            !icontains_any(text, {"request_id", "request-id", ".get(\"user-agent", "content-type", "content_type"})) {
          if (!personal) file.hit("LOG-001", c.node);
          personal = true;
          continue;
        }
        if (has_word(tail, {"email", "phone", "ssn", "birth", "birthday", "address", "passport", "iban"}) &&
            !has_word(tail, {"id", "count", "sent", "ip", "backend", "host", "verified"})) {
          if (personal) continue;
          personal = true;
          auto& found = file.hit("LOG-001", c.node);
          found.title = "Personal data is written to the log";
          found.severity = proof::Severity::low;
        }
      }
    }
  }
}

void judge_defaults(File& file) {
  const bool settings =
      contains(file.path, "settings") && file.imports_from("") && contains(file.code(), "INSTALLED_APPS");
  std::vector<Node> reads;
  for (const Call& c : file.calls) reads.push_back(c.node);
  for (const Node n : reads) {
    const auto read = env_read(n);
    if (!read || !secret_name(read->name)) continue;
    Node fallback = read->fallback;
    if (!fallback) {
      const Node p = n.parent();
      if (p.is("boolean_operator") && p.has_token("or") && p.child("left") == n) fallback = p.child("right");
    }
    const auto value = literal(fallback);
    if (!value || value->empty()) continue;
    const Node a = n.above("assignment");
    if (settings && a.child("left").text() == "SECRET_KEY") continue;  // DJ-008 says it
    file.hit("SEC-013", n, redacted(quote(file.tree.line_text(n.line()))));
  }
  for (const Node a : file.tree.all("assignment")) {  // app.secret_key = "…", app.config["SECRET_KEY"] = "…"
    const Node left = a.child("left");
    const auto value = literal(a.child("right"));
    if (!value || value->empty()) continue;
    const bool flask = (left.is("attribute") && (left.child("attribute").text() == "secret_key" ||
                                                 left.child("attribute").text() == "SECRET_KEY")) ||
                       (left.is("subscript") && contains(dotted(left.child("value")), "config") &&
                        literal(left.child("subscript")) && secret_name(*literal(left.child("subscript"))));
    if (flask) file.hit("SEC-013", a, redacted(quote(file.tree.line_text(a.line()))));
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node cls = a.above("class_definition");
    const bool on = text::iequals(a.child("left").text(), "debug") && a.child("right").is("true");
    if (on && cls && !function_around(a) && icontains(cls.child("superclasses").text(), "settings")) {
      auto& f = file.hit("FA-007", a);
      f.title = "Debug mode is on when its environment variable is missing";
      f.severity = proof::Severity::high;
    }
  }
  // SECRET = "…" in code, and pydantic settings with such a default.
  for (const Node a : file.tree.all("assignment")) {
    if (function_around(a)) continue;
    const Node left = a.child("left"), right = unwrap(a.child("right"));
    if (!left.is("identifier") || !secret_name(left.text()) || !right) continue;
    if (settings && left.text() == "SECRET_KEY") continue;
    Node fallback = right;
    if (const auto c = as_call(right); c && last(c->name) == "Field")
      fallback = c->arg(0) ? c->arg(0) : c->keyword("default");
    const auto value = literal(fallback);
    if (!value || value->size() < 4 || contains(*value, " ") || contains(*value, "/") || value->starts_with("$"))
      continue;
    const Node cls = a.above("class_definition");
    const bool pydantic = cls && icontains_any(cls.child("superclasses").text(), {"settings", "config", "basemodel"});
    const bool upper =
        std::none_of(left.text().begin(), left.text().end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (cls && !pydantic && !icontains(cls.child("name").text(), "config")) continue;
    if (!cls && !upper) continue;
    if (has_word(left.text(), {"cookie", "header", "param", "regex", "pattern", "scheme", "model", "allow"})) continue;
    if (cls && contains(cls.child("superclasses").text(), "BaseModel") &&
        !icontains(cls.child("name").text(), "setting"))
      continue;
    // In a settings class it is a default the environment may replace, anywhere else the only value there is.
    file.hit(cls ? "SEC-013" : "SEC-017", a, redacted(quote(file.tree.line_text(a.line()))));
  }
}

// Fields that never leave, and identities that clients state about themselves.
void judge_answers(File& file) {
  for (const Node p : file.tree.all("pair")) {
    const auto key = literal(p.child("key"));
    if (key != "private_metadata" && key != "privateMetadata") continue;
    const Node value = p.child("value");
    if (literal(value) || value.is("none")) continue;
    bool answer = false;
    const auto around = as_call(p.above("call"));
    if (around && p.parent().parent().parent() == around->node &&
        (last(around->name) == "Response" || last(around->name) == "JsonResponse" ||
         last(around->name) == "JSONResponse" || last(around->name) == "jsonify")) {
      file.hit("AZ-004", p);
      continue;
    }
    const Node f = function_around(p);
    answer = f && icontains_any(f.code(), {"response(", "jsonresponse(", "return {", "return json", "jsonify(",
                                           "payload", "data"});
    if (answer && !has_word(function_name(f), {"update", "set", "save", "patch", "redact", "strip", "sync"}))
      file.hit("AZ-004", p);
  }
  for (const Node f : file.tree.all("function_definition")) {
    if (f.above("function_definition")) continue;
    const auto parameters = f.child("parameters").code();
    if (!contains(parameters, "request") && !route_function(f)) continue;
    const std::string name = function_name(f);
    const Node cls = f.above("class_definition");
    if (webhook_door(name) || webhook_door(cls.child("name").text()) || webhook_door(file.path)) continue;
    const std::string_view head = cls ? cls.code() : f.code();
    if (icontains_any(head, {"isadminuser", "staff_member_required", "is_superuser"})) continue;
    std::set<std::string> told;
    const auto judge = [&](Node at, std::string_view source, std::string_view key) {
      if (!icontains_any(source, {"request.data", "request.post", "request.json", "request.form", "request.headers",
                                  "request.meta", "get_json()", "request.args", "request.get", "request.query_params",
                                  "data", "body", "payload"}))
        return;
      const bool direct = icontains_any(source, {"request.", "get_json"});
      if (!direct) {  // data = request.data / json.loads(request.body) / await request.json()
        bool traced = false;
        for (const Node a : f.all("assignment"))
          if (a.child("left").text() == source &&
              icontains_any(a.child("right").code(),
                            {"request.data", "request.body", "request.json", "get_json", "request.post"}))
            traced = true;
        if (!traced) return;
      }
      if (!told.insert(std::string(key)).second) return;
      const std::string_view code = f.code();
      const bool header = icontains_any(source, {"headers", "meta"});
      const std::string low = text::to_lower(key);
      const bool who = low == "user_id" || low == "userid" || low == "owner_id" || low == "customer_id" ||
                       low == "customerid" || low == "customer" || low == "tenant_id" || low == "account_id" ||
                       low == "user" || low == "owner" || low == "clerk_user_id" || low == "stripe_customer_id" ||
                       low == "role" || low == "is_admin" || low == "seller_id" || low == "is_staff" ||
                       (header && (contains(low, "user") || contains(low, "tenant") || contains(low, "role")) &&
                        !contains(low, "agent"));
      const bool money = low == "amount" || low == "price" || low == "unit_amount" || low == "total" ||
                         low == "amount_cents" || low == "price_cents" || low == "total_amount";
      if (who) {
        if (icontains_any(code, {"!= request.user", "== request.user", "!= str(request.user", "is_staff", "!= user.id",
                                 "has_perm"}))
          return;
        auto& found = file.hit("AZ-002", at);
        found.title = "Who the caller is comes from the request itself (" + std::string(key) + ")";
      } else if (money && !header) {
        file.hit("PAY-001", at);
      }
    };
    for (const Call* c : file.calls_in(f)) {
      if (last(c->name) != "get" || !c->node.child("function").is("attribute")) continue;
      if (const auto key = literal(c->arg(0))) judge(c->node, dotted(c->node.child("function").child("object")), *key);
    }
    for (const Node s : f.all("subscript")) {
      if (s.parent().is("assignment") && s.parent().child("left") == s) continue;
      if (const auto key = literal(s.child("subscript"))) judge(s, dotted(s.child("value")), *key);
    }
    for (const Call* c : file.calls_in(f)) {
      const Node loop = c->node.above("for_statement");
      if (c->name != "setattr" || literal(c->arg(1)) ||
          !icontains_any(loop.child("right").code(), {"request.data", "request.json", "request.post"}))
        continue;
      if (icontains(loop.code(), "allowed")) continue;
      file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
    }
    // order.status = "paid" on the word of a browser
    const std::string_view code = f.code();
    if (icontains_any(code, {"construct_event", ".retrieve(", "paymentintent.", "checkout.session"})) continue;
    if (!icontains_any(parameters, {"request"}) && !route_function(f)) continue;
    for (const Node a : f.all("assignment")) {
      const std::string left = dotted(a.child("left"));
      const std::string_view tail = last(left);
      const auto value = literal(a.child("right"));
      const std::string_view right = a.child("right").code();
      const bool paid = ((tail == "status" || tail == "payment_status") &&
                         ((value && (*value == "paid" || *value == "confirmed" || *value == "PAID")) ||
                          right.ends_with(".PAID") || right.ends_with(".CONFIRMED"))) ||
                        ((tail == "is_paid" || tail == "paid") && a.child("right").is("true"));
      if (!paid || left == tail) continue;
      bool allowed = false;
      for (const Node b : f.all("if_statement"))
        if (icontains_any(b.child("condition").code(),
                          {"manual", "allow", "enable", "debug", "is_staff", "permission"}) &&
            b.begin() < a.begin())
          allowed = true;
      if (!allowed) file.hit("PAY-002", a);
      break;
    }
  }
  for (const Call& c : file.calls) {
    const std::string_view args = c.node.child("arguments").code();
    const std::string_view f = last(c.name);
    const bool creates = f == "create" || f == "update" || f == "update_or_create" || f == "insert_one" ||
                         (!f.empty() && f.front() >= 'A' && f.front() <= 'Z');
    if (creates &&
        icontains_any(args, {"**request.data", "**request.json", "**request.post", "**request.get_json()"}) &&
        !f.ends_with("Serializer") && !f.ends_with("Form"))
      file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
  }
}

// Stops: a new address for every request by writing it into a header.
void judge_client_address(File& file) {
  for (const char* type : {"call", "subscript"})
    for (const Node n : file.tree.all(type)) {
      std::optional<std::string> key;
      if (const auto c = as_call(n)) {
        if (last(c->name) != "get") continue;
        key = literal(c->arg(0));
      } else {
        key = literal(n.child("subscript"));
      }
      if (!key) continue;
      const std::string low = text::to_lower(*key);
      if (low != "http_x_forwarded_for" && low != "x-forwarded-for") continue;
      if (!icontains_any(n.code(), {"meta", "headers"})) continue;
      const Node f = function_around(n);
      if (icontains_any(f.code(), {"trusted_prox", "num_proxies", "ipware", "[-1]"})) continue;
      file.hit("RL-003", n);
      return;
    }
}

}  // namespace

void read_python_hazards(File& file) {
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  judge_sql(file, django);
  judge_execution(file);
  judge_error_text(file);
  judge_logs(file);
  judge_defaults(file);
  judge_answers(file);
  judge_client_address(file);
  const std::string_view code = file.code();
  if (icontains_any(code, {"bcrypt.hashpw", "cryptcontext(schemes=[\"bcrypt", "argon2", "generate_password_hash"}))
    file.sink.positive("Passwords are hashed with a function made for it (" + std::string(file.path) + ").");
}

}  // namespace gatehouse::audit::source

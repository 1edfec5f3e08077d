// Python code that says too much: error texts in answers, secrets and personal data in logs, defaults of secrets.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_notes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool debug_guarded(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent())
    if (p.any_of("conditional_expression", "if_statement") &&
        icontains_any((p.is("if_statement") ? p.child("condition") : p).code(),
                      {"debug", "expose", "is_dev", "environment", "env ", "development"}))
      return true;
  return false;
}

bool tells_exception(std::string_view text, const std::string& name) {
  if (contains(text, "format_exc") || contains(text, "traceback")) return true;
  return !name.empty() &&
         (contains(text, "str(" + name + ")") || contains(text, "repr(" + name + ")") ||
          contains(text, "{" + name + "}") || contains(text, "{" + name + "!") ||
          contains(text, "{str(" + name + ")") || contains(text, name + ".args") || contains(text, name + ".message"));
}

// `result = {"error": str(e)}`, and the function answers with result; or a stream that says it.
void judge_kept_text(File& file, Node clause, const std::string& name, bool django) {
  if (name.empty()) return;
  const Node inner = function_around(clause);
  Node f = inner;
  for (Node outer = f; outer; outer = function_around(outer)) f = outer;
  if (!f) return;
  const bool web = route_function(f) || contains(f.child("parameters").code(), "request") ||
                   icontains_any(f.code(), {"jsonresponse(", "jsonify(", "jsonresponse(", "response("});
  if (!web && !icontains(function_name(f), "handler")) return;
  for (const Node a : clause.all("assignment")) {
    const Node right = a.child("right");
    if (!tells_exception(right.code(), name) || debug_guarded(a, clause)) continue;
    const std::string_view left = a.child("left").text();
    const std::string kept(left.substr(0, left.find_first_of("[.")));
    if (a.child("left").is("attribute") || kept == "self" || has_word(kept, {"log", "logger", "extra"})) continue;
    // An error's place is under a key, or in a name that says so.
    if (!right.is("dictionary") && !a.child("left").is("subscript") &&
        !has_word(kept, {"error", "message", "msg", "detail", "response", "result", "status", "data"}))
      continue;
    std::vector<std::string> holders = {kept};  // answer = {"checks": checks}
    for (const Node b : f.all("assignment"))
      if (b.begin() > a.begin() && b.child("left").is("identifier") && b.child("right").is("dictionary") &&
          has_token(b.child("right").code(), kept))
        holders.emplace_back(b.child("left").text());
    bool answered = false;
    for (const Node r : f.all("return_statement"))
      for (const std::string& h : holders) answered = answered || (r.begin() > a.begin() && has_token(r.code(), h));
    if (!answered) continue;
    file.hit(django ? "DJ-029" : "FA-004", a);
    return;
  }
  for (const Node y : clause.all("yield"))
    if (tells_exception(y.code(), name)) {
      file.hit(django ? "DJ-029" : "FA-004", y);
      return;
    }
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
    judge_kept_text(file, clause, name, django);
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
               contains(text, name + ".message") || contains(text, "% " + name) ||
               contains(text, name + ".response.text") || contains(text, name + ".detail");
      if (!name.empty() && f != "HTTPException")
        for (const Node a : c->args) leak = leak || unwrap(a).text() == name;
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
      const Node function = function_around(clause);
      const bool route = route_function(function) || (contains(function.child("parameters").code(), "request") &&
                                                      icontains_any(text, {"\"error", "'error", "detail"}));
      if (route && (contains(text, "str(" + name + ")") || contains(text, "{" + name + "}")) &&
          !debug_guarded(r, clause))
        file.hit(django ? "DJ-029" : "FA-004", r);
    }
  }
  // A handler for every exception that answers with its text.
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    const bool flask =
        p.is("decorated_definition") &&
        (contains(p.first().code(), "errorhandler(") || contains(p.first().code(), "exception_handler(")) &&
        (contains(p.first().code(), "Exception") || contains(p.first().code(), "500"));
    if (flask && !icontains(f.code(), "debug"))
      for (const Node r : f.all("return_statement")) {
        const std::string_view said = r.code();
        if (icontains_any(said, {"str(err", "str(e)", "str(exc", "str(error", "format_exc", "repr(e", "{e}", "{err}",
                                 "{error}", "{exc}"}) &&
            !contains(said, "jsonify")) {
          file.hit("FA-004", r);
          break;
        }
      }
    if (!p.is("decorated_definition") ||
        !(contains(p.first().code(), "exception_handler") || contains(p.first().code(), "errorhandler(")) ||
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

// The whole of what a client sent, under the name it was given.
bool whole_request(Node function, Node leaf, int depth = 0) {
  if (!function || depth > 9) return false;
  if (const auto c = as_call(leaf)) {
    const std::string_view f = last(c->name);
    if (c->name == "request.json" || c->name == "request.body" || c->name == "request.get_json" ||
        c->name == "request.form" || c->name == "request.get_data")
      return true;
    if (f == "decode" || f == "loads" || f == "dict" || f == "dumps") {
      if (!c->args.empty() && whole_request(function, unwrap(c->arg(0)), depth + 1)) return true;
      return f == "decode" && whole_request(function, unwrap(c->node.child("function").child("object")), depth + 1);
    }
    // event.get("data") is still most of it
    if (f == "get" && (literal(c->arg(0)) == "data" || literal(c->arg(0)) == "object"))
      return whole_request(function, unwrap(c->node.child("function").child("object")), depth + 1);
    return false;
  }
  if (leaf.is("subscript"))  // event["data"]
    return literal(leaf.child("subscript")) == "data" &&
           whole_request(function, unwrap(leaf.child("value")), depth + 1);
  if (leaf.is("attribute")) {
    const std::string name = dotted(leaf);
    return name == "request.data" || name == "request.POST" || name == "request.headers" || name == "request.body" ||
           name == "request.json" || name == "request.form";
  }
  if (!leaf.is("identifier")) return false;
  for (const Node a : function.all("assignment"))
    if (a.begin() < leaf.begin() && a.child("left").text() == leaf.text() &&
        whole_request(function, unwrap(a.child("right")), depth + 1))
      return true;
  return false;
}

bool hides(const Call& c) {
  return icontains_any(last(c.name), {"hash", "mask", "redact", "len", "bool", "sha", "truncate", "type", "isinstance",
                                      "fingerprint", "shorten", "safe", "sanitize", "digest"});
}

// Scripts for hands: who runs them reads what they print.
bool by_hand(std::string_view path) {
  return has_word(path, {"seed", "seeds", "seeder", "seeders", "scripts", "migrations", "commands", "fixtures"});
}

void judge_logs(File& file) {
  proof::Finding* mails = nullptr;  // addresses: once a file
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool log = c.name == "print" || c.name == "pprint" ||
                     ((f == "info" || f == "debug" || f == "warning" || f == "error" || f == "exception" ||
                       f == "critical" || f == "warn" || f == "log") &&
                      icontains_any(c.name, {"log", "structlog"}));
    if (!log) continue;
    std::vector<Node> said = c.args;
    for (const auto& [key, value] : c.keywords) said.push_back(value);
    bool secret = false, personal = by_hand(file.path);
    for (std::size_t i = 0; i < said.size(); ++i) {
      std::vector<Node> leaves = holes(said[i]);
      if (leaves.empty() && !literal(said[i])) leaves.push_back(said[i]);
      for (const Node& leaf_ : leaves) {
        const Node leaf = unwrap(leaf_);
        if (const auto inner = as_call(leaf); inner && hides(*inner)) continue;
        if (leaf.any_of("boolean_operator", "comparison_operator", "conditional_expression", "not_operator")) continue;
        std::string name =
            dotted(leaf.is("call") && leaf.child("function").is("attribute") ? leaf.child("function") : leaf);
        std::string_view tail = last(name);
        std::string key_of;
        if (leaf.is("subscript"))  // body["password"]
          if (const auto key = literal(leaf.child("subscript"))) {
            key_of = *key;
            tail = key_of;
          }
        const std::string_view text = leaf.code();
        bool inside = false;
        if (leaf.is("dictionary")) {
          for (const auto& [key, value] : members(leaf))
            if (secret_name(key) && !literal(value)) inside = true;
          if (!inside) continue;
        }
        // A one-time code is a password for some minutes.
        const bool one_time = leaf.is("identifier") && has_word(tail, {"code", "otp", "pin", "link"}) &&
                              !said.empty() &&
                              has_word(spoken(said.front()), {"reset", "otp", "verification", "login", "magic"});
        // link = f"…/reset?otp={user.otp}"
        bool carries = false;
        if (leaf.is("identifier") && has_word(tail, {"link", "url", "message", "body", "text", "absurl", "activation"}))
          for (const Node a : function_around(c.node).all("assignment"))
            if (a.child("left").text() == leaf.text() && a.begin() < c.node.begin())
              for (const Node h : holes(unwrap(a.child("right"))))
                carries = carries || secret_name(last(dotted(h))) || has_word(last(dotted(h)), {"otp", "token"});
        if (one_time || carries || inside || (secret_name(tail) && !leaf.is("string")) ||
            contains(text, "settings.SECRET") || (env_read(leaf) && secret_name(env_read(leaf)->name))) {
          if (!secret)
            if (auto& found = file.hit("SEC-014", c.node); f == "debug") found.severity = proof::Severity::low;
          secret = true;
          continue;
        }
        if (text == "locals()" || (leaf.is("identifier") && whole_request(function_around(c.node), leaf))) {
          if (!personal) file.hit("LOG-001", c.node);
          personal = true;
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
            !has_word(tail, {"id", "count", "sent", "ip", "backend", "host", "verified", "client", "server", "remote",
                             "memory", "mac", "bind", "listen"})) {
          if (personal) continue;
          personal = true;
          if (mails != nullptr) {
            also(*mails, file, c.node);
            continue;
          }
          mails = &file.hit("LOG-001", c.node);
          mails->title = "Personal data is written to the log";
          mails->severity = proof::Severity::low;
        }
      }
    }
  }
}

void judge_defaults(File& file) {
  const std::string_view code = file.code();
  if (icontains_any(code,
                    {"basesettings", "pydantic_settings", "environ.env(", "from decouple", "improperlyconfigured"}) ||
      ((contains(code, "getenv") || contains(code, "environ")) && contains(code, "raise ") &&
       icontains_any(code, {"must be set", "not set", "missing", "required", "is not configured"})))
    file.project.notes<PythonNotes>().env_validated = true;
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
    if (!fallback || (value && value->empty())) {
      // Nothing, or an empty text, in place of a secret that is not there.
      const auto c = as_call(n);
      if (c && (last(c->name) == "getenv" || c->name == "os.environ.get" || c->name == "environ.get"))
        file.project.notes<PythonNotes>().unchecked_env.push_back({place(file.path, n.line()), file.shown(n)});
      continue;
    }
    if (!value || contains(*value, "...")) continue;  // sk_test_... opens nothing
    const Node a = n.above("assignment");
    if (settings && a.child("left").text() == "SECRET_KEY") continue;  // DJ-008 says it
    if (contains(*value, "...")) continue;                             // "sk_test_..." is no value
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
    if (!flask) continue;
    // Nothing can replace it: the key is what stands here.
    const std::string key = left.is("attribute") ? "secret_key" : text::to_lower(*literal(left.child("subscript")));
    const bool signs = key == "secret_key" || key == "jwt_secret_key";
    file.hit(signs && value->size() < 32 ? "SEC-008" : "SEC-017", a, redacted(quote(file.tree.line_text(a.line()))));
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
    if (!value || value->size() < 4 || contains(*value, " ") || contains(*value, "/") || value->starts_with("${") ||
        (value->starts_with("$") &&
         std::all_of(value->begin() + 1, value->end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; })))
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

// DATABASES = {"default": {"PASSWORD": "…", "HOST": "…"}}
void judge_databases(File& file) {
  for (const Node a : file.tree.all("assignment")) {
    if (a.child("left").text() != "DATABASES") continue;
    for (const auto& [name, database] : members(a.child("right"))) {
      const auto host = literal(member(database, "HOST"));
      const bool far = host && contains(*host, ".") && !host->starts_with("127.") && !host->starts_with("10.") &&
                       !host->starts_with("192.168.") && !host->ends_with(".internal") && !host->ends_with(".local");
      const Node password = member(database, "PASSWORD");
      if (const auto value = literal(password); value && !value->empty()) {
        auto& f = file.hit("SEC-017", password, "PASSWORD of the database " + name);
        f.title = "The database's password stands in the settings";
        f.severity = far ? proof::Severity::critical : proof::Severity::medium;
      }
      if (far && !icontains_any(database.code(), {"sslmode", "ssl"}))
        file.hit("INF-017", database,
                 "HOST of the database " + name + " is on another machine, OPTIONS ask for no TLS");
    }
  }
}

}  // namespace

void judge_python_environment(const PythonNotes& notes, Sink& sink) {
  if (notes.env_validated || notes.unchecked_env.empty()) return;
  auto& f = sink.find("ENV-006", notes.unchecked_env.front().at, notes.unchecked_env.front().shown);
  for (std::size_t i = 1; i < notes.unchecked_env.size() && i < 6; ++i) {
    f.locations.push_back(notes.unchecked_env[i].at);
    f.evidence.push_back(notes.unchecked_env[i].shown);
  }
}

void read_python_leaks(File& file) {
  judge_error_text(file);
  judge_logs(file);
  judge_defaults(file);
  judge_databases(file);
}

}  // namespace gatehouse::audit::source

// Python code that says too much: secrets and personal data in logs, defaults of secrets.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_notes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// payload: LoginIn of a route: all of a body that has a class.
bool declared_body(Node function, std::string_view name) {
  for (const Node p : function.child("parameters").children()) {
    if (!p.any_of("typed_parameter", "typed_default_parameter")) continue;
    const Node id = p.is("typed_parameter") ? p.first() : p.child("name");
    const std::string_view type = p.child("type").text();
    if (id.text() != name || type.empty() || type.front() < 'A' || type.front() > 'Z') continue;
    if (p.is("typed_default_parameter") && icontains(p.child("value").code(), "depends")) return false;
    return has_word(type, {"in", "create", "login", "register", "request", "schema", "signup", "form", "body",
                           "payload", "credentials", "user", "update", "dto", "input"}) &&
           type != "Request" && !icontains_any(type, {"websocket", "session", "httprequest"});
  }
  return false;
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
  if (declared_body(function, leaf.text())) return true;
  for (const Node a : function.all("assignment"))
    if (a.begin() < leaf.begin() && a.child("left").text() == leaf.text() &&
        whole_request(function, unwrap(a.child("right")), depth + 1))
      return true;
  return false;
}

// print(current_user) where a person is a document or a dictionary: their repr is all of them, the hash too.
bool whole_person(const File& file, Node function, Node leaf) {
  if (!leaf.is("identifier") || !function ||
      !has_word(leaf.text(), {"user", "customer", "patient", "member", "account", "profile"}) ||
      has_word(leaf.text(), {"id", "ids", "name", "email", "count", "agent", "input", "message", "type", "role"}))
    return false;
  static constexpr std::string_view kSpoken[] = {"beanie", "motor", "pymongo", "sqlmodel", "supabase", "odmantic"};
  const bool spoken_out = std::any_of(std::begin(kSpoken), std::end(kSpoken),
                                      [&](std::string_view k) { return file.project.depends_on(k); });
  for (const Node p : function.child("parameters").children()) {
    if (parameter_name(p) != leaf.text()) continue;
    const std::string_view type = p.child("type").text();
    return icontains(p.code(), "depends(") && (spoken_out || type == "dict" || type == "Dict");
  }
  for (const Node a : function.all("assignment"))
    if (a.child("left").text() == leaf.text() && a.begin() < leaf.begin() && spoken_out &&
        icontains_any(a.child("right").code(), {".find_one(", ".insert_one(", "get_user", ".execute()"}))
      return true;
  return false;
}

// message.content, note.transcript
bool private_words(Node leaf) {
  if (!leaf.is("attribute")) return false;
  const std::string_view what = leaf.child("attribute").text();
  if (what != "content" && what != "text" && what != "transcript" && what != "body" && what != "summary") return false;
  const std::string from = dotted(unwrap(leaf.child("object")));
  return has_word(last(from), {"message", "msg", "chat", "note", "transcript", "conversation", "letter", "diary"}) &&
         !has_word(last(from), {"error", "notification", "commit", "system", "log", "event"});
}

bool hides(const Call& c) {
  return icontains_any(last(c.name), {"hash", "mask", "redact", "len", "bool", "sha", "truncate", "type", "isinstance",
                                      "fingerprint", "shorten", "safe", "sanitize", "digest"});
}

bool prints_whole(const File& file) {
  for (const std::string_view w : {"beanie", "motor", "pymongo", "odmantic", "sqlmodel"})
    if (file.imports_from(w) || file.project.depends_on(w)) return true;
  return false;
}

// The name holds an account: given by a dependency, of that type, or fetched.
bool person_row(const File& file, Node function, std::string_view name) {
  for (const Node p : function.child("parameters").children()) {
    const Node id = p.child("name") ? p.child("name") : p.is("identifier") ? p : p.first();
    if (id.text() != name) continue;
    const std::string_view type = p.child("type").text();
    return contains(p.code(), "Depends(") || type == "User" || type.ends_with("Document");
  }
  for (const Node a : function.all("assignment"))
    if (a.child("left").text() == name)
      for (const Call* c : file.calls_in(a.child("right")))
        if (last(c->name) == "find_one" || last(c->name) == "get" || last(c->name) == "first") return true;
  return false;
}

// Scripts for hands: who runs them reads what they print.
bool by_hand(const File& file) {
  if (has_word(file.path, {"seed", "seeds", "seeder", "seeders", "scripts", "migrations", "commands", "fixtures"}))
    return true;
  return icontains_any(file.code(), {"argparse", "sys.argv"}) && contains(file.code(), "__main__") &&
         !icontains_any(file.code(), {"fastapi", "flask", "uvicorn", "celery", "logging"});
}

void judge_logs(File& file) {
  proof::Finding* mails = nullptr;  // addresses: once a file
  const bool hands = by_hand(file);
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool log = c.name == "print" || c.name == "pprint" ||
                     ((f == "info" || f == "debug" || f == "warning" || f == "error" || f == "exception" ||
                       f == "critical" || f == "warn" || f == "log") &&
                      icontains_any(c.name, {"log", "structlog"}));
    if (!log) continue;
    std::vector<Node> said = c.args;
    for (const auto& [key, value] : c.keywords) said.push_back(value);
    bool secret = false, personal = hands;
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
        const Code text = leaf.code();
        bool inside = false;
        if (leaf.is("dictionary")) {
          for (const auto& [key, value] : members(leaf))
            if (secret_name(key) && !literal(value)) inside = true;
          for (const auto& [key, value] : members(leaf))  // extra={"email": order.email}
            if ((key == "email" || key == "phone" || key == "customer_email" || key == "address") && !literal(value) &&
                !inside && !personal) {
              personal = true;
              if (mails != nullptr) {
                also(*mails, file, c.node);
              } else {
                mails = &file.hit("LOG-001", c.node);
                mails->title = "Personal data is written to the log";
                mails->severity = proof::Severity::low;
              }
            }
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
        const auto decoded = as_call(leaf);  // body.decode(), payload.dict()
        const bool spelled = decoded &&
                             (last(decoded->name) == "decode" || last(decoded->name) == "dict" ||
                              last(decoded->name) == "model_dump" || last(decoded->name) == "json") &&
                             whole_request(function_around(c.node), unwrap(leaf.child("function").child("object")));
        const bool opened = leaf.is("attribute") && tail == "__dict__" &&
                            has_word(name, {"user", "customer", "account", "profile", "patient", "member"});
        if (text == "locals()" || spelled || opened || private_words(leaf) ||
            whole_person(file, function_around(c.node), leaf) ||
            (leaf.is("identifier") && whole_request(function_around(c.node), leaf))) {
          if (!personal) file.hit("LOG-001", c.node);
          personal = true;
          continue;
        }
        if (icontains_any(text, {"request.data", "request.body", "request.post", "request.headers", "request.json",
                                 "request.form", "request.cookies"}) &&
            !icontains_any(text, {".keys(", "len(", "request_id", "request-id", ".get(\"user-agent", "content-type",
                                  "content_type"})) {
          if (!personal) file.hit("LOG-001", c.node);
          personal = true;
          continue;
        }
        // Documents and models of pydantic print all their fields, the password's hash too.
        if (leaf.is("identifier") && prints_whole(file) &&
            (tail == "user" || tail == "current_user" || tail == "existing_user" || tail == "db_user" ||
             tail == "new_user" || tail == "customer" || tail == "patient") &&
            person_row(file, function_around(c.node), tail)) {
          if (!personal) file.hit("LOG-001", c.node).title = "Whole accounts are written to the log";
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
  const Code code = file.code();
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
      if (value && icontains(read->name, "webhook") && icontains(read->name, "secret"))
        file.project.notes<PythonNotes>().empty_hook_secrets.push_back({place(file.path, n.line()), file.shown(n)});
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
    auto value = literal(fallback);
    // jwt_secret: str = DEFAULT_SECRET, whatever name the text was given first
    if (!value && a.child("type") && fallback.is("identifier"))
      for (const Node named : file.tree.all("assignment"))
        if (!function_around(named) && named.child("left").text() == fallback.text() && !(named == a))
          value = literal(named.child("right"));
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
  // Stops: an event signed with the empty key, which every deployment that forgot the variable believes.
  if (!notes.hook_secret_asked_for)
    for (const Spot& s : notes.empty_hook_secrets) {
      auto& f = sink.find("SEC-013", s.at, s.shown);
      f.title = "An empty text stands in for a webhook's secret";
      f.severity = proof::Severity::medium;
    }
  if (notes.env_validated || notes.unchecked_env.empty()) return;
  auto& f = sink.find("ENV-006", notes.unchecked_env.front().at, notes.unchecked_env.front().shown);
  for (std::size_t i = 1; i < notes.unchecked_env.size() && i < 6; ++i) {
    f.locations.push_back(notes.unchecked_env[i].at);
    f.evidence.push_back(notes.unchecked_env[i].shown);
  }
}

void read_python_leaks(File& file) {
  for (const Node i : file.tree.all("if_statement"))
    if (const Code asked = i.child("condition").code();
        icontains(asked, "secret") &&
        (icontains(asked, "hook") || !icontains_any(asked, {"aws", "access", "secret_key", "client_secret"})))
      file.project.notes<PythonNotes>().hook_secret_asked_for = true;
  read_python_errors(file);
  judge_logs(file);
  judge_defaults(file);
  judge_databases(file);
}

}  // namespace gatehouse::audit::source

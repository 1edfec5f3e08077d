// Python code that says too much: secrets and personal data in logs, defaults of secrets.
#include <algorithm>

#include "audit/source/log_contents.h"
#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_notes.h"
#include "audit/source/recurring.h"
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
  Recurring mails;  // addresses: once a file
  const auto tell_mail = [&](Node at) {
    if (auto* f = mails.hit(file, "LOG-001", at)) {
      f->title = "Personal data is written to the log";
      f->severity = proof::Severity::low;
    }
  };
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
              tell_mail(c.node);
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
        const Holds held = held_in(function_around(c.node), leaf);
        if (held == Holds::secret) {
          if (!secret) file.hit("SEC-014", c.node);
          secret = true;
          continue;
        }
        if (!personal) {
          const std::string what = held == Holds::person ? "A person's address and numbers are written to the log"
                                                         : logged_content(file, c, leaf, true);
          if (!what.empty()) {
            personal = true;
            file.hit("LOG-001", c.node).title = what;
            continue;
          }
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
          tell_mail(c.node);
        }
      }
    }
  }
}

}  // namespace

void read_python_leaks(File& file) {
  for (const Node i : file.tree.all("if_statement"))
    if (const Code asked = i.child("condition").code();
        icontains(asked, "secret") &&
        (icontains(asked, "hook") || !icontains_any(asked, {"aws", "access", "secret_key", "client_secret"})))
      file.project.notes<PythonNotes>().hook_secret_asked_for = true;
  read_python_errors(file);
  judge_logs(file);
  read_python_environment(file);
}

}  // namespace gatehouse::audit::source

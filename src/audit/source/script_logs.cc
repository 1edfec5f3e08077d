// Secrets, requests and people that are written to logs.
#include "audit/source/log_contents.h"
#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool hides(std::string_view f) {
  return icontains_any(last(f), {"hash", "mask", "redact", "boolean", "sha", "truncate", "fingerprint", "slice",
                                 "substring", "safe", "digest", "typeof", "sanitize", "includes", "startswith", "has"});
}

// The whole body or all headers of a request: req.body, await request.json(), JSON.parse(body)
bool whole_request(Node value) {
  std::string code;
  for (const char c : unwrap(value).code().substr(0, 120))
    if (c != ' ' && c != '\n' && c != '(' && c != ')') code += text::lower(c);
  if (code.starts_with("await")) code.erase(0, 5);
  if (code.starts_with("json.parse")) code.erase(0, 10);
  if (code.starts_with("await")) code.erase(0, 5);
  for (const std::string_view whole :
       {"req.body", "request.body", "req.json", "request.json", "req.text", "request.text", "req.formdata",
        "request.formdata", "c.req.json", "ctx.request.body", "req.headers", "request.headers", "event.body",
        "req.rawbody", "headers"})
    if (code == whole) return true;
  return false;
}

// const body = JSON.stringify(payload), where `payload` is a whole request
bool written_out(const File& file, Node value) {
  const auto c = as_call(unwrap(value));
  return c && c->name == "JSON.stringify" && c->arg(0).is("identifier") &&
         whole_request(value_of(file, unwrap(c->arg(0))));
}

// message.content: what one person writes to another.
bool private_words(Node leaf) {
  if (!leaf.is("member_expression")) return false;
  const std::string_view part = leaf.child("property").text();
  const std::string from = dotted(leaf.child("object"));
  return (part == "content" || part == "text" || part == "body" || part == "transcript" || part == "transcription" ||
          part == "summary") &&
         has_word(last(from), {"message", "msg", "dm", "chat", "note", "transcript", "conversation", "letter", "diary",
                               "journal", "transcription", "meeting"}) &&
         !has_word(from, {"err", "error", "system", "response", "notification", "toast", "commit", "log", "event"});
}

// const order = await stripe.subscriptions.retrieve(…), const row = await prisma.user.update(…): all of it, name,
// address and what was bought.
bool holds_somebody(Node function, std::string_view name) {
  for (const Node d : function.all("variable_declarator")) {
    if (d.child("name").text() != name || !(function_around(d) == function)) continue;
    const Node value = unwrap(d.child("value"));
    if (value.code().ends_with("event.data.object")) return true;
    const auto c = as_call(value);
    if (!c) continue;
    if (icontains_any(c->name, {"subscriptions.", "customers.", "checkout.sessions.retrieve", "invoices.retrieve",
                                "paymentintents.retrieve"}))
      return true;
    if (c->name == "currentUser" || c->name == "getServerSession") return true;
    const auto parts = text::split(c->name, '.');
    if (parts.size() < 2) continue;
    const std::string_view f = parts.back();
    const bool rows = f.starts_with("find") || f == "create" || f == "update" || f == "upsert" || f == "delete";
    if (rows && people(record_key(parts[parts.size() - 2]))) return true;
  }
  return false;
}

bool of_a_person(std::string_view key) {
  if (has_word(key, {"id", "ids", "template", "subject", "sent", "verified", "type", "count"})) return false;
  if (has_word(key,
               {"email", "phone", "telephone", "mobile", "ssn", "iban", "birthday", "birthdate", "dob", "passport"}))
    return true;
  return has_word(key, {"name"}) &&
         has_word(key, {"customer", "first", "last", "full", "patient", "guest", "client", "person", "contact"});
}

// const raw = completion.choices[0].message.content; const parsed = JSON.parse(extract(raw)): what a model made of
// the words of people.
bool from_model(Node function, std::string_view name, int depth = 0) {
  if (depth > 3) return false;
  for (const Node d : function.all("variable_declarator")) {
    if (d.child("name").text() != name) continue;
    const Node value = unwrap(d.child("value"));
    if (is_function(value)) continue;
    const Code code = value.code();
    if (contains(code, "].message") || contains(code, "].message?.content") || contains(code, ".output_text")) {
      if (icontains_any(code, {"choices", "output_text"})) return true;
    }
    const auto c = as_call(value);
    if (!c || c->args.empty()) continue;
    if (c->name != "JSON.parse" && !has_word(last(c->name), {"extract", "parse", "clean", "trim", "strip"})) continue;
    for (const Node i : c->node.child("arguments").all("identifier"))
      if (from_model(function, i.text(), depth + 1)) return true;
  }
  return false;
}

// event.data where the event's signature was asked for: all that the provider of accounts knows of somebody.
bool whole_event(Node function, Node leaf) {
  const bool data = leaf.is("member_expression") && leaf.child("property").text() == "data";
  if (!data && !leaf.is("identifier")) return false;
  const Node of = data ? unwrap(leaf.child("object")) : leaf;
  if (!of.is("identifier") || !has_word(of.text(), {"evt", "event", "webhook"})) return false;
  for (const char* kind : {"assignment_expression", "variable_declarator"})
    for (const Node d : function.all(kind)) {
      const Node left = d.is("variable_declarator") ? d.child("name") : d.child("left");
      const Node right = d.is("variable_declarator") ? d.child("value") : d.child("right");
      if (left.text() == of.text() && icontains_any(right.code(), {"verify", "constructevent", "unwrap"})) return true;
    }
  return false;
}

// The event that a hook's handler hands on to what works on it.
bool handed_event(const File& file, Node function, Node leaf) {
  if (!leaf.is("identifier") || !has_word(leaf.text(), {"event", "evt", "payload", "webhook"}) ||
      has_word(leaf.text(), {"id", "type", "name", "source"}))
    return false;
  if (!webhook_door(file.path) && !webhook_door(function_name(function))) return false;
  // (event, data) => console.log(event, data): only its name.
  const std::string name(leaf.text());
  if (!contains(function.code(), name + ".") && !contains(function.code(), "JSON.stringify(" + name)) return false;
  for (const Node p : function.child("parameters").children())
    if ((p.is("identifier") ? p : p.child("pattern")).text() == leaf.text()) return true;
  return false;
}

// What a function is handed is said to be somebody's: its type has a name and a number, or they are taken out of it.
bool about_somebody(const File& file, Node function, std::string_view name) {
  for (const Node p : function.child("parameters").children()) {
    if (p.child("pattern").text() != name) continue;
    Node type = p.child("type");
    const std::string said(text::trim(type.text().substr(std::min<std::size_t>(1, type.text().size()))));
    for (const char* kind : {"interface_declaration", "type_alias_declaration"})
      for (const Node d : file.tree.all(kind))
        if (d.child("name").text() == said) type = d;
    for (const Node field : type.all("property_signature"))
      if (of_a_person(field.child("name").text())) return true;
  }
  for (const Node m : function.all("member_expression"))
    if (m.child("object").text() == name && of_a_person(m.child("property").text()) &&
        !m.parent().is("call_expression"))
      return true;
  return false;
}

// const { method, url, body } = req
bool taken_from_request(Node function, std::string_view name) {
  for (const Node d : function.all("variable_declarator")) {
    if (!d.child("name").is("object_pattern")) continue;
    const Node value = unwrap(d.child("value"));
    const std::string from = dotted(value);
    const auto asked = as_call(value);  // context.switchToHttp().getRequest()
    if (from != "req" && from != "request" && from != "ctx.request" && from != "this.request" &&
        !(asked && last(asked->name).starts_with("getRequest")))
      continue;
    for (const Node p : d.child("name").children())
      if (p.is("shorthand_property_identifier_pattern") && p.text() == name) return true;
  }
  return false;
}

// morgan.token("body", (req) => JSON.stringify(req.body))
void judge_access_log(File& file) {
  if (!file.imports_from("morgan")) return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "token" && c.name != "morgan") continue;
    if (!icontains_any(c.node.child("arguments").code(), {"req.body", "request.body", "req.headers)", "req.headers,"}))
      continue;
    if (icontains_any(c.node.code(), {"mask", "redact", "omit", "sanitize", "delete "})) continue;
    file.hit("LOG-001", c.node);
    return;
  }
}

}  // namespace

void read_logs(File& file) {
  judge_access_log(file);
  Recurring mails;  // addresses: once a file
  const bool client = client_file(file);
  // Run by somebody who may see it: a program that ends by itself and gives nothing to others.
  const bool by_hand = icontains_any(file.path, {"seed", "scripts/", "migrat"}) ||
                       (contains(file.code(), "process.exit(") && !contains(file.code(), "export") &&
                        !contains(file.code(), ".listen(") && !contains(file.code(), "require(\"express"));
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool log = ((f == "log" || f == "info" || ((f == "dir" || f == "table") && c.name.starts_with("console.")) ||
                       f == "debug" || f == "warn" || f == "error" || f == "trace" || f == "fatal") &&
                      (c.name.starts_with("console.") || icontains_any(c.name, {"logger", "log."})));
    if (!log) continue;
    std::vector<std::pair<std::string, Node>> leaves;
    const auto add = [&](Node n) {
      n = unwrap(n);
      if (n.is("object")) {
        for (const auto& [key, value] : members(n)) leaves.emplace_back(key, value);
      } else if (const auto parts = holes(n); !parts.empty()) {
        for (Node h : parts) {
          if (const auto inner = as_call(unwrap(h)); inner && inner->name == "JSON.stringify") h = inner->arg(0);
          leaves.emplace_back(dotted(h), h);
        }
      } else if (const auto inner = as_call(n); inner && inner->name == "JSON.stringify") {
        const Node what = unwrap(inner->arg(0));
        if (what.is("object"))
          for (const auto& [key, value] : members(what)) leaves.emplace_back(key, value);
        else
          leaves.emplace_back(dotted(what), what);
      } else if (!literal(n)) {
        leaves.emplace_back(dotted(n), n);
      }
    };
    for (const Node a : c.args) add(a);
    const Node function = function_around(c.node);
    bool secret = false, personal = false;
    for (const auto& [name, leaf_] : leaves) {
      const Node leaf = unwrap(leaf_);
      if (literal(leaf) || leaf.any_of("unary_expression", "ternary_expression", "true", "false", "number")) continue;
      if (leaf.is("binary_expression") && !leaf.has_token("+")) continue;
      if (const auto inner = as_call(leaf); inner && hides(inner->name)) continue;
      const std::string value = dotted(leaf);
      const auto read = as_call(leaf);
      const bool parameter =
          read && last(read->name) == "get" && literal(read->arg(0)) && secret_name(*literal(read->arg(0)));
      const bool one_time = leaf.is("identifier") && has_word(value, {"code", "otp", "pin", "link"}) &&
                            (has_word(spoken(c.arg(0)), {"reset", "otp", "verification", "login", "magic"}) ||
                             has_word(value, {"reset", "portal", "magic", "invite", "invitation", "confirmation",
                                              "activation", "login"})) &&
                            !client;
      // error.config of a client carries the headers of what it asked, the key among them.
      const std::string before = value.substr(0, std::min(value.find('.'), value.size()));
      const bool asked_with = (value.ends_with(".config.headers") || value.ends_with(".config")) &&
                              has_word(before, {"e", "err", "error", "ex", "exception", "axioserror"});
      if (one_time || parameter || asked_with || env_name(leaf) == "DATABASE_URL" || value == "process.env") {
        if (!secret) file.hit("SEC-014", c.node);
        secret = true;
        continue;
      }
      const std::string_view tail =
          last(value.empty() || value == "?" ? std::string_view(name) : std::string_view(value));
      const bool address =
          tail == "email" || tail == "username" || tail == "name" || tail == "id";  // credentials.email
      if (secret_name(tail) || (!address && secret_name(name) && leaf.any_of("identifier", "member_expression"))) {
        if (leaf.is("call_expression")) continue;
        if (!secret) file.hit("SEC-014", c.node);
        secret = true;
        continue;
      }
      if (const Holds held = held_in(function, leaf); held == Holds::secret && !by_hand) {
        if (!secret) file.hit("SEC-014", c.node);
        secret = true;
        continue;
      } else if (held == Holds::person && !client && !personal && !by_hand) {
        personal = true;
        file.hit("LOG-001", c.node).title = "A person's address and numbers are written to the log";
        continue;
      }
      if (!personal && !by_hand)
        if (const std::string what = logged_content(file, c, leaf, !client); !what.empty()) {
          personal = true;
          file.hit("LOG-001", c.node).title = what;
          continue;
        }
      if (client) continue;
      const std::string low = text::to_lower(value);
      const bool whole = low.ends_with("req.body") || low.ends_with("request.body") || low.ends_with("req.headers") ||
                         low.ends_with("request.headers") || low.ends_with("req.cookies");
      bool body = whole || (leaf.is("identifier") && (value == "req" || value == "request") && function &&
                            contains(function.code().substr(0, 60), value));
      if (leaf.is("identifier") && function)
        for (const Node d : function.all("variable_declarator"))
          if (d.child("name").text() == value &&
              (whole_request(d.child("value")) || written_out(file, d.child("value"))))
            body = true;
      if (!body && leaf.any_of("identifier", "shorthand_property_identifier") &&
          (value == "body" || value == "headers" || leaf.text() == "body"))
        for (Node around = function; around && !body; around = function_around(around))
          body = taken_from_request(around, leaf.text());
      if (body) {
        if (!personal) file.hit("LOG-001", c.node);
        personal = true;
        continue;
      }
      // const decoded = jwt.verify(token, key)
      if (leaf.is("identifier") && function && !personal && [&] {
            const auto made = as_call(value_of(file, leaf));
            return made && (last(made->name) == "verify" || last(made->name) == "decode") &&
                   icontains_any(made->name, {"jwt", "jsonwebtoken"});
          }()) {
        personal = true;
        auto& told = file.hit("LOG-001", c.node);
        told.title = "The content of every token is written to the log";
        told.severity = proof::Severity::low;
        continue;
      }
      if (private_words(leaf) && !personal && icontains_any(file.code(), {"sender", "receiver", "recipient"})) {
        personal = true;
        file.hit("LOG-001", c.node).title = "What people write to each other is written to the log";
        continue;
      }
      // The whole of somebody: what a call brought, under the name of a person.
      const bool brought =
          leaf.is("identifier") && function &&
          has_word(value, {"user", "customer", "profile", "account", "member", "patient", "subscription", "users",
                           "customers", "profiles", "accounts", "members", "patients", "students", "employees"}) &&
          !has_word(value, {"id", "ids", "count", "name", "agent", "type", "role", "status", "exists"}) && [&] {
            for (const Node d : function.all("variable_declarator"))
              if (d.child("name").text() == value && d.child("value").is("await_expression")) return true;
            return false;
          }();
      const bool somebodys = leaf.any_of("identifier", "shorthand_property_identifier") && function &&
                             holds_somebody(function, leaf.text());
      // console.error("booking failed", details)
      if (!brought && !somebodys && !personal && !by_hand && function && leaf.is("identifier") &&
          !has_word(value, {"err", "error", "e", "ex", "res", "response", "result", "config", "supabase", "stripe"}) &&
          about_somebody(file, function, value)) {
        personal = true;
        file.hit("LOG-001", c.node).title = "A person's name and numbers are written to the log";
        continue;
      }
      if ((brought || somebodys) && !personal && !by_hand) {
        personal = true;
        file.hit("LOG-001", c.node).title = "The whole record of a person is written to the log";
        continue;
      }
      if (function && !personal && !by_hand &&
          (private_words(leaf) || whole_event(function, leaf) || handed_event(file, function, leaf) ||
           (leaf.is("identifier") && from_model(function, value)))) {
        personal = true;
        auto& told = file.hit("LOG-001", c.node);
        told.title = whole_event(function, leaf) || handed_event(file, function, leaf)
                         ? "The whole event, with the person it tells of, is written to the log"
                         : "What people wrote is written to the log";
        continue;
      }
      if (has_word(tail, {"email", "phone", "ssn", "address", "birthdate", "card", "passport", "iban", "dob"}) &&
          !has_word(tail, {"id", "ip", "sent", "count", "type", "verified", "template", "gift", "amount", "error",
                           "err", "valid", "exists", "wallet", "contract"}) &&
          leaf.any_of("identifier", "member_expression", "shorthand_property_identifier")) {
        if (personal || by_hand) continue;
        personal = true;
        if (auto* told = mails.hit(file, "LOG-001", c.node)) {
          told->title = "Personal data is written to the log";
          told->severity = proof::Severity::low;
        }
      }
    }
  }
}

}  // namespace gatehouse::audit::source

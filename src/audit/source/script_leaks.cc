// JavaScript and TypeScript that says too much: secrets in bundles, answers and logs, error texts, defaults of secrets.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// process.env.X, import.meta.env.X, env.X of a schema: the variable's name.
std::optional<std::string> env_name(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n); c && c->name == "Deno.env.get") return literal(c->arg(0));
  const std::string name = n.any_of("member_expression", "subscript_expression") ? dotted(n) : std::string();
  for (const std::string_view head : {"process.env.", "import.meta.env.", "Bun.env.", "process.env[", "?.env."})
    if (name.starts_with(head)) {
      std::string out = name.substr(head.size());
      if (out.ends_with("]")) out.pop_back();
      return out;
    }
  return std::nullopt;
}

void judge_environment(File& file, ScriptNotes& notes) {
  const std::string_view code = file.code();
  if (contains(code, "process.env") &&
      icontains_any(code, {"z.object", "z.string", "cleanenv", "createenv", "joi.object", "v.object", "envsafe",
                           "envalid", "t.object"}))
    notes.env_validated = true;
  for (const Node b : file.tree.all("if_statement"))
    if (contains(b.child("condition").code(), "!process.env") || contains(b.child("condition").code(), "!value") ||
        contains(b.child("condition").code(), "missing"))
      if (contains(code, "process.env") && icontains_any(b.child("consequence").code(), {"throw", "process.exit"}) &&
          icontains_any(file.path, {"env", "config"}))
        notes.env_validated = true;
  const bool client = client_file(file);
  std::set<std::string> told;
  for (const char* type : {"member_expression", "subscript_expression", "call_expression"})
    for (const Node n : file.tree.all(type)) {
      const auto name = env_name(n);
      if (!name) continue;
      const bool built_in = name->starts_with("NEXT_PUBLIC_") || name->starts_with("VITE_") ||
                            name->starts_with("REACT_APP_") || name->starts_with("PUBLIC_") ||
                            name->starts_with("EXPO_PUBLIC_");
      const Node p = n.parent();
      if (built_in) {
        const std::string_view rest = std::string_view(*name).substr(name->find('_') + 1);
        const bool server =
            has_word(rest, {"secret", "password", "service", "private", "admin"}) ||
            (has_word(rest,
                      {"fal", "openai", "anthropic", "xai", "grok", "resend", "sendgrid", "twilio", "aws", "hetzner",
                       "cloudflare", "replicate", "gemini", "mistral", "groq", "elevenlabs", "deepseek", "minio"}) &&
             has_word(rest, {"key", "token", "credentials"})) ||
            (has_word(rest, {"token"}) && !has_word(rest, {"mapbox", "url", "public", "client", "analytics"}) &&
             has_word(rest, {"api", "access", "auth", "bearer"}));
        if (server && !has_word(rest, {"publishable", "anon", "site", "role_id"}) && told.insert(*name).second) {
          auto& f = file.hit("SEC-004", n);
          f.title = *name + " is built into browser code";
          if (!has_word(rest, {"secret", "service", "private", "password"})) f.severity = proof::Severity::high;
        }
        continue;
      }
      if (client && secret_name(*name) && !contains(file.path, "config") && told.insert(*name).second &&
          contains(code, "use client")) {
        auto& f = file.hit("SEC-004", n);
        f.title = "The server's " + *name + " is read in code that runs in browsers";
        f.confidence = proof::Confidence::medium;
      }
      if (*name == "STRIPE_SECRET_KEY" && !client)
        notes.stripe_reads.push_back({place(file.path, n.line()), file.shown(n)});
      if (!secret_name(*name) && *name != "DATABASE_URL") continue;
      // process.env.SECRET || "dev-secret"
      if (p.is("binary_expression") && (p.has_token("||") || p.has_token("??")) && p.child("left") == n) {
        const auto value = literal(p.child("right"));
        if (value && !value->empty()) {
          file.hit("SEC-013", n, redacted(quote(file.tree.line_text(n.line()))));
          continue;
        }
        if (value && value->empty() && !client)
          notes.unchecked_env.push_back({place(file.path, n.line()), file.shown(n)});
      } else if (p.any_of("non_null_expression", "as_expression") && !client) {
        notes.unchecked_env.push_back({place(file.path, n.line()), file.shown(n)});
      }
    }
  // new Stripe(config.stripe.secretKey || "")
  if (!client)
    for (const Node b : file.tree.all("binary_expression")) {
      if (!b.has_token("||") && !b.has_token("??")) continue;
      const auto value = literal(b.child("right"));
      const std::string left = dotted(unwrap(b.child("left")));
      if (value && value->empty() && secret_name(last(left)) &&
          (left.starts_with("config.") || left.starts_with("env.") || left.starts_with("settings.")))
        notes.unchecked_env.push_back({place(file.path, b.line()), file.shown(b)});
    }
  // env.STRIPE_SECRET_KEY of a validated schema
  for (const Node n : file.tree.all("member_expression"))
    if (n.child("property").text() == "STRIPE_SECRET_KEY" && n.child("object").text() == "env")
      notes.stripe_reads.push_back({place(file.path, n.line()), file.shown(n)});
}

bool development_only(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent()) {
    if (p.is("ternary_expression") &&
        icontains_any(p.child("condition").code(), {"node_env", "isdev", "development", "debug", "expose", "isprod",
                                                    "production", "status", "instanceof", "is_dev"}))
      return true;
    if (p.is("if_statement") && icontains_any(p.child("condition").code(),
                                              {"node_env", "isdev", "development", "instanceof", "debug", "is_dev",
                                               "zoderror", "isoperational", "ishttperror", "expose", "isaxioserror"}))
      return true;
    if (p.is("binary_expression") && p.has_token("&&") &&
        icontains_any(p.child("left").code(), {"node_env", "isdev", "development", "debug"}))
      return true;
    if (p.is("spread_element") && icontains_any(p.code(), {"node_env", "isdev", "development", "debug"})) return true;
  }
  return false;
}

bool answers(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "json" || f == "send" || f == "end" || f == "text" || f == "render")
    return icontains_any(c.name, {"res.", "reply.", "response.", "c.", "ctx.", "status()", "nextresponse", "code()"}) &&
           !c.name.starts_with("JSON");
  return c.name == "new Response" || c.name == "new NextResponse" || c.name == "createError";
}

bool leaks(Node args, const std::string& e) {
  const std::string_view code = args.code();
  for (const std::string& part :
       {e + ".message", e + ".stack", "String(" + e + ")", "${" + e + "}", e + ".toString()", "JSON.stringify(" + e,
        e + ".raw", e + ".response", "inspect(" + e, e + "?.message", "message: " + e + "."})
    if (contains(code, part)) return true;
  for (const Node p : args.all("pair"))
    if (unwrap(p.child("value")).text() == e) return true;
  for (const Node s : args.all("shorthand_property_identifier"))
    if (s.text() == e) return true;
  // (e as Error).message, e instanceof Error ? e.message : "…"
  for (const Node m : args.all("member_expression")) {
    const std::string_view property = m.child("property").text();
    if ((property == "message" || property == "stack") && unwrap(m.child("object")).text() == e) return true;
  }
  for (const Node i : args.children())
    if (unwrap(i).text() == e) return true;
  return false;
}

void judge_error_text(File& file) {
  if (client_file(file)) return;
  const auto judge = [&](Node scope, const std::string& e, bool everywhere) {
    // const message = e instanceof Error ? e.message : "…";
    std::set<std::string> aliases{e};
    for (const Node d : scope.all("variable_declarator")) {
      const std::string_view v = d.child("value").code();
      if (d.child("name").is("identifier") &&
          (contains(v, e + ".message") || contains(v, e + ".stack") || contains(v, "String(" + e + ")") ||
           contains(v, e + " as ")) &&
          !icontains_any(v, {"node_env", "isdev", "production", "development"}))
        aliases.insert(std::string(d.child("name").text()));
    }
    // const answer = { status: …, text: e.message || "…" };
    std::vector<std::string> parts;
    for (const Node d : scope.all("variable_declarator"))
      for (const auto& [key, value] : members(d.child("value")))
        if (contains(value.code(), e + ".message") || contains(value.code(), e + ".stack"))
          if (!icontains_any(value.code(), {"node_env", "isdev", "production", "development"}))
            parts.push_back(std::string(d.child("name").text()) + "." + key);
    for (const Call* c : file.calls_in(scope)) {
      if (!answers(*c)) continue;
      const Node args = c->node.child("arguments");
      bool leak =
          std::any_of(parts.begin(), parts.end(), [&](const std::string& p) { return has_token(args.code(), p); });
      for (const auto& a : aliases) leak = leak || leaks(args, a);
      if (!leak) continue;
      // The leak itself may stand behind a switch for development.
      bool guarded = development_only(c->node, scope);
      for (const Node t : args.all("ternary_expression"))
        guarded =
            guarded || (icontains_any(t.child("condition").code(), {"node_env", "isdev", "development", "production",
                                                                    "debug", "expose", "isprod", "status", "is_dev"}));
      for (const Node s : args.all("spread_element"))
        guarded = guarded || icontains_any(s.code(), {"node_env", "isdev", "development", "debug"});
      if (guarded) continue;
      if (!everywhere && icontains(args.code(), "webhook") && !contains(args.code(), ".stack") &&
          icontains_any(scope.parent().code().substr(0, scope.begin() - scope.parent().begin()),
                        {"constructevent", "verify", "unwrap"}))
        continue;  // the provider's own words
      if (icontains_any(c->node.code(), {"status(400)", "status: 400", "401", "422"}) &&
          !contains(args.code(), ".stack") &&
          icontains_any(scope.code(), {"zod", "validation", "constructevent", "parse("}))
        continue;
      file.hit("EX-010", c->node);
      return;
    }
  };
  for (const Node c : file.tree.all("catch_clause")) {
    const Node p = c.child("parameter");
    if (p.is("identifier")) judge(c, std::string(p.text()), false);
  }
  // callback(err, …) of Node's own kind, and { data, error } of clients that return their failures.
  for (const char* type : {"arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = f.child("parameters").children();
      if (!f.parent().is("arguments") || parameters.empty() || parameters.size() > 3) continue;
      Node n = parameters.front();
      if (n.any_of("required_parameter", "optional_parameter")) n = n.child("pattern");
      if (n.is("identifier") && (n.text() == "err" || n.text() == "error") && contains(f.code(), "500"))
        judge(f, std::string(n.text()), false);
    }
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!d.child("name").is("object_pattern") || !d.child("value").is("await_expression")) continue;
    const Node function = function_around(d);
    if (!function || !contains(function.code(), "500")) continue;
    for (const Node p : d.child("name").children()) {
      const std::string_view key = p.is("pair_pattern") ? p.child("key").text() : p.text();
      const std::string_view name = p.is("pair_pattern") ? p.child("value").text() : p.text();
      if (key == "error" && !is_function(d.child("value"))) judge(function, std::string(name), false);
    }
  }
  // What another server answered, handed on as it came.
  for (const Call& c : file.calls) {
    if (!answers(c) || !icontains_any(c.node.code(), {"status: 50", "status(50", ", 50"})) continue;
    const Node function = function_around(c.node);
    for (const Node p : c.node.child("arguments").all("pair")) {
      const Node value = unwrap(p.child("value"));
      if (!value.is("identifier")) continue;
      for (const Node d : function.all("variable_declarator"))
        if (d.child("name").text() == value.text() && contains(d.child("value").code(), ".text()") &&
            !icontains_any(d.child("value").code(), {"req.", "request."})) {
          file.hit("EX-010", c.node);
          break;
        }
    }
  }
  for (const char* type : {"arrow_function", "function_expression", "function_declaration"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = f.child("parameters").children();
      const auto around = f.parent().is("arguments") ? as_call(f.parent().parent()) : std::nullopt;
      const bool handler = parameters.size() == 4 ||
                           (around && (last(around->name) == "onError" || last(around->name) == "setErrorHandler" ||
                                       last(around->name) == "catch"));
      if (!handler || parameters.empty()) continue;
      Node n = parameters.front();
      if (n.any_of("required_parameter", "optional_parameter")) n = n.child("pattern");
      if (n.is("identifier") && (icontains(n.text(), "err") || n.text() == "e")) judge(f, std::string(n.text()), true);
    }
}

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

void judge_logs(File& file) {
  proof::Finding* mails = nullptr;  // addresses: once a file
  const bool client = client_file(file);
  const bool by_hand = icontains_any(file.path, {"seed", "scripts/", "migrat"});  // run by somebody who may see it
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool log =
        ((f == "log" || f == "info" || f == "debug" || f == "warn" || f == "error" || f == "trace" || f == "fatal") &&
         (c.name.starts_with("console.") || icontains_any(c.name, {"logger", "log."})));
    if (!log) continue;
    std::vector<std::pair<std::string, Node>> leaves;
    const auto add = [&](Node n) {
      n = unwrap(n);
      if (n.is("object")) {
        for (const auto& [key, value] : members(n)) leaves.emplace_back(key, value);
      } else if (const auto parts = holes(n); !parts.empty()) {
        for (const Node h : parts) leaves.emplace_back(dotted(h), h);
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
                            has_word(spoken(c.arg(0)), {"reset", "otp", "verification", "login", "magic"}) && !client;
      if (one_time || parameter || env_name(leaf) == "DATABASE_URL" || value == "process.env") {
        if (!secret) file.hit("SEC-014", c.node);
        secret = true;
        continue;
      }
      const std::string_view tail =
          last(value.empty() || value == "?" ? std::string_view(name) : std::string_view(value));
      if (secret_name(tail) || (secret_name(name) && leaf.any_of("identifier", "member_expression"))) {
        if (leaf.is("call_expression")) continue;
        if (!secret) file.hit("SEC-014", c.node);
        secret = true;
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
          if (d.child("name").text() == value && whole_request(d.child("value"))) body = true;
      if (body) {
        if (!personal) file.hit("LOG-001", c.node);
        personal = true;
        continue;
      }
      // The whole of somebody: what a call brought, under the name of a person.
      const bool brought =
          leaf.is("identifier") && function &&
          has_word(value, {"user", "customer", "profile", "account", "member", "patient", "subscription"}) &&
          !has_word(value, {"id", "ids", "count", "name", "agent", "type", "role", "status", "exists"}) && [&] {
            for (const Node d : function.all("variable_declarator"))
              if (d.child("name").text() == value && d.child("value").is("await_expression")) return true;
            return false;
          }();
      if (brought && !personal && !by_hand) {
        personal = true;
        file.hit("LOG-001", c.node).title = "The whole record of a person is written to the log";
        continue;
      }
      if (has_word(tail, {"email", "phone", "ssn", "address", "birthdate", "card"}) &&
          !has_word(tail, {"id", "ip", "sent", "count", "type", "verified", "template"}) &&
          leaf.any_of("identifier", "member_expression", "shorthand_property_identifier")) {
        if (personal || by_hand) continue;
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

// Secrets and private fields that leave with an answer.
void judge_answers(File& file) {
  if (client_file(file)) return;
  for (const Call& c : file.calls) {
    if (!answers(c)) continue;
    const Node args = c.node.child("arguments");
    for (const char* type : {"pair", "shorthand_property_identifier"})
      for (const Node p : args.all(type)) {
        const std::string_view key = p.is("pair") ? p.child("key").text() : p.text();
        if (key == "privateMetadata" || key == "private_metadata") file.hit("AZ-004", p);
      }
    for (const Node a : c.args)
      if (unwrap(a).code() == "process.env" || contains(a.code(), "...process.env")) {
        file.hit("SEC-018", c.node).title = "The whole environment is sent in an answer";
        break;
      }
    for (const Node m : args.all("member_expression"))
      if (const auto name = env_name(m); name && secret_name(*name) && !contains(*name, "PUBLIC") &&
                                         !m.parent().is("unary_expression") &&
                                         !m.above("ternary_expression").inside(args)) {
        file.hit("SEC-018", m);
        break;
      }
  }
}

}  // namespace

namespace {

bool secret_column(const Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return has_word(c, {"password", "hash", "salt", "secret", "token", "passwd", "pin"});
  });
}

// The columns are chosen, or the row is emptied of what is secret before it leaves.
bool chosen(std::string_view query, std::string_view function, std::string_view name) {
  if (icontains_any(query, {"select", "omit", "attributes", "projection", "tojson", "columns:"})) return true;
  const std::string n(name);
  for (const std::string_view emptied :
       {".password = undefined", ".password = null", ".password = \"\"", ".password = ''"})
    if (contains(function, n + std::string(emptied))) return true;
  return contains(function, "delete " + n + ".") || icontains_any(function, {"exclude(", "omit(", "sanitize"}) ||
         contains(function, "password, ...") || contains(function, "password: _");
}

// .populate("user") where the schema itself is not in sight: the name says who it is.
bool populates_person(const Schema& schema, std::string_view code) {
  for (std::size_t at = code.find("populate("); at != std::string_view::npos; at = code.find("populate(", at + 1)) {
    const std::string_view rest = code.substr(at + 9, 40);
    if (rest.size() < 3 || (rest.front() != '"' && rest.front() != '\'')) continue;
    const std::size_t end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos || end + 1 >= rest.size() || rest[end + 1] != ')') continue;
    const Record* who = schema.of(rest.substr(1, end - 1));
    if (who != nullptr && who->person && !who->hides && secret_column(*who)) return true;
  }
  return false;
}

// res.json(user) where `user` is the row as the database has it.
void judge_whole_rows(File& file) {
  if (client_file(file)) return;
  const Schema& schema = file.project.notes<Schema>();
  for (const Call& c : file.calls) {
    if (!answers(c)) continue;
    const Node function = function_around(c.node);
    const Node first = unwrap(c.arg(0));
    if (!function) continue;
    std::vector<Node> said;
    if (first.is("identifier")) said.push_back(first);
    for (const auto& [key, value] : members(first))
      if (unwrap(value).any_of("identifier", "shorthand_property_identifier")) said.push_back(unwrap(value));
    bool told = false;
    for (const Node name : said)
      for (const Node d : function.all("variable_declarator")) {
        if (told || d.child("name").text() != name.text() || d.begin() > c.node.begin()) continue;
        const Node value = d.child("value");
        if (is_function(unwrap(value))) continue;
        for (const Touch& t : touches(file, value)) {
          if (t.whole.begin() > unwrap(value).begin() || told) continue;
          if (chosen(t.whole.code(), function.code(), name.text())) continue;
          const Record* r = schema.of(t.record);
          const bool person = r != nullptr ? r->person : people(t.record);
          const bool gives = t.kind != Touch::Kind::remove && t.kind != Touch::Kind::create;
          if (person && (r == nullptr || !r->hides || contains(t.whole.code(), "+password")) &&
              (gives || (r != nullptr && (r->columns.empty() || secret_column(*r))))) {
            auto& f = file.hit("FA-005", c.node);
            if (r != nullptr && !r->columns.empty() && !secret_column(*r)) f.severity = proof::Severity::medium;
            told = true;
          } else if (r == nullptr && !person && populates_person(schema, t.whole.code())) {
            file.hit("FA-005", d).title = "The owner's whole record is sent along with what is his";
            told = true;
          } else if (r != nullptr && !person) {
            // Order.find().populate("user"), include: { author: true }
            for (const std::string& up : r->belongs) {
              const Record* who = schema.of(up);
              if (who == nullptr || !who->person || who->hides || !secret_column(*who)) continue;
              for (const std::string& column : r->owners) {
                const std::string_view code = t.whole.code();
                if (!contains(code, "populate('" + column + "')") && !contains(code, "populate(\"" + column + "\")") &&
                    !contains(code, column + ": true"))
                  continue;
                if (!contains(code, "populate") && !contains(code, "include")) continue;
                if (!told) file.hit("FA-005", d).title = "The owner's whole record is sent along with what is his";
                told = true;
              }
            }
          }
        }
      }
  }
}

// A service that returns what belongs to a person with the person's whole record in it.
void judge_returned_rows(File& file) {
  const Schema& schema = file.project.notes<Schema>();
  if (client_file(file) || !icontains_any(file.path, {"service", "repositor", "resolver"})) return;
  for (const Touch& t : touches(file, file.tree.root())) {
    if (t.kind != Touch::Kind::one && t.kind != Touch::Kind::list) continue;
    const Record* r = schema.of(t.record);
    if (r == nullptr || r->person) continue;
    std::string flat;
    for (const char c : t.whole.code())
      if (c != ' ' && c != '\n' && c != '"' && c != '\'') flat += c;
    for (const std::string& column : r->owners) {
      const bool whole =
          contains(flat, "populate(" + column + ")") || contains(flat, "populate({path:" + column + "})");
      const bool joined = contains(flat, column + ":true") && contains(flat, "include:");
      if (!whole && !joined) continue;
      const bool secret = std::any_of(r->belongs.begin(), r->belongs.end(), [&](const std::string& up) {
        const Record* who = schema.of(up);
        return who != nullptr && who->person && !who->hides && secret_column(*who);
      });
      // It leaves: returned at once, or by its name.
      const Node p = t.whole.parent();
      const Node function = function_around(t.call);
      bool leaves = p.is("return_statement") || p.is("arrow_function");
      if (p.is("variable_declarator"))
        for (const Node back : function.all("return_statement"))
          leaves = leaves || unwrap(back.first()).text() == p.child("name").text();
      if (!secret || !leaves) continue;
      file.hit("FA-005", t.call).title = "The owner's whole record is sent along with what is his";
      break;
    }
  }
}

}  // namespace

void read_script_leaks(File& file, ScriptNotes& notes) {
  judge_whole_rows(file);
  judge_returned_rows(file);
  judge_environment(file, notes);
  judge_error_text(file);
  judge_logs(file);
  judge_answers(file);
}

}  // namespace gatehouse::audit::source

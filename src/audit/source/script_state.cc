#include "audit/source/script_state.h"

#include <algorithm>

#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool somebodys_state(std::string_view name) {
  return has_word(name,
                  {"user",      "session",      "otp",          "code",        "email",     "mail",     "history",
                   "messages",  "thread",       "cart",         "uid",         "userid",    "profile",  "answers",
                   "pending",   "token",        "tokens",       "loggedin",    "customer",  "username", "phone",
                   "chat",      "memory",       "conversation", "threadid",    "usuario",   "nutzer",   "benutzer",
                   "antworten", "password",     "account",      "member",      "aktueller", "usuarios", "order",
                   "score",     "document",     "filename",     "vectorstore", "retriever", "vector",   "credentials",
                   "tenant",    "organization", "workspace",    "clinic"}) &&
         !has_word(name,
                   {"default", "config",   "service", "model",      "schema",      "router",       "admin",  "system",
                    "max",     "limit",    "count",   "cache",      "map",         "store",        "regex",  "type",
                    "types",   "template", "pool",    "by",         "index",       "secret",       "server", "exp",
                    "expires", "expiry",   "mtime",   "queue",      "db",          "url",          "path",   "counter",
                    "total",   "timer",    "handler", "repository", "transaction", "transactional"});
}

namespace {

bool server(const File& file) {
  if (client_file(file)) return false;
  const Code code = file.code();
  if (contains(code, "fetch('/") || contains(code, "fetch(\"/") || contains(code, "fetch(`/")) return false;
  for (const std::string_view module :
       {"express", "fastify", "koa", "hono", "@nestjs", "next", "better-auth", "@clerk/nextjs", "@supabase/ssr",
        "mongoose", "nodemailer", "googleapis", "openai", "stripe", "crypto", "jsonwebtoken", "otplib"})
    if (file.imports_from(module)) return true;
  // CommonJS, in a folder that no browser is given.
  if (icontains_any(code, {"module.exports", "exports.", "require("}) && !icontains_any(code, {"window.", "document."}))
    return true;
  return contains(code, "process.env") || contains(file.path, "/api/") || contains(file.path, "controllers/") ||
         contains(file.path, "routes/") || contains(file.path, "services/");
}

// The names that hold what a function was given: its parameters, and what was made of them.
std::set<std::string> given_names(Node function) {
  std::set<std::string> out;
  const auto bind = [&](Node pattern) {
    if (pattern.is("identifier")) out.emplace(pattern.text());
    for (const char* type : {"identifier", "shorthand_property_identifier_pattern"})
      for (const Node n : pattern.all(type)) out.emplace(n.text());
  };
  for (Node f = function; f; f = function_around(f))
    for (const Node p : parameters_of(f)) bind(p);
  for (const Node d : body(function).all("variable_declarator")) {
    const Code value = d.child("value").code();
    if (std::any_of(out.begin(), out.end(), [&](const std::string& n) { return has_token(value, n); }))
      bind(d.child("name"));
  }
  return out;
}

bool of_a_visitor(Node value, Node function) {
  // session = await auth.api.getSession({ headers: await headers() }): whoever asks just now
  if (icontains_any(value.code(), {"headers()", "cookies()", "getsession(", "getserversession(", "currentuser(",
                                   "auth()", "getuser("}))
    return true;
  const auto given = given_names(function);
  if (icontains_any(value.code(), {"cookies()", "headers()"})) return true;
  for (const Node d : body(function).all("variable_declarator"))
    if (d.child("name").is("identifier") && icontains_any(d.child("value").code(), {"cookies()", "headers()"}) &&
        has_token(value.code(), d.child("name").text()))
      return true;
  return std::any_of(given.begin(), given.end(), [&](const std::string& n) { return has_token(value.code(), n); });
}

bool answers_requests(const File& file) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = parameters_of(f);
      if (!parameters.empty() && request_name(parameters.front().text())) return true;
    }
  return false;
}

// if (!client) client = new Client(): made once for all
bool made_once(Node assignment, std::string_view name) {
  for (Node p = assignment.parent(); p && !is_function(p); p = p.parent())
    if (p.is("if_statement") && contains(p.child("condition").code(), "!" + std::string(name))) return true;
  return false;
}

// A client of Supabase that carries its visitor's cookies.
bool holds_cookies(Node value) {
  const auto made = as_call(unwrap(value));
  return made && (last(made->name) == "createServerClient" || last(made->name) == "createRouteHandlerClient" ||
                  last(made->name) == "createServerComponentClient");
}

// let currentUser = null; … currentUser = await User.findOne(…)
void module_variables(File& file, Recurring& told) {
  for (const Node d : file.tree.all("variable_declarator")) {
    const Node name = d.child("name");
    const std::string_view kind = d.parent().is("lexical_declaration") ? d.parent().text().substr(0, 5) : "var";
    if (!name.is("identifier") || function_around(d)) continue;
    for (const Node a : file.tree.all("assignment_expression"))
      if (a.child("left").text() == name.text() && holds_cookies(a.child("right"))) {
        told.hit(file, "RUN-002", a);
        break;
      }
    if (!somebodys_state(name.text())) continue;
    const Node first = unwrap(d.child("value"));
    if (kind == "const") {
      if (!first.is("array") || !first.children().empty()) continue;
      // const history = []; … history.push({ role: "user", content })
      for (const Call& c : file.calls)
        if (last(c.name) == "push" && c.name.size() == name.text().size() + 5 && c.name.starts_with(name.text()))
          if (const Node f = function_around(c.node);
              f &&
              ((contains(c.node.code(), "role") && contains(c.node.code(), "content")) ||
               (has_word(name.text(), {"cart", "basket", "warenkorb", "carrito"}) && from_client(file, c.arg(0))))) {
            told.hit(file, "RUN-002", d);
            break;
          }
      continue;
    }
    for (const char* type : {"assignment_expression", "augmented_assignment_expression"}) {
      bool found = false;
      for (const Node a : file.tree.all(type)) {
        const Node f = function_around(a);
        if (a.child("left").text() != name.text() || !f || made_once(a, name.text())) continue;
        const Node value = unwrap(a.child("right"));
        if (value.any_of("null", "undefined", "true", "false", "number", "string")) continue;
        // A code is drawn for one visitor, whatever it is made of.
        const bool drawn =
            has_word(name.text(), {"otp", "code"}) && icontains_any(value.code(), {"random", "generate"});
        if (!drawn && !of_a_visitor(value, f)) continue;
        found = true;
        break;
      }
      if (found) {
        told.hit(file, "RUN-002", d);
        break;
      }
    }
  }
}

// global.user = …, app.locals.user = …, RequestContext.user = …
void shared_objects(File& file, Recurring& told) {
  for (const Node a : file.tree.all("assignment_expression")) {
    const std::string left = dotted(a.child("left"));
    if (left.find('.') == std::string::npos) continue;
    const Node f = function_around(a);
    if (!f || !somebodys_state(last(left)) || unwrap(a.child("right")).any_of("null", "undefined")) continue;
    const bool everywhere = left.starts_with("global.") || left.starts_with("globalThis.") ||
                            left.starts_with("app.locals.") || left.starts_with("req.app.locals.") ||
                            left.starts_with("process.");
    // A static field: the class's own name before it.
    const Node cls = a.above("class_declaration");
    const bool of_class = cls && left == std::string(cls.child("name").text()) + "." + std::string(last(left));
    if ((everywhere || of_class) && !made_once(a, left) && of_a_visitor(a.child("right"), f)) {
      Node at = a;
      if (of_class)
        for (const char* type : {"public_field_definition", "field_definition"})
          for (const Node m : cls.all(type))
            if ((m.child("name") ? m.child("name") : m.child("property")).text() == last(left)) at = m;
      told.hit(file, "RUN-002", at);
    }
  }
}

// A service is made once: this.currentUser = … is everybody's.
void service_fields(File& file, Recurring& told) {
  for (const Node c : file.tree.all("class_declaration")) {
    const Node around = c.parent().is("export_statement") ? c.parent() : c;
    const std::string_view name = c.child("name").text();
    const bool single =
        contains(around.code().substr(0, 300), "@Injectable") || has_word(name, {"service", "controller"});
    if (!single || icontains(around.code().substr(0, 300), "scope.request")) continue;
    for (const Node a : c.all("assignment_expression")) {
      const std::string left = dotted(a.child("left"));
      if (!left.starts_with("this.") || left.find('.', 5) != std::string::npos || !somebodys_state(left.substr(5)))
        continue;
      const Node f = function_around(a);
      if (!f || function_name(f) == "constructor" || function_name(f) == "onModuleInit" || made_once(a, left) ||
          unwrap(a.child("right")).any_of("null", "undefined"))
        continue;
      const bool drawn =
          has_word(left, {"otp", "code"}) && icontains_any(a.child("right").code(), {"random", "generate"});
      if (!drawn && !of_a_visitor(a.child("right"), f)) continue;
      Node field;
      for (const char* type : {"public_field_definition", "field_definition"})
        for (const Node m : c.all(type))
          if ((m.child("name") ? m.child("name") : m.child("property")).text() == left.substr(5)) field = m;
      told.hit(file, "RUN-002", field ? field : a);
      break;
    }
  }
}

// One client of Supabase for all: whoever signs in last is who everybody is.
void shared_sign_in(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f != "signInWithPassword" && f != "setSession" && f != "verifyOtp" && f != "signUp") ||
        !contains(c.name, ".auth."))
      continue;
    const std::string root = c.name.substr(0, c.name.find('.'));
    const Node function = function_around(c.node);
    if (!function || root.ends_with(")")) continue;
    bool local = false;
    for (Node outer = function; outer && !local; outer = function_around(outer))
      for (const Node d : outer.all("variable_declarator")) local = local || d.child("name").text() == root;
    for (Node outer = function; outer && !local; outer = function_around(outer))
      for (const Node p : parameters_of(outer)) local = local || has_token(p.text(), root);
    const bool handler = [&] {
      for (Node outer = function; outer; outer = function_around(outer)) {
        const auto parameters = parameters_of(outer);
        if (parameters.size() > 1 && request_name(parameters.front().text())) return true;
      }
      return false;
    }();
    // As whom it asks matters only where it asks for something.
    const bool asks = std::any_of(file.calls.begin(), file.calls.end(), [&](const Call& other) {
      return other.name == root + ".from" ||
             (other.args.empty() && (other.name == root + ".auth.getUser" || other.name == root + ".auth.getSession"));
    });
    if (local || !handler || !asks) continue;
    auto& told = file.hit("RUN-002", c.node);
    told.title = "Everybody signs in with the one client that all requests share";
    told.impact = "The client keeps the session of whoever signed in last, and asks for everybody else in his name.";
    told.fix = "Make a client for each request, and hand the caller's token to it.";
    return;
  }
}

// const plans = new Map(); … plans.set(id, { id, userId, result }): gone with the process, and not there in the next
// one.
void kept_in_memory(File& file) {
  const Code code = file.code();
  if (!contains(code, "new Map") || !contains(code, ".set(") || !icontains_any(code, {"userid", "user_id", "ownerid"}))
    return;
  for (const Call& c : file.calls) {
    if (!c.name.starts_with("new Map")) continue;
    Node holder = c.node.parent();
    while (
        holder.any_of("as_expression", "binary_expression", "augmented_assignment_expression", "satisfies_expression"))
      holder = holder.parent();
    const std::string name = dotted(holder.is("variable_declarator") ? holder.child("name") : holder.child("left"));
    const bool global = contains(name, "global") || (holder.is("assignment_expression") && name.starts_with("g."));
    if ((function_around(c.node) && !global) || name.empty() ||
        has_word(last(name), {"cache",    "rate",    "limit",    "limits",    "limiter",    "attempts",   "otp",
                              "otps",     "session", "sessions", "socket",    "sockets",    "connection", "connections",
                              "clients",  "locks",   "lock",     "seen",      "dedupe",     "online",     "rooms",
                              "inflight", "pending", "timers",   "queue",     "buckets",    "users",      "hits",
                              "requests", "counts",  "memo",     "listeners", "subscribers"}))
      continue;
    for (const Call& s : file.calls) {
      if (last(s.name) != "set" || s.args.size() != 2) continue;
      const Node row = value_of(file, s.arg(1));
      const auto parts = members(unwrap(row));
      const bool somebodys = std::any_of(parts.begin(), parts.end(), [](const auto& p) {
        return p.first == "userId" || p.first == "user_id" || p.first == "ownerId" || p.first == "owner_id";
      });
      if (!somebodys || parts.size() < 4) continue;
      auto& f = file.hit("RUN-002", c.node);
      f.title = "What people made is kept in the memory of one process";
      f.severity = proof::Severity::medium;
      f.impact =
          "A restart or a deployment loses it, a second process does not have it, and it grows until the memory is "
          "full.";
      f.fix = "Keep it in the database, by its owner.";
      return;
    }
  }
}

}  // namespace

// Stops: the next visitor being taken for the one before, and reading what is his.
void read_shared_state(File& file) {
  if (!client_file(file)) kept_in_memory(file);
  if (!server(file)) return;
  Recurring told(6);
  module_variables(file, told);
  service_fields(file, told);
  shared_objects(file, told);
  if (contains(file.code(), ".auth.") && answers_requests(file)) shared_sign_in(file);
}

}  // namespace gatehouse::audit::source

// FastAPI and Flask: who may call what, with which limits, from which origins.
#include "audit/source/python_routes.h"

#include <algorithm>

#include "audit/source/lengths.h"
#include "audit/source/model_texts.h"
#include "audit/source/python.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_rank_guards.h"
#include "audit/source/python_spends.h"
#include "audit/source/shared_secrets.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool is_id(std::string_view name) {
  return name == "id" || name == "pk" || name.ends_with("_id") || name.ends_with("_pk") || name == "uuid";
}

// A socket that asks who is there, or that only tells what everybody may hear.
bool asks_socket(Node f) {
  if (icontains_any(f.code(), {"decode(", "cookie", "authenticat", "policy_violation", "jwt", "verify", "current_user",
                               "get_user", "query_params", "close(code=1008", "close(code=4", "close(4", "unauthorized",
                               "auth(", "authorize", "session"}))
    return true;
  for (const Node p : f.child("parameters").children())
    if (const std::string_view name = (p.child("name") ? p.child("name") : p.first()).text();
        has_word(name, {"token", "user", "auth", "apikey"}) && !contains(p.code(), "_id") &&
        (contains(p.code(), "(") ||
         syntax::has_token(body(f).code(), name)))  // a token that nobody looks at says nothing
      return true;
  bool listens = false;
  for (const Node a : body(f).all("assignment")) listens = listens || contains(a.child("right").code(), ".receive");
  for (const Node l : body(f).all("for_statement")) listens = listens || contains(l.child("right").code(), ".iter_");
  return !listens;
}

// A GET that promises a change, and keeps it.
bool changes_by_name(const File& file, Node f, std::string_view path) {
  if (!has_word(std::string(path) + " " + function_name(f),
                {"delete",  "remove", "cancel", "approve", "reject",  "activate",  "deactivate", "toggle", "reset",
                 "update",  "edit",   "add",    "create",  "ban",     "promote",   "mark",       "clear",  "success",
                 "upgrade", "seed",   "init",   "setup",   "install", "bootstrap", "populate",   "drop"}))
    return false;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if (m == "commit" || m == "delete_one" || m == "update_one" || m == "insert_one" || m == "delete_many" ||
        m == "drop_all")
      return true;
  }
  return false;
}

// app.router.add_get("/x", show), web.post("/x", add), app.add_url_rule("/x", view_func=show), add_api_route("/x",
// show): routes that are made by a call, by the name of their function.
std::map<std::string, const Call*> registered(const File& file) {
  std::map<std::string, const Call*> out;
  for (const Call& c : file.calls) {
    const std::string_view m = last(c.name);
    const bool named = m == "add_url_rule" || m == "add_api_route" || m == "add_route" ||
                       (m.starts_with("add_") && contains(c.name, "router.")) ||
                       ((m == "get" || m == "post" || m == "put" || m == "patch" || m == "delete") &&
                        file.full(c.name) == "aiohttp.web." + std::string(m));
    const auto path = named ? literal(c.arg(0)) : std::nullopt;
    if (!path || !path->starts_with('/')) continue;
    Node handler = c.keyword("view_func") ? c.keyword("view_func") : c.keyword("endpoint");
    if (!handler || literal(handler)) handler = c.arg(m == "add_url_rule" ? 2 : 1);
    if (handler.any_of("identifier", "attribute")) out.emplace(last(dotted(handler)), &c);
  }
  return out;
}

void take_registered(const File& file, const Call& c, PythonRoute& route) {
  const std::string_view m = last(c.name);
  const std::string_view verb = m.starts_with("add_") ? m.substr(4) : m;
  route.router = c.name.substr(0, c.name.find('.'));
  route.path = *literal(c.arg(0));
  route.at = place(file.path, c.line());
  route.shown = file.shown(c.node);
  if (verb == "get" || verb == "post" || verb == "put" || verb == "patch" || verb == "delete")
    route.methods.emplace_back(verb);
  else if (const Node methods = c.keyword("methods"))
    for (const Node x : methods.children())
      if (const auto t = literal(x)) route.methods.push_back(text::to_lower(*t));
  if (route.methods.empty()) route.methods.emplace_back("get");
}

// user = Depends(require_user): an account is all that is required.
std::string without_plain_guards(const Code& parameters) {
  std::string out = text::to_lower(parameters);
  for (const std::string_view plain :
       {"require_user", "require_auth", "require_login", "require_current_user", "require_authenticated",
        "require_session", "require_account", "require_active_user", "require_token", "required_user", "required=true",
        "require_signed_in", "require_jwt", "require_logged_in"})
    for (std::size_t at = out.find(plain); at != out.npos; at = out.find(plain, at)) out.replace(at, plain.size(), "x");
  return out;
}

// A client that is named for its key asks nobody: admin.table("plans").update(…)
bool speaks_of_rights(const Code& code) {
  if (icontains_any(code, {"role", "staff", "superuser", "permission", "403", "forbidden"})) return true;
  std::string rest = text::to_lower(code);
  for (const std::string_view key : {"supabase_admin", "admin_client", "admin.table", "admin.from_", "admin.auth",
                                     "admin.rpc", "admin.storage", "db_admin", "admin_db"})
    for (std::size_t at = rest.find(key); at != rest.npos; at = rest.find(key, at)) rest.replace(at, key.size(), " ");
  return contains(rest, "admin");
}

void read_routes(File& file, PythonNotes& notes, const std::string& framework) {
  const auto by_call = registered(file);
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    const auto made = by_call.find(function_name(f));
    const auto of_class = read_class_view(file, f);
    if (!p.is("decorated_definition") && made == by_call.end() && !of_class) continue;
    PythonRoute route;
    bool is_route = made != by_call.end();
    if (is_route) take_registered(file, *made->second, route);
    std::string decorated, guards;
    for (const Node d : p.children()) {
      if (!d.is("decorator")) continue;
      decorated += d.code();
      // A blueprint may be named auth: what makes a function a route is no guard.
      const auto c = as_call(d.first());
      const std::string_view maker = c ? last(c->name) : std::string_view();
      const bool routes = maker == "route" || maker == "api_route" || maker == "websocket" || maker == "get" ||
                          maker == "post" || maker == "put" || maker == "patch" || maker == "delete";
      if (!routes) guards += d.code();
      if (!routes && !for_ordinary(d.first())) route.before.emplace(last(c ? c->name : dotted(d.first())));
      const auto call = as_call(d.first());
      if (!call || call->name.find('.') == std::string::npos) continue;
      const std::string_view m = last(call->name);
      const bool verb = m == "get" || m == "post" || m == "put" || m == "patch" || m == "delete";
      const bool socket = m == "websocket";
      if (!verb && !socket && m != "route" && m != "api_route") continue;
      const Node given = call->arg(0) ? call->arg(0) : call->keyword("path");
      auto path = literal(given);
      if (!path && !holes(given).empty()) {  // f"{BASE}/users/<id>"
        path = spoken(given);
        std::erase(*path, '?');
      }
      // A blueprint below "/" takes its paths without one.
      if (!path || (!path->empty() && path->front() != '/' && (m != "route" || framework != "flask"))) continue;
      is_route = true;
      route.router = call->name.substr(0, call->name.rfind('.'));
      route.path = *path;
      route.at = place(file.path, d.line());
      route.shown = file.shown(d);
      if (socket) {
        route.methods.emplace_back("websocket");
        if (asks_socket(f)) route.guarded = true;
      } else if (verb) {
        route.methods.push_back(std::string(m));
      } else if (const Node methods = call->keyword("methods")) {
        for (const Node x : methods.children())
          if (const auto t = literal(x)) route.methods.push_back(text::to_lower(*t));
      } else {
        route.methods.push_back("get");
      }
      if (const Node deps = call->keyword("dependencies")) {
        if (depends_on_guard(file, deps, &route.admin_guard, &route.guards)) route.guarded = route.guards_alone = true;
        if (icontains(deps.text(), "ratelimit") || icontains(deps.text(), "limit")) route.limited = true;
      }
    }
    if (!is_route && of_class) {
      is_route = true;
      route.path = of_class->path;
      route.router = of_class->router;
      route.methods.push_back(function_name(f));
      route.at = place(file.path, f.line());
      route.shown = file.shown(f);
      decorated += of_class->guards;
      guards += of_class->guards;
    }
    if (!is_route) continue;
    route.file = std::string(file.path);
    route.framework = framework;
    route.function = of_class ? std::string(f.above("class_definition").child("name").text()) : function_name(f);
    if (icontains_any(guards, {"login_required", "jwt_required", "requires_auth", "require_auth", "token_required",
                               "auth_required", "admin_required", "@auth", "roles_required", "permission_required",
                               "api_key_required", "authenticated"})) {
      route.guarded = true;
      route.admin_guard = route.admin_guard || icontains(guards, "admin") || icontains(guards, "superuser");
    }
    if (icontains_any(decorated, {".limit(", "ratelimit", "rate_limit", "throttle", "limiter"})) route.limited = true;
    const Node parameters = f.child("parameters");
    std::set<std::string> ordinary;  // role_required("user"): asks for a rank that everybody has
    for (const Call* c : file.calls_in(p))
      if ((last(c->name) == "Depends" || last(c->name) == "Security") && for_ordinary(c->arg(0)))
        ordinary.emplace(last(dotted(c->arg(0).child("function"))));
    Handler h{&route, f, {}, {}, {}};
    for (const Node x : parameters.children()) {
      Node name = x.child("name");
      if (!name) name = x.any_of("typed_parameter", "identifier") ? (x.is("identifier") ? x : x.first()) : Node();
      const std::string parameter(name.text());
      const Node type = x.child("type");
      std::set<std::string> named;
      const bool dependent = depends_on_guard(file, x, &route.admin_guard, &named);
      if (dependent) route.guards.insert(named.begin(), named.end());
      const std::string type_name(type.text());
      const bool alias = !dependent &&
                         has_word(type_name, {"current", "auth", "authenticated", "principal", "admin"}) &&
                         !icontains(type_name, "form");
      if (dependent || alias) {
        route.guards_alone = !route.guarded || route.guards_alone;
        route.guarded = true;
        if (alias) route.guards.insert(type_name);
        if (alias && icontains(type_name, "admin")) route.admin_guard = true;
        h.identity.push_back(parameter);
      } else {
        const bool simple = !type || type.text() == "int" || type.text() == "str" || icontains(type.text(), "uuid");
        route.names_record =
            route.names_record || (simple && parameter.ends_with("_id") && !contains(x.code(), "Depends"));
        std::vector<std::string> stands;
        if (type && type.first().is("identifier")) stands.emplace_back(type_name);
        for (const Call* c : file.calls_in(x))
          if ((last(c->name) == "Depends" || last(c->name) == "Security") && c->arg(0))
            stands.emplace_back(last(dotted(c->arg(0))));
        for (const std::string& s : stands) {
          h.dependencies.emplace_back(parameter, s);
          route.dependencies.insert(s);
        }
      }
      if (dependent || alias) continue;
      if (contains(route.path, "{" + parameter) || contains(route.path, ":" + parameter + ">") ||
          contains(route.path, "<" + parameter + ">")) {
        if (is_id(parameter) || parameter.ends_with("id") || contains(route.path, "<int:" + parameter) ||
            contains(route.path, "<uuid:" + parameter))
          h.path_ids.push_back(parameter);
      } else if (const std::string_view model = last(type_name);
                 type && !model.empty() && model.front() >= 'A' && model.front() <= 'Z' && model != "Request" &&
                 model != "Response" && model != "UUID" && !contains(x.code(), "Depends")) {
        h.bodies.emplace_back(parameter, std::string(model));
      }
    }
    const Code code = body(f).code();
    if (guard_in_body(code)) {
      route.guarded = true;
      route.guards_alone = false;
    }
    // Whoever has the secret is let in, and nobody else.
    if (asks_for_setting(file, f)) route.guarded = route.admin_guard = route.proves = true;
    if (route.guarded && admin_in_body(f)) route.admin_guard = true;
    // `if user is None: raise` after a dependency that lets everybody through
    for (const std::string& who : h.identity)
      for (const Node branch : f.all("if_statement"))
        if (has_token(branch.child("condition").code(), who) && icontains_any(branch.code(), {"raise", "abort(", "40"}))
          route.guards_alone = false;
    if (framework == "aiohttp" && contains(route.path, "id}")) {
      h.path_ids.emplace_back("match_info");
      for (const Node a : body(f).all("assignment"))
        if (a.child("left").is("identifier") && contains(a.child("right").code(), "match_info"))
          h.path_ids.emplace_back(a.child("left").text());
    }
    route.takes_id = !h.path_ids.empty();
    route.before.insert(route.dependencies.begin(), route.dependencies.end());
    for (const std::string& g : route.guards)
      if (!ordinary.contains(g)) route.before.insert(g);
    route.keeps = staff_record(file, f, h.identity);
    route.makes_rows =
        icontains_any(code, {".add(", ".create(", "insert_one(", ".insert(", "insert into", ".add_data("});
    for (const Call* c : file.calls_in(f))
      if (route.model.empty()) route.model = fetched_model(*c);
    route.proves = route.proves || verifies_signature(file, f) || icontains_any(code, {"hmac.new", "verify_"});
    if (icontains_any(code, {"check_rate_limit", "rate_limit(", "ratelimit", "limiter.", "is_rate_limited", "429"}))
      route.limited = true;
    if (icontains_any(route.path, {"/admin"}) && route.guarded && icontains_any(code, {"is_admin", "role", "admin"}) &&
        icontains_any(code, {"raise", "abort(", "403", "require", "check", "forbidden"}))
      route.admin_guard = true;
    std::string plain;  // without {parameters}, whose names say nothing about what the route does
    for (std::size_t i = 0; i < route.path.size(); ++i) {
      if (route.path[i] == '{' || route.path[i] == '<')
        i = std::min(route.path.find_first_of("}>", i), route.path.size());
      if (i < route.path.size()) plain += route.path[i];
    }
    route.costly =
        has_word(plain, {"checkout",   "payment",     "payments",  "generate",   "generation", "chat",
                         "completion", "completions", "provision", "email",      "send",       "sms",
                         "contact",    "invite",      "upload",    "ai",         "render",     "process",
                         "images",     "image",       "trial",     "transcribe", "embed",      "summarize"}) ||
        has_word(plain, {"chatbot", "ask", "tts", "gpt", "llm", "prompt", "gemini", "assistant", "agent"}) ||
        icontains_any(
            code, {"fal_client", "openai", "anthropic", "fal.run", "generate_content", "completions.create",
                   "messages.create", "genai.", "replicate.run", "images.generate", "groq", "mail.send(", "send_mail(",
                   "sendmail(", "twilio", "transcriptions.create", "fastmail", "send_message("});
    route.bills = icontains_any(code, {"completions.create", "messages.create", "generate_content", "images.generate",
                                       "replicate.run", "fal_client", "responses.create", "chatcompletion.create"});
    route.calls = called_names(file, f);
    for (const auto& [parameter, model] : h.bodies) route.bodies.push_back(model);
    route.open_texts = unbounded_parameters(file, f);
    route.cuts = bounds_length(code) || contains(code, "[:");
    route.changes = changes_by_name(file, f, route.path);
    // A stub of constants tells nobody anything.
    if (route.path == "/metrics" && !route.guarded && notes.open_metrics.line == 0 && !file.calls_in(body(f)).empty()) {
      notes.open_metrics = route.at;
      notes.metrics_shown = route.shown;
    }
    route.asks_rights = icontains_any(decorated, {"role", "permission", "staff", "superuser"}) ||
                        icontains_any(guards, {"admin"}) ||
                        icontains_any(without_plain_guards(f.child("parameters").code()),
                                      {"admin", "role", "permission", "staff", "superuser", "scopes", "require"}) ||
                        speaks_of_rights(code) || icontains_any(file.code(), {"before_request"});
    judge_handler(file, h, decorated, notes);
    // A whole user row given out.
    if (icontains_any(code, {"select * from users", "select * from user "}) && !contains(decorated, "response_model")) {
      for (const Node r : body(f).all("return_statement")) {
        const Node v = unwrap(r.first());
        const bool whole =
            v.is("identifier") || (v.is("call") && contains(v.code(), "dict(")) || v.any_of("list_comprehension");
        if (whole && !icontains_any(code, {".pop(", "exclude", "del "})) {
          file.hit("FA-005", r);
          break;
        }
      }
    }
    notes.routes.push_back(std::move(route));
  }
}

}  // namespace

bool route_function(Node f) {
  if (class_view(f)) return true;
  const Node p = f.parent();
  if (!p.is("decorated_definition")) return false;
  for (const Node d : p.children())
    if (d.is("decorator"))
      if (const auto c = as_call(d.first()))
        for (const std::string_view m : {"get", "post", "put", "patch", "delete", "route", "api_route", "websocket"})
          if (last(c->name) == m) return true;
  return false;
}

void read_python_routes(File& file, PythonNotes& notes) {
  if (contains(file.code(), "BaseModel") || contains(file.code(), "SQLModel") || contains(file.path, "schema"))
    read_models(file, notes);
  for (const Call& c : file.calls)
    if (last(c.name) == "Limiter" && (c.keyword("default_limits") || c.keyword("application_limits")))
      notes.global_limit = notes.default_limit = true;
  judge_panels(file);
  for (const Call& c : file.calls) {
    const bool exposed = last(c.name) == "expose" && icontains(c.node.code(), "instrumentator");
    const bool mounted = last(c.name) == "mount" && literal(c.arg(0)) == "/metrics";
    if ((exposed || mounted) && notes.open_metrics.line == 0) {
      notes.open_metrics = place(file.path, c.line());
      notes.metrics_shown = file.shown(c.node);
    }
  }
  const auto framework = framework_of(file);
  for (const std::string_view provider :
       {"openai", "anthropic", "google.generativeai", "google.genai", "replicate", "fal_client", "langchain", "groq",
        "mistralai", "cohere", "elevenlabs", "together", "litellm", "xai_sdk"})
    notes.spends = notes.spends || file.imports_from(provider);
  judge_cors(file, notes);
  judge_whole_rows(file);
  read_given(file, notes);
  read_columns(file, notes);
  read_rank_guards(file, notes);
  if (framework || file.imports_from("sqlalchemy")) read_tenant_sources(file);
  if (!framework) return;
  for (const Node f : file.tree.all("function_definition"))
    if (!route_function(f)) judge_header_parameters(file, f);
  read_routers(file, notes);
  read_routes(file, notes, *framework);
  for (const std::string_view word :
       {"user_id", "owner_id", "customer_id", "password", "hashed_password", "patient_id"})
    notes.holds_people = notes.holds_people || has_token(file.code(), word);
  if (contains(file.code(), "TrustedHostMiddleware")) notes.trusted_host = true;
  for (const char* type : {"attribute", "call"})
    for (const Node n : file.tree.all(type)) {
      const std::string name = n.is("attribute") ? dotted(n) : as_call(n)->name;
      const bool address = name == "request.base_url" || name == "request.url_for" || name == "request.host_url" ||
                           name == "request.url_root" ||
                           (n.is("call") && name == "request.headers.get" && literal(as_call(n)->arg(0)) &&
                            text::iequals(*literal(as_call(n)->arg(0)), "host"));
      if (address && notes.built_from_host.line == 0) {
        notes.built_from_host = place(file.path, n.line());
        notes.built_shown = file.shown(n);
      }
    }
}

}  // namespace gatehouse::audit::source

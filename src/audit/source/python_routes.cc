// FastAPI and Flask: who may call what, with which limits, from which origins.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_layers.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool guard_name(std::string_view name) {
  const auto w = words(last(name));
  const bool guard =
      has_word(last(name), {"user",       "auth",       "authenticated",  "token",        "principal", "admin",
                            "identity",   "permission", "permissions",    "role",         "roles",     "claims",
                            "jwt",        "bearer",     "oauth2",         "verify",       "require",   "required",
                            "requires",   "login",      "clerk",          "superuser",    "staff",     "authorize",
                            "authorized", "security",   "authentication", "authenticate", "me",        "account",
                            "member",     "apikey",     "protected",      "guard",        "scope"});
  const bool api_key = icontains(name, "api_key");
  const bool optional = has_word(last(name), {"optional", "maybe"}) || icontains(name, "limit");
  return (guard || api_key) && !optional;
}

// Depends(x), Security(x) anywhere below, where x is about identity.
bool depends_on_guard(const File& file, Node n, bool* admin) {
  for (const Call* c : file.calls_in(n)) {
    const std::string_view f = last(c->name);
    if (f != "Depends" && f != "Security") continue;
    const Node what = c->arg(0) ? c->arg(0) : c->keyword("dependency");
    const std::string name = what.is("call") ? dotted(what.child("function")) : dotted(what);
    if (guard_name(name)) {
      if (admin && (icontains_any(name, {"admin", "superuser", "staff"}) || icontains(what.text(), "admin")))
        *admin = true;
      return true;
    }
  }
  return false;
}

bool guard_in_body(std::string_view code) {
  return icontains_any(code, {"get_current_user(",
                              "current_user.",
                              "verify_token(",
                              "require_user(",
                              "require_auth(",
                              "request.state.user",
                              "g.user",
                              "session.get(\"user",
                              "session.get('user",
                              "session[\"user",
                              "session['user",
                              "decode_token(",
                              "verify_jwt",
                              "get_jwt_identity",
                              "authenticate_request(",
                              "verify_session(",
                              "get_user_from_",
                              "check_auth(",
                              "verify_api_key(",
                              "require_admin(",
                              "jwt.decode(",
                              "compare_digest(",
                              "get_user_id(",
                              "get_authenticated",
                              "validate_token(",
                              "\"user_id\" not in session",
                              "current_user_id",
                              "verify_admin"});
}

std::optional<std::string> framework_of(const File& file) {
  if (file.imports_from("fastapi") || file.imports_from("starlette")) return "fastapi";
  if (file.imports_from("flask") || file.imports_from("quart")) return "flask";
  return std::nullopt;
}

void read_routers(File& file, PythonNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "FastAPI" && f != "APIRouter" && f != "Flask" && f != "Blueprint") continue;
    const Node a = c.node.parent();
    PythonRouter r;
    r.path = std::string(file.path);
    r.variable = a.is("assignment") ? std::string(a.child("left").text()) : "";
    if (const auto p = literal(c.keyword("prefix"))) r.prefix = *p;
    if (const auto p = literal(c.keyword("url_prefix"))) r.prefix = *p;
    if (const Node d = c.keyword("dependencies")) r.guarded = depends_on_guard(file, d, nullptr);
    notes.routers.push_back(std::move(r));
    if (f == "FastAPI") {
      if (const Node d = c.keyword("debug"); d.is("true")) file.hit("FA-007", d);
      const bool open_docs = !c.keyword("docs_url") && !c.keyword("openapi_url") && !c.keyword("redoc_url");
      if (open_docs) file.hit("FA-002", c.node);
    }
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "include_router" || f == "register_blueprint") {
      PythonMount m;
      m.path = std::string(file.path);
      m.target = file.full(dotted(c.arg(0)));
      if (const auto p = literal(c.keyword("prefix"))) m.prefix = *p;
      if (const auto p = literal(c.keyword("url_prefix"))) m.prefix = *p;
      if (const Node d = c.keyword("dependencies")) m.guarded = depends_on_guard(file, d, nullptr);
      notes.mounts.push_back(std::move(m));
    } else if (f == "add_middleware" && c.arg(0)) {
      const std::string name = dotted(c.arg(0));
      if (has_word(name, {"auth", "authentication", "jwt", "clerk"})) notes.global_guard = true;
      if (icontains_any(name, {"ratelimit", "slowapi", "throttl", "limiter"})) notes.global_limit = true;
    } else if (f == "Limiter" || f == "SlowAPIMiddleware") {
      if (c.keyword("default_limits") || c.keyword("application_limits")) notes.global_limit = true;
    } else if (c.name == "app.run" || f == "run") {
      if (const Node d = c.keyword("debug"); d.is("true")) file.hit("FA-007", d);
    }
  }
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    if (!p.is("decorated_definition")) continue;
    for (const Node d : p.children()) {
      if (!d.is("decorator")) continue;
      const std::string_view text = d.code();
      const bool before =
          contains(text, ".middleware(") || contains(text, "before_request") || contains(text, "before_app_request");
      if (!before) continue;
      const std::string_view code = f.code();
      if (icontains_any(code, {"401", "unauthorized", "abort"}) &&
          icontains_any(code, {"authorization", "token", "session", "cookie"}))
        notes.global_guard = true;
      if (icontains_any(code, {"429", "rate_limit", "ratelimit"})) notes.global_limit = true;
    }
  }
}

void judge_cors(File& file, PythonNotes& notes) {
  Values known;
  for (const Node n : file.tree.all("assignment")) {
    if (function_around(n) || !n.child("left").is("identifier") || !n.child("right")) continue;
    const std::string name(n.child("left").text());
    Node right = n.child("right");
    if (const auto c = as_call(unwrap(right)); c && last(c->name) == "Field")
      right = c->keyword("default") ? c->keyword("default") : c->arg(0);
    const Value v = evaluate(right, known);
    known[name] = v;
    if (v.known() && icontains_any(name, {"origin", "cors"})) notes.constants[name] = v;
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool starlette = (f == "add_middleware" || f == "Middleware") && last(dotted(c.arg(0))) == "CORSMiddleware";
    const bool wrapped = f == "CORSMiddleware";
    const bool flask = f == "CORS";
    if (!starlette && !wrapped && !flask) continue;
    Node origins = c.keyword("allow_origins");
    if (!origins) origins = c.keyword("origins");
    Node resources = c.keyword("resources");
    Node credentials = c.keyword("allow_credentials");
    if (!credentials) credentials = c.keyword("supports_credentials");
    const Node regex = c.keyword("allow_origin_regex");
    const Value v = origins ? evaluate(origins, known) : Value();
    bool any = v.kind == Value::Kind::text && v.text == "*";
    any = any || std::find(v.items.begin(), v.items.end(), "*") != v.items.end();
    if (flask && !origins && !resources) any = true;
    if (flask && resources && contains(resources.text(), "\"origins\": \"*\"")) any = true;
    if (regex) {
      const auto text = literal(regex);
      any = any || (text && (*text == ".*" || *text == "https?://.*" || text->ends_with("://.*") || *text == "^.*$"));
    }
    const Value with = credentials ? evaluate(credentials, known) : Value();
    if (!any && origins && !v.known()) {
      std::string name = dotted(origins);
      if (const auto call = as_call(unwrap(origins))) name = call->args.empty() ? call->name : dotted(call->arg(0));
      notes.origins.push_back(
          {std::string(last(name)), with.is_true(), place(file.path, origins.line()), file.shown(origins)});
      continue;
    }
    if (!any) {
      if (origins && !v.items.empty())
        file.sink.positive("CORS is limited to listed origins (" + std::string(file.path) + ":" +
                           std::to_string(c.line()) + ").");
      continue;
    }
    const Node at = origins ? origins : regex ? regex : c.node;
    auto& found = file.hit("FA-001", at);
    if (credentials) also(found, file, credentials);
    if (!with.is_true()) {
      found.severity = proof::Severity::medium;
      found.title = "Any origin may read the API's answers";
    }
  }
}

struct Handler {
  PythonRoute* route;
  Node function;
  std::vector<std::string> path_ids;                                   // parameters that come from the path
  std::vector<std::string> identity;                                   // parameters that hold the verified user
  std::vector<std::pair<std::string, std::string>> bodies;             // parameter, model type
  std::vector<std::pair<std::string, std::string>> dependencies = {};  // parameter, what it may stand for
};

bool is_id(std::string_view name) {
  return name == "id" || name == "pk" || name.ends_with("_id") || name.ends_with("_pk") || name == "uuid";
}

// Stops: a signed address for whatever object the client names.
void judge_signed_addresses(File& file, const Handler& h) {
  const Node b = body(h.function);
  for (const std::string& i : h.identity)
    if (has_token(b.code(), i)) return;
  for (const Call* c : file.calls_in(b)) {
    if (last(c->name) != "generate_presigned_url" && last(c->name) != "create_signed_url") continue;
    for (const Node p : h.function.child("parameters").children()) {
      const Node name = p.child("name") ? p.child("name") : p.is("identifier") ? p : p.first();
      if (!name.text().empty() && has_token(c->node.child("arguments").code(), name.text())) {
        file.hit("AZ-001", c->node);
        return;
      }
    }
  }
}

// Stops: reading another person's record by its number.
void judge_owner(File& file, const Handler& h, PythonNotes& notes) {
  LayerCall later;
  for (const auto& [parameter, what] : h.dependencies) {
    later.callers.insert(what);
    if (has_token(body(h.function).code(), parameter)) later.used.insert(what);
  }
  if (h.route->guarded) later.callers.clear();
  if ((!h.route->guarded && later.callers.empty()) || h.route->admin_guard || h.path_ids.empty() ||
      public_door(h.route->path))
    return;
  if (icontains_any(h.route->path,
                    {"product", "categor", "tag", "plan", "theme", "price", "/public", "style", "model", "template"}))
    return;
  const Node b = body(h.function);
  const std::string_view code = b.code();
  for (const std::string& i : h.identity)
    if (has_token(code, i)) return;
  if (icontains_any(code, {"request.state.user", "g.user", "current_user", "owner", "get_jwt_identity", "session[",
                           "session.get(", "tenant"}))
    return;
  for (const Call* c : file.calls_in(b)) {
    const std::string_view text = c->node.code();
    const std::string_view f = last(c->name);
    const bool reads = f == "execute" || f == "fetchrow" || f == "fetch" || f == "fetchval" || f == "fetch_one" ||
                       f == "fetchone" || f == "get" || f == "filter" || f == "filter_by" || f == "where" ||
                       f == "find_one" || f == "delete_one" || f == "update_one" || f == "get_or_404" ||
                       f == "delete" || f == "get_doc" || f == "first_or_404" || f == "query";
    if (!reads) continue;
    for (const std::string& id : h.path_ids)
      if (has_token(text, id)) {
        if (h.route->guarded) {
          file.hit("AZ-001", c->node);
        } else {  // who the caller is may be settled in another file
          later.at = place(file.path, c->line());
          later.shown = file.shown(c->node);
          notes.layer_calls.push_back(std::move(later));
        }
        return;
      }
  }
  note_layer_calls(file, h.function, h.path_ids, later, notes.layer_calls);
}

bool identity_field(std::string_view f) {
  return f == "user_id" || f == "userId" || f == "owner_id" || f == "ownerId" || f == "customer_id" ||
         f == "customerId" || f == "tenant_id" || f == "tenantId" || f == "account_id" || f == "accountId" ||
         f == "org_id" || f == "clerk_user_id" || f == "stripe_customer_id" || f == "stripeCustomerId" ||
         f == "clerkUserId" || f == "uid" || f == "organization_id" || f == "organizationId";
}

bool money_field(std::string_view f) {
  return f == "amount" || f == "price" || f == "unit_amount" || f == "unitAmount" || f == "total" ||
         f == "amount_cents" || f == "amountCents" || f == "price_cents" || f == "total_amount" || f == "totalAmount";
}

// Ids and amounts taken from the body where the verified user's, or the catalogue's, belong.
void judge_client_values(File& file, const Handler& h) {
  if (h.route->admin_guard || webhook_door(h.route->path) || webhook_door(h.route->function)) return;
  const Node b = body(h.function);
  const std::string_view code = b.code();
  std::set<std::string> seen;
  for (const Node a : b.all("attribute")) {
    const std::string object(a.child("object").text()), field(a.child("attribute").text());
    const bool from_body =
        std::any_of(h.bodies.begin(), h.bodies.end(), [&](const auto& x) { return x.first == object; });
    if (!from_body || !seen.insert(field).second) continue;
    if (identity_field(field)) {
      // Compared with the verified user before use: fine.
      const Node around = a.parent();
      if (around.is("comparison_operator")) continue;
      file.hit("AZ-002", a).title = "Whose data it is comes from the request body (" + field + ")";
    } else if (money_field(field) && icontains_any(code, {"stripe", "paymentintent", "checkout", "charge"})) {
      file.hit("PAY-001", a);
    }
  }
}

void judge_mass_assignment(File& file, const Handler& h, PythonNotes& notes) {
  if (h.route->admin_guard || icontains(h.route->path, "admin")) return;
  const Node b = body(h.function);
  const bool writes =
      std::any_of(h.route->methods.begin(), h.route->methods.end(), [](const std::string& m) { return m != "get"; });
  if (writes)
    for (const auto& [parameter, type] : h.bodies) notes.bodies.emplace(type, h.route->at);
  for (const Call* c : file.calls_in(b))
    if (c->name == "setattr" && !c->args.empty() && c->node.above("for_statement") && !literal(c->arg(1))) {
      const std::string_view loop = c->node.above("for_statement").code();
      if (icontains_any(loop, {"allowed", "in ("})) continue;
      const bool raw =
          icontains_any(loop, {"request.json", "await request", "data.items", "body.items", "payload.items"});
      if (!raw) continue;
      file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
    }
}

void judge_upload(File& file, const Handler& h) {
  const std::string_view head = h.function.child("parameters").code();
  const std::string_view code = body(h.function).code();
  const bool takes = contains(head, "UploadFile") || contains(code, "request.files");
  if (!takes) return;
  const bool sized = icontains_any(code, {"len(", ".size", "max_", "content-length", "413", "limit"});
  const bool typed = icontains_any(code, {"content_type", "mimetype", "allowed", "filetype", "magic", "image.open",
                                          "endswith", "splitext", "suffix"});
  if (sized && typed) return;
  auto& f = file.hit("FA-016", h.function);
  f.title = sized   ? "An upload is taken whatever its type"
            : typed ? "An upload is taken whatever its size"
                    : "An upload is taken whatever its size and type";
}

// `return user`, where the model has a column nobody should see and no response_model leaves it out.
void judge_returned(File& file, Node function, std::string_view decorated, PythonNotes& notes) {
  if (contains(decorated, "response_model") || function.child("return_type")) return;
  for (const Node r : body(function).all("return_statement")) {
    const Node v = unwrap(r.first());
    if (!v.is("identifier") || !(function_around(r) == function)) continue;
    std::string type;
    for (const Node p : function.child("parameters").children())
      if (p.any_of("typed_parameter", "typed_default_parameter") &&
          (p.child("name") ? p.child("name") : p.first()).text() == v.text())
        type = std::string(p.child("type").text());
    for (const Node a : body(function).all("assignment")) {
      if (a.child("left").text() != v.text() || a.begin() > r.begin()) continue;
      const auto made = as_call(unwrap(a.child("right")));
      if (!made) continue;
      const std::string_view f = last(made->name);
      if (!f.empty() && f.front() >= 'A' && f.front() <= 'Z') type = std::string(f);
      if (f == "get" && made->args.size() >= 2) type = dotted(made->arg(0));
      if (icontains(made->node.code(), "select(") || icontains(made->name, "query(")) {
        for (const Call* c : file.calls_in(a.child("right")))
          if ((last(c->name) == "select" || last(c->name) == "query") && c->args.size() == 1) type = dotted(c->arg(0));
      }
    }
    if (!type.empty()) notes.returned.push_back({type, place(file.path, r.line()), file.shown(r)});
  }
}

// Keys of the server's own providers, by their names.
bool server_secret(std::string_view name) {
  if (has_word(name, {"publishable", "public", "anon", "pk", "site"})) return false;
  return secret_name(name) || name == "DATABASE_URL" || name == "database_url" ||
         (has_word(name, {"fal", "openai", "anthropic", "xai", "grok", "resend", "sendgrid", "twilio", "replicate",
                          "hetzner", "cloudflare", "minio", "aws", "s3", "gemini", "elevenlabs"}) &&
          has_word(name, {"key", "token", "secret"}));
}

// Stops: a configuration route that hands the server's keys to browsers.
void judge_server_settings(File& file, Node function) {
  for (const Node r : body(function).all("return_statement")) {
    for (const Node p : r.all("pair")) {
      const Node value = unwrap(p.child("value"));
      const std::string name = dotted(value);
      const bool settings =
          value.is("attribute") && icontains_any(name.substr(0, name.find('.')), {"settings", "config"});
      bool constant = value.is("identifier") && !name.empty() &&
                      std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
      const auto read = as_call(value);
      const bool direct = read && icontains_any(read->name, {"getenv", "environ.get"}) && literal(read->arg(0)) &&
                          server_secret(*literal(read->arg(0)));
      if (direct || ((settings || constant) && server_secret(last(name)))) {
        file.hit("SEC-018", p);
        return;
      }
    }
    for (const Call* c : file.calls_in(r)) {
      const std::string_view f = last(c->name);
      const std::string object = c->name.substr(0, c->name.find('.'));
      if ((f == "model_dump" || f == "dict" || f == "json" || f == "model_dump_json") &&
          (object == "settings" || object == "config" || object == "app_settings")) {
        file.hit("SEC-018", c->node).title = "Every setting of the server is sent in an answer";
        return;
      }
    }
    if (icontains_any(r.code(), {"dict(os.environ", "return os.environ", "**os.environ"})) {
      file.hit("SEC-018", r).title = "The whole environment is sent in an answer";
      return;
    }
  }
}

// x_admin: Header(): who calls says so themselves.
void judge_header_parameters(File& file, Node function) {
  for (const Node p : function.child("parameters").children()) {
    const Node name = p.child("name") ? p.child("name") : p.first();
    if (!contains(p.code(), "Header(") || contains(p.code(), "alias=\"authorization")) continue;
    if (has_word(name.text(), {"user", "role", "roles", "admin", "tenant", "account", "customer", "org"}) &&
        !has_word(name.text(), {"agent", "key", "token", "secret", "signature"}))
      file.hit("AZ-002", p).title =
          "Who the caller is comes from a header of the request (" + std::string(name.text()) + ")";
  }
}

void read_routes(File& file, PythonNotes& notes, const std::string& framework) {
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    if (!p.is("decorated_definition")) continue;
    PythonRoute route;
    bool is_route = false;
    std::string decorated;
    for (const Node d : p.children()) {
      if (!d.is("decorator")) continue;
      decorated += d.code();
      const auto call = as_call(d.first());
      if (!call || call->name.find('.') == std::string::npos) continue;
      const std::string_view m = last(call->name);
      const bool verb = m == "get" || m == "post" || m == "put" || m == "patch" || m == "delete";
      const bool socket = m == "websocket";
      if (!verb && !socket && m != "route" && m != "api_route") continue;
      const auto path = literal(call->arg(0) ? call->arg(0) : call->keyword("path"));
      if (!path || (!path->empty() && path->front() != '/')) continue;
      is_route = true;
      route.router = call->name.substr(0, call->name.rfind('.'));
      route.path = *path;
      route.at = place(file.path, d.line());
      route.shown = file.shown(d);
      if (socket) {
        route.methods.emplace_back("websocket");
        if (icontains_any(f.code(),
                          {"token", "decode(", "cookie", "authenticate", "close(code=", "close(4", "policy_violation"}))
          route.guarded = true;
      } else if (verb) {
        route.methods.push_back(std::string(m));
      } else if (const Node methods = call->keyword("methods")) {
        for (const Node x : methods.children())
          if (const auto t = literal(x)) route.methods.push_back(text::to_lower(*t));
      } else {
        route.methods.push_back("get");
      }
      if (const Node deps = call->keyword("dependencies")) {
        route.guarded = depends_on_guard(file, deps, &route.admin_guard) || route.guarded;
        if (icontains(deps.text(), "ratelimit") || icontains(deps.text(), "limit")) route.limited = true;
      }
    }
    if (!is_route) continue;
    route.file = std::string(file.path);
    route.framework = framework;
    route.function = std::string(f.child("name").text());
    if (icontains_any(decorated, {"login_required", "jwt_required", "requires_auth", "require_auth", "token_required",
                                  "auth_required", "admin_required", "@auth", "roles_required", "permission_required",
                                  "api_key_required", "authenticated"})) {
      route.guarded = true;
      route.admin_guard = route.admin_guard || icontains(decorated, "admin");
    }
    if (icontains_any(decorated, {".limit(", "ratelimit", "rate_limit", "throttle", "limiter"})) route.limited = true;
    const Node parameters = f.child("parameters");
    Handler h{&route, f, {}, {}, {}};
    for (const Node x : parameters.children()) {
      Node name = x.child("name");
      if (!name) name = x.any_of("typed_parameter", "identifier") ? (x.is("identifier") ? x : x.first()) : Node();
      const std::string parameter(name.text());
      const Node type = x.child("type");
      const bool dependent = depends_on_guard(file, x, &route.admin_guard);
      const std::string type_name(type.text());
      const bool alias = !dependent &&
                         has_word(type_name, {"current", "auth", "authenticated", "principal", "admin"}) &&
                         !icontains(type_name, "form");
      if (dependent || alias) {
        route.guarded = true;
        if (alias && icontains(type_name, "admin")) route.admin_guard = true;
        h.identity.push_back(parameter);
      } else {
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
      } else if (type && !type_name.empty() && type_name.front() >= 'A' && type_name.front() <= 'Z' &&
                 type_name != "Request" && type_name != "Response" && !contains(x.code(), "Depends")) {
        h.bodies.emplace_back(parameter, type_name);
      }
    }
    const std::string_view code = body(f).code();
    if (guard_in_body(code)) route.guarded = true;
    route.proves = verifies_signature(file, f) || icontains_any(code, {"hmac.new", "verify_"});
    if (icontains_any(code, {"check_rate_limit", "rate_limit(", "ratelimit", "limiter.", "is_rate_limited", "429"}))
      route.limited = true;
    if (icontains_any(route.path, {"/admin"}) && route.guarded && icontains_any(code, {"is_admin", "role", "admin"}))
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
        icontains_any(code, {"fal_client", "openai", "anthropic", "fal.run"});
    judge_owner(file, h, notes);
    judge_signed_addresses(file, h);
    judge_client_values(file, h);
    judge_mass_assignment(file, h, notes);
    judge_upload(file, h);
    judge_returned(file, f, decorated, notes);
    judge_server_settings(file, f);
    judge_header_parameters(file, f);
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

namespace {

bool decides_rights(std::string_view f) {
  static constexpr std::string_view kNames[] = {
      "role",           "roles",      "is_admin", "is_superuser", "is_staff",
      "credits",        "balance",    "plan",     "is_verified",  "permissions",
      "email_verified", "is_premium", "tier",     "quota",        "subscription_status",
      "scopes"};
  return std::find(std::begin(kNames), std::end(kNames), f) != std::end(kNames);
}

// Database models with a column that must not leave, and the names dependencies give them.
void read_columns(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition"))
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment") ||
          !icontains_any(a.code(), {"column(", "mapped_column", "field(", "mapped[", "charfield"}))
        continue;
      if (has_word(a.child("left").text(), {"password", "hash", "hashed", "passwd"}) &&
          !contains(cls.child("superclasses").text(), "BaseModel"))
        notes.secret_models.insert(std::string(cls.child("name").text()));
    }
  for (const Node a : file.tree.all("assignment")) {
    const Node right = a.child("right");
    if (!right.is("subscript") || last(dotted(right.child("value"))) != "Annotated") continue;
    const Node type = right.child("subscript");
    notes.aliases[std::string(a.child("left").text())] = std::string(last(dotted(type)));
  }
}

void read_models(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string_view bases = cls.child("superclasses").text();
    if (bases.empty() || icontains_any(bases, {"settings", "enum"})) continue;
    const std::string name(cls.child("name").text());
    notes.model_bases[name] = std::string(bases);
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment") || !a.child("type")) continue;
      const std::string field(a.child("left").text());
      if (decides_rights(field)) notes.privileged.push_back({name, field, place(file.path, a.line()), file.shown(a)});
    }
  }
}

}  // namespace

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

void read_python_routes(File& file, PythonNotes& notes) {
  if (contains(file.code(), "BaseModel") || contains(file.code(), "SQLModel") || contains(file.path, "schema"))
    read_models(file, notes);
  for (const Call& c : file.calls)
    if (last(c.name) == "Limiter" && (c.keyword("default_limits") || c.keyword("application_limits")))
      notes.global_limit = true;
  const auto framework = framework_of(file);
  judge_cors(file, notes);
  read_columns(file, notes);
  if (!framework) return;
  for (const Node f : file.tree.all("function_definition"))
    if (!route_function(f)) judge_header_parameters(file, f);
  read_routers(file, notes);
  read_routes(file, notes, *framework);
  if (contains(file.code(), "TrustedHostMiddleware")) notes.trusted_host = true;
  for (const char* type : {"attribute", "call"})
    for (const Node n : file.tree.all(type)) {
      const std::string name = n.is("attribute") ? dotted(n) : as_call(n)->name;
      const bool address = name == "request.base_url" || name == "request.url_for" ||
                           (n.is("call") && name == "request.headers.get" && literal(as_call(n)->arg(0)) &&
                            text::iequals(*literal(as_call(n)->arg(0)), "host"));
      if (address && notes.built_from_host.line == 0) {
        notes.built_from_host = place(file.path, n.line());
        notes.built_shown = file.shown(n);
      }
    }
}

}  // namespace gatehouse::audit::source

// Express, and what is shaped like it: Hono, Fastify, Koa's router. Long, as one walk reads routers, guards and
// handlers.
#include <algorithm>

#include "audit/source/express_handlers.h"
#include "audit/source/script.h"
#include "audit/source/script_staff.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool makes_app(std::string_view full) {
  return full == "express" || full.ends_with("express()") || full == "fastify" || full == "Fastify" ||
         full == "new hono.Hono" || full == "new Hono" || full == "new OpenAPIHono" || full == "new Elysia" ||
         full == "new Koa" || full == "new koa";
}
bool makes_router(std::string_view full) {
  return full.ends_with(".Router") || full == "Router" || full == "new Router" || full.ends_with("express.Router") ||
         full == "PromiseRouter" || full == "new KoaRouter" || full == "require()" || full == "koa-router" ||
         full == "@koa/router" || full == "new koa-router" || full == "new @koa/router";
}

// "// only admin may run this" above a route, or behind it on its line.
bool said_to_be_for_staff(const File& file, int line) {
  std::string_view said = text::trim(file.tree.line_text(line - 1));
  if (!said.starts_with("//") && !said.starts_with("*") && !said.starts_with("/*")) {
    const std::string_view own = file.tree.line_text(line);
    const std::size_t at = own.rfind("//");
    if (at == own.npos || at == 0 || !text::trim(own.substr(0, at)).ends_with(";")) return false;
    said = own.substr(at);
  }
  return has_word(said, {"admin", "admins", "staff", "moderators"}) &&
         !icontains_any(said, {"non-admin", "not admin", "or admin", "or the admin", "and admin", "no admin", "todo",
                               "without", "first admin"});
}

// "// Create product (vendor only)": of those who have accounts, only some.
bool said_to_be_for_some(const File& file, int line) {
  const std::string_view said = text::trim(file.tree.line_text(line - 1));
  return (said.starts_with("//") || said.starts_with("*")) &&
         icontains_any(said,
                       {"vendor only",    "vendors only",    "only vendors",    "seller only",      "sellers only",
                        "only sellers",   "doctor only",     "doctors only",    "only doctors",     "teacher only",
                        "teachers only",  "only teachers",   "instructor only", "instructors only", "only instructors",
                        "employer only",  "employers only",  "only employers",  "recruiter only",   "recruiters only",
                        "organizer only", "organizers only", "host only",       "hosts only",       "driver only",
                        "drivers only"});
}

// [a, b], ...[a, b] and the name of such a list, one by one; a list of another file stands as its name.
void flatten(const File& file, Node a, int depth, std::vector<Node>& out) {
  if (a.is("spread_element")) a = unwrap(a.first());
  const Node list = a.is("identifier") ? unwrap(value_of(file, a)) : a;
  if (!list.is("array") || depth > 3) {
    out.push_back(a);
    return;
  }
  for (const Node x : list.children()) flatten(file, x, depth + 1, out);
}

std::vector<Node> flat(const File& file, const std::vector<Node>& args) {
  std::vector<Node> out;
  for (const Node a : args) flatten(file, a, 0, out);
  return out;
}

// this.router.get(…) of a class that holds its routes
bool own_router(std::string_view name) {
  const auto parts = text::split(name, '.');
  return parts.size() > 2 && (parts[1] == "router" || parts[1] == "app" || parts[1] == "express" ||
                              parts[1] == "server" || parts[1] == "route" || parts[1] == "router()");
}

// (req, res, next) => { req.isWebhook = true; next(); }: a step on the way to the handler.
bool passes_on(const File& file, Node handler) {
  const auto parameters = handler.child("parameters").children();
  if (parameters.size() < 3) return false;
  const std::string next(parameters[2].text()), answer(parameters[1].text());
  bool passes = false;
  for (const Call* c : file.calls_in(handler)) {
    if (c->name.starts_with(answer + ".")) return false;
    passes = passes || (c->name == next && c->args.empty());
  }
  return passes;
}

std::string root_of(std::string_view name) { return std::string(name.substr(0, name.find_first_of(".("))); }

// A function that is named before a handler.
std::optional<ScriptGuard> named_before(const File& file, Node a) {
  const auto made = a.any_of("call_expression", "new_expression") ? as_call(a) : std::nullopt;
  std::string name = made ? made->name : dotted(a);
  if (name.empty() || name.find('(') != std::string::npos || literal(a) || is_function(a) ||
      has_word(name, {"router", "routes", "route", "controller", "handler", "require"}))
    return std::nullopt;
  ScriptGuard out{std::move(name), {}, made && !made->args.empty()};
  out.staff = out.told && ranks_of_staff(made->node.child("arguments"));
  if (const auto it = file.imports.find(root_of(out.name)); it != file.imports.end()) {
    out.module = resolve_module(file.path, it->second);
    if (out.module.empty() && !guard_middleware(out.name)) return std::nullopt;  // of a package
    // const { protect: auth } = require("./auth"): the name it has at home
    const std::string home(last(it->second));
    if (!out.module.empty() && out.name == it->first && home != out.name &&
        (contains(file.code(), home + ": " + out.name) || contains(file.code(), home + " as " + out.name)))
      out.name = home;
  }
  return out;
}

// loginLimiter, rateLimit({ … }), or const few = rateLimit({ … }) of the same file
bool limits(const File& file, Node middleware, std::string_view name) {
  return limit_middleware(name) ||
         (middleware.is("identifier") &&
          icontains_any(value_of(file, middleware).code().substr(0, 60), {"ratelimit(", "slowdown("}));
}

}  // namespace

void read_express(File& file, ScriptNotes& notes) {
  if (contains(file.code(), "query parser")) notes.query_parser = true;
  const Code code = file.code();
  const bool imported = file.imports_from("express") || file.imports_from("hono") || file.imports_from("fastify") ||
                        file.imports_from("koa") || file.imports_from("elysia");
  std::set<std::string> routers, apps;
  std::map<std::string, std::string> prefixes;  // new Router({ prefix: "/api" }), router.prefix("/api")
  for (const Node d : file.tree.all("variable_declarator")) {
    Node v = unwrap(d.child("value"));
    auto c = as_call(v);
    // const app = new Hono().use(…).basePath("/x")
    for (int i = 0; i < 30 && c && v.is("call_expression") && v.child("function").is("member_expression") &&
                    unwrap(v.child("function").child("object")).any_of("call_expression", "new_expression");
         ++i) {
      if (makes_app(c->name) || makes_router(c->name)) break;
      v = unwrap(v.child("function").child("object"));
      c = as_call(v);
    }
    if (!c) continue;
    const std::string full = c->name.starts_with("new ") ? c->name : file.full(c->name);
    const std::string variable(d.child("name").text());
    const bool by_require =  // const app = require("express")()
        c->name == "require()" && icontains_any(v.code(), {"'express')", "\"express\")", "'fastify')", "\"fastify\")"});
    if (makes_app(full) || makes_app(c->name) || by_require) {
      routers.insert(variable);
      apps.insert(variable);
      notes.apps.push_back({place(file.path, d.line()), file.shown(d)});
    } else if (makes_router(full) || makes_router(c->name)) {
      if (c->name == "require()" && !icontains(v.code(), "koa-router") && !icontains(v.code(), "@koa/router")) continue;
      routers.insert(variable);
      if (const auto prefix = literal(member(unwrap(c->arg(0)), "prefix"))) prefixes[variable] = *prefix;
    }
  }
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      // module.exports = (app) => { app.get("/x", …) }: a file of routes that another hands its server.
      const Node outer = f.parent();
      const bool handed = outer.is("export_statement") || contains(outer.child("left").text(), "exports") ||
                          (outer.is("variable_declarator") && outer.parent().parent().is("export_statement"));
      if (!imported && !handed) continue;
      for (const Node p : f.child("parameters").children()) {
        Node n = p.any_of("required_parameter", "optional_parameter") ? p.child("pattern") : p;
        if (n.is("identifier") && (n.text() == "app" || n.text() == "router" || n.text() == "fastify" ||
                                   n.text() == "server" || n.text() == "instance"))
          routers.insert(std::string(n.text()));
      }
    }
  if (icontains_any(code, {"mongo-sanitize", "mongosanitize", "sanitizefilter"})) notes.sanitized = true;
  if (icontains_any(code, {"helmet", "secureheaders", "x-content-type-options", "lusca"})) notes.helmet = true;
  if (!apps.empty() && file.imports_from("express") && !icontains_any(code, {"x-powered-by", "helmet"}))
    notes.names_itself = Spot{notes.apps.back().at, notes.apps.back().shown};
  const bool in_class = imported && icontains_any(code, {"this.router", "this.app", "this.express"});
  if (routers.empty() && !in_class && !contains(code, "new Hono") && !contains(code, "Router()")) return;

  // In the order of the text: what stands before a route holds for it.
  bool api_guard = false, api_staff = false;  // of what lies below /api
  bool file_guard = false, file_limit = false, file_staff = false;
  std::vector<ScriptGuard> file_before;
  const Call* json_parser = nullptr;
  bool raw_kept = icontains_any(code, {"rawbody", "verify:", "verify(req", "originalurl"});
  for (const Call& c : file.calls) {
    const std::string root = root_of(c.name);
    const std::string_view verb = last(c.name);
    const bool own = c.name.starts_with("this.") && own_router(c.name);
    const bool ours = routers.contains(root) || own ||
                      ((c.name.starts_with("new Hono") || c.name.starts_with("Router().") ||
                        c.name.starts_with("express.Router().")) &&
                       contains(c.name, "()."));
    if (!ours) continue;
    const auto args = flat(file, c.args);
    if (verb == "prefix")
      if (const auto prefix = literal(c.arg(0))) prefixes[root] = *prefix;
    if (verb == "use" || verb == "register" || verb == "addHook" || verb == "all") {
      auto path = literal(c.arg(0));
      if (verb == "addHook") path.reset();  // its first word is when, not where
      if (verb == "register")               // fastify.register(orderRoutes, { prefix: "/orders" })
        if (const auto prefix = literal(member(unwrap(c.arg(1)), "prefix"))) path = prefix;
      bool guard = false, limit = false, staff = false;
      std::vector<ScriptGuard> before;
      std::string target;
      bool parser = false;
      for (const Node a_ : args) {
        const Node a = unwrap(a_);
        if (literal(a)) continue;
        std::string name = a.any_of("call_expression", "new_expression") ? as_call(a)->name : dotted(a);
        if (const std::size_t chained = name.find("()."); chained != std::string::npos)
          name.resize(chained);  // jwt(…).unless(…)
        // passport.authenticate("session") reads who is there, and lets everybody pass.
        if (const auto made = as_call(a); made && literal(made->arg(0)) == "session") continue;
        if (guard_middleware(name)) guard = true;
        if (guard_middleware(name) && staff_middleware(name)) staff = true;
        if (auto named = named_before(file, a)) before.push_back(std::move(*named));
        if (limits(file, a, name)) limit = true;
        if (is_function(a)) {
          if (asks_identity(a.code()) &&
              icontains_any(a.code(), {"401", "403", "unauthorized", "jwtverify(", "redirect("}))
            guard = true;
          if (asks_limit(a.code())) limit = true;
          for (const Call* inner : file.calls_in(a))  // (c, next) => jwt({ … })(c, next)
            if (inner->name.find('(') == std::string::npos && guard_middleware(inner->name) &&
                contains(a.code(), "next)"))
              guard = true;
        }
        if (name.ends_with("express.json") || name == "json" || name.ends_with("bodyParser.json")) {
          parser = true;
          if (icontains_any(a.code(), {"verify", "rawbody"})) raw_kept = true;
        }
        if (guard_middleware(name) || limits(file, a, name)) continue;
        // require("./routes/users").router
        if (const auto brought = a.is("member_expression") ? as_call(unwrap(a.child("object"))) : std::nullopt;
            brought && brought->name == "require" && literal(brought->arg(0))) {
          target = resolve_module(file.path, *literal(brought->arg(0)));
        } else if (a.is("identifier") || a.is("member_expression")) {
          const auto it = file.imports.find(root_of(name));
          if (it != file.imports.end()) {
            std::string module = it->second;
            // "…/users.router" came from `import { router } from "…/users"`.
            std::string resolved = resolve_module(file.path, module);
            if (resolved.empty()) continue;
            target = resolved;
          }
          if (name == "clerkMiddleware") notes.lax_identity.push_back({place(file.path, c.line()), file.shown(c.node)});
        } else if (const auto made = as_call(a)) {
          if (made->name == "require" && literal(made->arg(0)))
            target = resolve_module(file.path, *literal(made->arg(0)));
          const auto it = file.imports.find(root_of(made->name));
          if (it != file.imports.end() && !resolve_module(file.path, it->second).empty() && !guard && !limit)
            target = resolve_module(file.path, it->second);
          if (made->name == "clerkMiddleware")
            notes.lax_identity.push_back({place(file.path, c.line()), file.shown(c.node)});
        }
      }
      if (parser && !path && !json_parser) json_parser = &c;
      const bool everything = !path || *path == "*" || *path == "/" || *path == "/*";
      const bool api = path && (*path == "/api" || *path == "/api/*" || *path == "/api/v1");
      if (verb == "register") guard = staff = false;  // a plugin offers what routes must still ask for
      if (target.empty() && everything) {
        file_guard = file_guard || guard;
        file_staff = file_staff || staff;
        if (verb != "register") file_before.insert(file_before.end(), before.begin(), before.end());
        if (limit) {
          file_limit = true;
          if (apps.contains(root)) notes.global_limit = true;
        }
        if (guard && !apps.empty() && !apps.contains(root)) notes.guarded_files.insert(module_of(file.path));
      }
      if (target.empty() && api) {
        api_guard = api_guard || guard;
        api_staff = api_staff || staff;
        if (limit && apps.contains(root)) notes.global_limit = true;
      }
      if (!target.empty()) {
        ScriptMount m;
        m.file = module_of(file.path);
        m.path = path.value_or("");
        m.target = target;
        const bool below = m.path.starts_with("/api");
        // app.use(whoami) of another file: a guard of all that follows, if it turns anybody away.
        const std::vector<ScriptGuard> named = !path && verb == "use" ? before : std::vector<ScriptGuard>();
        std::erase_if(before, [&](const ScriptGuard& g) { return g.module == target; });
        m.before = std::move(before);
        m.before.insert(m.before.end(), file_before.begin(), file_before.end());
        m.guarded = guard || file_guard || (api_guard && below);
        m.privileged = staff || file_staff || (api_staff && below);
        m.limited = limit || (file_limit && !apps.contains(root));  // that of all routes is known by itself
        m.after_json = json_parser && !raw_kept;
        notes.mounts.push_back(std::move(m));
        file_before.insert(file_before.end(), named.begin(), named.end());
      } else if (path && !everything && (guard || limit || !before.empty())) {  // app.use("/admin", requireAuth)
        ScriptMount m;
        m.before = std::move(before);
        m.file = module_of(file.path);
        m.path = *path;
        while (m.path.ends_with("*") || (m.path.size() > 1 && m.path.ends_with("/"))) m.path.pop_back();  // "/docs/*"
        m.guarded = guard;
        m.privileged = staff;
        m.limited = limit;
        notes.mounts.push_back(std::move(m));
      }
      if (verb != "all") continue;
    }
    static constexpr std::string_view kVerbs[] = {"get", "post", "put", "patch", "delete", "all", "del"};
    if (std::find(std::begin(kVerbs), std::end(kVerbs), verb) == std::end(kVerbs)) continue;
    std::optional<std::string> path = c.args.size() > 1 ? route_path(file, c.arg(0)) : literal(c.arg(0));
    std::size_t first = 1;
    if (!path) {  // router.route("/x").get(…)
      const Node object = unwrap(c.node.child("function").child("object"));
      for (Node o = object; o.is("call_expression"); o = unwrap(o.child("function").child("object"))) {
        const auto inner = as_call(o);
        if (last(inner->name) == "route") path = literal(inner->arg(0));
      }
      first = 0;
    }
    // Koa: router.get("user", "/users/:id", …) gives the route a name.
    if (path && !path->starts_with("/") && args.size() > 2)
      if (const auto second = literal(c.arg(1)); second && second->starts_with("/")) {
        path = second;
        first = 2;
      }
    if (!path || (path->empty() ? false : path->front() != '/' && *path != "*") || args.size() <= first) continue;
    ScriptRoute r;
    r.framework = "express";
    r.file = module_of(file.path);
    r.path = *path;
    if (const auto prefix = prefixes.find(root); prefix != prefixes.end())
      r.path = prefix->second + (r.path == "/" ? "" : r.path);
    r.method = std::string(verb);
    const Node named = c.node.child("function").child("property");  // in a chain each route has its own line
    r.at = place(file.path, named ? named.line() : c.line());
    r.shown = file.shown(named ? named : c.node);
    r.guarded = file_guard || (api_guard && r.path.starts_with("/api"));
    r.before = file_before;
    r.privileged = file_staff || (api_staff && r.path.starts_with("/api"));
    r.meant_for_staff =
        said_to_be_for_staff(file, r.at.line) || (r.method == "post" && said_to_be_for_some(file, r.at.line));
    r.limited = file_limit && !apps.contains(root);
    Node handler;
    for (std::size_t i = first; i < args.size(); ++i) {
      const Node a = unwrap(args[i]);
      const std::string name = a.any_of("call_expression", "new_expression") ? as_call(a)->name : dotted(a);
      if (i + 1 < args.size() && !a.is("object"))
        if (auto guard = named_before(file, a)) r.before.push_back(std::move(*guard));
      if (i + 1 < args.size() || a.is("object")) {
        if (guard_middleware(name)) r.guarded = true;
        if (guard_middleware(name) && staff_middleware(a.code())) r.privileged = true;
        if (limits(file, a, name)) r.limited = true;
        if (has_word(last(name), {"validate", "validator", "validation", "valid", "schema", "celebrate", "check", "joi",
                                  "zod", "sanitize", "body", "dto", "rules"}) ||
            (a.is("object") && member(a, "schema")))
          r.validated = true;
        if (name.ends_with("express.raw") || name.ends_with("bodyParser.raw")) r.wants_bytes = true;
        for (const char* hook : {"preHandler", "onRequest", "preValidation", "beforeHandle", "middleware"})
          if (const Node before = a.is("object") ? member(a, hook) : Node()) {
            for (const Node x : flat(file, {before}))
              if (auto guard = named_before(file, unwrap(x))) r.before.push_back(std::move(*guard));
            if (icontains_any(before.code(),
                              {"auth", "verify", "guard", "protect", "login", "session", "jwt", "require"}))
              r.guarded = true;
            if (icontains_any(before.code(), {"admin", "role", "permission", "staff"})) r.guarded = r.privileged = true;
          }
        if (a.is("object") && icontains_any(a.code(), {"ratelimit"})) r.limited = true;
        if (is_function(a) && asks_identity(a.code())) r.guarded = true;
      }
      if (i + 1 == args.size()) {
        HandlerRef ref = handler_ref(file, a);
        handler = ref.function;
        r.guarded = r.guarded || ref.guard;
        r.handler = std::move(ref.name);
        r.handler_file = std::move(ref.module);
        r.about = std::move(ref.about);
      }
    }
    if (handler && passes_on(file, handler)) continue;
    const Code text = handler.code();
    if (handler) {
      if (asks_identity(text)) r.guarded = true;
      if (asks_limit(text)) r.limited = true;
    }
    r.costly = costly_route(r.path, text);
    const std::string_view file_name =
        file.path.substr(file.path.rfind('/') == std::string_view::npos ? 0 : file.path.rfind('/') + 1);
    const bool hook = webhook_door(r.path) || webhook_door(r.handler) || webhook_door(file_name) ||
                      (handler && takes_signed_events(handler));
    r.verifies = handler && verifies_signature(file, handler);
    if (hook && verb != "get") {
      if (handler && !is_function(handler.parent())) {
        judge_webhook(file, handler, c.node);
        r.hook_judged = true;
      }
      if (json_parser && json_parser->node.begin() < c.node.begin() && !raw_kept && (r.verifies || r.wants_bytes)) {
        auto& f = file.hit("EX-019", c.node);
        also(f, file, json_parser->node);
        f.title = "A JSON parser reads the webhook's body before its signature is checked";
      }
    }
    if (handler) {
      r.guarded = r.guarded || claims_identity(file, handler);
      const HandlerNames names = handler_names(file, handler);
      r.flow = flow_of(file, handler, &names);
      if (file.imports_from("fastify") || file.imports_from("elysia")) read_returned(file, notes, handler);
    }
    if (handler) r.unowned = judge_handler(file, handler, hook ? "/webhook" : r.path);
    notes.routes.push_back(std::move(r));
  }
  if (file_guard && apps.empty()) notes.guarded_files.insert(module_of(file.path));
  if (file_limit && apps.empty()) notes.limited_files.insert(module_of(file.path));
}

}  // namespace gatehouse::audit::source

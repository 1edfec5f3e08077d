// Routers, applications and blueprints of FastAPI and Flask: where they are mounted, what stands before them.
#include <algorithm>
#include <cctype>

#include "audit/source/python.h"
#include "audit/source/python_rank_guards.h"
#include "audit/source/python_routes.h"
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

}  // namespace

bool depends_on_guard(const File& file, Node n, bool* admin, std::set<std::string>* all) {
  bool found = false;
  // dependencies=protected, where protected = [Depends(…)]
  if (n.is("identifier") && !n.parent().any_of("parameters", "typed_default_parameter", "default_parameter"))
    for (const Node a : file.tree.all("assignment"))
      if (!function_around(a) && a.child("left").text() == n.text()) n = a.child("right");
  for (const Call* c : file.calls_in(n)) {
    const std::string_view f = last(c->name);
    if (f != "Depends" && f != "Security") continue;
    const Node what = c->arg(0) ? c->arg(0) : c->keyword("dependency");
    const std::string name = what.is("call") ? dotted(what.child("function")) : dotted(what);
    if (all != nullptr) all->emplace(last(name));
    if (!guard_name(name)) continue;
    const bool others = icontains_any(what.text(), {"manager", "member", "editor", "viewer", "\"user\"", "'user'"}) ||
                        for_ordinary(what);
    if (admin && !others && (icontains_any(name, {"admin", "superuser", "staff"}) || icontains(what.text(), "admin")))
      *admin = true;
    found = true;
  }
  return found;
}

bool admin_in_body(Node function) {
  for (const Node branch : function.all("if_statement")) {
    const Code condition = branch.child("condition").code();
    if (!icontains_any(condition, {"role", "is_admin", "is_staff", "is_superuser", "isadmin", "admin"})) continue;
    if (icontains_any(condition, {"headers", "request.args", "request.form", "cookies", "request.json"})) continue;
    // `role != "customer"` keeps staff out, and lets every customer in.
    if (!icontains_any(condition, {"admin", "staff", "superuser", "owner", "manager"}) &&
        icontains_any(condition, {"customer", "\"user\"", "'user'", ".user", "member", "client", "student", "patient",
                                  "seller", "vendor", "employee", "viewer", "buyer", "driver", "doctor"}))
      continue;
    // Refused is only who is neither: `if caller.tenant_id != tenant_id and "admin" not in caller.roles`.
    if (contains(condition, " and ") &&
        icontains_any(condition, {"tenant", "org", "company", "workspace", "team", "_id !=", ".id !=", "owner"}))
      continue;
    const Code then = branch.child("consequence").code();
    const bool negative = contains(condition, "not ") || contains(condition, "!=");
    if (negative && icontains_any(then, {"raise", "abort(", "return"})) return true;
    // if role == "admin": … else refuse
    for (const Node c : branch.children())
      if (c.is("else_clause") && icontains_any(c.code(), {"403", "forbidden", "abort(", "permission", "redirect"}))
        return true;
  }
  return false;
}

bool verifies_request(const Code& code) {
  for (std::size_t at = code.find("(request"); at != std::string_view::npos; at = code.find("(request", at + 1)) {
    std::size_t from = at;
    while (from > 0 && (std::isalnum(static_cast<unsigned char>(code[from - 1])) || code[from - 1] == '_')) --from;
    const std::string_view name = code.substr(from, at - from);
    if (icontains_any(name, {"signature", "webhook", "optional", "agent", "address", "_ip"})) continue;
    const bool proves =
        has_word(name, {"verify", "authenticate", "require", "ensure", "authorize"}) &&
        has_word(name, {"user", "caller", "auth", "session", "token", "login", "identity", "principal", "request"});
    const bool finds = has_word(name, {"get", "load", "fetch", "resolve", "current", "find", "read", "logged"}) &&
                       has_word(name, {"user", "caller", "principal", "identity", "member", "account", "customer"});
    if (proves || finds) return true;
  }
  return false;
}

// `"uid" not in session`, `session.get("username")`: the key of a session that says who is there.
static bool session_says_who(const Code& code) {
  const auto who = [](std::string_view key) {
    return has_word(key, {"user", "uid", "username", "userid", "email", "id", "account", "admin", "member", "customer",
                          "loggedin", "authenticated", "logged", "login", "token", "role"});
  };
  const auto quoted_at = [&](std::size_t at) {
    if (at >= code.size() || (code[at] != '"' && code[at] != '\'')) return false;
    const std::size_t end = code.find(code[at], at + 1);
    return end != std::string_view::npos && who(code.substr(at + 1, end - at - 1));
  };
  for (const std::string_view start : {"session[", "session.get("})
    for (std::size_t at = code.find(start); at != std::string_view::npos; at = code.find(start, at + 1)) {
      const bool whole = at == 0 || (!text::is_alpha(code[at - 1]) && code[at - 1] != '_');
      if (whole && quoted_at(at + start.size())) return true;
    }
  for (const std::string_view asks : {" not in session", " in session"})
    for (std::size_t at = code.find(asks); at != std::string_view::npos; at = code.find(asks, at + 1)) {
      if (at < 2 || (code[at - 1] != '"' && code[at - 1] != '\'')) continue;
      const std::size_t from = code.rfind(code[at - 1], at - 2);
      if (from != std::string_view::npos && who(code.substr(from + 1, at - from - 2))) return true;
    }
  return false;
}

bool guard_in_body(const Code& code) {
  if (verifies_request(code) || session_says_who(code)) return true;
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
  if (file.imports_from("aiohttp") &&
      icontains_any(file.code(), {"web.routetabledef", "web.application(", "web.json_response(", "web.view"}))
    return "aiohttp";
  return std::nullopt;
}

void judge_panels(File& file) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    // Stops: editing every table through a panel nobody locked.
    if ((full == "sqladmin.Admin" && !c.keyword("authentication_backend")) ||
        (full == "flask_admin.Admin" && !icontains_any(file.code(), {"is_accessible", "login_required"}) &&
         !c.keyword("index_view"))) {
      auto& f = file.hit("FA-003", c.node);
      f.title = "The administration panel asks nobody who they are";
      f.severity = proof::Severity::critical;
    }
  }
}

void read_routers(File& file, PythonNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "FastAPI" && f != "APIRouter" && f != "Flask" && f != "Blueprint") continue;
    const Node a = c.node.parent();
    PythonRouter r;
    r.path = std::string(file.path);
    r.blueprint = f == "Blueprint";
    r.variable = a.is("assignment") ? std::string(a.child("left").text()) : "";
    if (const auto p = literal(c.keyword("prefix"))) r.prefix = *p;
    if (const auto p = literal(c.keyword("url_prefix"))) r.prefix = *p;
    if (const Node d = c.keyword("dependencies")) r.guarded = depends_on_guard(file, d, nullptr, &r.dependencies);
    notes.routers.push_back(std::move(r));
    if (f == "FastAPI") {
      if (const Node d = c.keyword("debug"); d.is("true")) file.hit("FA-007", d);
      // None, or a choice by environment, closes them; another address does not.
      const auto shut = [&](std::string_view key) { return c.keyword(key) && !literal(c.keyword(key)); };
      const bool open_docs = !shut("docs_url") && !shut("openapi_url") && !shut("redoc_url");
      if (open_docs) {
        file.hit("FA-002", c.keyword("docs_url") ? c.keyword("docs_url") : c.node);
      } else if (!shut("openapi_url")) {
        auto& found = file.hit("FA-002", c.node);
        found.title = "The documentation's page is shut, and /openapi.json still says all";
        found.severity = proof::Severity::low;
      }
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
      if (const Node d = c.keyword("dependencies")) m.guarded = depends_on_guard(file, d, nullptr, &m.dependencies);
      m.parent = c.name.substr(0, c.name.rfind('.'));
      notes.mounts.push_back(std::move(m));
    } else if (f == "add_middleware" && c.arg(0)) {
      const std::string name = dotted(c.arg(0));
      if (has_word(name, {"auth", "authentication", "jwt", "clerk"})) notes.global_guard = true;
      if (icontains_any(name, {"ratelimit", "throttl", "limiter"})) notes.global_limit = true;
    } else if (f == "Limiter" || f == "SlowAPIMiddleware") {
      if (c.keyword("default_limits") || c.keyword("application_limits"))
        notes.global_limit = notes.default_limit = true;
    } else if (c.name == "app.run" || f == "run") {
      if (const Node d = c.keyword("debug"); d.is("true")) file.hit("FA-007", d);
    }
  }
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    if (!p.is("decorated_definition")) continue;
    for (const Node d : p.children()) {
      if (!d.is("decorator")) continue;
      const Code text = d.code();
      const bool before =
          contains(text, ".middleware(") || contains(text, "before_request") || contains(text, "before_app_request");
      if (!before) continue;
      const Code code = f.code();
      if (icontains_any(code, {"401", "unauthorized", "abort"}) &&
          icontains_any(code, {"authorization", "token", "session", "cookie"})) {
        // A blueprint's own answers for its routes only.
        const std::string_view on = text::trim(text.substr(text.find('@') == std::string_view::npos ? 0 : 1));
        const std::string variable(on.substr(0, on.find('.')));
        const auto own = std::find_if(notes.routers.begin(), notes.routers.end(), [&](const PythonRouter& r) {
          return r.path == file.path && r.variable == variable && r.blueprint;
        });
        if (own != notes.routers.end() && !contains(text, "before_app_request"))
          own->guarded = true;
        else
          notes.global_guard = true;
      }
      if (icontains_any(code, {"429", "rate_limit", "ratelimit"})) notes.global_limit = true;
    }
  }
}

}  // namespace gatehouse::audit::source

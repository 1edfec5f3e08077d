// Questions that Express and Next readers share.
#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool begins_with_directive(const File& file, std::string_view directive) {
  for (Node n = file.tree.root().first(); n; n = n.next()) {
    if (!n.is("expression_statement")) return false;
    const auto said = literal(n.first());
    if (!said) return false;
    if (*said == directive) return true;
  }
  return false;
}

namespace {

// document.title of a page, and not db.document.findMany() of a table.
bool names_page(const Code& code) {
  for (std::size_t at = code.find("document."); at != std::string_view::npos; at = code.find("document.", at + 1))
    if (at == 0 || (code[at - 1] != '.' && code[at - 1] != '_' && !text::is_alpha(code[at - 1]))) return true;
  return false;
}

}  // namespace

namespace {

bool runs_in_browsers(const File& file) {
  const Code code = file.code();
  for (const std::string_view page : {".vue", ".svelte", ".html", ".htm"})
    if (file.path.ends_with(page)) return true;
  if (begins_with_directive(file, "use client")) return true;
  if (begins_with_directive(file, "use server")) return false;
  if (contains(file.path, "/api/") || contains(file.path, "route.ts") || contains(file.path, "middleware.") ||
      contains(file.path, "server"))
    return false;
  if (contains(code, "import.meta.env")) return true;
  // An application that is built for browsers as a whole.
  const bool built = file.project.depends_on("vite") || file.project.depends_on("react-scripts") ||
                     file.project.depends_on("@angular/core") || file.project.depends_on("@vue/cli-service");
  const bool app = file.project.depends_on("expo") || file.project.depends_on("react-native");
  const bool inside = built && (file.path.starts_with("src/") || contains(file.path, "/src/"));
  if ((inside || (app && !contains(file.path, "+api."))) && !file.project.depends_on("next") &&
      !file.project.depends_on("express") && !file.project.depends_on("@nestjs/core") &&
      !file.project.depends_on("fastify") && !file.project.depends_on("hono") &&
      !icontains_any(file.path, {"functions/", "backend", "worker", "scripts/", "/cli"}))
    return true;
  // What a headless browser is told to run speaks of windows, and is the server's.
  if (file.imports_from("puppeteer") || file.imports_from("playwright")) return false;
  if (names_page(code) || contains(code, "localStorage") || contains(code, "window.")) return true;
  // Libraries that nothing but a page uses.
  for (const std::string_view page :
       {"@reduxjs/toolkit", "react-redux", "react-dom/client", "zustand", "pinia", "react-router-dom",
        "react-hook-form", "@tanstack/react-query", "react-native", "vue-router"})
    if (file.imports_from(page)) return true;
  const bool react = file.imports_from("react") &&
                     icontains_any(code, {"usestate", "useeffect", "onclick", "onsubmit", "useref", "usecallback"});
  return react;
}

}  // namespace

bool client_file(const File& file) {
  if (!file.client) file.client = runs_in_browsers(file);
  return *file.client;
}

bool guard_middleware(std::string_view name) {
  const std::string_view n = last(name);
  const auto w = words(n);
  const auto has = [&](std::initializer_list<std::string_view> any) {
    return std::any_of(w.begin(), w.end(),
                       [&](const std::string& x) { return std::find(any.begin(), any.end(), x) != any.end(); });
  };
  if (has({"optional", "router", "routes", "controller", "handler", "limiter", "limit", "cors", "helmet", "logger",
           "initialize", "schema", "validate", "validator", "webhook", "maybe"}))
    return false;
  if (n == "expressjwt") return true;
  if (n == "clerkMiddleware" || n == "ClerkExpressWithAuth" || n == "withClerkMiddleware") return false;
  if (has({"auth",        "authenticate", "authenticated", "authenticator", "authentication", "protect",  "protected",
           "authorize",   "authorized",   "authorization", "jwt",           "bearer",         "guard",    "permission",
           "permissions", "role",         "roles",         "admin",         "passport",       "identity", "authed",
           "oauth2"}))
    return true;
  return has({"require", "requires", "required", "ensure", "verify", "is", "check", "must", "with"}) &&
         has({"user", "login", "token", "session", "member", "signed", "logged", "clerk", "owner", "staff", "access",
              "permission", "key", "loggedin"});
}

bool staff_middleware(std::string_view name) {
  return has_word(name, {"admin", "admins",   "role",    "roles",     "permission", "permissions", "authorize",
                         "staff", "restrict", "permit",  "grant",     "seller",     "owner",       "superuser",
                         "allow", "can",      "ability", "moderator", "moderators", "superadmin",  "support"});
}

bool staff_only(const File& file, Node within) {
  const auto all = file.calls_in(within);
  return std::any_of(all.begin(), all.end(), [](const Call* c) {
    const std::string_view f = last(c->name);
    return has_word(f, {"admin", "staff", "role", "roles", "permission", "permissions", "superuser", "owner"}) &&
           has_word(f, {"require", "ensure", "check", "is", "assert", "verify", "has", "with", "only", "must", "guard",
                        "protect", "authorize", "can"});
  });
}

bool limit_middleware(std::string_view name) {
  // shared.middleware.brute.globalBlock says it in the middle.
  return icontains_any(last(name), {"limit", "throttle", "slowdown"}) || icontains(name, "brute");
}

namespace {

bool names_caller(const Code& code) {
  if (icontains_any(code, {"headers.get(\"authorization\"", "headers.get('authorization'", "headers.authorization",
                           "headers?.authorization", "headers[\"authorization\"]", "headers['authorization']",
                           "header(\"authorization\"", "header('authorization'", "get(\"authorization\")",
                           "get('authorization')", "{ authorization }", "headers(\"authorization\""}))
    return true;
  return icontains_any(code, {"getauth(",
                              "verifytoken(",
                              "jwt.verify(",
                              "jwtverify(",
                              "authenticaterequest(",
                              "requireuser(",
                              "requireauth(",
                              "getsession(",
                              "getserversession(",
                              "await auth(",
                              "auth()",
                              "auth.protect(",
                              "currentuser(",
                              "auth.getuser(",
                              "verifysession",
                              "validatesession",
                              "getcurrentuser",
                              "req.user",
                              "req.auth",
                              "request.user",
                              "session.user",
                              "getsessionuser",
                              "assertauth",
                              "withauth(",
                              "get('user')",
                              "get(\"user\")",
                              "locals.user",
                              "ctx.user",
                              "x-api-key",
                              "cron_secret",
                              "getuserfrom",
                              "user_session",
                              "session_token",
                              "getuserid(",
                              "requireadmin",
                              "verifyauth",
                              "verifyjwt",
                              "checkauth",
                              "authenticate(",
                              "getauthuser",
                              "unstable_getserversession",
                              "gettoken(",
                              "req.sessionid",
                              "authcontext",
                              "getviewer",
                              "auth.api.",
                              "getiron",
                              "lucia.",
                              "validaterequest(",
                              "ensureauth",
                              "getsessionfrom",
                              "readsession",
                              "parsesession",
                              "verifyaccesstoken",
                              "requiresession",
                              "headers[\"api_key\"]",
                              "checkapikey",
                              "verifyapikey",
                              "validateapikey",
                              "requireapikey",
                              "isadmin(",
                              "session.uid",
                              "session.member",
                              "session.account",
                              "session.customer",
                              "session.admin",
                              "session.logged",
                              "session.login",
                              "session.passport",
                              "session.usuario",
                              "session.kunde"});
}

}  // namespace

bool asks_identity(const Code& all) {
  if (!contains(all, "process.env.")) return names_caller(all);
  // The server's own keys, and what it sends to others, say nothing about who is calling.
  std::string code;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t env = std::min(all.find("process.env.", at), all.size());
    code += all.substr(at, env - at);
    at = std::min(env + 12, all.size());
    const std::size_t begin = at;
    while (at < all.size() && (text::is_alpha(all[at]) || text::is_digit(all[at]) || all[at] == '_')) ++at;
    if (all.substr(begin, at - begin).ends_with("CRON_SECRET")) code += "cron_secret";
  }
  return names_caller(code);
}

bool asks_limit(const Code& code) {
  if (icontains_any(code, {"ratelimit", "rate_limit", "limiter", "throttle", "toomanyrequests", "too_many_requests"}))
    return true;
  // 429 that is answered; that another server's answer is compared with it limits nobody.
  for (std::size_t at = code.find("429"); at != std::string_view::npos; at = code.find("429", at + 1)) {
    const std::string_view before =
        text::trim(code.substr(at - std::min<std::size_t>(at, 6), std::min<std::size_t>(at, 6)));
    if (!before.ends_with("==") && !before.ends_with("case")) return true;
  }
  return false;
}

bool costly_route(std::string_view path, const Code& code) {
  return has_word(path, {"checkout", "payment",    "payments",     "generate",      "generation",
                         "chat",     "completion", "completions",  "provision",     "provisioning",
                         "email",    "send",       "sms",          "contact",       "invite",
                         "upload",   "ai",         "render",       "intent",        "intents",
                         "setup",    "subscribe",  "subscription", "subscriptions", "search"}) ||
         icontains_any(code, {"openai", "anthropic", "x.ai", "fal.run", "hetzner", "resend.emails", "sendmail("});
}

std::string module_of(std::string_view file) {
  std::string out(file.substr(0, file.rfind('.') > file.rfind('/') || file.rfind('/') == std::string_view::npos
                                     ? file.rfind('.')
                                     : file.size()));
  if (out.ends_with("/index")) out.resize(out.size() - 6);
  return out;
}

std::string resolve_module(std::string_view from, std::string_view module) {
  std::string name(module);
  // `import { router } from "./routes/users.js"` is noted as "./routes/users.js.router".
  for (const std::string_view ending : {".js.", ".ts.", ".mjs.", ".tsx.", ".jsx."})
    if (const std::size_t at = name.rfind(ending); at != std::string::npos && at > name.rfind('/'))
      name.erase(at, ending.size() - 1);
  for (const std::string_view ending : {".js", ".ts", ".mjs", ".tsx", ".jsx"})
    if (name.ends_with(ending)) name.resize(name.size() - ending.size());
  if (name.starts_with("@/") || name.starts_with("~/")) return name.substr(2);
  if (!name.starts_with(".")) return {};
  std::vector<std::string> parts;
  const std::size_t slash = from.rfind('/');
  if (slash != std::string_view::npos)
    for (const auto p : text::split(from.substr(0, slash), '/')) parts.emplace_back(p);
  for (const auto p : text::split(name, '/')) {
    if (p == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (p != "." && !p.empty()) {
      parts.emplace_back(p);
    }
  }
  std::string out;
  for (const auto& p : parts) out += (out.empty() ? "" : "/") + p;
  if (out.ends_with("/index")) out.resize(out.size() - 6);
  return out;
}

Node value_of(const File& file, Node n) {
  n = unwrap(n);
  if (n.is("member_expression")) {  // JwtManager.KEY, this.KEY of a class of this file
    const Node object = n.child("object");
    const std::string_view key = n.child("property").text();
    const bool own = object.is("this");
    if (!own && (!object.is("identifier") || object.text().empty() || object.text().front() < 'A' ||
                 object.text().front() > 'Z'))
      return n;
    const Node cls = own ? n.above("class_declaration", "class") : Node();
    for (const char* type : {"public_field_definition", "field_definition"})
      for (const Node f : file.tree.all(type)) {
        if ((f.child("name") ? f.child("name") : f.child("property")).text() != key || !f.child("value")) continue;
        const Node home = f.above("class_declaration", "class");
        if (own ? home == cls : home.child("name").text() == object.text()) return unwrap(f.child("value"));
      }
    return n;
  }
  if (!n.any_of("identifier", "shorthand_property_identifier")) return n;
  Node found;
  for (const Node d : file.tree.all("variable_declarator"))
    if (d.child("name").text() == n.text() && d.begin() < n.begin()) found = unwrap(d.child("value"));
  return found ? found : n;
}

}  // namespace gatehouse::audit::source

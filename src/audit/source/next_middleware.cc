// Middleware (proxy since Next 16): which doors it stands before, and what it asks there.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "audit/source/script_staff.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// if (pathname.startsWith("/api")) return NextResponse.next(): every route handler is let through, whoever calls.
bool passes_api(const File& file) {
  for (const Node i : file.tree.all("if_statement")) {
    const Code asked = i.child("condition").code();
    if (!contains(asked, "startsWith(\"/api\")") && !contains(asked, "startsWith('/api')") &&
        !contains(asked, "startsWith(\"/api/\")") && !contains(asked, "startsWith('/api/')"))
      continue;
    if (contains(asked, "&&") || contains(asked, "!")) continue;
    const Code done = i.child("consequence").code();
    if (icontains_any(done, {"nextresponse.next()", "return;", "return\n"}) &&
        !icontains_any(done, {"401", "403", "auth", "protect", "token", "session", "if ("}))
      return true;
  }
  return false;
}

// Addresses that a middleware lets through, as a list says them.
std::vector<std::string> listed(Node list) {
  std::vector<std::string> out;
  for (const Node s : list.all("string"))
    if (const auto t = literal(s)) out.push_back(*t);
  return out;
}

bool everything(const std::string& path) {
  return path == "/(.*)" || path == "(.*)" || path == "/:path*" || path == "/*" || path == "*" || path == ".*" ||
         path == "/.*";
}

// Stops: a guard that is there, and lets everybody through, because the list of what is public begins with all.
bool lists_everything(File& file) {
  for (const char* type : {"pair", "variable_declarator"})
    for (const Node n : file.tree.all(type)) {
      const std::string_view name = n.is("pair") ? n.child("key").text() : n.child("name").text();
      const Node value = unwrap(n.child("value"));
      if (!icontains_any(name, {"public", "ignoredroutes", "unprotected", "openroutes"}) || is_function(value))
        continue;
      const auto paths = listed(value);
      if (std::none_of(paths.begin(), paths.end(), everything)) continue;
      auto& f = file.hit("EX-024", value);
      f.title = "Every address is on the list of those that are open";
      f.severity = proof::Severity::medium;
      return true;
    }
  return false;
}

}  // namespace

void read_next_middleware(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  if (name != "middleware.ts" && name != "middleware.js" && name != "proxy.ts" && name != "proxy.js") return;
  if (!contains(file.code(), "next/server") && !contains(file.code(), "clerkMiddleware") &&
      !contains(file.code(), "NextResponse") && !contains(file.code(), "authMiddleware") &&
      !contains(file.code(), "withAuth") && !contains(file.code(), "matcher"))
    return;
  const Code code = file.code();
  if (asks_limit(code)) notes.middleware_limits = true;
  if (asks_rank(file.tree.root())) notes.middleware_ranks = true;
  if (contains(code, "Content-Security-Policy")) notes.csp = true;
  if (contains(code, "Strict-Transport-Security")) notes.hsts = true;
  if (icontains_any(code, {"x-frame-options", "x-content-type-options"})) notes.helmet = true;
  const bool clerk = contains(code, "authMiddleware(");
  const bool refuses_strangers = clerk || icontains_any(code, {".protect(", "redirecttosignin", "unauthorized", "401",
                                                               "403", "redirect(", "withauth"});
  const bool looks = clerk || icontains_any(code, {"clerkmiddleware", "gettoken(", "cookies", "verify", "getsession",
                                                   "auth(", "withauth", "updatesession", "authorization"});
  // Stops: anybody who writes a cookie of that name himself; what it says is read nowhere here.
  const bool cookie =
      icontains_any(code, {"cookies.get(", "cookies.has(", "cookies().get(", "cookies().has(", "req.cookies["});
  const bool shallow =
      refuses_strangers && cookie &&
      !icontains_any(code, {"verify",  "gettoken(",     "getsession", "auth(",     "withauth",  "clerk",  "update",
                            "getuser", "decrypt",       "validate",   "fetch(",    "supabase",  "unseal", "iron",
                            "decode",  "authorization", "parse",      "getserver", "checkauth", "workos"});
  if (shallow && !notes.shallow_middleware)
    for (const Call& c : file.calls)
      if (icontains(c.name, "cookies") && (last(c.name) == "get" || last(c.name) == "has")) {
        notes.shallow_middleware = Spot{place(file.path, c.line()), file.shown(c.node)};
        break;
      }
  if (lists_everything(file)) return;
  bool covers_api = !contains(code, "matcher");
  for (const Node p : file.tree.all("pair")) {
    if (p.child("key").text() != "matcher") continue;
    const Code list = p.child("value").code();
    if (contains(list, "/api") || contains(list, "(api")) covers_api = true;
    if (contains(list, "(?!") && !contains(list, "(?!api") && !contains(list, "|api")) covers_api = true;
  }
  notes.pages_guarded = notes.pages_guarded || (refuses_strangers && looks);
  if (!refuses_strangers || !looks || !covers_api || shallow) return;
  if (passes_api(file)) return;
  notes.middleware_guard = true;
  // Clerk's first middleware closes all but what it is told.
  for (const Call& c : file.calls)
    if (c.name == "authMiddleware")
      for (const std::string_view list : {"publicRoutes", "ignoredRoutes"})
        for (std::string& path : listed(member(unwrap(c.arg(0)), list)))
          notes.middleware_paths.push_back(std::move(path));
  // Several lists may stand side by side; where one says what is open to all, the rest is what is closed.
  std::vector<std::string> open, closed;
  for (const Call& c : file.calls) {
    if (last(c.name) != "createRouteMatcher") continue;
    const std::string variable(c.node.parent().child("name").text());
    auto& list = icontains_any(variable, {"public", "open", "unprotected", "ignored"}) ? open : closed;
    for (const Node s : c.node.all("string"))
      if (const auto t = literal(s)) list.push_back(*t);
  }
  notes.middleware_guards_rest = clerk || !open.empty() || closed.empty();
  const auto& paths = open.empty() ? closed : open;
  notes.middleware_paths.insert(notes.middleware_paths.end(), paths.begin(), paths.end());
}

}  // namespace gatehouse::audit::source

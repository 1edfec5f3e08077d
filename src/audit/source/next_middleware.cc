// Middleware (proxy since Next 16): which doors it stands before, and what it asks there.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "audit/source/script_staff.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

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
  notes.pages_guarded = notes.pages_guarded || (refuses_strangers && looks);
  if (!refuses_strangers || !looks || shallow) return;
  notes.middleware_guard = true;
  auto& reach = notes.middleware_reach = reach_of_middleware(file);
  // Clerk's first middleware closes all but what it is told.
  for (const Call& c : file.calls)
    if (c.name == "authMiddleware")
      for (const std::string_view list : {"publicRoutes", "ignoredRoutes"})
        for (std::string& path : listed(member(unwrap(c.arg(0)), list))) reach.open.push_back(std::move(path));
}

}  // namespace gatehouse::audit::source

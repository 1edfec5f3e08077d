// Middleware (proxy since Next 16): which doors it stands before, and what it asks there.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// if (pathname.startsWith("/api")) return NextResponse.next(): every route handler is let through, whoever calls.
bool passes_api(const File& file) {
  for (const Node i : file.tree.all("if_statement")) {
    const std::string_view asked = i.child("condition").code();
    if (!contains(asked, "startsWith(\"/api\")") && !contains(asked, "startsWith('/api')") &&
        !contains(asked, "startsWith(\"/api/\")") && !contains(asked, "startsWith('/api/')"))
      continue;
    if (contains(asked, "&&") || contains(asked, "!")) continue;
    const std::string_view done = i.child("consequence").code();
    if (icontains_any(done, {"nextresponse.next()", "return;", "return\n"}) &&
        !icontains_any(done, {"401", "403", "auth", "protect", "token", "session", "if ("}))
      return true;
  }
  return false;
}

}  // namespace

void read_next_middleware(File& file, ScriptNotes& notes) {
  const std::string_view name = name_of(file.path);
  if (name != "middleware.ts" && name != "middleware.js" && name != "proxy.ts" && name != "proxy.js") return;
  if (!contains(file.code(), "next/server") && !contains(file.code(), "clerkMiddleware") &&
      !contains(file.code(), "NextResponse") && !contains(file.code(), "withAuth") && !contains(file.code(), "matcher"))
    return;
  const std::string_view code = file.code();
  if (asks_limit(code)) notes.middleware_limits = true;
  if (contains(code, "Content-Security-Policy")) notes.csp = true;
  if (contains(code, "Strict-Transport-Security")) notes.hsts = true;
  if (icontains_any(code, {"x-frame-options", "x-content-type-options"})) notes.helmet = true;
  const bool refuses_strangers =
      icontains_any(code, {".protect(", "redirecttosignin", "unauthorized", "401", "403", "redirect(", "withauth"});
  const bool looks = icontains_any(code, {"clerkmiddleware", "gettoken(", "cookies", "verify", "getsession", "auth(",
                                          "withauth", "updatesession", "authorization"});
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
  bool covers_api = !contains(code, "matcher");
  for (const Node p : file.tree.all("pair")) {
    if (p.child("key").text() != "matcher") continue;
    const std::string_view list = p.child("value").code();
    if (contains(list, "/api") || contains(list, "(api")) covers_api = true;
    if (contains(list, "(?!") && !contains(list, "(?!api") && !contains(list, "|api")) covers_api = true;
  }
  notes.pages_guarded = notes.pages_guarded || (refuses_strangers && looks);
  if (!refuses_strangers || !looks || !covers_api || shallow) return;
  if (passes_api(file)) return;
  notes.middleware_guard = true;
  // Several lists may stand side by side; where one says what is open to all, the rest is what is closed.
  std::vector<std::string> open, closed;
  for (const Call& c : file.calls) {
    if (last(c.name) != "createRouteMatcher") continue;
    const std::string variable(c.node.parent().child("name").text());
    auto& list = icontains_any(variable, {"public", "open", "unprotected", "ignored"}) ? open : closed;
    for (const Node s : c.node.all("string"))
      if (const auto t = literal(s)) list.push_back(*t);
  }
  notes.middleware_guards_rest = !open.empty() || closed.empty();
  const auto& paths = open.empty() ? closed : open;
  notes.middleware_paths.insert(notes.middleware_paths.end(), paths.begin(), paths.end());
}

}  // namespace gatehouse::audit::source

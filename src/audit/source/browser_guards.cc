#include "audit/source/browser_guards.h"

#include <algorithm>

#include "audit/readers/row_tables.h"
#include "audit/source/browser_policies.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 50;

bool gate_name(std::string_view name) {
  return has_word(name, {"protected", "private", "guard", "guarded", "require", "requires", "admin", "auth",
                         "authenticated", "secure", "secured", "restricted"}) &&
         has_word(name, {"route", "routes", "guard", "page", "pages", "layout", "auth", "admin", "gate", "wrapper",
                         "area", "panel", "dashboard", "login"}) &&
         !has_word(name, {"provider", "context", "use", "form"});
}

// Where it sends whom it does not let in.
std::string turned_to(const File& file, Node function) {
  for (const char* type : {"jsx_self_closing_element", "jsx_opening_element"})
    for (const Node e : function.all(type)) {
      if (e.children().empty() ||
          (e.children().front().text() != "Navigate" && e.children().front().text() != "Redirect"))
        continue;
      for (const Node a : e.children())
        if (a.is("jsx_attribute") && a.first().text() == "to") return std::string(a.text());
    }
  for (const Call* c : file.calls_in(function)) {
    const std::string_view f = last(c->name);
    if (f != "navigate" && f != "push" && f != "replace" && f != "redirect") continue;
    if (const auto to = literal(c->arg(0)); to && to->starts_with("/")) return *to;
  }
  return {};
}

// Whom it lets in depends on more than an account.
bool asks_more(const Code& code) {
  if (icontains_any(code, {"role",    "isadmin",    "is_admin",  "permission", "claims",      "hasaccess",
                           "can(",    "allowed",    "usertype",  "user_type",  "isstaff",     "superuser",
                           "profile", ".email ===", ".email===", ".email !==", "admin_users", "adminusers",
                           "admins",  "checkadmin", "tier",      "rank",       "isowner",     "whitelist",
                           ".rpc(",   ".from(",     "getdoc(",   "fetch(",     "axios",       "token.admin"}))
    return true;
  return false;
}

bool asks_account(const Code& code) {
  return icontains_any(code,
                       {"user", "session", "isauthenticated", "isloggedin", "signedin", "logged", "authenticated"});
}

// <Route path="/admin/…" element={<ProtectedRoute>…</ProtectedRoute>} />
void note_routes(const File& file, BrowserGuards& notes) {
  for (const char* type : {"jsx_self_closing_element", "jsx_opening_element"})
    for (const Node e : file.tree.all(type)) {
      if (e.children().empty() || e.children().front().text() != "Route") continue;
      bool staff = false;
      for (const Node a : e.children())
        if (a.is("jsx_attribute") && a.first().text() == "path" && a.children().size() > 1)
          staff = has_word(literal(a.children()[1]).value_or(""), {"admin", "backoffice", "staff"});
      if (!staff) continue;
      const Node whole = e.is("jsx_opening_element") ? e.parent() : e;
      for (const char* inner : {"jsx_opening_element", "jsx_self_closing_element"})
        for (const Node g : whole.all(inner)) {
          if (g.children().empty() || notes.over_staff.size() >= kMost) continue;
          const std::string_view name = g.children().front().text();
          // <ProtectedRoute requireAdmin>: it is told what to ask for.
          if (gate_name(name) && g.children().size() == 1) notes.over_staff.emplace(name);
        }
    }
}

// A server of the tree, or the database, judges again.
bool judged_elsewhere(const Project& project) {
  const auto& tables = project.notes<Tables>();
  for (const auto& [key, p] : tables.policies)
    if (p.table != "storage.objects" && asks_rank(p.text)) return true;
  for (const Entry& e : project.entries()) {
    if (e.role != Role::product) continue;
    if (e.name() == "manage.py" || e.name() == "requirements.txt" || e.name() == "pyproject.toml" ||
        e.name() == "pom.xml" || e.name() == "go.mod" || e.name() == "composer.json" || e.path.starts_with("server/") ||
        e.path.starts_with("backend/") || e.path.starts_with("api/") || contains(e.path, "/controllers/") ||
        contains(e.path, "/routes/") || contains(e.path, "app/api/") || contains(e.path, "pages/api/"))
      return true;
    const bool rules = e.name() == "firestore.rules" || e.name() == "database.rules.json" || e.name() == "config.toml";
    if (!rules) continue;
    const auto source = project.open(e.path);
    if (!source) continue;
    if (e.name() == "config.toml") {
      // Nobody signs himself up.
      if (contains(source->text(), "enable_signup = false")) return true;
    } else if (icontains_any(source->text(), {"admin", "role", "token.", "email =="})) {
      return true;
    }
  }
  return false;
}

// What the database lets in can be read here.
bool rules_in_sight(const Project& project) {
  const auto& tables = project.notes<Tables>();
  return !tables.policies.empty() || !tables.made.empty() || !project.named("firestore.rules").empty();
}

}  // namespace

void read_browser_guards(File& file) {
  const Code code = file.code();
  if (!asks_database(file) || !client_file(file)) return;
  auto& notes = file.project.notes<BrowserGuards>();
  if (contains(code, "<Route")) note_routes(file, notes);
  if (!icontains_any(code, {"<navigate", "<redirect", "navigate(", "router.push(", "router.replace(", "redirect("}))
    return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      if (function_around(f) || notes.gates.size() >= kMost) continue;
      std::string name = function_name(f);
      const bool layout = (name.empty() || has_word(name, {"layout"})) && icontains(file.path, "admin");
      if (!gate_name(name) && !layout) continue;
      const Code own = f.code();
      if (!contains(own, "children") && !contains(own, "Outlet")) continue;
      const std::string to = turned_to(file, f);
      if (to.empty() || asks_more(own) || !asks_account(own)) continue;
      const bool staff = has_word(to, {"admin"}) || has_word(name, {"admin"}) || layout;
      notes.gates.push_back({name, staff, {place(file.path, f.line()), file.shown(f)}});
    }
}

// Stops: an account that anybody opens with the public key, and with it the pages of those who run the place.
void judge_browser_guards(const Project& project, Sink& sink) {
  const auto& notes = project.notes<BrowserGuards>();
  if (notes.gates.empty()) return;
  for (const auto& g : notes.gates) {
    if (!g.to_staff && !notes.over_staff.contains(g.name)) continue;
    if (judged_elsewhere(project)) return;
    auto& f = sink.find("AZ-008", g.at.at, g.at.shown);
    f.title = "Every account passes for one of the administration";
    f.impact =
        "The gate asks whether somebody is signed in, no policy of the database in this tree asks for more, and the "
        "sign-in service lets anybody open an account unless that is switched off.";
    f.fix =
        "Keep who is an administrator in a table or claim that only the server writes, ask for it in the policies "
        "of the database, and here.";
    f.confidence = proof::Confidence::medium;
    if (!rules_in_sight(project)) f.severity = proof::Severity::medium;
    return;
  }
}

}  // namespace gatehouse::audit::source

// Houses of many tenants, in Python: a role that every tenant gives out is no right over the others.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct TenantNotes {
  bool callers_have_one = false;  // current_user.tenant_id is asked for somewhere
  bool platform_role = false;     // some role stands above all tenants
  struct Open {
    proof::Location at;
    std::string shown;
    std::string title;
  };
  std::vector<Open> open;
  bool roles_of_members = false;      // owners and administrators of one organisation may do more
  std::set<std::string> role_guards;  // functions that ask for such a role
  struct Member {
    proof::Location at;
    std::string shown;
    std::set<std::string> dependencies;
  };
  std::vector<Member> by_members;  // what any of them may do
};

bool tenant_key(std::string_view name) {
  return name == "tenant_id" || name == "org_id" || name == "organization_id" || name == "organisation_id" ||
         name == "company_id" || name == "workspace_id";
}

bool above_tenants(const Code& code) {
  return icontains_any(code, {"superadmin", "super_admin", "superuser", "platform", "root", "system_admin",
                              "global_admin", "site_admin", "sysadmin", "is_staff", "super-admin", "internal"});
}

bool tenant_model(std::string_view name) {
  return name == "Tenant" || name == "Organization" || name == "Organisation" || name == "Company" ||
         name == "Workspace" || name == "Org";
}

// What decides over the whole organisation: its money, its keys, its people.
bool for_owners(std::string_view words_) {
  return has_word(words_, {"checkout", "portal", "billing", "subscription", "subscriptions", "apikey", "apikeys",
                           "invite", "invitations", "members", "sso"}) ||
         icontains_any(words_, {"api_key", "api-key"});
}

// Depends(get_current_organization) and kin: a member of it is calling.
bool as_member(const Code& head) {
  return icontains_any(head, {"current_org", "current_tenant", "current_workspace", "current_team", "current_company",
                              "get_organization", "active_org"});
}

void note_member(const Handler& h, TenantNotes& notes) {
  const Code code = body(h.function).code();
  const Code head = h.function.child("parameters").code();
  if (icontains_any(code, {"role", "owner", "is_admin", "permission"})) {
    if (icontains_any(code, {"role"}) && icontains_any(code, {"owner", "admin"}) &&
        icontains_any(code, {"403", "forbidden"}))
      notes.roles_of_members = true;
    return;
  }
  if (h.route->admin_guard || icontains_any(head, {"role", "owner", "admin", "permission"}) || !as_member(head)) return;
  const bool writes = std::any_of(h.route->methods.begin(), h.route->methods.end(),
                                  [](const std::string& m) { return m != "get" && m != "websocket"; });
  const std::string name = h.route->path + " " + h.route->function;
  if (!writes || !for_owners(name)) return;
  TenantNotes::Member m{h.route->at, h.route->shown, h.route->dependencies};
  m.dependencies.insert(h.route->guards.begin(), h.route->guards.end());
  notes.by_members.push_back(std::move(m));
}

}  // namespace

// A header of the request names the tenant, and a constant stands in for it.
void read_tenant_sources(File& file) {
  auto& notes = file.project.notes<TenantNotes>();
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    const Code code = body(f).code();
    if (icontains(code, "role") && icontains_any(code, {"owner", "admin"}) && icontains_any(code, {"403", "forbidden"}))
      notes.role_guards.insert(name);
    if (!has_word(name, {"tenant", "org", "organization", "workspace", "account", "user"}) ||
        !has_word(name, {"get", "extract", "resolve", "determine", "current", "detect", "find"}) || route_function(f) ||
        !contains(f.child("parameters").code(), "headers"))
      continue;
    for (const Call* c : file.calls_in(body(f))) {
      const auto key = literal(c->arg(0));
      if (c->name != "headers.get" || !key || !has_word(*key, {"tenant", "org", "organization", "account", "user"}) ||
          icontains(*key, "agent"))
        continue;
      file.hit("AZ-002", c->node).title = "Who the caller is comes from the request itself (" + *key + ")";
      break;
    }
  }
}

void read_python_tenants(File& file, const Handler& h) {
  auto& notes = file.project.notes<TenantNotes>();
  const Node b = body(h.function);
  const Code code = b.code();
  const Code head = h.function.child("parameters").code();
  std::string decorated;
  for (const Node d : h.function.parent().children())
    if (d.is("decorator")) decorated += d.code();
  note_member(h, notes);
  bool own = false;  // the caller's own tenant is asked
  for (const Node a : b.all("attribute"))
    if (tenant_key(a.child("attribute").text()) &&
        (has_word(a.child("object").text(), {"user", "current", "principal", "caller", "me", "admin", "auth"}) ||
         std::find(h.identity.begin(), h.identity.end(), a.child("object").text()) != h.identity.end())) {
      notes.callers_have_one = true;
      own = true;
    }
  if (above_tenants(head) || above_tenants(decorated) || above_tenants(code)) {
    notes.platform_role = true;
    return;
  }
  // `if caller.tenant_id != tenant_id and "admin" not in caller.roles: refuse`
  for (const Node branch : b.all("if_statement")) {
    const Code condition = branch.child("condition").code();
    if (!icontains(condition, "admin") || !contains(condition, "!=") ||
        !icontains_any(condition, {"tenant_id", "org_id", "organization_id", "company_id", "workspace_id"}) ||
        !contains(condition, " and ") || !icontains_any(branch.child("consequence").code(), {"raise", "abort("}))
      continue;
    notes.open.push_back({place(file.path, branch.line()), file.shown(branch),
                          "The border between tenants is waived for a role that each tenant gives out"});
    return;
  }
  if (!h.route->admin_guard || own || icontains_any(code, {"get_tenant", "current_tenant", "member", "tenant_filter"}))
    return;
  for (const Node p : h.function.child("parameters").children()) {
    const Node name = p.child("name") ? p.child("name") : p.is("identifier") ? p : p.first();
    if (!tenant_key(name.text()) || !contains(h.route->path, "{" + std::string(name.text()))) continue;
    notes.open.push_back(
        {h.route->at, h.route->shown, "An administrator of one tenant reaches every other tenant by its id"});
    return;
  }
  for (const Node a : b.all("attribute"))  // Organization.query.order_by(…).paginate(…)
    if (a.child("attribute").text() == "query" && tenant_model(last(dotted(a.child("object")))) &&
        icontains_any(code, {".all()", ".paginate("}) && h.route->path.find('<') == std::string::npos) {
      notes.open.push_back({h.route->at, h.route->shown, "An administrator of one tenant is shown all tenants"});
      return;
    }
  for (const Call* c : file.calls_in(b)) {
    const std::string_view f = last(c->name);
    if ((f != "query" && f != "select") || !tenant_model(last(dotted(c->arg(0))))) continue;
    bool listed = icontains_any(code, {".all()"}) && !contains(code, ".first(");
    if (listed && std::find(h.route->methods.begin(), h.route->methods.end(), "get") != h.route->methods.end())
      notes.open.push_back({h.route->at, h.route->shown, "An administrator of one tenant is shown all tenants"});
    return;
  }
}

void judge_python_tenants(const Project& project, Sink& sink) {
  const auto& notes = project.notes<TenantNotes>();
  if (notes.roles_of_members || !notes.role_guards.empty())
    for (const TenantNotes::Member& m : notes.by_members) {
      if (std::any_of(m.dependencies.begin(), m.dependencies.end(),
                      [&](const std::string& d) { return notes.role_guards.contains(d); }))
        continue;
      auto& f = sink.find("AZ-008", m.at, m.shown);
      f.title = "Any member of an organisation does what its owners should";
      f.severity = proof::Severity::medium;
    }
  if (!notes.callers_have_one) return;
  for (const TenantNotes::Open& o : notes.open) {
    auto& f = sink.find("AZ-001", o.at, o.shown);
    f.title = o.title;
    if (!notes.platform_role) f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

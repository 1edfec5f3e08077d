#include "audit/source/python_header_tenants.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct HeaderTenants {
  std::vector<Spot> taken;
  bool membership_asked = false;  // somewhere but where members are declared
};

bool tenant_word(std::string_view name) {
  return has_word(name, {"tenant", "organization", "organisation", "org", "company", "workspace", "shop", "store",
                         "team", "account", "school", "clinic", "branch"});
}

// request.META.get(…), request.headers["X-Tenant"]
bool header_read(Node value) {
  const Code code = value.code();
  return icontains_any(code, {"request.meta", "request.headers", ".headers.get(", ".headers["}) &&
         !icontains_any(code, {"remote_addr", "authorization", "http_host"});
}

}  // namespace

void read_header_tenants(const File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<HeaderTenants>();
  if (icontains_any(code, {"member", "belongs_to", "tenant_users", "has_access", "user.tenant", "user.organization",
                           "user.company", "profile.tenant", "users.filter(", "users__"}) &&
      !has_word(file.path, {"models", "model", "migrations", "admin", "tests", "serializers", "schemas", "factories"}))
    notes.membership_asked = true;
  if (!icontains_any(code, {".meta", ".headers"}) || notes.taken.size() > 8) return;
  for (const Node f : file.tree.all("function_definition")) {
    std::set<std::string> named;  // by a header
    for (const Node a : f.all("assignment"))
      if (a.child("left").is("identifier") && header_read(a.child("right"))) named.emplace(a.child("left").text());
    if (named.empty()) continue;
    std::set<std::string> rows;  // and fetched by that name alone
    for (const Node a : f.all("assignment")) {
      const Node right = a.child("right");
      if (!a.child("left").is("identifier") || icontains_any(right.code(), {"user", "member"})) continue;
      for (const Call* c : file.calls_in(right)) {
        const std::string_view m = last(c->name);
        const bool fetches = m == "get" || m == "filter" || m == "get_object_or_404" || m == "filter_by" ||
                             m == "find_one" || m == "scalar" || m == "execute" || m == "where";
        if (fetches && !header_read(c->node) && std::any_of(named.begin(), named.end(), [&](const std::string& n) {
              return has_token(c->node.child("arguments").code(), n);
            }))
          rows.emplace(a.child("left").text());
      }
    }
    for (const Node a : f.all("assignment")) {
      const Node left = a.child("left");
      if (!left.is("attribute") || !tenant_word(left.child("attribute").text()) ||
          !icontains_any(left.child("object").code(), {"request", "g", "state"}) ||
          rows.count(std::string(a.child("right").text())) == 0)
        continue;
      notes.taken.push_back({place(file.path, a.line()), file.shown(a)});
      break;
    }
  }
}

// Stops: reading another shop's customers with an account of one's own, by writing that shop's name into a header.
void judge_header_tenants(const Project& project, Sink& sink) {
  const auto& notes = project.notes<HeaderTenants>();
  if (notes.membership_asked) return;
  for (const Spot& s : notes.taken) {
    auto& f = sink.find("AZ-002", s.at, s.shown);
    f.title = "The tenant is whatever a header says, and nobody asks whether the caller belongs to it";
    f.severity = proof::Severity::critical;
    f.fix = "Take the tenant from the caller's memberships, or refuse who is no member of the one that is named.";
    return;
  }
}

}  // namespace gatehouse::audit::source

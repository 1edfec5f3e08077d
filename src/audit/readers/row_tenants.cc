#include <algorithm>
#include <tuple>

#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// The column that says which house a row belongs to.
std::string tenant_column(const source::Record& r) {
  for (const std::string_view name : {"workspace_id", "organization_id", "organisation_id", "org_id", "tenant_id",
                                      "company_id", "team_id", "school_id", "clinic_id", "agency_id", "restaurant_id",
                                      "institution_id", "hospital_id", "branch_id", "brand_id"})
    for (const std::string& c : r.columns)
      if (text::to_lower(c) == name) return std::string(name);
  return {};
}

bool names_tenant(std::string_view policy) {
  for (const std::string_view part :
       {"workspace", "organization", "organisation", "org_", "_org", "tenant", "company", "team", "school", "clinic",
        "agency", "restaurant", "institution", "hospital", "branch", "brand", "member"})
    if (has(policy, part)) return true;
  return false;
}

// The tenant of a table's rows, its own or that of what they belong to.
std::string tenant_of(const source::Schema& schema, std::string_view table) {
  const source::Record* r = schema.of(table);
  if (r == nullptr) return {};
  if (const std::string own = tenant_column(*r); !own.empty()) return own;
  for (const std::string& up : r->belongs)
    if (const auto it = schema.records.find(up); it != schema.records.end() && !it->second.person)
      if (const std::string theirs = tenant_column(it->second); !theirs.empty()) return theirs;
  return {};
}

// Who has a rank: the records that the policy reads it from.
bool ranks_within(const source::Schema& schema, std::string_view policy, std::string_view tenant) {
  for (const auto& [key, r] : schema.records) {
    if (tenant_column(r) != tenant) continue;
    const bool ranks = std::any_of(r.columns.begin(), r.columns.end(),
                                   [](const std::string& c) { return syntax::has_word(c, {"role", "admin"}); });
    if (!ranks) continue;
    for (std::size_t at = policy.find(" from "); at != std::string_view::npos; at = policy.find(" from ", at + 1)) {
      std::string_view rest = policy.substr(at + 6);
      rest = rest.substr(0, rest.find_first_of(" ()"));
      if (source::record_key(rest) == key) return true;
    }
  }
  return false;
}

const Tables::Policy* stricter_before(const Tables& tables, const Tables::Policy& p) {
  for (auto it = tables.dropped.rbegin(); it != tables.dropped.rend(); ++it)
    if (it->table == p.table && (it->verb == p.verb || it->verb == "all") && names_tenant(it->text)) return &*it;
  return nullptr;
}

// Stops: the support of one customer, reading and changing what belongs to all others.
void judge_houses(const source::Schema& schema, const Tables& tables, Sink& sink) {
  for (const auto& [key, p] : tables.policies) {
    if (for_the_server(p.text) || p.table.starts_with("storage.") || reach_of(p) != Reach::some) continue;
    const std::string bare = bare_name(p.table);
    std::string condition = p.text.substr(std::min(p.text.size(), p.text.find(bare) + bare.size()));
    const std::string tenant = tenant_of(schema, bare);
    if (tenant.empty() || !asks_rank(condition) || names_tenant(condition)) continue;
    if (has(text::to_lower(p.said), "super") || has(text::to_lower(p.said), "platform") ||
        has(text::to_lower(p.said), "system"))
      continue;
    if (!ranks_within(schema, condition, tenant)) continue;
    const Tables::Policy* before = stricter_before(tables, p);
    auto& f = sink.find("AZ-001", p.path, p.line, p.shown);
    f.title = "Staff of one " + tenant.substr(0, tenant.find("_id")) + " " + (p.verb == "select" ? "read" : "reach") +
              " the rows of all others in " + text::printable(bare);
    f.fix = "Compare " + tenant + " of the row with that of the caller's own record, as well as the rank.";
    if (before != nullptr)
      f.evidence.push_back("it takes the place of a policy that asked for it: " + before->path + ":" +
                           std::to_string(before->line));
    else
      f.confidence = proof::Confidence::medium;
  }
}

// The table whose e-mail address a policy believes: … = (select email from profiles where id = auth.uid()).
std::string believed_mail(std::string_view policy) {
  const std::size_t at = policy.find("select email from ");
  if (at == std::string_view::npos) return {};
  std::string_view rest = policy.substr(at + 18);
  rest = rest.substr(0, rest.find_first_of(" ()"));
  return rest.starts_with("auth.") ? std::string() : table_name(std::string(rest) + " ");
}

// Stops: a profile whose owner writes somebody else's address into it, and reads that person's rows.
void judge_mail(const Tables& tables, Sink& sink) {
  std::vector<const Tables::Policy*> believing;
  for (const auto& [key, p] : tables.policies) {
    const std::string people = believed_mail(p.text);
    if (people.empty() || people == p.table) continue;
    const bool open = std::any_of(tables.policies.begin(), tables.policies.end(), [&](const auto& other) {
      const Tables::Policy& u = other.second;
      return u.table == people && (u.verb == "update" || u.verb == "all") && asks_caller(u.text) &&
             !asks_rank(u.text) && !has(u.text, "email");
    });
    if (!open || has(tables.kept_back, "old.email") || has(tables.kept_back, "new.email :=")) continue;
    believing.push_back(&p);
  }
  if (believing.empty()) return;
  std::sort(believing.begin(), believing.end(),
            [](const auto* a, const auto* b) { return std::tie(a->path, a->line) < std::tie(b->path, b->line); });
  auto& f = sink.find("AZ-003", believing.front()->path, believing.front()->line, believing.front()->shown);
  f.title = "Rows are given to whoever writes their address into his own profile";
  f.fix = "Compare with auth.jwt() ->> 'email', which the sign-in service has confirmed, or with auth.uid().";
  for (std::size_t i = 1; i < believing.size() && i < 8; ++i)
    f.locations.push_back({believing[i]->path, believing[i]->line, believing[i]->line, {}});
}

}  // namespace

void judge_tenants(const Project& project, const Tables& tables, Sink& sink) {
  judge_houses(project.notes<source::Schema>(), tables, sink);
  judge_mail(tables, sink);
}

}  // namespace gatehouse::audit

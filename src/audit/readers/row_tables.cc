#include "audit/readers/row_tables.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

}  // namespace

std::string table_name(std::string_view rest) {
  for (std::string_view skip : {"if not exists ", "if exists ", "only "})
    if (rest.starts_with(skip)) rest.remove_prefix(skip.size());
  std::string name(rest.substr(0, rest.find_first_of(" (")));
  return has(name, ".") ? name : "public." + name;
}

std::string bare_name(std::string_view table) { return std::string(table.substr(table.find('.') + 1)); }

// create policy users update own on public.profiles for update using (…)
std::optional<std::pair<std::string, std::string>> policy_name(std::string_view rest) {
  if (rest.starts_with("if exists ")) rest.remove_prefix(10);
  for (std::size_t at = rest.find(" on "); at != std::string_view::npos; at = rest.find(" on ", at + 1)) {
    std::string_view tail = rest.substr(at + 4);
    const std::string_view table = tail.substr(0, tail.find_first_of(" ("));
    tail.remove_prefix(std::min(tail.size(), table.size() + 1));
    const std::string_view next = tail.substr(0, tail.find_first_of(" ("));
    if (next.empty() || next == "for" || next == "using" || next == "with" || next == "to" || next == "as")
      return std::pair(table_name(table), std::string(rest.substr(0, at)));
  }
  return std::nullopt;
}

std::string verb_of(std::string_view policy) {
  for (const std::string_view verb : {"select", "insert", "update", "delete"})
    if (has(policy, " for " + std::string(verb))) return std::string(verb);
  return "all";
}

// What stands in the brackets after `mark`, without brackets and casts around it.
std::string condition_after(std::string_view policy, std::string_view mark) {
  std::size_t at = policy.find(mark);
  if (at == std::string_view::npos) return {};
  at = policy.find('(', at + mark.size());
  if (at == std::string_view::npos) return {};
  int depth = 0;
  std::size_t end = at;
  for (; end < policy.size(); ++end) {
    if (policy[end] == '(') ++depth;
    if (policy[end] == ')' && --depth == 0) break;
  }
  std::string out;
  for (const char c : policy.substr(at + 1, end - at - 1))
    if (c != ' ' && c != '(' && c != ')') out += c;
  return out;
}

Reach reach_of(const Tables::Policy& p) {
  const auto of = [&](const std::string& condition) {
    if (condition.empty() || condition == "true" || condition == "1=1") return Reach::all;
    for (const std::string_view any :
         {"auth.role=''", "selectauth.role=''", "auth.uidisnotnull", "selectauth.uidisnotnull", "auth.role=''::text"})
      if (condition == any) return Reach::account;
    return Reach::some;
  };
  const std::string shown = condition_after(p.text, " using"), checked = condition_after(p.text, "with check");
  Reach out = p.verb == "insert" ? of(checked) : of(shown);
  if (p.verb == "insert" ? checked.empty() : shown.empty()) out = Reach::some;
  // What may be written says more than what may be reached.
  if ((p.verb == "update" || p.verb == "all") && !checked.empty() && of(checked) == Reach::some && out != Reach::all)
    out = Reach::some;
  if (out == Reach::all && has(p.text, " to authenticated")) out = Reach::account;
  return out;
}

bool for_the_server(std::string_view policy) {
  return has(policy, "to service_role") || (has(policy, "'service_role'") && !has(policy, " or "));
}

bool asks_caller(std::string_view policy) {
  for (const std::string_view word : {"auth.uid()", "auth.jwt()", "auth.email()", "requesting_user_id",
                                      "current_user_id", "request.jwt.claims", "clerk_user_id()", "auth.user_id()"})
    if (has(policy, word)) return true;
  return false;
}

bool asks_rank(std::string_view policy) {
  // "Admins can modify services", for all using (true): a name asks nobody.
  if (policy.starts_with("create policy "))
    if (const auto name = policy_name(policy.substr(14))) policy.remove_prefix(14 + name->second.size());
  for (const std::string_view word : {"role =", "role in", "role=", ".role ", "is_admin", "has_role", "is_staff",
                                      "is_superuser", "is_agent", "admin", "role::text"})
    if (has(policy, word)) return true;
  return false;
}

}  // namespace gatehouse::audit

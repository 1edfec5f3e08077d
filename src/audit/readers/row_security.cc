#include "audit/readers/row_security.h"

#include <algorithm>

#include "audit/readers/row_definers.h"
#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

constexpr std::size_t kMostKept = std::size_t{4} << 20;  // bytes of triggers and grants
constexpr std::size_t kMostDropped = 500;

// A view runs as whoever made it, so the policies of its tables do not hold for those who read it (PostgreSQL 15:
// security_invoker). One that names harmless columns is made for that; one that takes whole rows shows them.
void judge_views(const Tables& tables, Sink& sink) {
  for (const auto& [name, view] : tables.views) {
    const std::string_view t = view.text;
    const bool whole = has(t, "select *") || has(t, ".*") ||
                       (!has(t, "auth.uid()") &&
                        syntax::has_word(t, {"email", "phone", "salary", "iban", "address", "birth", "ssn", "passport",
                                             "birthday", "telefon", "income", "credits", "balance", "stripe"}));
    const bool secured = std::any_of(tables.secured.begin(), tables.secured.end(), [&](const std::string& table) {
      const std::string own = table.starts_with("public.") ? table.substr(7) : table;
      return has(t, "from " + own) || has(t, "join " + own) || has(t, "from " + table) || has(t, "join " + table);
    });
    if (!whole || !secured || view.table.starts_with("private.") || has(t, "auth.users")) continue;
    auto& f = sink.find("AZ-009", view.path, view.line, view.shown);
    f.title = "A view shows whole rows past the policies of their tables";
    f.fix = "CREATE VIEW … WITH (security_invoker = true), or name the columns that everybody may see.";
  }
}

// Stops: m.org_id = m.org_id, which is so for every row.
void judge_self(const Tables& tables, Sink& sink) {
  for (const auto& [key, p] : tables.policies) {
    const std::string_view t = p.text;
    for (std::size_t at = t.find(" = "); at != std::string_view::npos; at = t.find(" = ", at + 3)) {
      std::size_t begin = at, end = at + 3;
      const auto part = [&](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '.'; };
      while (begin > 0 && part(t[begin - 1])) --begin;
      while (end < t.size() && part(t[end])) ++end;
      const std::string_view left = t.substr(begin, at - begin), right = t.substr(at + 3, end - at - 3);
      if (left.empty() || left != right || text::is_digit(left.front()) || left.find('.') == left.npos) continue;
      auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
      f.title = "A policy compares the column " + text::printable(left) + " with itself";
      f.impact = "The condition holds for every row: whoever belongs anywhere reaches the rows of all.";
      f.severity = proof::Severity::high;
      break;
    }
  }
}

constexpr std::string_view kShown[] = {"is_public", "public", "is_visible", "visible", "is_shared", "shared"};

// is_public boolean not null default true
bool begins_true(std::string_view statement, std::string_view column) {
  for (std::size_t at = statement.find(column); at != std::string_view::npos; at = statement.find(column, at + 1)) {
    if (at > 0 && !has(" ,(", statement.substr(at - 1, 1))) continue;
    const std::string_view rest = statement.substr(at + column.size(), statement.substr(at).find_first_of(",;)"));
    if (rest.starts_with(" bool") && has(rest.substr(0, rest.find_first_of(",;)")), "default true")) return true;
  }
  return false;
}

// update companies set is_subscribed = true, plan = 'pro' where …: columns of tables that were made elsewhere, too.
void read_set_columns(std::string_view lower, Tables& tables) {
  for (std::size_t at = lower.find("update "); at != std::string::npos; at = lower.find("update ", at + 7)) {
    const std::size_t set = lower.find_first_not_of(" \n\t\r", lower.find_first_of(" \n\t\r", at + 7));
    if (set == std::string_view::npos) return;
    if (!lower.substr(set).starts_with("set") || tables.set_to.size() >= kMostDropped) continue;
    const std::string bare =
        bare_name(table_name(lower.substr(at + 7, lower.find_first_of(" \n\t\r", at + 7) - at - 7)));
    const std::size_t end = std::min({lower.find("where", set), lower.find(';', set), set + 2'000, lower.size()});
    std::size_t begin = set + 3;
    for (std::size_t i = begin; i <= end && i < lower.size(); ++i) {
      if (i != end && lower[i] != ',') continue;
      const std::string_view one = text::trim(lower.substr(begin, i - begin));
      const std::string_view column = one.substr(0, one.find_first_of(" =\n\t"));
      const std::string_view first = column.substr(column.find_first_not_of(" \n\t\r") == std::string_view::npos
                                                       ? column.size()
                                                       : column.find_first_not_of(" \n\t\r"));
      if (one.find('=') != std::string_view::npos && !first.empty()) tables.set_to[bare].emplace(first);
      begin = i + 1;
    }
  }
}

}  // namespace

void RowSecurityReader::read(const Source& source, Project& project, Sink& sink) {
  if (source.entry().role != Role::product) return;
  auto& tables = project.notes<Tables>();
  if (has(source.path(), "supabase/") || has(source.text(), "auth.uid()") || has(source.text(), "auth.users") ||
      has(source.text(), "service_role"))
    tables.supabase = true;
  if (tables.supabase || has(source.path(), "supabase")) judge_definers(source, sink);
  const std::string lower = text::to_lower(source.text());
  if (has(lower, "old.") || has(lower, "revoke update")) {
    if (tables.kept_back.size() >= kMostKept)
      sink.gave_up({std::string(source.path()), "more than 4 MiB of SQL with triggers and grants stand before it"});
    else
      tables.kept_back += lower;
  }
  // A trigger that adds each new account's row: nobody else's insert finds room for it.
  if (has(lower, "returns trigger"))
    for (std::size_t at = lower.find("insert into "); at != std::string::npos; at = lower.find("insert into ", at + 1))
      if (tables.filled.size() < kMostDropped)
        tables.filled.insert(bare_name(table_name(std::string_view(lower).substr(at + 12, 100))));
  read_set_columns(lower, tables);
  // do $$ … execute format('alter table %I enable row level security', name) … $$
  if (has(lower, "execute format(") && has(lower, "enable row level security")) tables.secured_by_loop = true;
  for (const SqlStatement& s : sql_statements(source.text())) {
    const std::string_view t = s.text;
    if (t.starts_with("insert into storage.buckets")) judge_bucket(source, s, sink);
    if ((t.starts_with("create view ") || t.starts_with("create or replace view ")) && has(t, "auth.users") &&
        !has(t, "create view auth.") && tables.supabase) {
      auto& f = sink.find("AZ-005", source.path(), s.line, quote(s.text));
      f.title = "A view shows the accounts of the sign-in service past every policy";
      f.severity = proof::Severity::high;
    }
    if (t.starts_with("create view ") || t.starts_with("create or replace view ")) {
      const std::string name = table_name(t.substr(t.find(" view ") + 6));
      tables.views.erase(name);
      if (!has(t, "security_invoker"))
        tables.views[name] = {name, "select", s.text, s.said, std::string(source.path()), quote(s.text), s.line};
    } else if (has(t, "security_invoker") && t.starts_with("alter view ")) {
      tables.views.erase(table_name(t.substr(11)));
    } else if (t.starts_with("drop view ")) {
      tables.views.erase(table_name(t.substr(10)));
    }
    if (t.starts_with("create policy ") || t.starts_with("drop policy "))
      if (const auto name = policy_name(t.substr(t.starts_with("drop") ? 12 : 14))) {
        const std::string key = name->first + " " + name->second;
        if (const auto it = tables.policies.find(key); it != tables.policies.end()) {
          if (tables.dropped.size() < kMostDropped) tables.dropped.push_back(std::move(it->second));
          tables.policies.erase(it);
        }
        if (t.starts_with("create"))
          tables.policies[key] = {name->first,   verb_of(t), s.text, s.said, std::string(source.path()),
                                  quote(s.text), s.line};
      }
    if (t.starts_with("create table ") || t.starts_with("alter table ")) {
      const std::string table = table_name(t.substr(t.starts_with("create") ? 13 : 12));
      for (const std::string_view column : kShown)
        if (begins_true(t, column)) tables.shown_by_default.insert(table + "." + std::string(column));
    }
    if (t.starts_with("create table ") || t.starts_with("alter table ")) {
      read_bounds(source, s, tables);
      read_tokens(source, s, tables);
    }
    read_grants(source, s, tables);
    if (t.starts_with("create table ")) {
      const std::string name = table_name(t.substr(13));
      tables.made.emplace(name, Tables::Table{std::string(source.path()), s.line});
    } else if (t.starts_with("alter table ") && has(t, "enable row level security")) {
      tables.secured.insert(table_name(t.substr(12)));
      tables.opened.erase(table_name(t.substr(12)));
      tables.supabase |= has(source.path(), "supabase");
    } else if (t.starts_with("alter table ") && has(t, "disable row level security")) {
      const std::string name = table_name(t.substr(12));
      tables.opened[name] = {name, "all", s.text, s.said, std::string(source.path()), quote(s.text), s.line};
    } else if (t.starts_with("create policy ")) {
      // Stops: a role that its owner may set with updateUser().
      const std::string_view around = source.text();
      for (int k = s.line; k <= s.line + 6 && k <= source.lines(); ++k) {
        const std::string_view line = source.line(k);
        const bool by_mail = (has(line, "auth.email()") || has(line, "->> 'email'") || has(line, "->>'email'")) &&
                             has(line, "@") && (has(line, "= '") || has(line, "like '") || has(line, "in ("));
        if (by_mail) {
          auto& f = sink.find("AZ-003", source.path(), k, quote(line));
          f.title = "A policy takes an address that stands in it for a rank";
          f.severity = proof::Severity::medium;
          f.confidence = proof::Confidence::medium;
          break;
        }
        if ((has(line, "user_metadata") || has(line, "raw_user_meta_data")) && has(around, "auth.jwt()")) {
          sink.find("AZ-003", source.path(), k, quote(line));
          break;
        }
        if (has(line, ";")) break;
      }
    }
  }
}

void RowSecurityCheck::look(const Project& project, Sink& sink) const {
  const auto& tables = project.notes<Tables>();
  const bool supabase =
      tables.supabase || project.depends_on("@supabase/supabase-js") || project.depends_on("supabase");
  judge_open(project, tables, sink);
  judge_bounds(project, tables, sink);
  for (const auto& [name, at] : tables.opened) sink.find("AZ-005", at.path, at.line, at.shown);
  judge_grants(tables, sink);
  if (!supabase) return;
  judge_tokens(tables, sink);
  judge_owners(project, tables, sink);
  judge_meters(project.notes<source::Schema>(), tables, sink);
  judge_tenants(project, tables, sink);
  judge_views(tables, sink);
  judge_self(tables, sink);
  int open = 0;
  for (const auto& [name, at] : tables.made) {
    if (!name.starts_with("public.") || tables.secured.contains(name) || tables.secured_by_loop) continue;
    ++open;
    sink.find("AZ-005", at.path, at.line,
              "create table " + text::printable(name) + ", and nowhere \"enable row level security\"");
  }
  if (open == 0 && !tables.made.empty())
    sink.positive("Every table of the Supabase migrations has row-level security switched on.");
}

}  // namespace gatehouse::audit

#include "audit/readers/row_security.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "audit/source/schema.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// Statements without comments and with string bodies blanked, lower case, each with its line.
struct Statement {
  std::string text;
  int line = 0;
};

std::vector<Statement> statements(std::string_view sql) {
  std::vector<Statement> out;
  Statement now;
  int line = 1;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    auto skip_to = [&](std::string_view end) {
      const std::size_t stop = sql.find(end, i);
      const std::size_t to = stop == std::string_view::npos ? sql.size() : stop + end.size();
      line += static_cast<int>(std::count(sql.begin() + static_cast<std::ptrdiff_t>(i),
                                          sql.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
      i = to - 1;
    };
    if (c == '-' && i + 1 < sql.size() && sql[i + 1] == '-') {
      while (i + 1 < sql.size() && sql[i + 1] != '\n') ++i;
    } else if (c == '/' && i + 1 < sql.size() && sql[i + 1] == '*') {
      skip_to("*/");
    } else if (c == '$') {
      // $$ … $$ and $tag$ … $tag$
      std::size_t end = i + 1;
      while (end < sql.size() && (text::is_alpha(sql[end]) || sql[end] == '_')) ++end;
      if (end < sql.size() && sql[end] == '$') {
        const std::string tag(sql.substr(i, end - i + 1));
        i = end + 1;
        if (i < sql.size()) skip_to(tag);
        now.text += ' ';
      } else {
        now.text += c;
      }
    } else if (c == '\'') {
      ++i;
      while (i < sql.size() && sql[i] != '\'') {
        if (sql[i] == '\n') ++line;
        ++i;
      }
      now.text += "''";
    } else if (c == ';') {
      if (!now.text.empty()) out.push_back(std::move(now));
      now = {};
    } else {
      if (c == '\n') ++line;
      const bool blank = c == '\n' || c == '\t' || c == ' ' || c == '\r';
      if (blank) {
        if (!now.text.empty() && now.text.back() != ' ') now.text += ' ';
      } else {
        if (now.text.empty()) now.line = line;
        if (c != '"') now.text += text::lower(c);
      }
    }
  }
  if (!now.text.empty()) out.push_back(std::move(now));
  return out;
}

constexpr std::size_t kMostKept = std::size_t{4} << 20;  // bytes of triggers and grants
constexpr int kMostFunctions = 200;                      // of one file

struct Tables {
  struct Table {
    std::string path;
    int line = 0;
  };
  struct Policy {
    std::string table, verb, text, path, shown;
    int line = 0;
  };
  std::map<std::string, Table> made;       // "public.orders"
  std::map<std::string, Policy> policies;  // by table and name; a later one takes the place of the first
  std::string kept_back;                   // what triggers and grants say of columns, lower case
  std::set<std::string> secured;
  bool supabase = false;
};

std::string table_name(std::string_view rest) {
  for (std::string_view skip : {"if not exists ", "if exists ", "only "})
    if (rest.starts_with(skip)) rest.remove_prefix(skip.size());
  std::string name(rest.substr(0, rest.find_first_of(" (")));
  return has(name, ".") ? name : "public." + name;
}

std::string quote_of(const Source& source, std::size_t at) { return quote(source.line(source.line_at(at))); }

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

// Columns that decide what somebody may do or has paid for.
std::optional<std::string> rights_column(const source::Schema& schema, std::string_view table) {
  const source::Record* r = schema.of(table);
  if (r == nullptr) return std::nullopt;
  for (const std::string& c : r->columns)
    if (syntax::has_word(c, {"admin", "role", "roles"}) && !syntax::has_word(c, {"id", "at", "name"})) return c;
  for (const std::string& c : r->columns)
    if (syntax::has_word(c, {"admin", "role", "roles", "credits", "balance", "plan", "tier", "quota", "verified",
                             "subscription", "permissions", "approved", "premium", "pro"}) &&
        !syntax::has_word(c, {"id", "at", "name", "start", "end", "date", "requested"}))
      return c;
  return std::nullopt;
}

void judge_policies(const Project& project, const Tables& tables, Sink& sink) {
  const auto& schema = project.notes<source::Schema>();
  for (const auto& [key, p] : tables.policies) {
    const std::string_view t = p.text;
    if (has(t, "to service_role")) continue;
    if (p.table == "storage.objects" && !has(t, "auth.") && !has(t, "(true)")) {
      auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
      f.title = p.verb == "select" ? "Everybody may list and read the files of a bucket"
                                   : "Everybody may write the files of a bucket";
      f.severity = p.verb == "select" ? proof::Severity::medium : proof::Severity::high;
      continue;
    }
    // Stops: update profiles set is_admin = true, sent by the row's own owner.
    if ((p.verb != "update" && p.verb != "all") || !has(t, "auth.uid()")) continue;
    const auto column = rights_column(schema, p.table);
    if (!column) continue;
    const std::string low = text::to_lower(*column);
    const std::string bare = p.table.substr(p.table.find('.') + 1);
    const std::size_t check = t.find("with check");
    if ((check != std::string_view::npos && has(t.substr(check), low)) || has(tables.kept_back, "old." + low) ||
        has(tables.kept_back, "revoke update on " + bare) || has(tables.kept_back, "revoke update on " + p.table) ||
        has(tables.kept_back, "revoke update on table " + p.table) || has(t, "is_admin(") || has(t, "has_role("))
      continue;
    auto& f = sink.find("AZ-007", p.path, p.line, p.shown);
    f.title = "Whoever owns the row may change its column " + text::printable(*column);
    if (syntax::has_word(*column, {"admin", "role", "roles", "permissions"})) f.severity = proof::Severity::critical;
  }
}

// create function … security definer: runs as its owner, past every policy, and the API offers it to everybody.
void judge_definers(const Source& source, Sink& sink) {
  const std::string s = text::to_lower(source.text());
  const auto following = [&](std::size_t from) {
    return std::min(s.find("create or replace function ", from), s.find("create function ", from));
  };
  int seen = 0;
  for (std::size_t at = following(0); at != std::string::npos && seen < kMostFunctions; ++seen) {
    const std::size_t next = following(at + 1);
    const std::string_view all = std::string_view(s).substr(at, std::min(next, s.size()) - at);
    const std::size_t from = at;
    at = next;
    const std::size_t open = all.find('('), quote = all.find("$$");
    const std::size_t close = quote == std::string_view::npos ? quote : all.find("$$", quote + 2);
    if (open == std::string_view::npos || close == std::string_view::npos || quote < open) continue;
    const std::size_t end = all.find(';', close);
    const std::string_view head = all.substr(0, quote), body = all.substr(quote, close - quote),
                           tail = all.substr(close, end == std::string_view::npos ? end : end - close);
    if (!has(head, "security definer") && !has(tail, "security definer")) continue;
    const std::string_view arguments = text::trim(all.substr(open + 1, all.find(')', open) - open - 1));
    std::string name(text::trim(all.substr(all.find("function ") + 9, open - all.find("function ") - 9)));
    const bool trigger = has(head, "returns trigger") || has(head, "returns event_trigger");
    const bool changes = has(body, "update ") || has(body, "insert into") || has(body, "delete from");
    const bool asks = has(body, "auth.uid()") || has(body, "auth.jwt()") || has(body, "auth.role()") ||
                      has(body, "current_setting") || has(body, "is_admin") || has(body, "has_role");
    const bool closed = has(s, "revoke execute on function " + name) || has(s, "revoke all on function " + name);
    if (!trigger && changes && !arguments.empty() && !asks && !closed) {
      sink.find("AZ-009", source.path(), source.line_at(from), quote_of(source, from));
    } else if (!has(head, "search_path") && !has(tail, "search_path") &&
               !has(s, "alter function " + name + "() set search_path")) {
      auto& f = sink.find("AZ-009", source.path(), source.line_at(from), quote_of(source, from));
      f.title = "A function with its owner's rights takes its tables from the caller's search path";
      f.severity = proof::Severity::low;
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
  if (has(lower, "old.") || has(lower, "revoke update"))
    tables.kept_back += tables.kept_back.size() < kMostKept ? lower : std::string();
  for (const Statement& s : statements(source.text())) {
    const std::string_view t = s.text;
    if (t.starts_with("create policy ") || t.starts_with("drop policy "))
      if (const auto name = policy_name(t.substr(t.starts_with("drop") ? 12 : 14))) {
        const std::string key = name->first + " " + name->second;
        tables.policies.erase(key);
        if (t.starts_with("create"))
          tables.policies[key] = {name->first, verb_of(t), s.text, std::string(source.path()), quote(s.text), s.line};
      }
    if (t.starts_with("create table ")) {
      const std::string name = table_name(t.substr(13));
      tables.made.emplace(name, Tables::Table{std::string(source.path()), s.line});
    } else if (t.starts_with("alter table ") && has(t, "enable row level security")) {
      tables.secured.insert(table_name(t.substr(12)));
      tables.supabase |= has(source.path(), "supabase");
    } else if (t.starts_with("alter table ") && has(t, "disable row level security")) {
      sink.find("AZ-005", source.path(), s.line, quote(s.text));
    } else if (t.starts_with("create policy ")) {
      // Stops: a role that its owner may set with updateUser().
      const std::string_view around = source.text();
      for (int k = s.line; k <= s.line + 6 && k <= source.lines(); ++k) {
        const std::string_view line = source.line(k);
        if (has(line, "user_metadata") && has(around, "auth.jwt()")) {
          sink.find("AZ-003", source.path(), k, quote(line));
          break;
        }
        if (has(line, ";")) break;
      }
      const std::size_t using_at = t.find("using (true)"), check_at = t.find("with check (true)");
      const bool tight = using_at == std::string_view::npos && check_at == std::string_view::npos &&
                         !has(t, "using(true)") && !has(t, "with check(true)");
      if (tight || has(t, "to service_role")) continue;
      auto& f = sink.find("AZ-006", source.path(), s.line, quote(s.text));
      f.title = "Row-level policy that lets everybody pass";
      if (has(t, "for select") || has(t, "for insert")) {
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
      }
    }
  }
}

void RowSecurityCheck::look(const Project& project, Sink& sink) const {
  const auto& tables = project.notes<Tables>();
  const bool supabase =
      tables.supabase || project.depends_on("@supabase/supabase-js") || project.depends_on("supabase");
  if (!supabase) return;
  judge_policies(project, tables, sink);
  int open = 0;
  for (const auto& [name, at] : tables.made) {
    if (!name.starts_with("public.") || tables.secured.contains(name)) continue;
    ++open;
    sink.find("AZ-005", at.path, at.line,
              "create table " + text::printable(name) + ", and nowhere \"enable row level security\"");
  }
  if (open == 0 && !tables.made.empty())
    sink.positive("Every table of the Supabase migrations has row-level security switched on.");
}

}  // namespace gatehouse::audit

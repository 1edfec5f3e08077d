#include "audit/readers/row_security.h"

#include <algorithm>
#include <map>
#include <set>

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

struct Tables {
  struct Table {
    std::string path;
    int line = 0;
  };
  std::map<std::string, Table> made;  // "public.orders"
  std::set<std::string> secured;
  bool supabase = false;
};

std::string table_name(std::string_view rest) {
  for (std::string_view skip : {"if not exists ", "if exists ", "only "})
    if (rest.starts_with(skip)) rest.remove_prefix(skip.size());
  std::string name(rest.substr(0, rest.find_first_of(" (")));
  return has(name, ".") ? name : "public." + name;
}

}  // namespace

void RowSecurityReader::read(const Source& source, Project& project, Sink& sink) {
  if (source.entry().role != Role::product) return;
  auto& tables = project.notes<Tables>();
  if (has(source.path(), "supabase/") || has(source.text(), "auth.uid()") || has(source.text(), "auth.users") ||
      has(source.text(), "service_role"))
    tables.supabase = true;
  for (const Statement& s : statements(source.text())) {
    const std::string_view t = s.text;
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
      if (has(t, "for select")) {
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

// Schemas in languages of their own: Prisma, and the tables of SQL.
#include <algorithm>

#include "audit/source/schema_text.h"

namespace gatehouse::audit::source {

using namespace schema_text;
using syntax::contains;
using syntax::icontains;

namespace {

// In lower case, without comments, every blank a space.
std::string plain_sql(std::string_view sql) {
  std::string out;
  out.reserve(sql.size());
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '-' && i + 1 < sql.size() && sql[i + 1] == '-')
      while (i < sql.size() && sql[i] != '\n') ++i;
    if (i == sql.size()) break;
    const bool blank = sql[i] == '\n' || sql[i] == '\t' || sql[i] == '\r';
    out += blank ? ' ' : text::lower(sql[i]);
  }
  return out;
}

// UNIQUE (room_id, day), UNIQUE KEY one_an_hour (table_id, day, hour), PRIMARY KEY (a, b)
bool unique_list(std::string_view body) {
  for (const std::string_view mark : {"unique", "primary key"})
    for (std::size_t at = body.find(mark); at != std::string_view::npos; at = body.find(mark, at + 1)) {
      const std::size_t open = body.find('(', at);
      if (open == std::string_view::npos || open - at > 80 || body.substr(at, open - at).find(',') != body.npos)
        continue;
      const std::size_t close = body.find(')', open);
      if (close != std::string_view::npos && contains(body.substr(open, close - open), ",")) return true;
    }
  return false;
}

// CREATE UNIQUE INDEX i ON bookings (room_id, day); ALTER TABLE bookings ADD CONSTRAINT c UNIQUE (room_id, day)
void read_unique(std::string_view s, Schema& schema) {
  const auto table = [&](std::size_t at) {
    std::string out;
    for (at = skip(s, at, " \""); at < s.size() && (word(s[at]) || s[at] == '.' || s[at] == '"'); ++at)
      if (s[at] != '"') out += s[at];
    return out;
  };
  int made = 0;
  for (std::size_t at = s.find("create unique index"); at != s.npos; at = s.find("create unique index", at + 1)) {
    if (++made > kMostDeclared) break;
    const std::size_t on = s.find(" on ", at), end = s.find(';', at);
    if (on == s.npos || on > end) continue;
    record(schema, table(on + 4)).unique = true;
  }
  for (std::size_t at = s.find("alter table"); at != s.npos; at = s.find("alter table", at + 1)) {
    if (++made > kMostDeclared) break;
    const std::string_view all = s.substr(at, std::min<std::size_t>(s.find(';', at) - at, 600));
    if (!contains(all, "add constraint") && !contains(all, "add unique")) continue;
    std::size_t name = at + 11;
    for (const std::string_view word_ : {"if exists", "only"})
      if (const std::size_t from = skip(s, name, " "); s.substr(from).starts_with(word_)) name = from + word_.size();
    if (contains(all, "exclude ") || unique_list(all)) record(schema, table(name)).unique = true;
  }
}

}  // namespace

void read_prisma(std::string_view s, Schema& schema) {
  int models = 0;
  for (std::size_t at = s.find("model "); at != std::string_view::npos; at = s.find("model ", at + 1)) {
    if (++models > kMostDeclared) break;
    if (at > 0 && s[at - 1] != '\n') continue;
    const std::size_t open = s.find('{', at);
    if (open == std::string_view::npos) return;
    Record& r = record(schema, word_at(s, skip(s, at + 6, " ")));
    bool mail = false, password = false;
    const std::string_view all = block(s, open);
    for (std::string_view line : text::split(all, '\n')) {
      line = text::trim(line);
      if (line.starts_with("@@unique") || (line.starts_with("@@id") && contains(line, ","))) r.unique = true;
      if (line.starts_with("//") || line.starts_with("@@")) continue;
      const std::string_view field = word_at(line, 0);
      if (!field.empty() && contains(all, "\n")) r.columns.emplace(field);
      mail |= text::iequals(field, "email");
      password |= icontains(field, "password");
      // author User @relation(…), posts Post[]
      if (const std::string_view type = word_at(line, skip(line, field.size(), " \t"));
          !type.empty() && type.front() >= 'A' && type.front() <= 'Z')
        leads(r, field, type);
      const std::size_t fields = line.find("fields:");
      if (!contains(line, "@relation") || fields == std::string_view::npos) continue;
      const std::string_view target = word_at(line, skip(line, field.size(), " \t"));
      const std::size_t list = line.find('[', fields);
      if (list == std::string_view::npos) continue;
      for (const std::string_view column : text::split(block(line, list), ',')) points(r, text::trim(column), target);
      points(r, field, target);
    }
    if (mail && password) r.person = true;
    decided_in(all, s, r);
  }
}

void read_tables(std::string_view sql, Schema& schema) {
  const std::string s = plain_sql(sql);
  read_unique(s, schema);
  int columns = 0;
  for (std::size_t at = s.find("add column"); at != std::string::npos; at = s.find("add column", at + 1)) {
    if (++columns > kMostDeclared) break;
    const std::size_t from = at - std::min<std::size_t>(at, 2000);
    const std::size_t found = std::string_view(s).substr(from, at - from).rfind("alter table");
    if (found == std::string_view::npos) continue;
    const std::size_t table = from + found;
    std::size_t name = skip(s, table + 11, " \n\t");
    for (const std::string_view word_ : {"if exists", "only"})
      if (std::string_view(s).substr(name).starts_with(word_)) name = skip(s, name + word_.size(), " \n\t");
    std::size_t column = skip(s, at + 10, " \n\t\"");
    if (std::string_view(s).substr(column).starts_with("if not exists")) column = skip(s, column + 13, " \n\t\"");
    std::string target;
    for (std::size_t i = name; i < s.size() && (word(s[i]) || s[i] == '.' || s[i] == '"'); ++i)
      if (s[i] != '"') target += s[i];
    record(schema, target).columns.emplace(word_at(s, column));
  }
  int tables = 0;
  for (std::size_t at = s.find("create table"); at != std::string::npos; at = s.find("create table", at + 1)) {
    if (++tables > kMostDeclared) break;
    std::size_t name = skip(s, at + 12, " \n\t");
    if (std::string_view(s).substr(name).starts_with("if not exists")) name = skip(s, name + 13, " \n\t");
    const std::size_t open = s.find('(', name);
    if (open == std::string::npos) return;
    std::string table;
    for (const char c : std::string_view(s).substr(name, open - name))
      if (word(c) || c == '.') table += c;
    Record& r = record(schema, table);
    const std::string_view body = block(s, open);
    if (contains(body, "exclude ") || unique_list(body)) r.unique = true;
    bool mail = false, password = false;
    for (std::string_view column : text::split(body, ',')) {
      column = text::trim(column);
      if (column.starts_with("\"")) column.remove_prefix(1);
      const std::string_view field = word_at(column, 0);
      if (!field.empty() && field != "primary" && field != "foreign" && field != "unique" && field != "constraint")
        r.columns.emplace(field);
      mail |= field == "email";
      password |= contains(field, "password");
      const std::size_t to = column.find("references");
      if (to == std::string_view::npos) continue;
      std::string target;
      for (const char c : column.substr(to + 10)) {
        if (c == '(' || (!target.empty() && c == ' ')) break;
        if (word(c) || c == '.') target += c;
      }
      std::string_view who = field;
      if (field == "foreign" || field == "constraint")
        if (const std::size_t key = column.find("foreign key"); key != std::string_view::npos)
          who = word_at(column, skip(column, key + 11, " (\""));
      points(r, who, target);
    }
    if (mail && password) r.person = true;
  }
}

}  // namespace gatehouse::audit::source

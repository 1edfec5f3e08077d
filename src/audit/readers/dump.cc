#include "audit/readers/dump.h"

#include <algorithm>
#include <array>
#include <set>

#include "audit/git/repository.h"
#include "audit/readers/gitignore.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

struct Dumps {
  std::set<std::string> told;
};

bool kept_out(const Project& project, std::string_view path) {
  const auto& git = project.notes<git::GitFacts>();
  return git.known ? !git.tracked.contains(path) : git_ignores(project, path);
}

bool password_hash(std::string_view row) {
  static constexpr std::array<std::string_view, 12> kForms = {"'$2a$",    "'$2b$",          "'$2y$",    "'$argon2",
                                                              "'pbkdf2_", "'pbkdf2:sha256", "'scrypt:", "'$1$",
                                                              "'$5$",     "'$6$",           "'{SSHA}",  "'$P$"};
  return std::any_of(kForms.begin(), kForms.end(), [&](std::string_view f) { return has(row, f); }) ||
         has(row, "\t$2a$") || has(row, "\t$2b$") || has(row, "\t$2y$") || has(row, "\tpbkdf2_sha256$");
}

// An address of a person: not of a domain kept for examples.
bool address(std::string_view row) {
  const std::size_t at = row.find('@');
  if (at == std::string_view::npos || at == 0 || at + 4 > row.size()) return false;
  std::size_t end = at + 1;
  while (end < row.size() &&
         (text::is_alpha(row[end]) || text::is_digit(row[end]) || row[end] == '.' || row[end] == '-'))
    ++end;
  const std::string host = text::to_lower(row.substr(at + 1, end - at - 1));
  return has(host, ".") && !has(host, "example") && !has(host, "test") && !host.ends_with(".local") &&
         (text::is_alpha(row[at - 1]) || text::is_digit(row[at - 1]));
}

// A table of people: an address in nearly every row.
void read_table(const Source& source, Project& project, Sink& sink) {
  int rows = 0, people = 0;
  for (std::string_view line : text::split(source.text().substr(0, 1u << 20), '\n')) {
    if (text::trim(line).empty()) continue;
    ++rows;
    if (address(line)) ++people;
  }
  if (people < 10 || people * 3 < rows * 2 || kept_out(project, source.path())) return;
  auto& f = sink.find("INF-019", source.path(), 1, std::to_string(people) + " rows with addresses of people");
  f.title = "A table of people's data in the tree";
  f.severity = proof::Severity::medium;
}

}  // namespace

bool DumpReader::wants(const Entry& e) const {
  const bool table = e.kind == Kind::other &&
                     (text::to_lower(e.name()).ends_with(".csv") || text::to_lower(e.name()).ends_with(".tsv"));
  return (e.kind == Kind::sql || table) && e.role != Role::test && e.role != Role::example && e.role != Role::document;
}

void DumpReader::read(const Source& source, Project& project, Sink& sink) {
  const std::string low = text::to_lower(source.entry().path);
  if (source.entry().kind != Kind::sql) return read_table(source, project, sink);
  // Invented people of a seed are no dump, and a migration makes the first account.
  const bool invented = has(low, "seed") || has(low, "migrat") || has(low, "init") || has(low, "demo");
  int number = 0, insert = 0, people = 0, first = 0;
  bool hashes = false;
  for (std::string_view line : text::split(source.text(), '\n')) {
    ++number;
    const std::string_view t = text::trim(line);
    const std::string head = text::to_lower(t.substr(0, 12));
    if (head.starts_with("insert into") || head.starts_with("copy ")) insert = number;
    if (insert == 0 || t.starts_with("--")) continue;
    if (password_hash(line)) {
      hashes = true;
    } else if (!address(line)) {
      if (t.ends_with(';') || t == "\\.") insert = 0;
      continue;
    }
    ++people;
    if (first == 0) first = insert;
    if (t.ends_with(';') || t == "\\.") insert = 0;
  }
  if (first == 0 || (invented && !(hashes && people > 5)) || (!hashes && people < 3)) return;
  if (kept_out(project, source.path())) return;
  auto& f = sink.find("INF-019", source.path(), first,
                      std::to_string(people) + (people == 1 ? " row" : " rows") + " of people" +
                          (hashes ? " with the hashes of their passwords" : " with their addresses"));
  f.title = hashes ? "Database dump with password hashes in the tree" : "Database dump with people's data in the tree";
  f.key = source.entry().path;
  project.notes<Dumps>().told.insert(source.entry().path);
}

void DumpCheck::look(const Project& project, Sink& sink) const {
  const auto& read = project.notes<Dumps>().told;
  for (const Entry& e : project.entries()) {
    if (e.role == Role::test || e.role == Role::example || e.role == Role::document) continue;
    const std::string name = text::to_lower(e.name());
    const bool database = name.ends_with(".sqlite3") || name.ends_with(".sqlite") || name.ends_with(".db");
    if (e.kind == Kind::env) continue;  // .env.bak: a copy of secrets, which others tell
    const bool dump = name.ends_with(".dump") || name.ends_with(".sql.gz") || name.ends_with(".bak") ||
                      (name.ends_with(".sql") && (has(name, "dump") || has(name, "backup")));
    const bool users = name == "users.json" && has(e.path, "data/");
    const bool state = name.ends_with(".tfstate") || name.ends_with(".tfstate.backup");
    if ((!database && !dump && !users && !state) || e.size == 0) continue;
    if (read.contains(e.path)) continue;
    if (kept_out(project, e.path)) continue;
    auto& f = sink.find("INF-019", e.path, 1, std::to_string(e.size) + " bytes");
    if (users) f.title = "User records stand in the tree";
    if (state) f.title = "Terraform state, with its secrets in clear, in the tree";
    if (database) f.title = "Database file in the tree";
  }
}

}  // namespace gatehouse::audit

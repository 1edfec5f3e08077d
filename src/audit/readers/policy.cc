#include "audit/readers/policy.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

std::vector<std::string> strings_of(const json::Value* v) {
  std::vector<std::string> out;
  if (v == nullptr) return out;
  if (auto s = v->string()) out.emplace_back(*s);
  for (const json::Value& i : v->array())
    if (auto s = i.string()) out.emplace_back(*s);
  return out;
}

bool everybody(const json::Value* principal) {
  if (principal == nullptr) return false;
  if (principal->string().value_or("") == "*") return true;
  const auto aws = strings_of(principal->find("AWS"));
  return std::find(aws.begin(), aws.end(), "*") != aws.end();
}

// ---- SQL ----

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

bool BucketReader::wants(const Entry& entry) const {
  return entry.kind == Kind::json && entry.role != Role::bundle && entry.name() != "package.json" &&
         entry.name() != "tsconfig.json";
}

void BucketReader::read(const Source& source, Project&, Sink& sink) {
  const std::string_view text = source.text();
  if (!has(text, "\"Principal\"") && !has(text, "\"AllowedOrigins\"")) return;
  const auto parsed = json::parse(text, {.depth = 64, .bytes = 2u << 20, .allow_duplicate_members = true});
  if (!parsed) {
    sink.not_checked(std::string(source.path()) + ": looks like a policy and cannot be read as JSON");
    return;
  }
  const json::Value* doc = &*parsed;
  auto line_of = [&](std::string_view word) {
    const std::size_t at = text.find(word);
    return at == std::string_view::npos ? 1 : source.line_at(at);
  };
  std::vector<const json::Value*> list;
  if (const json::Value* s = doc->find("Statement")) {
    if (s->is_object()) list.push_back(s);
    for (const json::Value& one : s->array()) list.push_back(&one);
  } else if (doc->is_object() && doc->find("Principal") != nullptr) {
    list.push_back(doc);
  }
  for (const json::Value* s : list) {
    if (s->string_at("Effect").value_or("") != "Allow" || !everybody(s->find("Principal")) ||
        s->find("Condition") != nullptr)
      continue;
    std::string writes;
    bool reads = false;
    for (const std::string& a : strings_of(s->find("Action"))) {
      const std::string low = text::to_lower(a);
      if (low == "*" || low == "s3:*" || has(low, ":put") || has(low, ":delete") || has(low, ":list") ||
          has(low, "acl") || has(low, "policy"))
        writes += (writes.empty() ? "" : ", ") + a;
      else if (has(low, ":get"))
        reads = true;
    }
    if (!writes.empty()) {
      sink.find("INF-014", source.path(), line_of("\"Principal\""), "everybody may " + text::printable(writes));
    } else if (reads) {
      for (const std::string& r : strings_of(s->find("Resource")))
        if (r.ends_with("/*") && std::count(r.begin(), r.end(), '/') == 1)
          sink.find("INF-021", source.path(), line_of("\"Resource\""), "everybody may read " + text::printable(r));
    }
  }
  std::vector<const json::Value*> cors;
  if (const json::Value* rules = doc->find("CORSRules"))
    for (const json::Value& r : rules->array()) cors.push_back(&r);
  for (const json::Value& r : doc->array()) cors.push_back(&r);
  for (const json::Value* r : cors) {
    const auto origins = strings_of(r->find("AllowedOrigins")), methods = strings_of(r->find("AllowedMethods"));
    if (std::find(origins.begin(), origins.end(), "*") == origins.end()) continue;
    if (std::any_of(methods.begin(), methods.end(),
                    [](const std::string& m) { return m == "PUT" || m == "POST" || m == "DELETE"; }))
      sink.find("INF-015", source.path(), line_of("\"AllowedOrigins\""), "AllowedOrigins * with writing methods");
  }
}

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

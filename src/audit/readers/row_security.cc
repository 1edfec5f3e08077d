#include "audit/readers/row_security.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "audit/readers/row_definers.h"
#include "audit/readers/sql_statements.h"
#include "audit/source/schema.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

constexpr std::size_t kMostKept = std::size_t{4} << 20;  // bytes of triggers and grants

struct Tables {
  struct Table {
    std::string path;
    int line = 0;
  };
  struct Policy {
    std::string table, verb, text, said, path, shown;
    int line = 0;
  };
  std::map<std::string, Table> made;       // "public.orders"
  std::map<std::string, Policy> policies;  // by table and name; a later one takes the place of the first
  std::map<std::string, Policy> views;     // without security_invoker, by name
  std::string kept_back;                   // what triggers and grants say of columns, lower case
  std::set<std::string> secured;
  bool secured_by_loop = false;
  bool supabase = false;
};

std::string table_name(std::string_view rest) {
  for (std::string_view skip : {"if not exists ", "if exists ", "only "})
    if (rest.starts_with(skip)) rest.remove_prefix(skip.size());
  std::string name(rest.substr(0, rest.find_first_of(" (")));
  return has(name, ".") ? name : "public." + name;
}

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

// Everybody, everybody who has an account, or some.
enum class Reach : unsigned char { all, account, some };

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

bool left_by_visitors(std::string_view table) {
  return syntax::has_word(
      table, {"contact",     "contacts",  "newsletter", "waitlist",  "lead",     "leads",       "feedback",
              "subscribers", "inquiries", "inquiry",    "enquiries", "messages", "signups",     "analytics",
              "views",       "visits",    "events",     "clicks",    "rsvps",    "applications"});
}

// Columns that are nobody else's business.
bool private_columns(const source::Record& r) {
  return std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return syntax::has_word(
        c, {"email",  "phone",  "address",  "birth",    "dob",     "ssn",     "iban",         "stripe",
            "token",  "secret", "salary",   "income",   "ip",      "medical", "passport",     "password",
            "mobile", "tel",    "total",    "payment",  "credits", "balance", "subscription", "message",
            "notes",  "plan",   "shipping", "whatsapp", "cpf",     "birthday"});
  });
}

// Stops: a stranger with the public key of the project, who reads or writes the table through its API.
void judge_open(const Project& project, const Tables& tables, Sink& sink) {
  const auto& schema = project.notes<source::Schema>();
  for (const auto& [key, p] : tables.policies) {
    if (has(p.text, "to service_role") || p.table == "storage.objects") continue;
    const Reach reach = reach_of(p);
    if (reach == Reach::some) continue;
    const bool reads = p.verb == "select", adds = p.verb == "insert";
    const std::string bare = p.table.substr(p.table.find('.') + 1);
    const std::string record = source::record_key(bare);
    const source::Record* r = schema.of(bare);
    const bool known = r != nullptr && !r->columns.empty();
    const bool theirs = known && (r->person || r->owned) && private_columns(*r);
    if (reads && known && !theirs && (source::published(record) || !private_columns(*r))) continue;
    if (adds && left_by_visitors(bare)) continue;
    auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
    const std::string who = reach == Reach::all ? "Everybody" : "Every signed-in user";
    f.title = who +
              (reads  ? " may read the whole table "
               : adds ? " may add any row to the table "
                      : " may change every row of the table ") +
              text::printable(bare);
    if (reads) {
      f.severity = theirs && reach == Reach::all ? proof::Severity::high : proof::Severity::medium;
      f.confidence = theirs ? proof::Confidence::high : proof::Confidence::medium;
    } else if (adds) {
      f.severity = known && r->owned && reach == Reach::all ? proof::Severity::high : proof::Severity::medium;
      f.confidence = proof::Confidence::medium;
    } else if (reach == Reach::account) {
      f.severity = proof::Severity::high;
    }
  }
}

std::string_view bucket_of(std::string_view said) {
  const std::size_t at = said.find("bucket_id = '");
  return at == std::string_view::npos ? std::string_view() : said.substr(at, said.find('\'', at + 13) - at);
}

void judge_buckets(const Tables& tables, const Tables::Policy& p, Sink& sink) {
  const std::string_view t = p.text;
  if (has(t, "auth.uid()") || has(t, "owner") || has(t, "is_admin") || has(t, "has_role") || has(t, "exists") ||
      has(t, "auth.jwt") || has(t, "foldername"))
    return;
  const bool reads = p.verb == "select";
  const bool account = has(t, "to authenticated") || has(t, "auth.role()");
  const bool shown_to_all =
      syntax::has_word(p.said, {"avatar", "avatars", "image", "images", "public", "product", "products", "assets",
                                "logos", "covers", "thumbnails", "banners", "media", "gallery", "blog", "photos"});
  // Another policy shows these files to their owners alone: this one undoes it.
  const bool undoes = std::any_of(tables.policies.begin(), tables.policies.end(), [&](const auto& other) {
    return other.second.table == p.table && other.second.verb == "select" && has(other.second.text, "auth.uid()") &&
           bucket_of(other.second.said) == bucket_of(p.said);
  });
  if (reads && (account || shown_to_all) && !undoes) return;
  auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
  const std::string who = account ? "Every signed-in user" : "Everybody";
  f.title = who + (reads                ? " may list and read the files of a bucket"
                   : p.verb == "insert" ? " may write files into a bucket"
                                        : " may replace or delete everybody's files in a bucket");
  f.severity = reads || (account && p.verb == "insert") ? proof::Severity::medium : proof::Severity::high;
}

// A record that says what somebody has paid for, or may do.
bool entitles(std::string_view table) {
  return syntax::has_word(table, {"role", "roles", "admins", "subscription", "subscriptions", "credits", "wallet",
                                  "wallets", "entitlements", "licenses", "purchases", "payments", "memberships"});
}

// insert into storage.buckets (id, name, public) values ('invoices', 'invoices', true)
void judge_bucket(const Source& source, const SqlStatement& s, Sink& sink) {
  const std::string_view said = s.said;
  const std::size_t values = said.find("values");
  if (values == std::string_view::npos || !has(said.substr(0, values), "public")) return;
  for (std::size_t at = said.find('(', values); at != std::string_view::npos; at = said.find('(', at + 1)) {
    const std::string_view row = said.substr(at, said.find(')', at) - at);
    if (!has(row, "true")) continue;
    const std::size_t quote_at = row.find('\'');
    if (quote_at == std::string_view::npos) continue;
    const std::string name(row.substr(quote_at + 1, row.find('\'', quote_at + 1) - quote_at - 1));
    if (!syntax::has_word(name,
                          {"document",  "documents", "invoice",     "invoices",   "receipt", "receipts",   "contract",
                           "contracts", "resume",    "resumes",     "cv",         "cvs",     "private",    "medical",
                           "report",    "reports",   "attachments", "recordings", "ids",     "passports",  "kyc",
                           "proofs",    "chat",      "uploads",     "files",      "records", "statements", "evidence"}))
      continue;
    auto& f = sink.find("AZ-006", source.path(), s.line, quote(s.text));
    f.title = "The bucket " + text::printable(name) + " answers everybody who knows a file's address";
    f.severity = proof::Severity::medium;
  }
}

void judge_policies(const Project& project, const Tables& tables, Sink& sink) {
  const auto& schema = project.notes<source::Schema>();
  for (const auto& [key, p] : tables.policies) {
    const std::string_view t = p.text;
    if (has(t, "to service_role")) continue;
    if (p.table == "storage.objects") {
      judge_buckets(tables, p, sink);
      continue;
    }
    // Stops: update profiles set is_admin = true, sent by the row's own owner.
    const std::string bare = p.table.substr(p.table.find('.') + 1);
    const bool grants = entitles(bare);
    if ((p.verb != "update" && p.verb != "all" && !(grants && p.verb == "insert")) || !has(t, "auth.uid()")) continue;
    const auto named = rights_column(schema, p.table);
    if (!named && !grants) continue;
    const std::string column = named.value_or(std::string());
    const std::string low = text::to_lower(column);
    const std::size_t check = t.find("with check");
    if ((named && check != std::string_view::npos && has(t.substr(check), low)) ||
        (named && has(tables.kept_back, "old." + low)) || has(tables.kept_back, "revoke update on " + bare) ||
        has(tables.kept_back, "revoke update on " + p.table) ||
        has(tables.kept_back, "revoke update on table " + p.table) || has(t, "is_admin(") || has(t, "has_role(") ||
        has(t, "exists") || has(t, "role ="))
      continue;
    auto& f = sink.find("AZ-007", p.path, p.line, p.shown);
    f.title = named ? "Whoever owns the row may " + std::string(p.verb == "insert" ? "choose" : "change") +
                          " its column " + text::printable(column)
                    : "Whoever owns the row writes himself what it entitles him to";
    if (syntax::has_word(column.empty() ? bare : column, {"admin", "role", "roles", "permissions", "admins"}))
      f.severity = proof::Severity::critical;
  }
}

// A view runs as whoever made it, so the policies of its tables do not hold for those who read it (PostgreSQL 15:
// security_invoker). One that names harmless columns is made for that; one that takes whole rows shows them.
void judge_views(const Tables& tables, Sink& sink) {
  for (const auto& [name, view] : tables.views) {
    const std::string_view t = view.text;
    const bool whole = has(t, "select *") || has(t, ".*") || has(t, "email");
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
        tables.policies.erase(key);
        if (t.starts_with("create"))
          tables.policies[key] = {name->first,   verb_of(t), s.text, s.said, std::string(source.path()),
                                  quote(s.text), s.line};
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
    }
  }
}

void RowSecurityCheck::look(const Project& project, Sink& sink) const {
  const auto& tables = project.notes<Tables>();
  const bool supabase =
      tables.supabase || project.depends_on("@supabase/supabase-js") || project.depends_on("supabase");
  judge_open(project, tables, sink);
  if (!supabase) return;
  judge_policies(project, tables, sink);
  judge_views(tables, sink);
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

#include <algorithm>

#include "audit/readers/row_tables.h"
#include "audit/source/route_judges.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// Columns that decide what somebody may do or has paid for.
std::optional<std::string> rights_column(const source::Schema& schema, const Tables& tables, std::string_view table) {
  const source::Record* r = schema.of(table);
  const auto later = [&](const std::string& c) {
    return syntax::has_word(c, {"subscribed", "banned", "blocked", "suspended", "paid", "selectedplan"}) &&
           !syntax::has_word(c, {"id", "at", "by", "date", "on", "reason", "until"});
  };
  // The table may have been made elsewhere; what the project's functions write to it is known.
  const auto set_by_functions = [&]() -> std::optional<std::string> {
    const auto set = tables.set_to.find(bare_name(table));
    if (set == tables.set_to.end() || tables.made.contains(std::string(table))) return std::nullopt;
    for (const std::string& c : set->second)
      if (later(c) || (syntax::has_word(c, {"admin", "role", "roles", "credits", "balance", "plan", "tier", "quota",
                                            "premium", "subscription", "verified"}) &&
                       !syntax::has_word(c, {"id", "at", "name", "start", "end", "date", "requested"})))
        return c;
    return std::nullopt;
  };
  if (r == nullptr) return set_by_functions();
  for (const std::string& c : r->columns)
    if (syntax::has_word(c, {"admin", "role", "roles"}) && !syntax::has_word(c, {"id", "at", "name"})) return c;
  for (const std::string& c : r->columns)
    if (syntax::has_word(c, {"admin", "role", "roles", "credits", "balance", "plan", "tier", "quota", "verified",
                             "subscription", "permissions", "approved", "premium", "pro"}) &&
        !syntax::has_word(c, {"id", "at", "name", "start", "end", "date", "requested"}))
      return c;
  for (const std::string& c : r->columns)
    if (text::to_lower(c).ends_with("customer_id") &&
        syntax::has_word(c, {"stripe", "paddle", "lemonsqueezy", "polar"}))
      return c;
  // Somebody else's decision: status beside reviewed_by.
  const auto column = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(r->columns.begin(), r->columns.end(), [&](const std::string& c) {
      return std::find(names.begin(), names.end(), text::to_lower(c)) != names.end();
    });
  };
  if (column({"status"}) && column({"reviewed_by", "approved_by", "admin_notes", "rejection_reason", "verified_by"}))
    return "status";
  for (const std::string& c : r->columns)
    if (later(c) && !source::papers(source::record_key(bare_name(table)))) return c;
  return set_by_functions();
}

// A record that says what somebody has paid for, or may do.
bool entitles(std::string_view table) {
  return syntax::has_word(table, {"role", "roles", "admins", "subscription", "subscriptions", "credits", "wallet",
                                  "wallets", "entitlements", "licenses", "purchases", "payments", "memberships"});
}

// auth.uid() = id or is_admin(auth.uid()): one of the ways in asks for nothing but whose the row is.
bool lets_owner(std::string_view policy) {
  std::size_t at = policy.find(" using");
  if (at == std::string_view::npos) at = policy.find("with check");
  if (at == std::string_view::npos) return false;
  const std::size_t open = policy.find('(', at);
  if (open == std::string_view::npos) return false;
  const auto plain = [](std::string_view way) {
    return asks_caller(way) && has(way, "=") && !asks_rank(way) && !has(way, "exists") && !has(way, "select 1") &&
           !has(way, " from ") && !has(way, " in ");
  };
  int depth = 0;
  std::size_t begin = open + 1;
  bool several = false;
  for (std::size_t i = open; i < policy.size(); ++i) {
    if (policy[i] == '(') ++depth;
    if (policy[i] == ')' && --depth == 0) return several && plain(policy.substr(begin, i - begin));
    if (depth == 1 && policy.substr(i).starts_with(" or ")) {
      several = true;
      if (plain(policy.substr(begin, i - begin))) return true;
      begin = i + 4;
    }
  }
  return false;
}

// Somebody's own profile, which he adds himself with whatever he likes in it: no trigger has done so before him. Where
// he may change it too, that says enough.
bool first_row(const source::Schema& schema, const Tables& tables, const Tables::Policy& p) {
  const std::string bare = bare_name(p.table);
  const source::Record* r = schema.of(bare);
  if (r == nullptr || tables.filled.contains(bare) ||
      !syntax::has_word(bare, {"profile", "profiles", "users", "accounts", "user_profiles", "account"}))
    return false;
  return std::none_of(tables.policies.begin(), tables.policies.end(), [&](const auto& other) {
    const Tables::Policy& o = other.second;
    return o.table == p.table && (o.verb == "update" || o.verb == "all") && asks_caller(o.text);
  });
}

void judge_rights(const source::Schema& schema, const Tables& tables, Sink& sink) {
  for (const auto& [key, p] : tables.policies) {
    const std::string_view t = p.text;
    if (for_the_server(t)) continue;
    if (p.table == "storage.objects") {
      judge_buckets(tables, p, sink);
      continue;
    }
    // Stops: update profiles set is_admin = true, sent by the row's own owner.
    const std::string bare = bare_name(p.table);
    const bool grants = entitles(bare);
    if (p.verb == "select" || p.verb == "delete" || !asks_caller(t)) continue;
    if (p.verb == "insert" && !grants && !first_row(schema, tables, p)) continue;
    const auto named = rights_column(schema, tables, p.table);
    if (!named && !grants) continue;
    const std::string column = named.value_or(std::string());
    const std::string low = text::to_lower(column);
    const std::size_t check = t.find("with check");
    if ((named && check != std::string_view::npos && has(t.substr(check), low)) ||
        (named && has(tables.kept_back, "old." + low)) || has(tables.kept_back, "revoke update on " + bare) ||
        has(tables.kept_back, "revoke update on " + p.table) ||
        has(tables.kept_back, "revoke update on table " + p.table) ||
        (!lets_owner(t) && (has(t, "is_admin(") || has(t, "has_role(") || has(t, "exists") || has(t, "role ="))))
      continue;
    auto& f = sink.find("AZ-007", p.path, p.line, p.shown);
    f.title = named ? "Whoever owns the row may " + std::string(p.verb == "insert" ? "choose" : "change") +
                          " its column " + text::printable(column)
                    : "Whoever owns the row writes himself what it entitles him to";
    if (syntax::has_word(column.empty() ? bare : column, {"admin", "role", "roles", "permissions", "admins"}))
      f.severity = proof::Severity::critical;
    if (text::to_lower(column).ends_with("customer_id")) f.severity = proof::Severity::medium;
  }
}

// Columns that say whose a row is, and not who works on it.
std::vector<std::string> authors(const source::Record& r) {
  std::vector<std::string> out;
  for (const std::string& c : r.owners) {
    const std::string low = text::to_lower(c);
    for (const std::string_view name :
         {"user_id", "userid", "sender_id", "author_id", "customer_id", "profile_id", "owner_id", "from_user_id",
          "reviewer_id", "created_by", "posted_by", "poster_id"})
      if (low == name) out.push_back(low);
  }
  return out;
}

bool kept_by_trigger(const Tables& tables, std::string_view column) {
  for (const std::string_view form : {" := ", " = ", ":="})
    if (has(tables.kept_back, "new." + std::string(column) + std::string(form))) return true;
  return false;
}

// auth.uid() = user_id, of the table itself, and not of another that is looked up.
bool tied(std::string_view policy, const source::Record& r) {
  for (const std::string& c : r.columns) {
    const std::string low = text::to_lower(c);
    for (const std::string_view caller :
         {"auth.uid()", "(select auth.uid())", "( select auth.uid() )", "auth.uid()::text"})
      if (has(policy, std::string(caller) + " = " + low) || has(policy, " " + low + " = " + std::string(caller)) ||
          has(policy, "(" + low + " = " + std::string(caller)))
        return low != "id";
  }
  return false;
}

// Stops: a message in somebody else's name, in a conversation that the writer may write to.
void judge_authors(const source::Schema& schema, const Tables& tables, const Tables::Policy& p, Sink& sink) {
  if (p.verb != "insert" || reach_of(p) != Reach::some || !asks_caller(p.text)) return;
  const std::string bare = bare_name(p.table);
  // Who has no row yet is put there by others.
  if (syntax::has_word(bare, {"members", "memberships", "roles", "invitations", "invites", "participants",
                              "assignments", "users", "profiles", "notifications", "enrollments", "attendance"}))
    return;
  const bool ranks_only = asks_rank(p.text) && !has(p.text, " or ");
  const source::Record* r = schema.of(bare);
  if (r == nullptr || ranks_only) return;
  const auto columns = authors(*r);
  if (columns.empty() || tied(p.text, *r) || std::any_of(columns.begin(), columns.end(), [&](const std::string& c) {
        return has(p.text, c + " =") || has(p.text, c + "=") || has(p.text, "= " + c) || has(p.text, c + " in") ||
               has(p.text, bare + "." + c) || has(p.text, "." + c + ")") || kept_by_trigger(tables, c);
      }))
    return;
  auto& f = sink.find("AZ-002", p.path, p.line, p.shown);
  f.title = "Whoever adds a row to " + text::printable(bare) + " writes who it is from (" + columns.front() + ")";
  f.fix = "Add " + columns.front() + " = auth.uid() to WITH CHECK, or take the column from a trigger.";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

// Somebody's own rows, by a column of them, whatever his rank.
bool for_owners(std::string_view policy) { return asks_caller(policy) && (!asks_rank(policy) || has(policy, " or ")); }

// The policies that let staff alone change the rows of a table.
bool staff_decides(const Tables& tables, std::string_view table) {
  bool staff = false;
  for (const auto& [key, p] : tables.policies) {
    if (p.table != table || (p.verb != "update" && p.verb != "all")) continue;
    if (for_owners(p.text) || reach_of(p) != Reach::some) return false;
    staff = staff || asks_rank(p.text);
  }
  return staff;
}

std::optional<std::string> column_of(const source::Record& r, std::initializer_list<std::string_view> names) {
  for (const std::string_view n : names)
    for (const std::string& c : r.columns)
      if (text::to_lower(c) == n) return c;
  return std::nullopt;
}

// Stops: an order that its buyer adds as paid, or for a cent; a request that is born approved.
void judge_born(const source::Schema& schema, const Tables& tables, const Tables::Policy& p, Sink& sink) {
  if (p.verb == "select" || p.verb == "delete" || !for_owners(p.text) || reach_of(p) == Reach::all) return;
  const std::string bare = bare_name(p.table);
  const source::Record* r = schema.of(bare);
  if (r == nullptr || entitles(bare) || rights_column(schema, tables, p.table)) return;  // told already
  const bool sale =
      syntax::has_word(bare, {"order", "orders", "booking", "bookings", "reservation", "reservations", "checkout",
                              "checkouts", "withdrawals", "payouts", "donations", "redemptions"});
  std::optional<std::string> column;
  if (sale)
    column = column_of(*r, {"payment_status", "is_paid", "paid", "total_amount", "total_price", "total", "amount_paid",
                            "amount", "price", "total_cents", "amount_cents"});
  else if (p.verb == "insert" && staff_decides(tables, p.table))
    column = column_of(*r, {"approved", "is_approved", "is_verified", "verified", "assigned_to", "internal_notes",
                            "admin_notes", "approval_status", "priority", "status"});
  if (!column) return;
  const std::string low = text::to_lower(*column);
  if (has(p.text, low) || kept_by_trigger(tables, low)) return;
  auto& f = sink.find("AZ-007", p.path, p.line, p.shown);
  f.title =
      p.verb == "update"
          ? "Whoever owns a row of " + text::printable(bare) + " may change its column " + text::printable(*column)
          : "Whoever adds a row to " + text::printable(bare) + " chooses its column " + text::printable(*column);
  f.fix = "Let a function with its owner's rights (or the server) add the row and set " + text::printable(*column) +
          ", or name its first value in WITH CHECK.";
  f.severity = sale ? proof::Severity::high : proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

// Stops: what staff wrote about a customer, read by the customer.
void judge_notes(const source::Schema& schema, const Tables::Policy& p, Sink& sink) {
  if (p.verb != "select" && p.verb != "all") return;
  const source::Record* r = schema.of(bare_name(p.table));
  if (r == nullptr || !for_owners(p.text) || has(p.text, "true")) return;
  const auto column =
      column_of(*r, {"internal_notes", "admin_notes", "staff_notes", "private_notes", "internal_note", "admin_note",
                     "moderator_notes", "internal_comments", "fraud_score", "risk_score"});
  if (!column || syntax::has_word(bare_name(p.table), {"profile", "staff", "notes"})) return;
  auto& f = sink.find("DATA-001", p.path, p.line, p.shown);
  f.title = "Who may read the row reads " + text::printable(*column) + ", too";
  f.fix = "Policies choose rows, not columns: put it into a table of its own that staff alone may read.";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

// Stops: a row that its owner gives to another, or writes anew past the condition that let him at it.
void judge_given(const Tables::Policy& p, Sink& sink) {
  if ((p.verb != "update" && p.verb != "all") || !asks_caller(p.text)) return;
  if (condition_after(p.text, "with check") != "true") return;
  auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
  f.title = p.verb == "all"
                ? "Every signed-in user may add rows in anybody's name to " + text::printable(bare_name(p.table))
                : "Whoever owns a row may write anything into it, another owner too";
  f.severity = proof::Severity::medium;
  f.fix = "Repeat the condition of USING in WITH CHECK, or leave WITH CHECK out.";
}

// Stops: a record that is one's own, moved below somebody else's, or begun there.
void judge_moved(const source::Schema& schema, const Tables& tables, const Tables::Policy& p, Sink& sink) {
  if (p.verb == "select" || p.verb == "delete" || p.verb == "all" || !asks_caller(p.text) || asks_rank(p.text)) return;
  const source::Record* r = schema.of(bare_name(p.table));
  if (r == nullptr || !tied(p.text, *r)) return;
  for (const std::string& c : r->columns) {
    const std::string low = text::to_lower(c);
    if (!low.ends_with("_id") || source::parent_key(schema, c).empty() || has(p.text, low) ||
        kept_by_trigger(tables, low))
      continue;
    // Whoever adds a row is asked for it, or whose the other one is decides who reads this one.
    const bool asked = std::any_of(tables.policies.begin(), tables.policies.end(), [&](const auto& other) {
      const Tables::Policy& o = other.second;
      return o.table == p.table && (o.verb == "insert" || (p.verb == "insert" && o.verb == "select")) &&
             has(o.text, low) && asks_caller(o.text);
    });
    if (!asked) continue;
    auto& f = sink.find("AZ-001", p.path, p.line, p.shown);
    f.title = p.verb == "insert" ? "A row is put below somebody else's record (" + text::printable(c) +
                                       "): the policy asks only whose the row is"
                                 : "A row may be moved below somebody else's record (" + text::printable(c) +
                                       "), which only adding it asks about";
    f.fix = "Ask in WITH CHECK whose the record is that " + text::printable(c) + " points to.";
    f.severity = p.verb == "insert" ? proof::Severity::medium : proof::Severity::low;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace

void judge_owners(const Project& project, const Tables& tables, Sink& sink) {
  const auto& schema = project.notes<source::Schema>();
  judge_rights(schema, tables, sink);
  for (const auto& [key, p] : tables.policies) {
    if (for_the_server(p.text) || p.table == "storage.objects") continue;
    judge_authors(schema, tables, p, sink);
    judge_born(schema, tables, p, sink);
    judge_notes(schema, p, sink);
    judge_given(p, sink);
    judge_moved(schema, tables, p, sink);
  }
}

}  // namespace gatehouse::audit

#include <algorithm>

#include "audit/readers/row_tables.h"
#include "audit/source/route_judges.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

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

// What a visitor leaves behind belongs to nothing: a message within a conversation is somebody's.
bool within_something(const source::Record& r) {
  return !r.belongs.empty() && std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return syntax::has_word(c, {"conversation", "thread", "role", "sender", "ticket", "room", "chat"});
  });
}

// Some of the rows are sold, and what is sold stands in them.
bool sold_by_the_row(const source::Schema& schema, const source::Record& r) {
  const auto any = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(r.columns.begin(), r.columns.end(), [&](const std::string& c) {
      return std::find(names.begin(), names.end(), text::to_lower(c)) != names.end();
    });
  };
  if (!any({"is_free", "is_premium", "premium", "is_paid", "requires_subscription", "premium_only", "is_locked",
            "access_level", "required_plan", "price", "price_cents"}))
    return false;
  if (std::none_of(schema.records.begin(), schema.records.end(), [](const auto& other) {
        for (const std::string_view word : {"purchase", "subscription", "entitlement", "enrollment", "unlock"})
          if (other.first.find(word) != std::string::npos) return true;
        return false;
      }))
    return false;
  return std::any_of(r.columns.begin(), r.columns.end(), [](const std::string& c) {
    return syntax::has_word(c, {"analysis", "content", "body", "report", "video", "pdf", "download", "file", "html",
                                "answer", "transcript", "solution"}) &&
           !syntax::has_word(c, {"id", "at", "type", "size", "count", "trailer", "preview", "metadata", "date"});
  });
}

// Stops: what nobody meant to publish, because a row is public until its owner thinks of it.
void judge_shown(const source::Schema& schema, const Tables& tables, const Tables::Policy& p, Sink& sink) {
  if (p.verb != "select" && p.verb != "all") return;
  const std::string bare = bare_name(p.table);
  const source::Record* r = schema.of(bare);
  if (r == nullptr || !r->owned || source::published(source::record_key(bare))) return;
  for (const std::string& key : tables.shown_by_default) {
    if (!key.starts_with(p.table + ".")) continue;
    const std::string column = key.substr(p.table.size() + 1);
    const std::string condition = condition_after(p.text, " using");
    if (condition != column && condition != column + "=true" && !condition.starts_with(column + "=trueor") &&
        !condition.starts_with(column + "or") && !condition.ends_with("or" + column) &&
        !condition.ends_with("or" + column + "=true"))
      continue;
    auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
    f.title = "Rows of " + text::printable(bare) + " are shown to " +
              (has(p.text, "to authenticated") || has(p.text, "auth.role()") ? "every account" : "everybody") +
              " unless their owner says otherwise";
    f.fix = "Let " + column + " be false by default, or ask for the row's owner.";
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace

// Stops: a stranger with the public key of the project, who reads or writes the table through its API.
void judge_open(const Project& project, const Tables& tables, Sink& sink) {
  const auto& schema = project.notes<source::Schema>();
  for (const auto& [key, p] : tables.policies) {
    if (for_the_server(p.text) || p.table == "storage.objects") continue;
    judge_shown(schema, tables, p, sink);
    const Reach reach = reach_of(p);
    if (reach == Reach::some) continue;
    const bool reads = p.verb == "select", adds = p.verb == "insert";
    const std::string bare = p.table.substr(p.table.find('.') + 1);
    const std::string record = source::record_key(bare);
    const source::Record* r = schema.of(bare);
    const bool known = r != nullptr && !r->columns.empty();
    // What people write to each other, and what they order, is theirs whatever its columns are called.
    const bool paper = known && !source::published(record) && source::papers(record);
    const bool theirs = known && (paper || ((r->person || r->owned) && private_columns(*r)));
    const bool sold = reads && known && sold_by_the_row(schema, *r);
    if (reads && known && !theirs && !sold && (source::published(record) || !private_columns(*r))) continue;
    // What a shop shows by its name, when nothing is known of its columns.
    if (reads && !known && (record == "category" || record == "tag" || record == "brand" || record == "faq")) continue;
    if (adds && left_by_visitors(bare) && (!known || !within_something(*r))) continue;
    auto& f = sink.find("AZ-006", p.path, p.line, p.shown);
    const std::string who = reach == Reach::all ? "Everybody" : "Every signed-in user";
    f.title = who +
              (reads  ? " may read the whole table "
               : adds ? " may add any row to the table "
                      : " may change every row of the table ") +
              text::printable(bare);
    if (sold) {
      f.title = who + " may read what is sold in the table " + text::printable(bare);
      f.impact = "The rows come whole: what is to be paid for is fetched with the public key of the project.";
      f.fix = "Let the table be read by those who bought the row, and show the rest in a view of harmless columns.";
      f.severity = proof::Severity::high;
      f.confidence = proof::Confidence::medium;
    } else if (reads) {
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

}  // namespace gatehouse::audit

#include <algorithm>

#include "audit/readers/row_tables.h"
#include "audit/syntax/code.h"
#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kMostPlaces = 5;

bool has(std::string_view s, std::string_view part) { return s.find(part) != std::string_view::npos; }

// A sum or a number of things: less than nothing of it does harm.
bool counted_column(std::string_view column) {
  return syntax::has_word(column, {"price", "amount", "total", "deposit", "fee", "cost", "subtotal", "quantity", "qty",
                                   "guests", "seats", "nights", "discount", "tickets", "people", "persons"}) &&
         !syntax::has_word(column, {"id", "at", "name", "currency", "type", "status", "note", "notes"});
}

bool number_type(std::string_view rest) {
  for (const std::string_view type : {"numeric", "decimal", "int", "real", "double", "money", "float", "smallint"})
    if (rest.starts_with(type)) return true;
  return false;
}

// Filled in by people who pass by, or by customers: what somebody books, orders, or writes to the house.
bool filled_by_customers(std::string_view table) {
  return syntax::has_word(
      table, {"order",        "orders",   "booking",   "bookings",     "appointment", "appointments", "reservation",
              "reservations", "purchase", "purchases", "checkout",     "enrollments", "enrollment",   "registrations",
              "pedido",       "pedidos",  "reserva",   "reservas",     "cita",        "citas",        "bestellungen",
              "buchungen",    "termine",  "commandes", "agendamentos", "turnos",      "requests",     "quotes"});
}

bool left_by_visitors(std::string_view table) {
  return filled_by_customers(table) ||
         syntax::has_word(
             table, {"contact",  "contacts",  "newsletter",   "waitlist", "lead",     "leads",        "feedback",
                     "inquiry",  "inquiries", "enquiries",    "signups",  "rsvps",    "applications", "subscribers",
                     "comments", "reviews",   "testimonials", "votes",    "messages", "submissions"});
}

}  // namespace

void read_bounds(const Source& source, const SqlStatement& s, Tables& tables) {
  const std::string_view t = s.text;
  const bool made = t.starts_with("create table ");
  const std::string name = table_name(t.substr(made ? 13 : 12));
  if (!made) {  // alter table orders add constraint positive check (total >= 0)
    if (const auto it = tables.unbounded.find(name); it != tables.unbounded.end())
      if (has(t, "check") && has(t.substr(t.find("check")), it->second.verb)) tables.unbounded.erase(it);
    return;
  }
  const std::size_t open = t.find('(');
  if (open == std::string_view::npos) return;
  int depth = 0;
  std::size_t begin = open + 1;
  for (std::size_t i = open; i < t.size(); ++i) {
    if (t[i] == '(') ++depth;
    if (t[i] == ')') --depth;
    if (depth != (t[i] == ',' ? 1 : 0) || (t[i] != ',' && t[i] != ')')) continue;
    const std::string_view column = text::trim(t.substr(begin, i - begin));
    begin = i + 1;
    const std::string_view field = column.substr(0, column.find(' '));
    const std::string_view rest = column.size() > field.size() ? text::trim(column.substr(field.size())) : field;
    if (counted_column(field) && number_type(rest) && !has(column, "check") && !has(column, "generated ")) {
      // What the table as a whole is held to stands behind its columns.
      bool held = false;
      for (std::size_t at = t.find("check", i); at != std::string_view::npos && !held; at = t.find("check", at + 1))
        held = has(t.substr(at, 200), field);
      if (!held) {
        tables.unbounded[name] = {name,  std::string(field), s.text, s.said, std::string(source.path()), quote(s.text),
                                  s.line};
        return;
      }
    }
    if (depth == 0) return;
  }
}

void judge_bounds(const Project& project, const Tables& tables, Sink& sink) {
  proof::Finding *many = nullptr, *loose = nullptr;
  const auto& schema = project.notes<source::Schema>();
  const bool counted = schema.of("rate_limits") != nullptr || schema.of("rate_limit") != nullptr;
  for (const auto& [key, p] : tables.policies) {
    if ((p.verb != "insert" && p.verb != "all") || for_the_server(p.text) || !tables.supabase) continue;
    const std::string bare = bare_name(p.table);
    const Reach reach = reach_of(p);
    // Stops: a calendar that a script of a stranger fills in a minute.
    if (p.verb == "insert" && reach == Reach::all && left_by_visitors(bare) && !counted) {
      if (many == nullptr) {
        many = &sink.find("RL-002", p.path, p.line, p.shown);
        many->title = "Strangers add rows to " + text::printable(bare) + " without a limit";
        many->impact = "With the public key a script writes as many as it likes, past every form and its captcha.";
        many->fix =
            "Take them in an edge function that counts by address and asks for a proof of a person, and close the "
            "table to the public key.";
        if (!filled_by_customers(bare)) many->severity = proof::Severity::low;
      } else if (many->locations.size() < kMostPlaces) {
        many->locations.push_back({p.path, p.line, p.line, {}});
        many->evidence.push_back(p.shown);
      }
    }
    // Stops: an order over less than nothing.
    const auto open = tables.unbounded.find(p.table);
    const bool staff_only = reach == Reach::some && asks_rank(p.text) && !has(p.text, " or ");
    if (open == tables.unbounded.end() || loose != nullptr || staff_only || !filled_by_customers(bare)) continue;
    const auto& at = open->second;
    loose = &sink.find("VAL-001", at.path, at.line, at.shown);
    loose->title = "Clients write " + text::printable(at.verb) + " of " + text::printable(bare) + " without a bound";
    loose->impact =
        "The policies let clients add the rows, and no CHECK refuses a number below nothing, or a day gone by.";
    loose->fix = "Give the columns CHECK bounds, and the texts a length.";
  }
}

}  // namespace gatehouse::audit

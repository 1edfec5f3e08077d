// A place that is asked for and then taken: hours, seats, rooms.
#include <algorithm>
#include <cstdlib>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/races.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostTaken = 200;

// The branch ends it: nothing of what comes behind is done.
bool leaves(Node branch) {
  const Code code = branch.child("consequence").code();
  return contains(code, "return") || contains(code, "throw ") || contains(code, "raise ") || contains(code, "abort(");
}

bool holds_apart(const Code& code) {
  return held(code) || icontains_any(code, {"p2002", "23505", "23p01", "er_dup_entry", "11000", "integrityerror",
                                            "uniqueviolation", "on conflict", "onconflict", "upsert", "get_or_create",
                                            "sqlite_constraint", "uniqueconstraint", "setnx", "nx: true", "nx=true"});
}

struct Step {
  std::string record;
  Node at;
  bool makes = false;
};

// BookingModel.objects.filter(…), select(Appointment), db.query(Reservation), Appointment(…)
std::vector<Step> python_steps(const File& file, Node function) {
  std::vector<Step> out;
  const auto named = [](std::string_view name) {
    return !name.empty() && name.front() >= 'A' && name.front() <= 'Z' && bookable(name) &&
           !name.ends_with("Serializer") && !name.ends_with("Form") && !name.ends_with("Response") &&
           !name.ends_with("Out") && !name.ends_with("Read") && !name.ends_with("Schema") && !name.ends_with("Error") &&
           !name.ends_with("Exception") && !name.ends_with("Status");
  };
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name), root = std::string_view(c->name).substr(0, c->name.find('.'));
    const bool asks = f == "query" || f == "select" || f == "exists";
    const std::string about = asks ? dotted(c->arg(0)) : std::string();
    if (c->name.find(".objects.") != std::string::npos && named(root)) {
      out.push_back({record_key(root), c->node, f == "create" || f == "bulk_create"});
    } else if (asks && named(last(about))) {
      out.push_back({record_key(last(about)), c->node, false});
    } else if (contains(c->name, ".query.") && named(root)) {
      out.push_back({record_key(root), c->node, false});
    } else if (c->name == "serializer.save" || c->name == "form.save") {
      out.push_back({"", c->node, true});  // of whatever record: told only where it is asked how full it is
    } else if (f == "insert" && named(last(dotted(c->arg(0))))) {  // sa.insert(Booking).values(…)
      out.push_back({record_key(last(dotted(c->arg(0)))), c->node, true});
    } else if (named(f) && !c->keywords.empty()) {
      out.push_back({record_key(f), c->node, true});
    }
  }
  return out;
}

std::vector<Step> script_steps(const File& file, Node function) {
  std::vector<Step> out;
  for (const Touch& t : touches(file, function)) {
    const bool makes = t.kind == Touch::Kind::create;
    // A ticket may be one of a help desk's: told only where it is asked how full it is.
    if (makes && has_word(t.record, {"ticket", "tickets", "registration", "registrations", "signup"}))
      out.push_back({"", t.call, true});
    if (!bookable(t.record)) continue;
    if (makes || t.kind == Touch::Kind::one || t.kind == Touch::Kind::list) out.push_back({t.record, t.call, makes});
  }
  return out;
}

// rooms_left > 0, spotsRemaining < 1: how many there are still
bool says_left(Node condition) {
  const Code code = condition.code();
  if (!contains(code, "0") && !contains(code, "1") && !condition.has_token("<")) return false;
  for (const char* kind : {"identifier", "member_expression", "attribute"})
    for (const Node n : condition.all(kind)) {
      const std::string name = n.is("identifier") ? std::string(n.text()) : field_of(n);
      if (has_word(name, {"left", "remaining", "vacant", "free", "verfuegbar", "libres", "restantes"}) &&
          has_word(name, {"rooms", "room", "seats", "spots", "places", "slots", "tickets", "beds", "capacity", "units",
                          "available", "left", "remaining"}))
        return true;
    }
  return false;
}

void read_steps(File& file, Races& races) {
  const bool python = file.tree.python();
  if (!python && client_file(file)) return;
  const Code all = file.code();
  if (!icontains_any(all, {"book",     "appoint",    "reserv", "cita",     "termin",      "buchung", "agenda",
                           "turno",    "slot",       "seat",   "rental",   "enrol",       "rsvp",    "regist",
                           "capacity", "redemption", "attend", "particip", "couponusage", "meeting", "ticket"}))
    return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (races.taken.size() >= kMostTaken) return;
      if (function_around(f) && !f.is("method_definition")) continue;
      const std::vector<Step> steps = python ? python_steps(file, f) : script_steps(file, f);
      const auto made = std::find_if(steps.begin(), steps.end(), [](const Step& s) { return s.makes; });
      if (made == steps.end() || holds_apart(f.code())) continue;
      Node asked;
      for (const Node branch : f.all("if_statement")) {
        const Node condition = branch.child("condition");
        // if rooms_left > 0: … insert
        if (made->at.inside(branch.child("consequence")) && says_left(condition)) asked = branch;
        if (branch.begin() > made->at.begin() || !leaves(branch)) continue;
        if (says_left(condition)) asked = branch;
        // What was read of the same record decides, or how full it is.
        for (const Step& s : steps)
          if (!s.makes && !made->record.empty() && s.record == made->record && s.at.begin() < branch.end()) {
            if (s.at.inside(condition)) asked = branch;
            for (const char* kind : {"variable_declarator", "assignment"})
              for (const Node a : f.all(kind)) {
                if (!s.at.inside(a)) continue;
                const Node name = a.child("name") ? a.child("name") : a.child("left");
                const std::vector<Node> parts = name.is("identifier") ? std::vector<Node>{name} : name.children();
                if (std::any_of(parts.begin(), parts.end(),
                                [&](Node n) { return has_token(condition.code(), n.text()); }))
                  asked = branch;
              }
          }
        if (condition.has_token(">=") || condition.has_token("<=") || contains(condition.code(), ">") ||
            contains(condition.code(), "<")) {
          bool full = false, many = false;
          for (const char* kind : {"member_expression", "attribute", "identifier"})
            for (const Node n : condition.all(kind)) {
              const std::string name = n.is("identifier") ? std::string(n.text()) : field_of(n);
              full = full || has_word(name, {"capacity", "seats", "spots", "places", "max", "kapazitaet", "capacidad",
                                             "cupo", "cupos", "vagas", "plazas", "limit", "guests"});
              many = many || has_word(name, {"count", "length", "bookings", "participants", "attendees", "reservations",
                                             "enrolled", "registered", "booked", "taken", "total", "sold"});
            }
          if (full && (many || contains(condition.code(), "len("))) asked = branch;
        }
      }
      if (!asked) continue;
      races.taken.push_back({made->record,
                             {place(file.path, asked.line()), file.shown(asked)},
                             {place(file.path, made->at.line()), file.shown(made->at)}});
    }
}

bool once_flag(std::string_view field) {
  return has_word(field, {"redeemed", "used", "claimed", "consumed", "spent", "eingeloest", "canjeado", "utilizado"}) &&
         !has_word(field, {"count", "by", "at", "last", "times"});
}

// card = GiftCard.objects.filter(code=code, redeemed=False).first(); … card.redeemed = True: two at once both find it.
void read_once(File& file) {
  if (!icontains_any(file.code(), {"redeemed", "used", "claimed", "consumed"})) return;
  for (const char* type : {"assignment", "assignment_expression"})
    for (const Node a : file.tree.all(type)) {
      const Node left = unwrap(a.child("left")), value = unwrap(a.child("right"));
      if (!left.any_of("attribute", "member_expression") || !once_flag(field_of(left)) ||
          !(value.is("true") || value.text() == "True"))
        continue;
      Node f = function_around(a);
      for (Node up = f; up && !up.is("method_definition"); up = function_around(up)) f = up;
      const std::string row = dotted(left.child("object"));
      if (!f || row == "self" || row == "this" || holds_apart(f.code()) ||
          !icontains_any(f.code(), {"balance", "credit", "wallet", "points", "coins", "discount", "guthaben", "saldo"}))
        continue;
      // The row was asked for in this very function, and whether it is still good.
      bool read = false;
      for (const char* kind : {"variable_declarator", "assignment"})
        for (const Node d : f.all(kind)) {
          const Node name = d.child("name") ? d.child("name") : d.child("left");
          read = read || (d.begin() < a.begin() && name.text() == row);
        }
      bool asked = false;
      for (const Node branch : f.all("if_statement"))
        asked = asked || (branch.begin() < a.begin() && (has_token(branch.child("condition").code(), row) ||
                                                         contains(branch.child("condition").code(), field_of(left))));
      const bool told = std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const auto& x) {
        return x.id == "PAY-004" && x.locations.front().path == file.path && x.locations.front().line >= f.line() &&
               x.locations.front().line <= f.end_line();
      });
      if (!read || !asked || told) continue;
      // Stops: one gift card on two accounts.
      auto& hit = file.hit("PAY-004", a);
      hit.title = "What may be used once is asked for in one step and marked as used in another";
      hit.confidence = proof::Confidence::medium;
    }
}

}  // namespace

void read_places(File& file) {
  Races& races = file.project.notes<Races>();
  if (file.tree.python() && icontains_any(file.code(), {"unique", "exclu"}))
    for (const Node c : file.tree.all("class_definition"))
      if (icontains_any(c.code(),
                        {"uniqueconstraint", "unique_together", "exclusionconstraint", "excludeconstraint"}) ||
          (contains(c.code(), "Index(") && contains(c.code(), "unique=True")))
        races.alone.insert(record_key(c.child("name").text()));
  if (rehearsed(file)) return;
  read_steps(file, races);
  read_once(file);
}

void judge_races(const Project& project, Sink& sink) {
  const auto& races = project.notes<Races>();
  const Schema& schema = project.notes<Schema>();
  for (const Races::Taken& t : races.taken) {
    const Record* r = schema.of(t.record);
    if (races.alone.contains(t.record) || (r != nullptr && r->unique)) continue;
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "PAY-004" && !f.locations.empty() && f.locations.front().path == t.made.at.path &&
             std::abs(f.locations.front().line - t.made.at.line) < 20;
    });
    if (told) continue;
    // Stops: two people who have the same hour, both of them confirmed.
    auto& f = sink.find("PAY-004", t.made.at, t.made.shown);
    f.title = "Whether it is free is asked in one step, and it is taken in another";
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(t.asked.at);
    f.evidence.push_back(t.asked.shown);
  }
}

}  // namespace gatehouse::audit::source

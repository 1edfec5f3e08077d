#include "audit/source/booked_dates.h"

#include <algorithm>
#include <set>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct BookedDates {
  struct Model {
    std::string name;
    bool pair = false;
    Spot at;
  };
  std::vector<Model> models;                   // of Django, with their dates
  std::set<std::string, std::less<>> written;  // models that a form or a serializer fills
  std::vector<Spot> pairs, days;               // a beginning with its end, and any day, as the client names them
  bool ordered = false;                        // somewhere the two are held against each other
  bool held_to_now = false;                    // somewhere such a date is held against today
};

bool begins(std::string_view name) {
  return has_word(name, {"from", "start", "starts", "begin", "begins", "checkin", "arrival", "pickup"}) ||
         icontains_any(name, {"check_in", "checkin"});
}

bool ends(std::string_view name) {
  return has_word(name, {"to", "end", "ends", "until", "checkout", "departure", "dropoff", "return", "finish"}) ||
         icontains_any(name, {"check_out", "checkout"});
}

bool dated(std::string_view name) {
  return has_word(name, {"date", "time", "at", "day", "datetime", "slot", "hour", "checkin", "checkout", "arrival",
                         "departure"}) ||
         icontains_any(name, {"check_in", "checkin", "check_out", "checkout"});
}

bool books(std::string_view name) {
  return has_word(name, {"booking",     "bookings",     "book",   "reservation", "reservations", "reserve",
                         "appointment", "appointments", "rental", "rentals",     "stay",         "hire",
                         "visit",       "visits",       "leave",  "leaves",      "lesson",       "session_booking",
                         "reserva",     "buchung",      "termin", "turno",       "cita"});
}

// Who asks for a day and who is shown one: only what makes or changes a record counts.
bool keeps(const Code& code) {
  return icontains_any(code, {".create(", "insert", ".save(", "create_", "add_booking", ".add(", "addbooking",
                              "createbooking", "createappointment", "createreservation", "book("});
}

struct Group {
  bool begin = false, end = false, day = false;
  Node at;
  void see(std::string_view name, Node where) {
    const bool date = dated(name);
    if (!date) return;
    if (!at) at = where;
    begin = begin || begins(name);
    end = end || ends(name);
    day = true;
  }
};

void note(const File& file, BookedDates& notes, const Group& group) {
  if (!group.at) return;
  const Spot spot{place(file.path, group.at.line()), file.shown(group.at)};
  if (group.begin && group.end) notes.pairs.push_back(spot);
  notes.days.push_back(spot);
}

bool now_word(const Code& code) {
  return icontains_any(code, {"now()", "today", "new date()", "date.now", "utcnow", "now(", "timezone.now", "curdate",
                              "localdate", "nowutc", "currentdate", "current_date"}) ||
         has_word(code, {"now", "today"});
}

// date_to <= date_from, and not Booking.date_from <= date_to, which asks the database for others' bookings
bool of_columns(Node comparison) {
  for (const char* type : {"attribute", "member_expression"})
    for (const Node n : comparison.all(type))
      if (const Code c = n.code(); !c.empty() && c.front() >= 'A' && c.front() <= 'Z' && !c.starts_with("Date"))
        return true;
  return false;
}

void read_comparisons(const File& file, BookedDates& notes) {
  const char* type = file.tree.python() ? "comparison_operator" : "binary_expression";
  for (const Node c : file.tree.all(type)) {
    const Code code = c.code();
    if (code.size() > 200 || code.find_first_of("<>") == code.npos || of_columns(c)) continue;
    if (!file.tree.python() && !c.has_token("<") && !c.has_token(">") && !c.has_token("<=") && !c.has_token(">="))
      continue;
    notes.ordered = notes.ordered || (begins(code) && ends(code)) ||
                    (has_word(code, {"nights", "days", "duration", "hours", "diff", "minutes"}) &&
                     (has_token(code, "0") || has_token(code, "1")));
    notes.held_to_now =
        notes.held_to_now || (now_word(code) && (dated(code) || begins(code) || books(code)) &&
                              !icontains_any(code, {"expir", "token", "otp", "created", "window", "last", "lock"}));
  }
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const Code code = c.node.code();
    if (code.size() > 400) continue;
    if (has_word(f, {"before", "after", "diff", "difference", "compare", "refine", "validate", "clean", "test"}) ||
        icontains_any(f, {"isbefore", "isafter", "difference", "superrefine"})) {
      notes.ordered = notes.ordered || (begins(code) && ends(code));
      notes.held_to_now = notes.held_to_now || now_word(code);
    }
    if (icontains_any(f, {"ispast", "isfuture", "mindate", "isvaliddate", "validatedate", "validate_date"}))
      notes.held_to_now = true;
    if (f == "CheckConstraint") notes.ordered = notes.ordered || (begins(code) && ends(code));
    if (f == "min" && now_word(c.node.child("arguments").code())) notes.held_to_now = true;
  }
  if (icontains_any(file.code(), {"futuredate", "future_date", "is_past", "in the past", "past date", "pastdate",
                                  "minvaluevalidator(date", "daterange", "date_range"}))
    notes.held_to_now = true;
}

void read_python(const File& file, BookedDates& notes) {
  for (const Node f : file.tree.all("function_definition")) {
    const bool route = route_function(f);
    const bool view = f.child("parameters").code().starts_with("(request") ||
                      f.child("parameters").code().starts_with("(self, request");
    if ((!route && !view) || !(books(function_name(f)) || books(file.path)) || !keeps(body(f).code())) continue;
    Group group;
    if (route)
      for (const Node p : f.child("parameters").children())
        if (has_word(p.child("type").text(), {"date", "datetime", "time"})) group.see(parameter_name(p), p);
    for (const Node a : body(f).all("assignment"))
      if (icontains_any(a.child("right").code(),
                        {"request.post", "request.data", "data.get(", "form.get(", "data[", "request.json", "form["}))
        group.see(a.child("left").text(), a);
    note(file, notes, group);
  }
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string_view name = cls.child("name").text();
    if (!books(name) || !has_word(name, {"create", "in", "request", "update", "new", "base", "schema", "add"}) ||
        has_word(name, {"out", "response", "read", "list"}) ||
        !icontains_any(cls.child("superclasses").text(), {"basemodel", "schema", "base"}))
      continue;
    Group group;
    for (const Node s : body(cls).children())
      if (const Node a = s.is("expression_statement") ? s.first() : Node(); a.is("assignment"))
        if (has_word(a.child("type").text(), {"date", "datetime", "time"})) group.see(a.child("left").text(), a);
    note(file, notes, group);
  }
}

// class Booking(models.Model): check_in = models.DateField(); and whoever fills it: class Meta: model = Booking
void read_models(const File& file, BookedDates& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string_view bases = cls.child("superclasses").text();
    if (icontains_any(bases, {"modelserializer", "modelform"})) {
      if (const Node model = attribute(inner_class(cls, "Meta"), "model"))
        notes.written.emplace(last(dotted(model.child("right"))));
      continue;
    }
    const std::string_view name = cls.child("name").text();
    if (!contains(bases, "Model") || !books(name)) continue;
    Group group;
    for (const Node s : body(cls).children())
      if (const Node a = s.is("expression_statement") ? s.first() : Node(); a.is("assignment"))
        if (const auto made = as_call(a.child("right"));
            made && icontains_any(last(made->name), {"datefield", "timefield"}) &&
            !icontains_any(made->node.code(), {"auto_now", "default=", "null=true", "editable=false"}))
          group.see(a.child("left").text(), a);
    if (group.at)
      notes.models.push_back(
          {std::string(name), group.begin && group.end, {place(file.path, group.at.line()), file.shown(group.at)}});
  }
}

// export class CreateBookingDto { @IsDateString() startDate: string; … }, bookingSchema = z.object({ startDate: … })
void read_bodies(const File& file, BookedDates& notes) {
  for (const Node cls : file.tree.all("class_declaration")) {
    const std::string_view name = cls.child("name").text();
    if (!books(name) || !has_word(name, {"dto", "input", "request", "body"}) ||
        has_word(name, {"response", "output", "query", "filter"}))
      continue;
    Group group;
    for (const Node m : body(cls).all("public_field_definition")) group.see(m.child("name").text(), m);
    note(file, notes, group);
  }
  for (const Call& c : file.calls) {
    if (c.name != "z.object" && c.name != "Joi.object" && c.name != "yup.object") continue;
    if (!books(c.node.above("variable_declarator").child("name").text()) && !books(file.path)) continue;
    Group group;
    for (const auto& [key, value] : members(unwrap(c.arg(0))))
      if (!key.empty()) group.see(key, value);
    note(file, notes, group);
  }
}

void read_script(const File& file, BookedDates& notes) {
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = parameters_of(f);
      if (parameters.empty() || !request_name(parameters.front().text())) continue;
      if (!(books(function_name(f)) || books(file.path) || books(door_name(file, f))) || !keeps(body(f).code()))
        continue;
      Group group;
      for (const auto& [name, at] : client_data(file, f).fields)
        if (!contains(at.above("variable_declarator").code(), "query")) group.see(name, at);
      note(file, notes, group);
    }
}

void tell(Sink& sink, const std::vector<Spot>& all, std::string title, std::string impact, std::string fix) {
  auto& f = sink.find("VAL-001", all.front().at, all.front().shown);
  f.title = std::move(title);
  f.impact = std::move(impact);
  f.fix = std::move(fix);
  f.severity = proof::Severity::medium;
  for (std::size_t i = 1; i < all.size() && i < 8; ++i) {
    f.locations.push_back(all[i].at);
    f.evidence.push_back(all[i].shown);
  }
}

}  // namespace

void read_booked_dates(File& file) {
  auto& notes = file.project.notes<BookedDates>();
  if (!file.tree.python() && client_file(file)) return;
  read_comparisons(file, notes);
  if (file.tree.python()) {
    read_python(file, notes);
    read_models(file, notes);
  } else {
    read_script(file, notes);
    read_bodies(file, notes);
  }
}

// Stops: a stay of minus three nights, which lowers what is paid, and a table full of bookings for days that are over.
void judge_booked_dates(const Project& project, Sink& sink) {
  auto notes = project.notes<BookedDates>();
  for (const auto& m : notes.models) {
    if (!notes.written.contains(m.name)) continue;
    if (m.pair) notes.pairs.push_back(m.at);
    notes.days.push_back(m.at);
  }
  if (!notes.pairs.empty() && !notes.ordered)
    tell(sink, notes.pairs, "An end before the beginning is taken: the two dates are never compared",
         "Days are counted backwards: a negative price, a booking that collides with nothing.",
         "Ask for begin < end, a greatest length, and a day that is not over.");
  else if (!notes.days.empty() && !notes.held_to_now)
    tell(sink, notes.days, "Days that are over are booked: no date is held against today",
         "Bookings in the past fill the table, skew what is counted, and may be cancelled with a refund.",
         "Refuse what lies before now, and bound how far ahead may be booked.");
}

}  // namespace gatehouse::audit::source

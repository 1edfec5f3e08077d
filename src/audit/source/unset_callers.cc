#include "audit/source/unset_callers.h"

#include <map>
#include <set>

#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 60;   // of one project
constexpr std::size_t kMostPlaces = 12;  // of one remark

struct UnsetCallers {
  std::set<std::string, std::less<>> laid;  // keys of what guards lay down
  bool known = false, unknown = false;      // some are read; one cannot be
  bool row = false;                         // … and it is a person's whole row
  std::vector<std::pair<std::string, Spot>> asked;
};

// Names of a tenant or a circle, of which a record is filtered by.
bool circle(std::string_view key) {
  return (key.ends_with("Id") || key.ends_with("_id")) &&
         has_word(key, {"org", "organization", "organisation", "tenant", "company", "workspace", "landlord", "team",
                        "shop", "store", "school", "clinic", "agency", "restaurant", "branch", "hospital", "firm"});
}

// { id: payload.sub, ...user }: its keys; false when something in it is not in sight.
void take(Node object, UnsetCallers& notes) {
  notes.known = true;
  for (const Node part : object.children()) {
    if (part.is("pair")) notes.laid.emplace(part.child("key").text());
    if (part.is("shorthand_property_identifier")) notes.laid.emplace(part.text());
    if (!part.is("spread_element")) continue;
    const Node of = unwrap(part.first());
    if (of.is("identifier") && has_word(of.text(), {"user", "account", "member", "profile"}))
      notes.row = true;
    else
      notes.unknown = true;
  }
}

void take_value(const File& file, Node value, UnsetCallers& notes) {
  value = unwrap(value);
  if (value.is("identifier")) {
    const Node v = unwrap(value_of(file, value));
    if (!(v == value) && v.is("object")) return take(v, notes);
    if (!(v == value) && v.is("call_expression") && icontains_any(v.code(), {"find", ".user."})) {
      notes.known = notes.row = true;
      return;
    }
  }
  if (value.is("object")) return take(value, notes);
  if (value.any_of("null", "undefined") || value.text() == "undefined") return;
  notes.unknown = true;
}

}  // namespace

void read_unset_callers(File& file) {
  const Code code = file.code();
  if ((!code.may_hold("user") && !code.may_hold("Strategy")) || client_file(file) ||
      has_word(file.path, {"test", "tests", "mock", "mocks", "spec"}))
    return;
  auto& notes = file.project.notes<UnsetCallers>();
  if (contains(code, ".user"))
    for (const Node a : file.tree.all("assignment_expression")) {
      const std::string left = dotted(a.child("left"));
      if (left == "req.user" || left == "request.user" || left == "req['user']")
        take_value(file, a.child("right"), notes);
      // req.user.orgId = membership.orgId
      if (left.starts_with("req.user.") || left.starts_with("request.user.")) notes.laid.emplace(last(left));
      if (left == "?" && contains(a.child("left").code(), "[\"user\"]")) take_value(file, a.child("right"), notes);
    }
  if (contains(code, "PassportStrategy") || contains(code, "Strategy("))
    for (const Node m : file.tree.all("method_definition")) {
      if (m.child("name").text() != "validate") continue;
      for (const Node r : m.all("return_statement"))
        if (function_around(r) == m && r.first()) take_value(file, r.first(), notes);
    }
  for (const Node m : file.tree.all("member_expression")) {
    const std::string_view key = m.child("property").text();
    if (!circle(key) || notes.asked.size() >= kMostNoted) continue;
    const std::string of = dotted(m.child("object"));
    if ((of != "req.user" && of != "request.user") ||
        (m.parent().is("assignment_expression") && m.parent().child("left") == m) ||
        // Whoever asks whether it is there, or has something else in its place, knows that it may not be.
        m.parent().any_of("binary_expression", "unary_expression", "if_statement", "ternary_expression"))
      continue;
    notes.asked.emplace_back(key, Spot{place(file.path, m.line()), file.shown(m)});
  }
}

void judge_unset_callers(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UnsetCallers>();
  if (!notes.known || notes.unknown || notes.asked.empty()) return;
  const auto& schema = project.notes<Schema>();
  const auto columns = [&](std::string_view key) {
    for (const auto& [name, r] : schema.records)
      if (has_word(name, {"user", "account", "profile", "person"}) && r.columns.contains(std::string(key))) return true;
    return false;
  };
  if (notes.row && !schema.keeps_people()) return;
  std::map<std::string, Recurring> told;
  for (const auto& [key, spot] : notes.asked) {
    if (notes.laid.contains(key) || (notes.row && columns(key))) continue;
    // Stops: every tenant's rows, given to whoever has an account, because the filter has no value.
    if (auto* f = told.try_emplace(key, kMostPlaces).first->second.find(sink, "AZ-001", spot)) {
      f->title = "Records are filtered by " + text::printable(key, 60) + " of the caller, which no guard lays down";
      f->impact =
          "The value is undefined: the database's library leaves the filter out and everybody's rows come, or "
          "nothing works.";
      f->fix = "Let the guard look up where the caller belongs, and refuse when there is nothing to filter by.";
      f->confidence = proof::Confidence::medium;
    }
  }
}

}  // namespace gatehouse::audit::source

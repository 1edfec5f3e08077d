#include "audit/source/browser_reads.h"

#include <algorithm>

#include "audit/source/browser_data.h"
#include "audit/source/browser_policies.h"
#include "audit/source/money_words.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 400;
constexpr std::size_t kMostCalled = 4000;
constexpr std::size_t kMostTold = 3;

// Names that hold a part of the page's address.
std::set<std::string> address_names(const File& file) {
  std::set<std::string> out;
  for (const Node d : file.tree.all("variable_declarator")) {
    const Code value = unwrap(d.child("value")).code();
    if (value.size() > 300) continue;
    const Node name = d.child("name");
    const bool hook = icontains_any(
        value, {"useparams(", "uselocalsearchparams(", "router.query", "route.params", "route.query", "$route.params"});
    const bool part = icontains_any(
        value, {"params.get(", "query.get(", "searchparams.get(", "route.params.", "router.query.", "params.id",
                "match.params", "location.pathname.split", "snapshot.params", "parammap.get("});
    if (!hook && !part) continue;
    if (name.is("identifier")) out.emplace(name.text());
    for (const char* type : {"shorthand_property_identifier_pattern"})
      for (const Node n : name.all(type)) out.emplace(n.text());
    for (const Node p : name.all("pair_pattern")) out.emplace(p.child("value").text());
  }
  return out;
}

bool from_address(const Code& code, const std::set<std::string>& names) {
  if (icontains_any(code, {"params.get(", "useparams()", "route.params", "router.query", "route.query"})) return true;
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(code, n); });
}

bool by_id(const Code& condition) {
  return icontains_any(condition, {"\"id\"", "'id'", "_id'", "_id\"", "reference'", "reference\"", "doc("});
}

bool callers_own(const Code& condition) {
  return icontains_any(condition,
                       {"user.id", "user?.id",    "user!.id",   "session.user", "currentuser", "auth.uid",  "userid",
                        "user_id", "owner",       "profile.id", "profile?.id",  "me.id",       "user.uid",  "user?.uid",
                        ".uid",    "customer_id", "email",      "phone",        "client_id",   "patient_id"});
}

// The page, or what it fetches with, looks who is signed in.
bool asks_who(const Code& code) {
  return icontains_any(
      code, {"useauth(", "getuser(", "getsession(", "useuser(", "usesession(", "currentuser", "onauthstatechange",
             "useauthstate(", "withauth", "requireauth", "protectedroute", "auth.uid", "isadmin", "is_admin"});
}

Spot spot(const File& file, Node at) { return {place(file.path, at.line()), file.shown(at)}; }

// Somebody's data: a record of a purchase or of people whose columns are not for everybody.
bool somebodys(const Schema& schema, const std::string& table) {
  const Record* r = schema.of(table);
  const bool known = r != nullptr && !r->columns.empty();
  const bool private_columns =
      known && std::any_of(r->columns.begin(), r->columns.end(), [](const std::string& c) {
        return has_word(c, {"email", "phone", "address", "mobile", "tel", "whatsapp", "birth", "birthday", "notes",
                            "telefon", "telefono", "celular", "cpf", "medical", "passport"});
      });
  if (known) return private_columns && (purchase_record(table) || people(record_key(table)) || r->owned);
  return purchase_record(table);
}

}  // namespace

void read_browser_reads(File& file) {
  const bool browser = client_file(file) || (file.imports_from("react") && !contains(file.path, "/api/"));
  if (!browser || !asks_database(file)) return;
  if (has_word(file.path, {"test", "tests", "mock", "mocks", "stories"})) return;
  auto& notes = file.project.notes<BrowserReads>();
  const Code code = file.code();
  const bool staff = staff_place(file.path), asks = asks_who(code);
  const bool address = icontains_any(code, {"params", "router.query", "route.query"});
  const std::set<std::string> names = address ? address_names(file) : std::set<std::string>();
  if (contains(code, ".from(") || icontains(code, "fire") || contains(code, "Doc("))
    for (const BrowserTouch& t : browser_touches(file)) {
      if (t.kind != Touch::Kind::one && t.kind != Touch::Kind::list) continue;
      if (notes.fetches.size() >= kMost) break;
      const Code shown = t.call.child("arguments").code();
      const bool whole = !contains(t.call.child("function").code(), ".from(") || shown == "()" ||
                         contains(shown, "'*") || contains(shown, "\"*") || contains(shown, "`*");
      BrowserReads::Fetch f;
      f.table = t.table;
      f.names = known_as(t.call);
      f.at = spot(file, t.call);
      f.by_id = by_id(t.condition) && !callers_own(t.condition);
      f.by_address = f.by_id && from_address(t.condition, names);
      f.whole = whole;
      // Of a room or a service, they are still those of everybody who booked it.
      f.everybodys = t.kind == Touch::Kind::list && !callers_own(t.condition);
      f.staff =
          staff || std::any_of(f.names.begin(), f.names.end(), [](const std::string& n) { return staff_place(n); });
      f.asks = asks;
      notes.fetches.push_back(std::move(f));
    }
  if (staff) return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (!has_word(f, {"get", "fetch", "load", "list", "check", "find", "use", "read"})) continue;
    if (notes.called.size() < kMostCalled && f.size() < 60) notes.called.emplace(f);
    if (asks || names.empty() || c.args.empty() || notes.openings.size() >= kMost) continue;
    for (const Node a : c.args)
      if (a.is("identifier") && names.contains(std::string(a.text())))
        notes.openings.push_back({std::string(f), spot(file, c.node)});
  }
}

void judge_browser_reads(const Project& project, Sink& sink) {
  const auto& notes = project.notes<BrowserReads>();
  if (notes.fetches.empty()) return;
  const auto& schema = project.notes<Schema>();
  std::size_t told = 0;
  std::set<std::string> here;
  // Stops: going through the numbers, and reading who booked what under which telephone.
  const auto by_number = [&](const BrowserReads::Fetch& f, const Spot& at) {
    if (told >= kMostTold || !here.insert(at.at.path + " " + f.table).second) return;
    ++told;
    auto& found = sink.find("AZ-001", at.at, at.shown);
    found.title = "Whoever opens the address with another number sees that row of " + text::printable(f.table);
    found.impact = "The policies let everybody read the table, and the page asks for nothing but the number.";
    found.fix =
        "Let a policy ask whose the row is, or hand it out through a function that asks for a secret of the "
        "row: a long random token, or the address it was ordered with.";
    if (at.at.path == f.at.at.path && at.at.line == f.at.at.line) return;
    found.locations.push_back(f.at.at);
    found.evidence.push_back(f.at.shown);
  };
  for (const auto& f : notes.fetches) {
    if (!f.whole || f.staff || !somebodys(schema, f.table)) continue;
    if (!f.by_id || database_door(project, f.table, "select") != DatabaseDoor::all) continue;
    if (f.by_address && !f.asks) by_number(f, f.at);
    if (f.by_address) continue;
    for (const auto& o : notes.openings)
      if (std::find(f.names.begin(), f.names.end(), o.function) != f.names.end()) by_number(f, o.at);
  }
  std::set<std::string> shown;
  for (const auto& f : notes.fetches) {
    if (!f.whole || !f.everybodys || f.staff || !purchase_record(f.table) || !bookable(f.table)) continue;
    if (!somebodys(schema, f.table) || shown.contains(f.table)) continue;
    const DatabaseDoor door = database_door(project, f.table, "select");
    if (door != DatabaseDoor::all && door != DatabaseDoor::account) continue;
    const bool by_page = f.names.empty() || std::any_of(f.names.begin(), f.names.end(), [&](const std::string& n) {
                           return notes.called.contains(n) || (!n.empty() && n.front() >= 'A' && n.front() <= 'Z');
                         });
    if (!by_page) continue;
    shown.insert(f.table);
    // Stops: the names and telephones of a whole practice, sent along to show which hours are free.
    auto& found = sink.find("DATA-001", f.at.at, f.at.shown);
    found.title = "Every column of everybody's rows of " + text::printable(f.table) + " goes to the page";
    found.impact = "Names, telephones and notes of strangers stand in the answer, whatever of it the page shows.";
    found.fix = "Name the columns that the page needs, and read them from a view or a function that knows no others.";
    if (door == DatabaseDoor::account) found.severity = proof::Severity::medium;
  }
}

}  // namespace gatehouse::audit::source

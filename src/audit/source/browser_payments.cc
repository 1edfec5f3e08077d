#include "audit/source/browser_payments.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "audit/readers/row_tables.h"
#include "audit/source/browser_data.h"
#include "audit/source/browser_policies.h"
#include "audit/source/money_words.h"
#include "audit/source/provider_widgets.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 300;
constexpr std::size_t kMostTold = 3;

bool price(std::string_view key) {
  if (has_word(key, {"deposit"}) && !has_word(key, {"id", "at", "status", "paid", "required", "date"})) return true;
  return sum_of_money(key) && !has_word(key, {"guests", "nights", "days", "people", "persons", "seats", "tickets",
                                              "items", "minutes", "weight", "distance", "score", "points", "count",
                                              "paid_at", "number", "duration", "lessons", "questions"});
}

// A fixed number of the page's own is no price that somebody chooses, and 0 is none at all.
bool settled(const File& file, Node value) {
  const Node v = unwrap(value);
  if (v.any_of("number", "null", "undefined") || literal(v)) return true;
  return v.is("identifier") && value_of(file, v).any_of("number", "null");
}

bool paid_word(std::string_view said) {
  for (const std::string_view w : {"paid", "pago", "pagado", "pagada", "bezahlt", "payé", "paye"})
    if (text::iequals(said, w)) return true;
  return false;
}

// The page that a provider sends its payers back to.
bool after_page(const File& file) {
  const std::string_view name =
      file.path.substr(file.path.rfind('/') == std::string_view::npos ? 0 : file.path.rfind('/'));
  return after_paying(name) && !staff_place(file.path) &&
         (about_paying(name) || takes_payments(file.code()) ||
          icontains_any(file.code(), {"payment", "checkout", "zahlung", "pago", "session_id"}));
}

// Confirmed, where nothing but the return from the provider speaks for it.
bool settled_word(std::string_view said) {
  for (const std::string_view w : {"confirmed", "success", "succeeded", "successful", "approved", "confirmado"})
    if (text::iequals(said, w)) return true;
  return false;
}

bool state_field(std::string_view key) {
  return has_word(key, {"status", "state", "estado", "statut"}) &&
         !has_word(key, {"delivery", "shipping", "online", "email", "user", "kyc"});
}

Spot spot(const File& file, Node at) { return {place(file.path, at.line()), file.shown(at)}; }

// Rows with a price in them that are handed to a function by name: create({ …, total }), or const order = { … }.
void note_handed(const File& file, BrowserPayments& notes, bool staff) {
  for (const Node o : file.tree.all("object")) {
    Node at;
    std::string field;
    for (const auto& [key, value] : members(o))
      if (price(key) && !settled(file, value)) {
        at = value.is("shorthand_property_identifier") ? value : value.parent();
        field = key;
        break;
      }
    if (!at || notes.handed.size() >= kMost) continue;
    Node up = o.parent();
    while (up.any_of("as_expression", "parenthesized_expression", "satisfies_expression")) up = up.parent();
    const auto note = [&](const Call& c) {
      const std::string name = called_name(file, c);
      if (!name.empty() && name != "insert" && name != "stringify" && !name.starts_with("set"))
        notes.handed.push_back({{}, field, name, {}, spot(file, at), staff});
    };
    if (up.is("arguments")) {
      if (const auto c = as_call(up.parent())) note(*c);
    } else if (up.is("variable_declarator") && up.child("name").is("identifier")) {
      const std::string_view name = up.child("name").text();
      const Node f = function_around(o);
      for (const Call& c : file.calls)
        if (c.node.begin() > o.end() && (!f || c.node.inside(f)))
          for (const Node a : c.args)
            if (unwrap(a).text() == name) note(c);
    }
  }
}

void note_rows(const File& file, BrowserPayments& notes, bool staff) {
  const bool returned = after_page(file);
  for (const BrowserTouch& t : browser_touches(file)) {
    const bool adds = t.kind == Touch::Kind::create, changes = t.kind == Touch::Kind::change;
    if ((!adds && !changes) || !t.row || !purchase_record(t.table)) continue;
    const auto names = known_as(t.call);
    const bool by_staff = staff || std::any_of(names.begin(), names.end(), [](const std::string& n) {
                            return has_word(n, {"admin", "staff", "manual"});
                          });
    const auto fields = row_fields(file, t.row);
    bool told = false;
    for (const auto& [key, value] : fields) {
      if (adds && !told && price(key) && !settled(file, value) && notes.sums.size() < kMost) {
        told = true;
        notes.sums.push_back({t.table, key, {}, names, spot(file, value), by_staff});
      }
      // What is written to tables of Supabase as a plain word is told where rights are (client_gates.cc).
      const std::string said = literal(unwrap(value)).value_or("");
      const bool paid = paid_word(said) && !contains(t.call.child("function").code(), ".from(");
      if (state_field(key) && (paid || (returned && settled_word(said))) && notes.called_paid.size() < kMost)
        notes.called_paid.push_back({t.table, key, {}, names, spot(file, value), by_staff});
      if (state_field(key) && unwrap(value).any_of("identifier", "shorthand_property_identifier") &&
          notes.state_takers.size() < kMost && !handed_rows(file, value).empty())
        notes.state_takers.push_back({t.table, key, {}, names, spot(file, t.call), by_staff});
    }
    if (adds && !handed_rows(file, t.row).empty() && notes.takers.size() < kMost)
      notes.takers.push_back({t.table, {}, {}, names, spot(file, t.call), by_staff});
  }
}

// setStatus(id, "paid"), of a page
void note_states(const File& file, BrowserPayments& notes, bool staff) {
  const bool returned = after_page(file);
  const auto says_so = [&](Node value) {
    const auto said = literal(unwrap(value));
    return said && (paid_word(*said) || (returned && settled_word(*said)));
  };
  for (const Call& c : file.calls) {
    if (notes.states.size() >= kMost) return;
    for (const Node a : c.args) {
      bool says = says_so(a);
      if (unwrap(a).is("object"))
        for (const auto& [key, value] : members(unwrap(a))) says = says || (state_field(key) && says_so(value));
      if (!says) continue;
      const std::string name = called_name(file, c);
      if (has_word(name, {"update", "mark", "change", "set", "confirm", "complete", "save", "patch", "write"}))
        notes.states.push_back({{}, {}, name, {}, spot(file, c.node), staff});
    }
  }
}

// What a provider's event makes of a row: paid, whatever the sum of the event was.
void note_unheld(const File& file, BrowserPayments& notes) {
  const Code code = file.code();
  if (!icontains_any(code, {"webhook", "ipn", "notif", "payment_status", "charge.success", "signature", "verify"}) ||
      icontains_any(code, {"constructevent", "lemonsqueezy", "paddle"}) ||
      !(takes_payments(code) || asks_for_proof(code)))
    return;
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    const Node value = unwrap(p.child("value"));
    const bool state = state_field(key) && paid_word(literal(value).value_or(""));
    const bool flag = has_word(key, {"paid"}) && !has_word(key, {"at", "amount", "date", "id"}) && value.is("true");
    const auto c = as_call(p.parent().parent().parent());
    if ((!state && !flag) || !c || !(writing_call(last(c->name)) || last(c->name) == "update")) continue;
    notes.unheld.push_back(spot(file, p));
    return;
  }
}

bool named(const BrowserPayments::Row& taker, const std::string& function) {
  return std::find(taker.names.begin(), taker.names.end(), function) != taker.names.end();
}

// Stops: a year's stay for a cent, written by the visitor's own browser.
void tell_price(const BrowserPayments::Row& taker, const BrowserPayments::Row& sum, Sink& sink) {
  auto& f = sink.find("PAY-001", sum.at.at, sum.at.shown);
  f.title = "The browser names the price of what goes into " + text::printable(taker.table) + " (" +
            text::printable(sum.field) + ")";
  f.impact = "Whoever calls the database's API himself orders for any sum, a negative one among them.";
  f.fix =
      "Work the price out where the visitor is not: in a function of the database or an edge function, from the "
      "catalogue's row; let no policy take the column from a client.";
  if (&taker == &sum) return;
  f.locations.push_back(taker.at.at);
  f.evidence.push_back(taker.at.shown);
}

void judge_sums(const Project& project, const BrowserPayments& notes, Sink& sink) {
  std::size_t told = 0;
  std::set<std::string> here;
  const auto tell = [&](const BrowserPayments::Row& taker, const BrowserPayments::Row& sum) {
    if (told >= kMostTold || taker.staff || sum.staff) return;
    if (!here.insert(sum.at.at.path + " " + taker.table).second) return;
    // A list of what one has bought elsewhere is no shop.
    if (!notes.sells && !bookable(taker.table)) return;
    const DatabaseDoor door = database_door(project, taker.table, "insert");
    if (door == DatabaseDoor::shut || door == DatabaseDoor::staff) return;
    if (set_by_database(project, taker.table, sum.field)) return;
    ++told;
    tell_price(taker, sum, sink);
  };
  for (const auto& s : notes.sums) tell(s, s);
  for (const auto& t : notes.takers)
    for (const auto& h : notes.handed)
      if (named(t, h.function)) tell(t, h);
}

// Stops: an order that its buyer calls paid.
void judge_states(const Project& project, const BrowserPayments& notes, Sink& sink) {
  std::set<std::string> here;
  for (const auto& p : notes.called_paid)
    if (!p.staff && here.insert(p.at.at.path + " " + p.table).second)
      sink.find("PAY-002", p.at.at, p.at.shown).title =
          "The browser itself writes that what stands in " + text::printable(p.table) + " is paid";
  for (const auto& t : notes.state_takers)
    for (const auto& s : notes.states) {
      if (!named(t, s.function) || s.staff || t.staff || !here.insert(s.at.at.path + " " + t.table).second) continue;
      const DatabaseDoor door = database_door(project, t.table, "update");
      if (door == DatabaseDoor::shut || door == DatabaseDoor::staff) continue;
      auto& f = sink.find("PAY-002", s.at.at, s.at.shown);
      f.title = "The browser itself writes that a row of " + text::printable(t.table) + " is paid";
      f.locations.push_back(t.at.at);
      f.evidence.push_back(t.at.shown);
      if (door == DatabaseDoor::all) f.severity = proof::Severity::critical;
    }
}

}  // namespace

void read_browser_payments(File& file) {
  const bool browser = client_file(file) || (file.imports_from("react") && !contains(file.path, "/api/"));
  if (has_word(file.path, {"test", "tests", "mock", "mocks", "seed", "stories"})) return;
  auto& notes = file.project.notes<BrowserPayments>();
  const Code code = file.code();
  notes.sells = notes.sells || icontains_any(code, {"cart", "checkout", "stripe", "paypal", "razorpay", "paystack",
                                                    "flutterwave", "mercadopago", "payfast", "payment", "book now",
                                                    "buy now", "warenkorb", "carrito", "carrinho", "panier"});
  if (!browser) {
    if (notes.unheld.size() < kMost && icontains(code, "paid")) note_unheld(file, notes);
    return;
  }
  if (notes.provider_sums.size() < kMost)
    for (const Node n : charged_by_page(file)) notes.provider_sums.push_back(spot(file, n));
  if (!asks_database(file)) return;
  const bool staff = staff_place(file.path);
  const bool money = icontains_any(code, {"price", "amount", "total", "cost", "deposit", "fee", "betrag", "preis",
                                          "precio", "monto", "valor", "preco", "importe", "prix", "montant"});
  if (contains(code, ".from(") || icontains(code, "fire") || contains(code, "Doc(")) note_rows(file, notes, staff);
  if (money) note_handed(file, notes, staff);
  if (icontains_any(code, {"paid", "pago", "pagad", "bezahlt", "pay\xc3\xa9", "confirmed", "success"}))
    note_states(file, notes, staff);
}

bool believes_browser_sums(const Project& project) {
  const auto& notes = project.notes<BrowserPayments>();
  return !notes.provider_sums.empty() && !sums_compared(project);
}

void judge_browser_payments(const Project& project, Sink& sink) {
  const auto& notes = project.notes<BrowserPayments>();
  judge_sums(project, notes, sink);
  judge_states(project, notes, sink);
  if (!believes_browser_sums(project)) return;
  // Stops: a penny that buys whatever the number beside it stands for.
  for (const Spot& s : notes.unheld) {
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return (f.id == "PAY-001" || f.id == "PAY-002") && f.locations.front().path == s.at.path;
    });
    if (known) continue;
    auto& f = sink.find("PAY-002", s.at, s.shown);
    f.title = "What was paid is held against nothing before it counts as paid";
    f.impact = "The page named the sum: whoever changes it there has bought the whole for any part.";
    f.fix = "Compare sum, currency and receiver of the event with the record before it is marked as paid.";
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(notes.provider_sums.front().at);
    f.evidence.push_back(notes.provider_sums.front().shown);
  }
  std::size_t told = 0;
  std::set<std::string> here;
  for (const Spot& s : notes.provider_sums) {
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "PAY-001" && f.locations.front().path == s.at.path &&
             std::abs(f.locations.front().line - s.at.line) < 40;
    });
    if (known || told >= kMostTold || !here.insert(s.at.path).second) continue;
    ++told;
    // Stops: a form that asks the provider for a cent, and an order that counts as paid all the same.
    auto& f = sink.find("PAY-001", s.at, s.shown);
    f.title = "The page tells the payment provider what to charge";
    f.impact = "A visitor changes the sum before it is sent, and nothing in the tree holds what was paid against it.";
    f.fix =
        "Let a server open the payment with the sum of its own record, and hold the sum of the provider's event "
        "against that record before the order counts as paid.";
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/browser_data.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

using Kind = Touch::Kind;

constexpr int kDeepest = 4;  // functions around a row, rows within rows
constexpr std::size_t kMostTouches = 400;

// collection(db, "orders"), doc(db, "orders", id), doc(collection(db, "orders")), ref(db, `orders/${id}`): the name of
// what holds the record.
std::string table_of(const File& file, Node reference, int depth = 0) {
  reference = unwrap(reference);
  if (depth > kDeepest) return {};
  if (reference.is("identifier")) {
    const Node made = value_of(file, reference);
    return made == reference ? std::string() : table_of(file, made, depth + 1);
  }
  const auto c = as_call(reference);
  if (!c) return {};
  const std::string_view f = last(c->name);
  if (f == "query" || f == "push" || f == "child") return table_of(file, c->arg(0), depth + 1);
  const bool one = f == "doc", all = f == "collection" || f == "collectionGroup", path = f == "ref";
  if (!one && !all && !path) return {};
  if (c->name.find('.') != std::string::npos && (one || all)) {  // db.collection("orders").doc(id)
    if (all) return text::to_lower(literal(c->arg(0)).value_or(""));
    return table_of(file, c->node.child("function").child("object"), depth + 1);
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < c->args.size(); ++i) {
    const Node a = unwrap(c->args[i]);
    if (i == 0 && as_call(a)) return table_of(file, a, depth + 1);
    const std::string said = literal(a).value_or(spoken(a));
    if (said.empty()) {
      if (i > 0) parts.emplace_back();
      continue;
    }
    for (const std::string_view part : text::split(said, '/'))
      if (!part.empty()) parts.emplace_back(part);
    if (!holes(a).empty() && said.ends_with('/')) parts.emplace_back();  // `orders/${id}`
  }
  // The id stands behind it, where it is not made by the call.
  std::size_t at = parts.size();
  if (one && at > 1) --at;
  while (at > 0 && (parts[at - 1].empty() || (path && at > 1 && parts[at - 1].size() > 24))) --at;
  return at == 0 ? std::string() : text::to_lower(parts[at - 1]);
}

bool firestore(const File& file) {
  return icontains_any(file.code(), {"adddoc(", "setdoc(", "updatedoc(", "getdoc", "onsnapshot(", ".collection(",
                                     "ref(", "batch.", "transaction."});
}

void fire_touch(const File& file, const Call& c, std::vector<BrowserTouch>& out) {
  const std::string_view f = last(c.name);
  const bool bare = c.name.find('.') == std::string::npos;
  BrowserTouch t;
  t.call = c.node;
  if (bare && (f == "addDoc" || f == "setDoc" || f == "updateDoc" || f == "set" || f == "push" || f == "update")) {
    if (c.args.size() < 2 || ((f == "set" || f == "push" || f == "update") && !contains(file.code(), "firebase")))
      return;
    t.table = table_of(file, c.arg(0));
    t.row = c.arg(1);
    t.kind = f == "addDoc" || f == "push" ? Kind::create : Kind::change;
  } else if (bare && (f == "getDoc" || f == "getDocs" || f == "onSnapshot" || f == "get")) {
    t.table = table_of(file, c.arg(0));
    const Node from = unwrap(c.arg(0)).is("identifier") ? value_of(file, c.arg(0)) : unwrap(c.arg(0));
    t.kind = f == "getDoc" || contains(from.code(), "doc(") ? Kind::one : Kind::list;
    t.condition = from.code();
  } else if (!bare && (f == "add" || f == "set" || f == "update" || f == "get") && contains(c.name, "collection()")) {
    t.table = table_of(file, c.node.child("function").child("object"));
    t.row = f == "get" ? Node() : c.arg(0);
    t.kind = f == "add"   ? Kind::create
             : f == "get" ? (contains(c.name, "doc()") ? Kind::one : Kind::list)
                          : Kind::change;
    t.condition = c.node.child("function").code();
  } else if (!bare && (f == "set" || f == "update") && c.args.size() >= 2 &&
             has_word(c.name.substr(0, c.name.find('.')), {"batch", "transaction", "tx", "t"})) {
    t.table = table_of(file, c.arg(0));
    t.row = c.arg(1);
    t.kind = f == "set" ? Kind::create : Kind::change;
  }
  if (!t.table.empty()) out.push_back(std::move(t));
}

// One word of the names of a record, in the tongues that shops are written in.
bool purchase_word(std::string_view name) {
  return has_word(name, {"order",         "orders",       "booking",       "bookings",   "appointment", "appointments",
                         "reservation",   "reservations", "purchase",      "purchases",  "enrollment",  "enrollments",
                         "enrolment",     "registration", "registrations", "checkout",   "checkouts",   "pedido",
                         "pedidos",       "reserva",      "reservas",      "cita",       "citas",       "bestellung",
                         "bestellungen",  "buchung",      "buchungen",     "termin",     "termine",     "commande",
                         "commandes",     "agendamento",  "agendamentos",  "turno",      "turnos",      "compra",
                         "compras",       "rezervare",    "zamowienia",    "rezerwacje", "rezerwacja",  "reservierung",
                         "matricula",     "consultation", "consultations", "preorder",   "preorders",   "subscription",
                         "subscriptions", "delivery"});
}

}  // namespace

bool purchase_record(std::string_view table) {
  return purchase_word(table) && !has_word(table, {"item", "items", "line", "lines", "log", "logs", "history", "type",
                                                   "types", "status", "settings", "slot", "slots", "template"});
}

bool staff_place(std::string_view place) {
  return has_word(place, {"admin",   "admins",    "dashboard",  "staff",   "backoffice", "manage",  "management",
                          "manager", "employee",  "pos",        "vendor",  "seller",     "owner",   "host",
                          "crm",     "superuser", "restaurant", "kitchen", "driver",     "provider"}) &&
         !has_word(place, {"context"});
}

std::vector<BrowserTouch> browser_touches(const File& file) {
  std::vector<BrowserTouch> out;
  const Code code = file.code();
  if (contains(code, ".from("))
    for (const Touch& t : touches(file, file.tree.root())) {
      const auto c = as_call(t.call);
      if (!t.by_rules || !c || out.size() >= kMostTouches) continue;
      const auto from = as_call(unwrap(t.call.child("function").child("object")));
      const auto table = from ? literal(from->arg(0)) : std::nullopt;
      if (!table) continue;
      const bool writes = t.kind == Kind::create || t.kind == Kind::change;
      out.push_back({t.call, writes ? c->arg(0) : Node(), text::to_lower(*table), t.kind, t.condition});
    }
  if (icontains(code, "fire") || contains(code, "Doc("))
    if (firestore(file))
      for (const Call& c : file.calls)
        if (out.size() < kMostTouches) fire_touch(file, c, out);
  return out;
}

namespace {

void fields_into(const File& file, Node row, int depth, std::vector<std::pair<std::string, Node>>& out) {
  row = unwrap(row);
  if (depth > kDeepest || !row) return;
  if (row.is("array")) row = unwrap(row.first());
  if (row.is("identifier")) {
    const Node made = value_of(file, row);
    if (!(made == row) && made.any_of("object", "array")) fields_into(file, made, depth + 1, out);
    return;
  }
  if (!row.is("object")) return;
  for (auto& m : members(row)) out.push_back(std::move(m));
  for (const Node s : row.children())
    if (s.is("spread_element")) fields_into(file, s.first(), depth + 1, out);
}

bool parameter_of(Node f, std::string_view name) {
  for (const Node p : parameters_of(f)) {
    if (p.text() == name) return true;
    if (p.is("object_pattern"))
      for (const Node part : p.children())
        if (part.text() == name || part.first().text() == name) return true;
  }
  return false;
}

void handed_into(const File& file, Node row, int depth, std::set<std::string>& out) {
  row = unwrap(row);
  if (depth > kDeepest || !row) return;
  if (row.is("array")) row = unwrap(row.first());
  if (row.any_of("identifier", "shorthand_property_identifier")) {
    Node f = function_around(row);
    for (int i = 0; f && i < kDeepest; ++i, f = function_around(f))
      if (parameter_of(f, row.text())) {
        out.emplace(row.text());
        return;
      }
    const Node made = value_of(file, row);
    if (!(made == row)) handed_into(file, made, depth + 1, out);
    return;
  }
  if (row.is("object"))
    for (const Node s : row.children())
      if (s.is("spread_element")) handed_into(file, s.first(), depth + 1, out);
}

}  // namespace

std::vector<std::pair<std::string, Node>> row_fields(const File& file, Node row) {
  std::vector<std::pair<std::string, Node>> out;
  fields_into(file, row, 0, out);
  return out;
}

std::set<std::string> handed_rows(const File& file, Node row) {
  std::set<std::string> out;
  handed_into(file, row, 0, out);
  return out;
}

std::vector<std::string> known_as(Node at) {
  std::vector<std::string> out;
  Node f = function_around(at);
  for (int i = 0; f && i < kDeepest; ++i, f = function_around(f)) {
    const std::string name = function_name(f);
    if (!name.empty() && name != "mutationFn" && name != "queryFn" && name != "default" && name != "fn")
      out.push_back(name);
  }
  return out;
}

std::string called_name(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  std::string variable;
  if (f == "mutate" || f == "mutateAsync" || f == "unwrap") {
    variable = c.name.substr(0, c.name.find('.'));
    if (variable == c.name) variable.clear();
  } else if (c.name.find('.') == std::string::npos) {
    variable = c.name;
  }
  if (variable.empty()) return std::string(f);
  for (const Node d : file.tree.all("variable_declarator")) {
    const Node name = d.child("name");
    bool holds = name.is("identifier") && name.text() == variable && variable != c.name;
    if (name.is("object_pattern"))
      for (const Node p : name.children())
        holds = holds || p.text() == variable || (p.is("pair_pattern") && p.child("value").text() == variable);
    if (!holds) continue;
    const auto hook = as_call(unwrap(d.child("value")));
    if (!hook || !last(hook->name).starts_with("use")) continue;
    // const { mutate: order } = useCreateOrder(): one thing is done; const { createOrder } = useOrders(): its name
    // says.
    for (const Node p : name.children())
      if (p.is("pair_pattern") && p.child("value").text() == variable &&
          !has_word(p.child("key").text(), {"mutate", "mutateasync", "async"}))
        return std::string(p.child("key").text());
    if (name.is("object_pattern") && !has_word(variable, {"mutate"}) && contains(name.text(), variable) &&
        !contains(name.text(), ":"))
      return variable;
    return std::string(last(hook->name));
  }
  return std::string(f);
}

}  // namespace gatehouse::audit::source

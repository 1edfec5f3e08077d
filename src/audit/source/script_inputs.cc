// Shapes that a server holds what is sent against, and that let in what nobody says of himself: DTOs of NestJS, schemas
// of zod and its kin for those who sign up.
#include "audit/source/script_inputs.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool powerful(std::string_view said) {
  return icontains_any(said, {"admin", "owner", "manager", "staff", "moderator", "root", "superuser", "doctor",
                              "teacher", "instructor", "seller", "vendor", "recruiter", "editor"});
}

// z.enum(["buyer", "guest"]), @IsIn(["a", "b"]): a list of nothing powerful.
bool held_to_harmless(const Code& code) {
  return icontains_any(code, {"enum([", "isin([", "valid(", "oneof(["}) && !powerful(code);
}

// class UpdateUserDto extends PartialType(CreateUserDto)
std::string parent_of(Node cls) {
  for (const Node h : cls.children()) {
    if (!h.is("class_heritage")) continue;
    Node base = h.first();
    if (base.is("extends_clause")) base = base.child("value");
    if (const auto c = as_call(base)) {
      const bool whole = c->name == "PartialType" || c->name == "IntersectionType";
      return whole ? dotted(unwrap(c->arg(0))) : std::string();
    }
    return dotted(base);
  }
  return {};
}

bool sign_up_name(std::string_view name) {
  const std::string low = text::to_lower(name);
  return icontains_any(low, {"register", "registration", "signup", "sign_up"});
}

// What is to be paid, and no part of what a price list is made of.
bool sum_field(std::string_view key) {
  static constexpr std::string_view kSums[] = {
      "total",     "totalPrice", "total_price", "totalAmount", "total_amount", "amount", "price",
      "unitPrice", "unit_price", "subtotal",    "grandTotal",  "precioTotal",  "precio", "gesamtpreis",
      "preis",     "finalPrice", "final_price", "amountPaid",  "discount"};
  return std::find(std::begin(kSums), std::end(kSums), key) != std::end(kSums);
}

// CreateReservationDto, UpdateOrderDto, CheckoutDto
bool sells(std::string_view type) {
  return has_word(type, {"order", "booking", "reservation", "checkout", "purchase", "cart", "ticket", "rental",
                         "pedido", "reserva", "compra", "buchung", "bestellung", "enrollment", "subscription"}) &&
         !has_word(type, {"response", "result", "filter", "query", "list", "admin"});
}

}  // namespace

bool rights_field(std::string_view key) {
  static constexpr std::string_view kRights[] = {
      "role",        "roles",        "isAdmin",      "is_admin",    "admin",         "userType",    "user_type",
      "accountType", "credits",      "balance",      "plan",        "tier",          "permissions", "isPro",
      "is_pro",      "isPremium",    "isVerified",   "is_verified", "emailVerified", "isApproved",  "is_approved",
      "isStaff",     "is_staff",     "isSuperAdmin", "superuser",   "rol",           "rolle",       "userRole",
      "user_role",   "account_type", "tipoUsuario",  "isSuperuser"};
  return std::find(std::begin(kRights), std::end(kRights), key) != std::end(kRights);
}

void read_inputs(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"role", "admin", "credits", "balance", "premium", "verified", "plan", "rol", "price",
                            "total", "amount", "precio", "preis"}))
    return;
  auto& notes = file.project.notes<InputNotes>();
  if (icontains_any(code, {"class-validator", "@apiproperty", "mapped-types"}) || icontains(file.path, "dto"))
    for (const Node cls : file.tree.all("class_declaration")) {
      const std::string name(cls.child("name").text());
      if (const std::string parent = parent_of(cls); !parent.empty()) notes.parents[name] = parent;
      std::string above;  // decorators stand before their field
      for (const Node m : body(cls).children()) {
        if (m.is("decorator")) {
          above += m.code();
          continue;
        }
        const std::string said = std::exchange(above, {}) + std::string(m.code());
        if (!m.any_of("public_field_definition", "field_definition")) continue;
        const std::string field((m.child("name") ? m.child("name") : m.child("property")).text());
        if (sum_field(field) && sells(name) && !icontains(said, "@exclude"))
          notes.prices.emplace(name, InputNotes::Field{field, {place(file.path, m.line()), file.shown(m)}});
        if (!rights_field(field) || held_to_harmless(said) || icontains(said, "@exclude")) continue;
        notes.rights.emplace(name, InputNotes::Field{field, {place(file.path, m.line()), file.shown(m)}});
      }
    }
  // const registerSchema = z.object({ …, role: z.enum(["user", "admin"]) })
  if (client_file(file) || icontains(file.path, "admin")) return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "object" && c.name != "Joi.object" && c.name != "yup.object") continue;
    const Node held = c.node.above("variable_declarator");
    if (!held || !sign_up_name(held.child("name").text()) || icontains(held.child("name").text(), "admin")) continue;
    for (const auto& [key, value] : members(unwrap(c.arg(0)))) {
      if (!rights_field(key) || held_to_harmless(value.code()) ||
          value.code().find("literal(") != std::string_view::npos)
        continue;
      auto& f = file.hit("AZ-007", value);
      f.title = "Whoever signs up may name the field " + key;
      return;
    }
  }
}

void judge_inputs(const Project& project, const ScriptRoute& route, std::string_view path, bool guarded,
                  std::set<std::string>& told, Sink& sink) {
  const auto& notes = project.notes<InputNotes>();
  std::string type = route.body_type;
  // Stops: a room for a week at the price of a penny.
  if (const auto price = notes.prices.find(type);
      price != notes.prices.end() && route.method != "get" && told.insert(type + "." + price->second.name).second) {
    auto& f = sink.find("PAY-001", price->second.at.at, price->second.at.shown);
    f.confidence = proof::Confidence::medium;
    f.locations.push_back(route.at);
    f.evidence.push_back(route.shown);
  }
  for (int up = 0; up < 4 && !type.empty(); ++up) {
    if (const auto it = notes.rights.find(type); it != notes.rights.end()) {
      const std::string whose = std::string(path) + " " + route.handler + " " + route.body_type;
      const bool account = has_word(whose, {"register", "signup", "registration", "user", "users", "profile", "account",
                                            "me", "member", "members", "auth"});
      // Somebody who is signed in and makes accounts for others may be staff whose guard is elsewhere.
      const bool own =
          !guarded || has_word(whose, {"register", "signup", "profile", "me", "account"}) || route.method != "post";
      if (!account || !own || !told.insert(type + "." + it->second.name).second) return;
      auto& f = sink.find("AZ-007", it->second.at.at, it->second.at.shown);
      f.title = "The client may write the field " + it->second.name;
      f.locations.push_back(route.at);
      f.evidence.push_back(route.shown);
      return;
    }
    const auto parent = notes.parents.find(type);
    type = parent == notes.parents.end() ? std::string() : parent->second;
  }
}

}  // namespace gatehouse::audit::source

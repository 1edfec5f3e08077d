// Shapes that a server holds what is sent against, and that let in what nobody says of himself: DTOs of NestJS, schemas
// of zod and its kin for those who sign up.
#include "audit/source/script_inputs.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/sign_ups.h"
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

// What is to be paid, and no part of what a price list is made of.
bool sum_field(std::string_view key) {
  static constexpr std::string_view kSums[] = {
      "total",     "totalPrice", "total_price", "totalAmount", "total_amount", "amount", "price",
      "unitPrice", "unit_price", "subtotal",    "grandTotal",  "precioTotal",  "precio", "gesamtpreis",
      "preis",     "finalPrice", "final_price", "amountPaid",  "discount"};
  return std::find(std::begin(kSums), std::end(kSums), key) != std::end(kSums);
}

bool owner_field(std::string_view key) {
  static constexpr std::string_view kOwners[] = {"userId",    "user_id",   "ownerId",    "owner_id",   "authorId",
                                                 "author_id", "createdBy", "customerId", "customer_id"};
  return std::find(std::begin(kOwners), std::end(kOwners), key) != std::end(kOwners);
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

namespace {

std::string place_key(std::string_view path, int line) { return std::string(path) + ":" + std::to_string(line); }

bool schema_name(std::string_view name) {
  return has_word(name, {"schema", "validator", "validation", "dto", "input", "body", "form"}) && name.size() > 6;
}

// export const updateUserSchema = z.object({ …, role: … }), and where it is asked: updateUserSchema.parse(req.body),
// router.patch("/me", validate(updateUserSchema), …), .input(updateUserSchema)
void read_held(const File& file, InputNotes& notes) {
  constexpr std::size_t kMost = 4000;
  for (const Call& c : file.calls) {
    if (notes.held.size() > kMost) return;
    const std::string_view f = last(c.name);
    if (f == "object" && !c.args.empty()) {
      const Node held = c.node.above("variable_declarator");
      const std::string name(held.child("name").text());
      if (!held || function_around(held) || name.empty()) continue;
      for (const auto& [key, value] : members(unwrap(c.arg(0))))
        if (rights_field(key) && !held_to_harmless(value.code()) && !contains(value.code(), "literal(") &&
            !icontains_any(held.child("value").code(), {".omit("}))
          notes.rights.emplace(name, InputNotes::Field{key, {place(file.path, value.line()), file.shown(value)}});
      continue;
    }
    // const patchSchema = userSchema.partial()
    if ((f == "partial" || f == "extend" || f == "merge") && c.node.above("variable_declarator") &&
        !function_around(c.node)) {
      const std::string base = c.name.substr(0, c.name.find('.'));
      if (schema_name(base) && !contains(c.node.above("variable_declarator").code(), "omit("))
        notes.parents.emplace(std::string(c.node.above("variable_declarator").child("name").text()), base);
      continue;
    }
    std::vector<std::string> asked;
    if (f == "parse" || f == "safeParse" || f == "parseAsync" || f == "safeParseAsync" || f == "validate" ||
        f == "validateAsync") {
      const std::string schema = c.name.substr(0, c.name.find('.'));
      // const { name, email } = updateUserSchema.parse(…): what else it lets in is left where it is.
      const Node taken = c.node.above("variable_declarator").child("name");
      if (schema_name(schema) && !(taken.is("object_pattern") && !contains(taken.code(), "...") &&
                                   !contains(taken.code(), "data") && !contains(taken.code(), "value")))
        asked.push_back(schema);
    }
    for (const Node a : c.args)
      if (a.is("identifier") && schema_name(a.text())) asked.emplace_back(a.text());
    if (asked.empty()) continue;
    // In a handler, or beside it where the route is made.
    Node f_around = function_around(c.node);
    for (Node up = f_around; up; up = function_around(up)) f_around = up;
    Node made = c.node;
    for (Node up = made; up && !(up == f_around); up = up.parent())
      if (up.is("call_expression")) made = up;
    for (const std::string& s : asked) {
      notes.held.emplace(place_key(file.path, (function_around(c.node) ? function_around(c.node) : made).line()), s);
      notes.held.emplace(place_key(file.path, made.line()), s);
    }
  }
}

}  // namespace

void read_inputs(File& file) {
  const Code code = file.code();
  auto& notes = file.project.notes<InputNotes>();
  if (icontains_any(code, {".parse", ".safeparse", "validat", ".input(", ".object("}) && !client_file(file))
    read_held(file, notes);
  if (!icontains_any(code,
                     {"userid", "user_id", "ownerid", "authorid", "customerid", "createdby", "role", "admin", "credits",
                      "balance", "premium", "verified", "plan", "rol", "price", "total", "amount", "precio", "preis"}))
    return;
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
        if (owner_field(field) && has_word(name, {"create", "add", "new"}) &&
            !has_word(name, {"response", "result", "filter", "query", "list", "admin", "event", "log"}) &&
            !icontains_any(said, {"@exclude", "@isoptional"}))
          notes.owners.emplace(name, InputNotes::Field{field, {place(file.path, m.line()), file.shown(m)}});
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

namespace {

// Stops: a booking in anybody's name, where tokens say who is calling and this door asks for none.
void judge_owner(const InputNotes::Field& field, const ScriptRoute& route, Sink& sink) {
  auto& f = sink.find("AZ-002", field.at.at, field.at.shown);
  f.title = "Whose record it is comes from the request itself";
  f.confidence = proof::Confidence::medium;
  f.locations.push_back(route.at);
  f.evidence.push_back(route.shown);
}

void judge_type(const InputNotes& notes, const ResolvedRoute& resolved, std::string type, std::set<std::string>& told,
                bool tokens, Sink& sink) {
  const ScriptRoute& route = *resolved.route;
  if (const auto owner = notes.owners.find(type); owner != notes.owners.end() && tokens && !resolved.guarded &&
                                                  !route.refuses && !route.verifies && route.method == "post" &&
                                                  told.insert(type + "." + owner->second.name).second)
    judge_owner(owner->second, route, sink);
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
      const std::string whose = resolved.path + " " + route.handler + " " + type;
      const bool account = has_word(whose, {"register", "signup", "registration", "user", "users", "profile", "account",
                                            "me", "member", "members", "auth"});
      // Somebody who is signed in and makes accounts for others may be staff whose guard is elsewhere.
      const bool own = !resolved.guarded || has_word(whose, {"register", "signup", "profile", "me", "account"}) ||
                       route.method != "post";
      const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
        return f.id == "AZ-007" && f.locations.front().path == it->second.at.at.path &&
               f.locations.front().line == it->second.at.at.line;
      });
      if (!account || !own || known || !told.insert(type + "." + it->second.name).second) return;
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

}  // namespace

void judge_inputs(const Project& project, const ResolvedRoute& r, std::set<std::string>& told, Sink& sink) {
  const auto& notes = project.notes<InputNotes>();
  std::set<std::string> types;
  if (!r.route->body_type.empty()) types.insert(r.route->body_type);
  const auto take = [&](const proof::Location& at) {
    const auto [from, to] = notes.held.equal_range(place_key(at.path, at.line));
    for (auto it = from; it != to && types.size() < 8; ++it) types.insert(it->second);
  };
  take(r.route->at);
  if (r.flow != nullptr) take(r.flow->at.at);
  bool tokens = !project.notes<ScriptNotes>().signings.empty();
  for (const std::string_view library : {"@nestjs/jwt", "@nestjs/passport", "jsonwebtoken", "passport"})
    tokens = tokens || (!types.empty() && project.depends_on(library));
  for (const std::string& type : types) judge_type(notes, r, type, told, tokens, sink);
}

}  // namespace gatehouse::audit::source

// What is written, and whether others pay for it.
#include "audit/source/entitlements.h"

#include <algorithm>

#include "audit/source/money_words.h"
#include "audit/source/schema.h"
#include "audit/source/sql_writes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 40;

// A value that is written somewhere.
struct Written {
  std::string record;  // what carries it, as the code calls it
  std::string field;
  Node value, at;
  bool raised = false;  // +=, $inc, { increment: n }
  bool made = false;    // with a new row
  std::string said;     // by a statement of SQL itself
};

// The text that is written, where it stands in the code.
std::optional<std::string> said_in(const Written& w) { return w.said.empty() ? literal(unwrap(w.value)) : w.said; }

bool making(std::string_view f) {
  return f == "create" || f == "insert" || f == "insertOne" || f == "insert_one" || f == "get_or_create" ||
         f == "addDoc" || f == "bulkCreate" || f == "createMany" || f == "add" || f == "save" || f == "acreate";
}

bool capital(std::string_view name) { return !name.empty() && name.front() >= 'A' && name.front() <= 'Z'; }

// prisma.subscription of prisma.subscription.upsert(…), "user_subscriptions" of .from("user_subscriptions").update(…)
std::string carrier(Node call, const Call& c) {
  std::string out = c.name;
  Node object = call.child("function").child("object");
  for (int i = 0; i < 5 && object; ++i) {
    const auto inner = as_call(unwrap(object));
    if (!inner) break;
    const std::string_view f = last(inner->name);
    if (f == "from" || f == "collection" || f == "table" || f == "update" || f == "insert" || f == "filter" ||
        f == "query")
      out += " " + literal(inner->arg(0)).value_or(dotted(inner->arg(0)));
    out += " " + inner->name;
    object = inner->node.child("function").child("object");
  }
  if (call.child("arguments") && capital(last(c.name))) out += " " + std::string(last(c.name));
  if (last(c.name) == "updateDoc" || last(c.name) == "setDoc" || last(c.name) == "addDoc") out += " doc";
  return out;
}

bool schema_like(std::string_view name) {
  for (const std::string_view end : {"Response", "Serializer", "Form", "Schema", "Out", "Read", "Error", "Exception",
                                     "Dto", "DTO", "View", "Request", "Event", "Message"})
    if (name.ends_with(end)) return true;
  return false;
}

void object_fields(Node object, const Written& like, std::vector<Written>& out, int depth = 0) {
  object = unwrap(object);
  if (object.is("array") && !object.children().empty()) object = unwrap(object.first());
  if (depth > 4 || out.size() > 200) return;
  for (const auto& [key, value] : members(object)) {
    const Node inner = unwrap(value);
    if (inner.any_of("object", "dictionary") &&
        (key == "$set" || key == "data" || key == "$inc" || key == "update" || key == "create" || key == "defaults" ||
         key == "$setOnInsert" || key == "publicMetadata" || key == "user_metadata" || key == "app_metadata" ||
         key == "privateMetadata")) {
      Written next = like;
      next.raised = like.raised || key == "$inc";
      next.made = like.made || key == "create";
      object_fields(inner, next, out, depth + 1);
      continue;
    }
    Written w = like;
    w.field = key;
    w.value = value;
    w.at = value;
    if (inner.is("object") && member(inner, "increment")) {
      w.raised = true;
      w.value = member(inner, "increment");
    }
    if (key == "where" || key == "select" || key == "include") continue;
    out.push_back(std::move(w));
  }
}

bool raises(Node value, std::string_view field) {
  value = unwrap(value);
  if (value.any_of("binary_operator", "binary_expression") && value.has_token("+")) return true;
  const Code code = value.code();
  return (contains(code, "sql`") || contains(code, "increment(")) && contains(code, "+") &&
         icontains(code, folded(field));
}

std::vector<Written> written_in(const File& file, Node function) {
  std::vector<Written> out;
  const Node code = body(function);
  const auto assigned = [&](const char* type, bool augmented) {
    for (const Node a : code.all(type)) {
      const Node left = unwrap(a.child("left"));
      if (!left.any_of("attribute", "member_expression")) continue;
      if (augmented && !a.has_token("+=")) continue;
      Written w;
      w.record = dotted(left.child("object"));
      w.field = std::string(left.is("attribute") ? left.child("attribute").text() : left.child("property").text());
      w.value = a.child("right");
      w.at = a;
      w.raised = augmented || raises(w.value, w.field);
      // invoice.mark_paid(): a row that changes itself
      if (w.record == "self" && contains(code.code(), "self.save("))
        w.record = std::string(a.above("class_definition").child("name").text());
      if (w.record == "this" && contains(code.code(), "this.save(")) w.record = "row";
      if (w.record != "this" && w.record != "self" && !w.record.starts_with("process.") &&
          w.record != "window.location")
        out.push_back(std::move(w));
    }
  };
  assigned("assignment", false);
  assigned("assignment_expression", false);
  assigned("augmented_assignment", true);
  assigned("augmented_assignment_expression", true);
  for (const Call* c : file.calls_in(code)) {
    if (out.size() > 200) break;
    const std::string_view f = last(c->name);
    const bool klass = file.tree.python() && capital(f) && !schema_like(f) && !c->keywords.empty();
    const bool fresh = c->name.starts_with("new ") && capital(std::string_view(c->name).substr(4));
    if (f == "execute" || f == "query" || f == "run" || f == "exec" || f == "raw")
      for (const Stored& stored : stored_by(*c))
        out.push_back({stored.record, stored.column, stored.value, c->node, stored.raised, stored.added, stored.said});
    if (!writing_call(f) && !making(f) && !klass && !fresh) continue;
    if (icontains_any(c->name, {"stripe.", "sessions.create", "razorpay", "paypal", "paymentintent", "customers.",
                                "console.", "logger", "math.", "object.", "cookies", "headers", "params",
                                "localstorage", "redis", "cache"}) &&
        f != "assign")
      continue;
    Written like;
    like.record = carrier(c->node, *c);
    like.made = making(f) || klass || fresh;
    for (const auto& [key, value] : c->keywords) {
      if (key == "defaults") {
        object_fields(value, like, out);
        continue;
      }
      Written w = like;
      w.field = std::string(key);
      w.value = value;
      w.at = value;
      w.raised = raises(value, key);
      out.push_back(std::move(w));
    }
    for (const Node a : c->args) {
      const std::size_t before = out.size();
      object_fields(a, like, out);
      if (unwrap(a).is("identifier") && out.size() == before)  // const data = { plan }; update(data)
        for (const Node d : code.all("variable_declarator"))
          if (d.child("name").text() == unwrap(a).text()) object_fields(d.child("value"), like, out);
    }
    for (std::size_t i = 0; i < out.size(); ++i)
      if (!out[i].raised) out[i].raised = raises(out[i].value, out[i].field) && purse(out[i].field);
  }
  return out;
}

bool no_value(const Written& w) {
  const Node value = unwrap(w.value);
  if (value.any_of("none", "false", "null", "undefined")) return true;
  if (value.text() == "0" || value.text() == "undefined") return true;
  if (w.said == "0" || w.said == "false" || w.said == "null") return true;
  const auto said = said_in(w);
  const std::string word =
      said ? *said : std::string(value.any_of("attribute", "member_expression") ? value.code() : Code());
  return has_word(word,
                  {"free",     "canceled", "cancelled", "inactive",    "expired",  "basic",      "none",   "pending",
                   "trialing", "trial",    "failed",    "refunded",    "unpaid",   "processing", "draft",  "incomplete",
                   "cancel",   "past",     "pendiente", "offen",       "pendente", "gratis",     "refund", "rejected",
                   "created",  "requires", "awaiting",  "deactivated", "default",  "starter",    "hobby"});
}

bool settled_word(std::string_view said) {
  return has_word(said, {"paid",      "active",   "completed", "complete",   "success",    "successful",
                         "succeeded", "captured", "approved",  "confirmed",  "pagado",     "pagada",
                         "bezahlt",   "pago",     "paga",      "aprobado",   "activo",     "activa",
                         "aktiv",     "ativo",    "ativa",     "confirmado", "confirmada", "payed",
                         "settled",   "paye",     "premium",   "subscribed", "confirme"}) &&
         !has_word(said, {"not", "un"});
}

bool sale(std::string_view record) {
  return has_word(
      record,
      {"order",      "orders",    "payment",     "payments",     "invoice", "invoices",    "booking",  "bookings",
       "purchase",   "purchases", "transaction", "transactions", "pedido",  "pedidos",     "pago",     "pagos",
       "bestellung", "zahlung",   "rechnung",    "buchung",      "reserva", "reservation", "checkout", "donation",
       "deposit",    "pagamento", "pedidos",     "compra",       "compras", "ticket",      "sale"});
}

bool access(std::string_view record) {
  return has_word(record,
                  {"subscription", "subscriptions", "membership",       "memberships",  "enrollment",     "enrollments",
                   "enrolment",    "license",       "licenses",         "suscripcion",  "assinatura",     "abo",
                   "abonnement",   "member",        "entitlement",      "entitlements", "mitgliedschaft", "inscripcion",
                   "matricula",    "premium",       "usersubscription", "useraccess",   "subscriber",     "purchase",
                   "purchases",    "usercourse",    "courseaccess",     "unlocked"});
}

bool owner_of_plans(std::string_view record) {
  return access(record) ||
         has_word(record,
                  {"user",         "users",   "profile",   "profiles", "account", "accounts",       "member",
                   "customer",     "usuario", "perfil",    "benutzer", "nutzer",  "company",        "tenant",
                   "organization", "team",    "workspace", "store",    "doc",     "publicmetadata", "clerkclient"});
}

std::optional<Entitlement> given_by(const Written& w, std::string_view function) {
  const std::string& f = w.field;
  const Node value = unwrap(w.value);
  const auto told = [&](Entitlement::Kind kind) { return Entitlement{w.at, kind, f}; };
  if (has_word(f, {"refund", "refunded", "cancel", "cancelled", "canceled", "by", "method", "url", "count", "limit",
                   "error", "message", "email", "requested", "customer"}) &&
      !purse(f))
    return std::nullopt;
  if (w.raised) {
    if (purse(f) && !value.has_token("-")) return told(Entitlement::Kind::counts);
    return std::nullopt;
  }
  if (no_value(w)) return std::nullopt;
  const bool yes =
      value.is("true") || value.text() == "True" || value.text() == "1" || w.said == "true" || w.said == "1";
  if (yes && has_word(f, {"premium", "subscribed", "paid", "pro", "ispro", "ispaid", "haspaid", "ispremium", "unlocked",
                          "pagado", "bezahlt", "pago", "pagada", "vip", "hasaccess", "payed", "issubscribed"}))
    return told(Entitlement::Kind::flag);
  if (yes && has_word(f, {"payment"}) &&
      has_word(f, {"status", "done", "received", "completed", "complete", "confirmed", "success"}))
    return told(Entitlement::Kind::flag);
  if (yes && (f == "active" || f == "is_active" || f == "isActive" || f == "activa" || f == "ativo") &&
      access(w.record))
    return told(Entitlement::Kind::flag);
  // premiumUntil: in a month
  if (has_word(f, {"premium", "membership", "subscription", "plan", "pro"}) &&
      has_word(f, {"until", "end", "ends", "expires", "expiry", "expiration", "since", "start", "started"}) &&
      !said_in(w))
    return told(Entitlement::Kind::flag);
  if (has_word(f, {"status", "state", "estado", "zustand", "situacao"})) {
    const auto said = said_in(w);
    const std::string word = said                                             ? *said
                             : value.any_of("attribute", "member_expression") ? std::string(value.code())
                                                                              : std::string();
    if (word.size() > 40 || !settled_word(word)) return std::nullopt;
    const std::string around = w.record + " " + f;
    if (has_word(word, {"paid", "pagado", "pagada", "bezahlt", "payed", "pago", "paga"}))
      return told(Entitlement::Kind::flag);
    if (!sale(around) && !access(around) && !has_word(f, {"payment", "subscription", "pago"})) return std::nullopt;
    Entitlement e = told(Entitlement::Kind::flag);
    const bool active = has_word(word, {"active", "activo", "activa", "aktiv", "ativo", "ativa"});
    e.weak = active ? !access(around) && !has_word(f, {"subscription"})
                    : !has_word(around, {"payment", "payments", "transaction", "transactions", "invoice", "deposit",
                                         "pago", "pagos", "zahlung", "rechnung", "pagamento", "purchase", "purchases"});
    return e;
  }
  // The person, or what he subscribed to, gets another plan.
  static constexpr std::string_view kPlans[] = {"plan",
                                                "tier",
                                                "plan_id",
                                                "planid",
                                                "plantype",
                                                "plan_type",
                                                "subscription",
                                                "subscriptionplan",
                                                "membershiptype",
                                                "subscriptiontier",
                                                "accounttype",
                                                "userplan",
                                                "currentplan",
                                                "subscriptiontype",
                                                "planname",
                                                "plan_name",
                                                "package",
                                                "subscription_plan",
                                                "subscription_tier",
                                                "membership",
                                                "membershiplevel"};
  const std::string low = text::to_lower(f);
  if (std::find(std::begin(kPlans), std::end(kPlans), low) != std::end(kPlans) && owner_of_plans(w.record) &&
      !has_word(w.record, {"plans"})) {
    // A row that only says which plan was chosen gives nothing yet.
    if (w.made && !access(w.record)) return std::nullopt;
    if (w.made && !has_word(function, {"activate", "upgrade", "subscribe", "success", "confirm", "complete", "verify"}))
      return std::nullopt;
    return told(Entitlement::Kind::flag);
  }
  return std::nullopt;
}

// A row that opens something, made on the page that follows a payment.
std::optional<Entitlement> row_in(const File& file, Node function) {
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    const bool klass = file.tree.python() && capital(f) && !schema_like(f) && !c->keywords.empty() && access(f);
    if (!klass && f != "create" && f != "get_or_create" && f != "upsert" && f != "insert" && f != "insertOne" &&
        f != "insert_one" && f != "update_or_create")
      continue;
    const std::string record = carrier(c->node, *c);
    if (icontains_any(record, {"stripe", "sessions", "customers"}) || (!klass && !access(record))) continue;
    return Entitlement{c->node, Entitlement::Kind::row, record};
  }
  return std::nullopt;
}

// add_credits(user, 100), supabase.rpc("add_credits", …)
bool adds_to_purse(std::string_view name) {
  return purse(name) &&
         has_word(name,
                  {"add", "grant", "increment", "increase", "topup", "give", "award", "refill", "deposit", "credit"}) &&
         !has_word(name, {"deduct", "use", "spend", "consume", "get", "card", "refund", "decrement"});
}

}  // namespace

std::vector<Entitlement> entitlements(const File& file, Node function) {
  std::vector<Entitlement> out;
  const Code code = function.code();
  if (code.size() > 40'000) return out;
  const std::string name = function_name(function);
  for (const Written& w : written_in(file, function)) {
    if (out.size() >= kMost) break;
    if (w.at.above("catch_clause", "except_clause")) continue;
    if (auto e = given_by(w, name)) out.push_back(std::move(*e));
  }
  for (const Call* c : file.calls_in(body(function))) {
    if (out.size() >= kMost || c->node.above("catch_clause", "except_clause")) continue;
    const std::string_view f = last(c->name);
    const auto procedure = f == "rpc" ? literal(c->arg(0)) : std::nullopt;
    if (procedure && adds_to_purse(*procedure)) out.push_back({c->node, Entitlement::Kind::counts, *procedure});
  }
  if (out.empty())
    if (auto row = row_in(file, function)) out.push_back(std::move(*row));
  std::stable_sort(out.begin(), out.end(),
                   [](const Entitlement& a, const Entitlement& b) { return a.at.begin() < b.at.begin(); });
  return out;
}

}  // namespace gatehouse::audit::source

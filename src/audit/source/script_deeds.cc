// What one function does to accounts, rights and money: sets a password, gives a role, takes a payment as done.
#include "audit/source/script_deeds.h"

#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/sql_writes.h"
#include "audit/source/state_words.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool password_word(std::string_view name) {
  return has_word(name, {"password", "passwd", "pwd"}) &&
         !has_word(name,
                   {"reset", "token", "expires", "expiry", "changed", "at", "confirm", "old", "current", "needs"});
}

// A token, a code that was sent, the old password: something only the right person can show.
bool proof_word(std::string_view name) {
  if (has_word(name, {"status", "error", "country", "postal", "zip", "currency"})) return false;
  return has_word(name, {"token", "otp", "code", "pin", "old", "current", "secret", "answer", "signature", "ticket",
                         "nonce", "verification", "verify", "compare", "previous", "existing"});
}

bool shows_proof(Node code) {
  for (const char* type :
       {"identifier", "property_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"})
    for (const Node n : code.all(type))
      if (proof_word(n.text())) return true;
  return false;
}

// The provider was asked, or it speaks with a signature.
bool provider_asked(const Code& code) {
  return icontains_any(code, {"constructevent", ".retrieve(",    "signature", "hmac",
                              "verify",         "createhash",    ".capture(", "transaction.sale",
                              "axios",          "fetch(",        "webhook",   "paymentintents",
                              "stkcallback",    "orderscapture", "requery",   ".payments.",
                              "provider",       "gateway.",      "deduct",    "-= ",
                              "decrement",      "cash",          "cod"});
}

bool from_request(const File& file, Node value, const HandlerNames& own) {
  value = unwrap(value);
  if (literal(value) || value.any_of("true", "false", "null", "number")) return false;
  if (const auto c = as_call(value)) {
    const std::string_view f = last(c->name);
    if (f != "Number" && f != "parseInt" && f != "parseFloat" && f != "String" && f != "toLowerCase" && f != "trim")
      return false;
    if (c->name.find('.') == std::string::npos) value = unwrap(c->arg(0));
  }
  std::vector<Node> names = value.all("identifier");
  if (value.any_of("identifier", "shorthand_property_identifier")) names.push_back(value);
  for (const Node n : names)
    if (own.client.contains(std::string(n.text())) || own.body.contains(std::string(n.text()))) return true;
  // const password = req.body.password;
  const bool named = value.any_of("identifier", "shorthand_property_identifier");
  return (named ||
          icontains_any(value.code(), {"req.body", "request.body", "req.query", "ctx.request.body", "body."})) &&
         from_client(file, value);
}

// user.password = …, user.role = …, order.isPaid = …: a column of a record that was taken from the store.
struct Written {
  std::string column;
  Node value, at;
  std::string record;  // as record_key says it; empty when it is not known
  bool by_save = false;
  bool raised = false;  // += …
};

std::string record_of_name(const File& file, Node function, std::string_view name) {
  for (const Node d : function.all("variable_declarator"))
    if (d.child("name").text() == name)
      for (const Touch& t : touches(file, d.child("value")))
        return t.kind == Touch::Kind::create ? std::string("+") : t.record;
  for (const Node a : function.all("assignment_expression"))
    if (a.child("left").text() == name)
      for (const Touch& t : touches(file, a.child("right"))) return t.kind == Touch::Kind::create ? "+" : t.record;
  return {};
}

void pairs_of(Node object, const std::string& record, std::vector<Written>& out) {
  object = unwrap(object);
  for (const auto& [key, value] : members(object)) {
    if (key == "$set" || key == "data" || key == "$inc") {
      for (const auto& [k, v] : members(unwrap(value))) {
        const bool raised = key == "$inc" || member(unwrap(v), "increment");
        out.push_back(
            {k, member(unwrap(v), "increment") ? member(unwrap(v), "increment") : v, v, record, false, raised});
      }
      continue;
    }
    out.push_back({key, value, value, record, false, false});
  }
}

std::vector<Written> written_in(const File& file, Node function) {
  std::vector<Written> out;
  const Node code = body(function);
  const bool saves = contains(code.code(), ".save(") || contains(code.code(), ".update(");
  for (const char* type : {"assignment_expression", "augmented_assignment_expression"})
    for (const Node a : code.all(type)) {
      const Node left = a.child("left");
      if (!left.is("member_expression") || !left.child("object").is("identifier") || !saves) continue;
      const std::string record = record_of_name(file, function, left.child("object").text());
      if (record == "+") continue;
      if (record.empty() && !icontains(code.code(), std::string(left.child("object").text()) + ".save(")) continue;
      const bool raised = a.is("augmented_assignment_expression") && a.has_token("+=");
      out.push_back({std::string(left.child("property").text()), a.child("right"), a, record, true, raised});
    }
  for (const Touch& t : touches(file, code)) {
    if (t.kind != Touch::Kind::change || t.by_rules) continue;
    const auto c = as_call(t.call);
    if (!c) continue;
    const std::string_view f = last(c->name);
    const Node first = unwrap(c->arg(0));
    if (member(first, "data")) {
      pairs_of(first, t.record, out);
      std::erase_if(out, [](const Written& w) { return w.column == "where" || w.column == "select"; });
    } else if (c->args.size() > 1 && (f.starts_with("findBy") || f.starts_with("findOne") || f.starts_with("update"))) {
      pairs_of(f == "update" && !first.is("identifier") && !first.is("string") && member(unwrap(c->arg(1)), "where")
                   ? c->arg(0)
                   : c->arg(1),
               t.record, out);
    } else if (f == "update") {
      pairs_of(first, t.record, out);
    }
  }
  return out;
}

bool rights_word(std::string_view column) {
  return column == "role" || column == "roles" || column == "isAdmin" || column == "is_admin" ||
         column == "permissions" || column == "isSuperAdmin" || column == "userType" || column == "is_staff" ||
         column == "user_type" || column == "account_type" || column == "accountType" || column == "user_role" ||
         column == "rol" || column == "rolle" || column == "isPro" || column == "is_premium" || column == "isPremium" ||
         column == "is_manager" || column == "isManager" || column == "is_owner" || column == "isOwner" ||
         column == "is_moderator" || column == "isModerator" || column == "is_superuser" || column == "isStaff";
}

// `["buyer", "seller"].includes(role)`, `role === "admin"`: what may be chosen is asked.
bool chosen_from(const Code& code, Node value) {
  const std::string name(last(dotted(unwrap(value))));
  return !name.empty() &&
         (contains(code, "includes(" + name) || contains(code, name + " ===") || contains(code, name + " !==") ||
          contains(code, name + " == ") || contains(code, name + " != ") || contains(code, "has(" + name));
}

bool purse(std::string_view column) {
  return has_word(column, {"wallet", "balance", "credits", "coins", "credit", "tokens", "points"}) &&
         !has_word(column, {"id", "name", "at"});
}

bool paid_column(std::string_view column, Node value) {
  const auto text = literal(unwrap(value));
  const bool yes = unwrap(value).is("true");
  if (column == "isPaid" || column == "paid" || column == "is_paid" || column == "payment" || column == "isPremium" ||
      column == "ispro" || column == "premium" || column == "isSubscribed")
    return yes;
  if (column == "paymentStatus" || column == "payment_status" || column == "status" || column == "subscriptionStatus" ||
      column == "plan")
    return text &&
           (text::iequals(*text, "paid") || text::iequals(*text, "completed_payment") ||
            (column != "status" && column != "plan" &&
             (text::iequals(*text, "completed") || text::iequals(*text, "success") || text::iequals(*text, "active"))));
  return false;
}

// What somebody books, orders or applies for, and others decide.
bool decided_record(std::string_view record) {
  return !sale_noun(record).empty() ||
         has_word(record, {"application", "request", "claim", "loan", "withdrawal", "payment", "payout", "leave",
                           "verification", "refund", "return", "listing", "property"});
}

// The record is the caller's as a customer: findOne({ _id, patient: req.user.id }).
bool as_customer(const Code& text) {
  for (const std::string_view who :
       {"patient",   "customer", "buyer",   "client",    "student",   "tenant",   "guest",
        "user",      "userid",   "renter",  "applicant", "employee",  "user_id",  "customerid",
        "patientid", "guestid",  "buyerid", "requester", "createdby", "studentid"})
    for (const std::string_view then : {": req.user", ": user.", ": userid", ".tostring() !== req.user",
                                        " !== req.user", ": session.user", ": req.userid"})
      if (icontains(text, std::string(who) + std::string(then))) return true;
  return false;
}

}  // namespace

void read_deeds(const File& file, Node function, const HandlerNames* handler, Flow& flow) {
  const Node code = body(function);
  const Code text = code.code();
  flow.hashes = icontains_any(text, {"hash", "bcrypt", "argon", "scrypt", "pbkdf2", "gensalt", "encrypt"});
  flow.tries = icontains_any(text, {"bcrypt.compare", "bcryptjs.compare", "comparesync(", "comparepassword(",
                                    "matchpassword(", "verifypassword(", "checkpassword(", "isvalidpassword(",
                                    "correctpassword(", "validpassword(", "argon2.verify", "ispasswordcorrect("});
  flow.proves = shows_proof(code) || shows_proof(function.child("parameters"));
  if (!icontains_any(text,
                     {"password", "pwd", "role", "admin", "paid", "payment", "wallet", "balance", "credit", "coin",
                      "premium", "ispro", "points", "tokens", "status", "subscri", "permission", "usertype"}))
    return;
  const HandlerNames none;
  const HandlerNames& own = handler != nullptr ? *handler : none;
  const Schema& schema = file.project.notes<Schema>();
  const std::string name = function_name(function);
  for (const Written& w : written_in(file, function)) {
    const Record* r = schema.of(w.record);
    const bool person = r != nullptr ? r->person : w.record.empty() || people(w.record);
    const Spot at{place(file.path, w.at.line()), file.shown(w.at)};
    if (password_word(w.column) && person && !literal(unwrap(w.value)) && !unwrap(w.value).is("undefined")) {
      if (!flow.sets_password) flow.sets_password = at;
      if (handler != nullptr && !flow.hashes && from_request(file, w.value, own)) {
        flow.keeps_plain = at;
        flow.keeps_plain_by_save = w.by_save;
      }
    }
    if (handler == nullptr) continue;
    const bool asked =
        icontains_any(text, {"req.user.role", "isadmin(", "req.user?.role", "session.user", "403", "forbidden"});
    if (!asked && rights_word(w.column) && person && !w.record.empty() && from_request(file, w.value, own) &&
        !flow.grants)
      flow.grants = Deed{at, w.column};
    if (!asked && !flow.grants && !person && r != nullptr && r->decided.contains(w.column) &&
        decided_record(w.record) && from_request(file, w.value, own) && !chosen_from(text, w.value) &&
        as_customer(text))
      flow.grants = Deed{at, w.column};
    if (w.raised && purse(w.column) && person && from_request(file, w.value, own) && !provider_asked(text) &&
        !flow.pays)
      flow.pays = Deed{at, w.column};
    if (!person || (r != nullptr && has_word(w.column, {"premium", "pro", "subscribed", "subscription"})))
      if (paid_column(w.column, w.value) && !provider_asked(text) && !flow.pays) flow.pays = Deed{at, {}};
  }
  if (handler != nullptr)
    for (const Call* c : file.calls_in(code))
      for (const Stored& s : stored_by(*c)) {
        if (!s.added || !s.value || s.raised || !people(s.record) || !from_request(file, s.value, own)) continue;
        const Spot at{place(file.path, s.value.line()), file.shown(s.value)};
        if (rights_word(s.column) && !flow.grants && !chosen_from(text, s.value)) flow.grants = Deed{at, s.column};
        if (password_word(s.column) && !flow.hashes && !flow.keeps_plain) flow.keeps_plain = at;
      }
  if (handler != nullptr && !flow.hashes)
    for (const Touch& t : touches(file, code)) {
      if (t.kind != Touch::Kind::create) continue;
      const Record* r = schema.of(t.record);
      if (!(r != nullptr ? r->person : people(t.record))) continue;
      const auto c = as_call(t.call);
      const Node first = unwrap(c ? c->arg(0) : Node());
      const Node data = member(first, "data") ? unwrap(member(first, "data")) : first;
      for (const auto& [key, value] : members(data))
        if (password_word(key) && from_request(file, value, own)) {
          flow.keeps_plain = Spot{place(file.path, t.call.line()), file.shown(t.call)};
          flow.keeps_plain_by_save = true;
        }
    }
}

}  // namespace gatehouse::audit::source

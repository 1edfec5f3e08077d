// One handler of a route: what it takes from the client and whose records it touches. One pass: each question needs the
// names that the one before it found.
#include <algorithm>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/payment_openers.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_identity.h"
#include "audit/source/script_inputs.h"
#include "audit/source/script_objects.h"
#include "audit/source/script_request.h"
#include "audit/source/state_words.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool identity_key(std::string_view k) {
  return k == "userId" || k == "user_id" || k == "ownerId" || k == "owner_id" || k == "customerId" ||
         k == "customer_id" || k == "customer" || k == "tenantId" || k == "tenant_id" || k == "orgId" ||
         k == "accountId" || k == "account_id" || k == "clerkUserId" || k == "clerkId" || k == "uid" ||
         k == "stripeCustomerId" || k == "stripe_customer_id" || k == "organizationId" || k == "sellerId";
}

bool money_key(std::string_view k) {
  return k == "amount" || k == "price" || k == "unit_amount" || k == "unitAmount" || k == "total" ||
         k == "totalAmount" || k == "credits" || k == "totalPrice" || k == "unitPrice" || k == "orderTotal" ||
         k == "amountCents" || k == "priceCents" || k == "amountInCents";
}

// A gift is as large as the giver likes.
bool giver_chooses(const Code& code) {
  // … and who keeps books writes down what was paid elsewhere.
  return icontains_any(code, {"donat", "pledge", "tipamount", "tip_amount", "charity", "fundrais", "sponsorship",
                              "recordpayment", "record_payment", "recordmanual", "expense", "budget"});
}

bool owner_code(const Code& code) {
  return icontains_any(code, {"userid",     "user_id",      "ownerid",   "owner_id",   "owner",        "req.user",
                              "req.auth",   "session.user", "tenant",    "orgid",      "organization", "createdby",
                              "created_by", "user.id",      "profileid", "profile_id", "customerid",   "clerkid",
                              "clerk_id",   "member",       "accountid", "authorid"});
}

}  // namespace

// Is the verified caller compared with anything, or handed to what reads the record? That a caller exists is not
// enough.
bool identity_used(Node handler) {
  const Code code = body(handler).code();
  if (icontains_any(
          code, {"forbidden",     "403",           "ownership",    "canaccess",     "belongsto",      "ismember",
                 "isowner",       "assertowner",   "checkowner",   "requireadmin",  "isadmin",        "req.user.",
                 "req.user?.",    "req.user!.",    "req.userid",   "req.auth.user", "req.auth?.user", "req.auth!.user",
                 "session.user.", "session?.user", "locals.user.", "auth.userid",   "auth().userid",  "user.id",
                 "user?.id",      "user!.id",      "user.sub",     "user._id",      "currentuser.",   "currentuser?.",
                 "as any).user.", "jwtpayload",    "c.get(\"",     "c.var."}))  // Hono keeps the caller in its context
    return true;
  // req.member.sub handed on, whatever the middleware calls it.
  for (const Node m : body(handler).all("member_expression")) {
    const std::string name = dotted(m);
    const auto parts = text::split(name, '.');
    if (parts.size() != 3 || (parts[0] != "req" && parts[0] != "request") || !m.parent().any_of("arguments", "pair"))
      continue;
    const bool sent = parts[1] == "body" || parts[1] == "query" || parts[1] == "params" || parts[1] == "headers" ||
                      parts[1] == "cookies" || parts[1] == "files";
    if (!sent && (parts[2] == "id" || parts[2] == "sub" || parts[2] == "_id" || parts[2] == "userId")) return true;
  }
  // Columns that say whose a record is, unless they are what the path itself gave.
  std::set<std::string> given;
  for (const std::string& id : path_ids(handler)) given.insert(text::to_lower(id));
  for (const std::string_view owner :
       {"ownerid", "owner_id", "tenantid", "tenant_id", "createdby", "created_by", "orgid", "organizationid",
        "authorid", "author_id", "memberid", "workspaceid", "teamid"})
    if (icontains(code, owner) && !given.contains(std::string(owner)) &&
        !icontains(code, "params." + std::string(owner)))
      return true;
  for (const Node d : handler.all("variable_declarator")) {
    if (!asks_identity(d.child("value").code()) || is_function(unwrap(d.child("value")))) continue;
    std::vector<Node> names = d.child("name").all("identifier");
    const auto short_names = d.child("name").all("shorthand_property_identifier_pattern");
    names.insert(names.end(), short_names.begin(), short_names.end());
    if (d.child("name").is("identifier")) names.push_back(d.child("name"));
    for (const Node name : names)
      for (const Node use : body(handler).all("identifier")) {
        if (use.text() != name.text() || use.inside(d)) continue;
        const Node p = use.parent();
        const bool handed = p.any_of("arguments", "pair", "template_substitution", "spread_element");
        const bool looked_into = p.is("member_expression") && !icontains_any(p.child("property").text(), {"gettoken"});
        const bool compared = p.is("binary_expression") && !p.has_token("instanceof") && !contains(p.code(), "null") &&
                              !contains(p.code(), "undefined");
        if (handed || looked_into || compared) return true;
      }
  }
  return false;
}

// The call that reads or writes a record by the path's id, in a handler that never asks whose it is.
Node unowned_record(const File& file, Node handler) {
  if (identity_used(handler)) return {};
  const std::set<std::string> ids = path_ids(handler);
  for (const Call* c : file.calls_in(body(handler))) {
    const std::string_view f = last(c->name);
    if (f == "Number" || f == "parseInt" || f == "String" || f == "isNaN" || f == "parse" || f == "safeParse" ||
        f == "json" || f == "send" || f == "status" || f == "trim" || f == "isValid" || f == "test" || f == "log" ||
        f == "info" || f == "error" || f == "decodeURIComponent" || f == "redirect" || f == "BigInt" || f == "join" ||
        f == "resolve" || f == "basename" || f == "sendFile" || f == "readFileSync" || f == "readFile" ||
        c->name.starts_with("new "))
      continue;
    const Code arguments = c->node.child("arguments").code();
    const bool by_path =
        contains(arguments, "params.") || contains(arguments, "params[") || contains(arguments, "req.param(") ||
        std::any_of(ids.begin(), ids.end(), [&](const std::string& i) { return has_token(arguments, i); });
    if (by_path && !is_function(unwrap(c->arg(0))) && !is_function(unwrap(c->arg(1)))) return c->node;
  }
  return {};
}

namespace {

// create(req.body), update({ where, data: request.body }), set({ ...ctx.request.body }); not { name: req.body.name }.
bool gives_whole_body(Node call) {
  const Node list = call.child("arguments");
  for (const Node m : list.all("member_expression")) {
    if (!body_object(m.code())) continue;
    Node part = m, p = m.parent();
    while (p.any_of("as_expression", "parenthesized_expression", "non_null_expression", "satisfies_expression",
                    "type_assertion"))
      part = p, p = p.parent();
    if (p == list || (p.is("spread_element") && p.parent().any_of("object", "arguments"))) return true;
    const std::string_view key = p.is("pair") && p.child("value") == part ? p.child("key").text() : std::string_view();
    if (key == "data" || key == "$set" || key == "set" || key == "values" || key == "create" || key == "update" ||
        key == "defaults")
      return true;
  }
  return false;
}

// create(req.body): what a client gains by it depends on the columns, when they are known.
void judge_whole_write(File& file, const Call& c, const std::vector<Touch>& kept) {
  const Schema& schema = file.project.notes<Schema>();
  const auto touch = std::find_if(kept.begin(), kept.end(), [&](const Touch& t) { return t.call == c.node; });
  const Record* r = touch == kept.end() ? nullptr : schema.of(touch->record);
  std::string text(c.node.child("arguments").code());
  // const data = { ...req.body, owner: req.user.id }; new Product(data)
  for (const Node a : c.args)
    if (const Node made = unwrap(a).is("identifier") ? unwrap(value_of(file, unwrap(a))) : Node(); made.is("object"))
      text += made.code();
  // new Product(req.body): what nobody owns is written by those who may.
  if (c.name.starts_with("new ") && (r == nullptr || (!r->owned && !r->person))) return;
  if (r == nullptr || r->columns.empty()) {
    file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
    return;
  }
  const auto left_open = [&](const std::string& column) { return !contains(text, column + ":"); };
  const bool rights = std::any_of(r->columns.begin(), r->columns.end(), [&](const std::string& x) {
    return (Schema::rights(x) || (r->decided.contains(x) && !sale_noun(touch->record).empty())) && left_open(x);
  });
  // Ratings, reviews and marks of approval: what others give.
  const bool given = std::any_of(r->columns.begin(), r->columns.end(), [&](const std::string& x) {
    return left_open(x) && has_word(x, {"rating", "ratings", "reviews", "approved", "featured", "votes", "sold"});
  });
  const bool money = std::any_of(r->columns.begin(), r->columns.end(),
                                 [&](const std::string& x) { return Schema::money(x) && left_open(x); });
  const bool owner = std::any_of(r->owners.begin(), r->owners.end(), left_open) &&
                     std::all_of(r->owners.begin(), r->owners.end(), left_open);
  const bool made = touch->kind == Touch::Kind::create;
  const bool plain = made && r->person && std::none_of(r->columns.begin(), r->columns.end(), [&](const std::string& x) {
                       return Schema::rights(x) && left_open(x) && !has_word(x, {"password"});
                     });
  if (!plain && (rights || money || owner || r->person || (given && r->owned)))
    file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
  if (owner && touch->kind == Touch::Kind::create)
    file.hit("AZ-002", c.node).title = "Whose record it is comes from the request itself";
  // Whoever offers a thing says what it costs.
  const bool offered = std::any_of(r->owners.begin(), r->owners.end(), [](const std::string& x) {
    return has_word(x, {"owner", "seller", "lister", "host", "vendor", "landlord", "provider", "farmer", "creator"});
  });
  if (money && !offered &&
      (r->owned || touch->record == "order" || touch->record == "booking" || touch->record == "payment") &&
      !published(touch->record))
    file.hit("PAY-001", c.node);
}

}  // namespace

namespace {

// `["buyer", "seller"].includes(role)`, role === "admin" ? … : what may be chosen is asked.
bool weighed(const Code& code, const std::string& key) {
  return contains(code, "includes(" + key) || contains(code, "has(" + key) || contains(code, key + " === '") ||
         contains(code, key + " === \"") || contains(code, key + " !== '") || contains(code, key + " !== \"");
}

}  // namespace

namespace {

// for (const key of Object.keys(req.body)) user[key] = req.body[key]
void judge_field_loops(File& file, Node within) {
  for (const Node a : within.all("assignment_expression")) {
    const Node left = a.child("left");
    if (!left.is("subscript_expression") || !left.child("index").is("identifier")) continue;
    const Node loop = a.above("for_in_statement");
    const Node call = a.above("call_expression");
    const auto around = call ? as_call(call) : std::nullopt;
    const std::string_view over = loop                                        ? loop.child("right").code()
                                  : around && last(around->name) == "forEach" ? call.child("function").code()
                                                                              : std::string_view();
    if (!icontains_any(over, {"(req.body)", "(request.body)", "(body)", "(updates)"}) ||
        (!contains(over, "req") && !takes_from_client(value_of(file, left.child("object")).code()) &&
         !contains(within.code(), "req.body")))
      continue;
    const std::string_view inside = loop ? loop.code() : call.code();
    if (icontains_any(inside, {"allowed", "includes(", ".has(", "permitted", "whitelist", "fields"})) continue;
    // What is only gathered is no record.
    const Node held = value_of(file, left.child("object"));
    if (touches(file, held).empty() && !contains(within.code(), std::string(left.child("object").text()) + ".save("))
      continue;
    file.hit("AZ-007", a).title = "Every field the client sends is written to the record";
    return;
  }
}

}  // namespace

namespace {

// amount: totalAmount * 100: where the sum meets the provider; else where it is taken.
Node charged(const File& file, Node within, std::string_view key, Node taken) {
  for (const Call* c : file.calls_in(within)) {
    if (!opens_payment(*c) && !opens_subscription(file, *c, within)) continue;
    for (const Node p : c->node.all("pair"))
      if (sum_of_money(p.child("key").text()) && has_token(p.child("value").code(), key)) return p;
    for (const Node p : c->node.all("shorthand_property_identifier"))
      if (p.text() == key) return p;
  }
  return taken;
}

}  // namespace

std::optional<Spot> judge_handler(File& file, Node handler, std::string_view path) {
  const Node b = body(handler);
  const Code code = b.code();
  const std::string name = function_name(handler);
  // POST /events/register: who is signed in registers for something.
  const bool door = (sign_in_door(path) || sign_in_door(name)) &&
                    icontains_any(code, {"password", "token", "otp", "jwt", "mail", "login", "session", "cookie"});
  const bool hook = webhook_door(path) || webhook_door(name);
  const bool admin = has_word(path, {"admin"}) || icontains_any(code, {"isadmin", "requireadmin", "role === \"admin\"",
                                                                       "role !== \"admin\"", "role !== 'admin'"});
  if (hook) return std::nullopt;
  std::optional<Spot> unowned;
  if (!admin && !staff_only(file, handler)) unowned = judge_objects(file, handler, handler_names(file, handler));
  const ClientData data = client_data(file, handler);
  std::set<std::string> told;
  for (const auto& [key, at] : data.fields) {
    if (!told.insert(key).second) continue;
    if ((identity_key(key) || stands_for_account(file.project.notes<Schema>(), key)) && !admin && !door &&
        !file.project.notes<BodyIdentities>().fields.contains(key)) {
      // Compared with the verified user: `if (userId !== auth.userId)`.
      if (icontains_any(code, {"!== userid", "!= userid", "userid !==", "!== session", "!== user.id", "!== req.user",
                               "!== req.auth", "!== auth", "customerid !==", "!== customerid", "forbidden"}))
        continue;
      const bool used = icontains_any(code, {"stripe", "customer", ".find", "update", "insert", "create", "delete",
                                             "select", "from(", "readfile", "get(", "save", "provision", "query"});
      const auto own_calls = file.calls_in(b);
      const bool handed = std::any_of(own_calls.begin(), own_calls.end(), [&wanted = key](const Call* c) {
        if (c->name.starts_with("console.") || icontains(c->name, "log")) return false;
        const Node list = c->node.child("arguments");
        for (const char* type : {"identifier", "shorthand_property_identifier", "property_identifier"})
          for (const Node n : list.all(type))
            if (n.text() == wanted) return true;
        return false;
      });
      // Whether the caller belongs there is asked: findFirst({ where: { organizationId: orgId, userId: user.id } })
      const bool member = has_word(key, {"org", "organization", "tenant", "workspace", "team", "company"});
      const auto asked = member ? touches(file, b) : std::vector<Touch>();
      if (!used || !handed || std::any_of(asked.begin(), asked.end(), [&wanted = key](const Touch& t) {
            return has_token(t.condition, wanted) &&
                   icontains_any(t.condition, {"req.user", "request.user", "session", "auth", "ctx.user", "user.id",
                                               "currentuser", "c.get("});
          }))
        continue;
      auto& f = file.hit("AZ-002", at);
      f.title = "Whose data it is comes from the request itself (" + key + ")";
    } else if ((money_key(key) || (sum_of_money(key) && takes_payments(code))) &&
               (takes_payments(code) ||
                icontains_any(code, {"stripe", "payment", "checkout", "unit_amount", "order", "charge", "booking",
                                     "appointment", "reservation", "razorpay", "paypal", "preference"})) &&
               !giver_chooses(code) && !giver_chooses(path)) {
      file.hit("PAY-001", charged(file, b, key, at));
    }
  }
  // The path itself says whose it is, and nobody compares.
  if (!admin) {
    for (const std::string_view who : {":userId", ":customerId", ":accountId", ":ownerId", ":user_id", ":customer_id",
                                       "[userId]", "[customerId]", "[accountId]"}) {
      if (!contains(path, who) || icontains_any(code, {"!==", "===", "403", "forbidden", "!=", "assert"})) continue;
      unowned = Spot{place(file.path, handler.line()), file.shown(handler)};
      break;
    }
  }
  // Stops: reading another person's record by its id.
  const bool by_id = contains(path, ":") || contains(path, "[");
  if (by_id && !admin && !unowned &&
      !has_word(path, {"product", "products", "prices", "plans", "categories", "public", "share"})) {
    for (const Call* c : file.calls_in(b)) {
      const std::string_view f = last(c->name);
      const bool reads = f == "findById" || f == "findUnique" || f == "findOne" || f == "findFirst" ||
                         f == "findByIdAndUpdate" || f == "findByIdAndDelete" || f == "findByPk" || f == "update" ||
                         f == "delete" || f == "deleteOne" || f == "updateOne" || f == "eq" || f == "query" ||
                         f == "retrieve";
      if (!reads) continue;
      const Code text = c->node.child("arguments").code();
      const bool takes_id = icontains(text, "params.") || has_token(text, "id") ||
                            icontains_any(text, {"projectid", "orderid", "documentid", "subscriptionid", "invoiceid"});
      if (!takes_id) continue;
      Node whole = c->node;
      for (Node p = c->node.parent();
           p && !p.any_of("statement_block", "lexical_declaration", "expression_statement", "return_statement");
           p = p.parent())
        whole = p;
      const std::size_t end = whole.end() - b.begin();
      const bool asked = owner_code(whole.code()) || owner_code(code.substr(std::min(end, code.size())));
      if (asked) continue;
      unowned = Spot{place(file.path, c->line()), file.shown(c->node)};
      break;
    }
    if (!unowned)
      if (const Node call = unowned_record(file, handler))
        unowned = Spot{place(file.path, call.line()), file.shown(call)};
  }
  // Every field the client sends, written as it is.
  const std::vector<Touch> kept = touches(file, b);
  for (const Call* c : file.calls_in(b)) {
    const std::string_view f = last(c->name);
    const bool writes = f == "create" || f == "update" || f == "insert" || f == "upsert" || f == "updateOne" ||
                        f == "findByIdAndUpdate" || f == "findOneAndUpdate" || f == "updateMany" || f == "insertOne" ||
                        f == "set" || f == "values";
    const bool built = ((c->name.starts_with("new ") && c->name.find('.') == std::string::npos) || f == "add" ||
                        f == "push" || f == "updateDoc" || f == "setDoc" || f == "addDoc") &&
                       std::any_of(kept.begin(), kept.end(), [&](const Touch& t) { return t.call == c->node; });
    if (!(writes || built) || icontains(c->name, "stripe")) continue;
    // InvoiceService.create(userId, body): what a service of the project writes is followed into it.
    if (std::none_of(kept.begin(), kept.end(), [&](const Touch& t) { return t.call == c->node; }))
      if (const auto import = file.imports.find(c->name.substr(0, c->name.find('.')));
          import != file.imports.end() && icontains(import->first, "service") &&
          !resolve_module(file.path, import->second).empty())
        continue;
    // this.service.update(id, req.body), of a class that is imported here
    if (c->name.starts_with("this.") && icontains(c->name, "service") &&
        std::none_of(kept.begin(), kept.end(), [&](const Touch& t) { return t.call == c->node; }) &&
        std::any_of(file.imports.begin(), file.imports.end(), [&](const auto& i) {
          return icontains(i.first, "service") && !resolve_module(file.path, i.second).empty();
        }))
      continue;
    const Code text = c->node.child("arguments").code();
    if (contains(text, "fields: [")) continue;  // Sequelize writes those and no others
    bool whole = contains(text, "data: await c.req.json()") || gives_whole_body(c->node);
    for (const auto& w : data.wholes) {
      const bool raw = [&] {  // the body as it came, not what a schema let through
        for (const Node d : handler.all("variable_declarator"))
          if (d.child("name").text() == w)
            return !icontains_any(d.child("value").code(), {"parse(", "validate", "pick(", "valid("});
        return true;
      }();
      if (raw && ((w == "data" && member(unwrap(c->arg(0)), "data").is("shorthand_property_identifier")) ||
                  contains(text, "..." + w) || contains(text, "data: " + w) || contains(text, "(" + w + ")") ||
                  contains(text, ", " + w + ")") || (data.rests.contains(w) && contains(text, ", " + w + ",")) ||
                  contains(text, "$set: " + w)))
        whole = true;
      // findByIdAndUpdate(req.params.id, updates, { new: true })
      if (raw && std::any_of(kept.begin(), kept.end(), [&](const Touch& t) { return t.call == c->node; }))
        for (const Node a : c->args) whole = whole || (unwrap(a).is("identifier") && unwrap(a).text() == w);
    }
    if (whole) {
      judge_whole_write(file, *c, kept);
      break;
    }
    for (const auto& [key, at] : data.fields)
      if (rights_field(key) && has_token(text, key) && !admin && !(door && key == "plan") && !weighed(code, key) &&
          !icontains_any(code, {"checkout", "stripe.prices"})) {
        auto& found = file.hit("AZ-007", at);
        found.title = "The client may write the field " + key;
        break;
      }
  }
  judge_field_loops(file, b);
  // if (!verifySignature(sent)) return …, if (mark !== signature) return …: the provider's word, whatever the check is
  // called. Whether there is a signature at all proves nothing.
  const auto signed_before = [&](Node at) {
    for (const Node i : b.all("if_statement")) {
      const Node condition = i.child("condition");
      if (i.begin() >= at.begin() || !icontains_any(i.child("consequence").code(), {"return", "throw"})) continue;
      for (const Call* c : file.calls_in(condition))
        if (icontains(c->name, "signature")) return true;
      for (const Node compared : condition.all("binary_expression"))
        if ((compared.has_token("!==") || compared.has_token("!=")) && icontains(compared.code(), "signature") &&
            !icontains_any(compared.code(), {"undefined", "null", "typeof", "''", "\"\""}))
          return true;
    }
    return false;
  };
  // A payment taken as done because the browser says so.
  for (const Node p : b.all("pair")) {
    const std::string_view key = p.child("key").text();
    const auto value = literal(p.child("value"));
    const bool paid = ((key == "status" || key == "paymentStatus" || key == "payment_status") && value &&
                       (*value == "paid" || *value == "PAID" || *value == "confirmed")) ||
                      ((key == "paid" || key == "isPaid") && p.child("value").is("true"));
    if (!paid || icontains_any(code, {"constructevent", ".retrieve(", "paymentintents.", "sessions.retrieve"}) ||
        icontains_any(code, {"manual", "allow_", "isstaff"}))
      continue;
    if (!icontains_any(std::string(path) + " " + name, {"order", "confirm", "pay", "checkout", "complete"})) continue;
    const auto around = as_call(p.above("call_expression"));
    if (around && (last(around->name) == "json" || last(around->name) == "send")) continue;
    // find({ paymentStatus: "paid" }) asks which are.
    if (around && (last(around->name).starts_with("find") || last(around->name).starts_with("count") ||
                   has_word(last(around->name), {"aggregate", "where", "filter", "distinct", "exists", "eq", "match"})))
      continue;
    if (signed_before(p)) continue;
    file.hit("PAY-002", p);
    break;
  }
  return unowned;
}

}  // namespace gatehouse::audit::source

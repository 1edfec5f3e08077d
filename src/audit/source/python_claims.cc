// What Python code believes of a client: who they are, what they pay, where they come from; and what it gives back.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A sum that may as well be what somebody writes down: the price of what they sell, an expense.
bool plain_sum(std::string_view key) { return key == "price" || key == "amount" || key == "total"; }

// Somebody pays here; who lists goods, notes an expense or spends what they have names the sum themselves.
bool takes_money(std::string_view function, const Code& code) {
  if (has_word(function, {"consume", "spend", "withdraw", "transfer", "deduct", "expense", "expenses", "budget",
                          "donate", "donation", "bid", "income"}))
    return false;
  return icontains_any(code, {"stripe", "order", "pay", "checkout", "charge", "cart", "purchas", "buy", "booking",
                              "wallet", "balance", "invoice", "credit", "subscri", "paypal", "razorpay"});
}

// What is read at `at` ends, itself or through the name it is given, in what Stripe is told to charge.
bool becomes_amount(Node function, Node at) {
  if (!icontains(function.code(), "stripe")) return false;
  const std::string_view name = at.above("assignment").child("left").text();
  const auto takes = [&](Node value) { return at.inside(value) || (!name.empty() && has_token(value.code(), name)); };
  for (const Node p : function.all("pair"))
    if (const auto key = literal(p.child("key")); key && (*key == "unit_amount" || *key == "amount"))
      if (takes(p.child("value"))) return true;
  for (const Node k : function.all("keyword_argument"))
    if ((k.child("name").text() == "unit_amount" || k.child("name").text() == "amount") && takes(k.child("value")))
      return true;
  return false;
}

// order.total = order.total - int(discount), post_data = {"total_amount": total}
bool becomes_charge(Node function, Node at) {
  const std::string_view name = at.above("assignment").child("left").text();
  const auto takes = [&](Node value) {
    return at.inside(value) || (!name.empty() && name != "data" && has_token(value.code(), name));
  };
  for (const Node a : function.all("assignment")) {
    const Node left = a.child("left");
    if (left.is("attribute") && takes(a.child("right")) &&
        has_word(dotted(left.child("object")), {"order", "cart", "invoice", "payment", "booking"}) &&
        has_word(left.child("attribute").text(), {"total", "amount", "price", "discount"}))
      return true;
  }
  return false;
}

// total_prices=data["total_prices"] of an order that is made here
bool becomes_total(const File& file, Node function, Node at) {
  for (const Call* c : file.calls_in(function)) {
    const std::string_view f = last(c->name);
    if ((f != "create" && (f.empty() || f.front() < 'A' || f.front() > 'Z')) || f.ends_with("Serializer") ||
        !has_word(c->name, {"order", "orders", "payment", "payments", "invoice", "booking", "subscription"}))
      continue;
    for (const auto& [key, value] : c->keywords)
      if (has_word(key, {"total", "amount", "price", "prices"}) && at.inside(value)) return true;
  }
  return false;
}

// A purse's own doors: how much is moved is the client's to say; python_amounts asks whether it may be negative.
bool moves_money(std::string_view name) {
  return has_word(name, {"transfer", "withdraw", "withdrawal", "deposit", "topup", "send", "bet", "tip", "expense",
                         "expenses", "income", "budget", "donate", "donation", "goal", "savings", "bid", "salary"});
}

// Nothing is sold here: what one has to offer is written down with its price, as is what one spent.
bool keeps_catalogue(std::string_view name, const Code& code) {
  return (moves_money(name) ||
          has_word(name, {"product", "products", "item", "listing", "service", "menu", "dish", "car", "room", "course",
                          "book", "property", "offer", "plan", "vehicle", "ad", "ticket", "event", "category"})) &&
         !icontains_any(code, {"stripe", "razorpay", "paypal", "paystack", "checkout", "charge", "order", "payment",
                               "invoice", "cart", "booking"});
}

// What is read at `at` becomes the state of an order or a payment that is made here.
bool becomes_status(const File& file, Node function, Node at) {
  const std::string_view name = at.above("assignment").child("left").text();
  for (const Call* c : file.calls_in(function)) {
    const std::string_view f = last(c->name);
    const bool record = (!f.empty() && f.front() >= 'A' && f.front() <= 'Z') ? true : f == "create";
    if (!record ||
        !has_word(c->name,
                  {"order", "orders", "payment", "payments", "invoice", "booking", "subscription", "transaction"}) ||
        f.ends_with("Serializer") || f.ends_with("Form"))
      continue;
    for (const auto& [key, value] : c->keywords)
      if ((key == "status" || key == "payment_status" || key == "paid" || key == "is_paid") &&
          (at.inside(value) || (!name.empty() && unwrap(value).text() == name)))
        return true;
  }
  return false;
}

// Fields that never leave, and identities that clients state about themselves.
void judge_answers(File& file) {
  for (const Node p : file.tree.all("pair")) {
    const auto key = literal(p.child("key"));
    if (key != "private_metadata" && key != "privateMetadata") continue;
    const Node value = p.child("value");
    if (literal(value) || value.is("none")) continue;
    bool answer = false;
    const auto around = as_call(p.above("call"));
    if (around && p.parent().parent().parent() == around->node &&
        (last(around->name) == "Response" || last(around->name) == "JsonResponse" ||
         last(around->name) == "JSONResponse" || last(around->name) == "jsonify")) {
      file.hit("AZ-004", p);
      continue;
    }
    const Node f = function_around(p);
    answer = f && icontains_any(f.code(), {"response(", "jsonresponse(", "return {", "return json", "jsonify(",
                                           "payload", "data"});
    if (answer && !has_word(function_name(f), {"update", "set", "save", "patch", "redact", "strip", "sync"}))
      file.hit("AZ-004", p);
  }
  for (const Node f : file.tree.all("function_definition")) {
    if (f.above("function_definition")) continue;
    const auto parameters = f.child("parameters").code();
    const bool global_request = file.imports_from("flask") && contains(f.code(), "request.");
    if (!contains(parameters, "request") && !route_function(f) && !global_request) continue;
    const std::string name = function_name(f);
    const Node cls = f.above("class_definition");
    if (webhook_door(name) || webhook_door(cls.child("name").text()) || webhook_door(file.path)) continue;
    if (has_word(cls.child("name").text(), {"limit", "limiter", "throttle"})) continue;  // told as what it counts by
    const std::string_view head = cls ? cls.code() : f.code();
    if (icontains_any(head, {"isadminuser", "staff_member_required", "is_superuser"}) || admin_in_body(f)) continue;
    std::set<std::string> told;
    const auto judge = [&](Node at, std::string_view source, std::string_view key) {
      if (!icontains_any(source, {"request.data", "request.post", "request.json", "request.form", "request.headers",
                                  "request.meta", "get_json()", "request.args", "request.get", "request.query_params",
                                  "data", "body", "payload"}))
        return;
      const bool direct = icontains_any(source, {"request.", "get_json"});
      if (!direct && becomes_total(file, f, at))  // data = serializer.data: valid, and still the client's
        for (const Node a : f.all("assignment"))
          if (a.child("left").text() == source &&
              icontains_any(a.child("right").code(), {"serializer.data", "validated_data", "cleaned_data"}) &&
              told.insert("money").second)
            file.hit("PAY-001", at);
      if (!direct) {  // data = request.data / json.loads(request.body) / await request.json()
        bool traced = false;
        const std::string_view root = source.substr(0, source.find_first_of(".?["));  // data["form"]["total"]
        for (const Node a : f.all("assignment"))
          if ((a.child("left").text() == source ||
               (a.child("left").text() == root && !icontains_any(source, {"validated", "cleaned"}))) &&
              icontains_any(a.child("right").code(),
                            {"request.data", "request.body", "request.json", "get_json", "request.post"}))
            traced = true;
        if (!traced) return;
      }
      if (!told.insert(std::string(key)).second) return;
      const Code code = f.code();
      const bool header = icontains_any(source, {"headers", "meta"});
      const std::string low = text::to_lower(key);
      const bool who =
          low == "user_id" || low == "userid" || low == "owner_id" || low == "customer_id" || low == "customerid" ||
          low == "customer" || low == "tenant_id" || low == "account_id" || low == "user" || low == "owner" ||
          low == "clerk_user_id" || low == "stripe_customer_id" || low == "is_admin" ||
          // `?role=owner` of an address chooses what is shown.
          (low == "role" && !icontains_any(source, {"request.get", "query_params", "args"})) || low == "seller_id" ||
          low == "is_staff" ||
          (header &&
           (contains(low, "user") || contains(low, "tenant") || contains(low, "role") || contains(low, "admin")) &&
           !contains(low, "agent"));
      const bool money =
          low == "amount" || low == "price" || low == "unit_amount" || low == "total" || low == "amount_cents" ||
          low == "price_cents" || low == "total_amount" ||
          (has_word(low, {"price", "amount"}) && has_word(low, {"product", "order", "item", "unit", "total"}) &&
           !has_word(low, {"id", "min", "max", "from", "to"})) ||
          becomes_amount(f, at) ||
          (has_word(low, {"discount", "total", "subtotal", "cost", "fee", "tax", "shipping", "amount", "price"}) &&
           becomes_charge(f, at));
      const bool settled = (low == "status" || low == "payment_status" || low == "is_paid" || low == "paid") &&
                           !header && becomes_status(file, f, at);
      if (who && header && contains(low, "tenant") && sign_in_door(name)) return;
      if (who) {
        if (icontains_any(code, {"!= request.user", "== request.user", "!= str(request.user", "is_staff", "!= user.id",
                                 "has_perm"}))
          return;
        for (const std::string& d : decorators(f))  // staff names whom it likes
          if (has_word(d, {"admin", "staff", "superuser", "permission", "roles"})) return;
        auto& found = file.hit("AZ-002", at);
        found.title = "Who the caller is comes from the request itself (" + std::string(key) + ")";
      } else if (money && !header && !keeps_catalogue(name, code) &&
                 (!plain_sum(low) ||
                  takes_money(name, f.parent().is("decorated_definition") ? f.parent().code() : code))) {
        file.hit("PAY-001", at);
      } else if (settled) {
        file.hit("PAY-002", at).title = "The client says whether its order is paid (" + std::string(key) + ")";
      }
    };
    for (const Call* c : file.calls_in(f)) {
      if (last(c->name) != "get" || !c->node.child("function").is("attribute")) continue;
      if (const auto key = literal(c->arg(0))) judge(c->node, dotted(c->node.child("function").child("object")), *key);
    }
    for (const Node s : f.all("subscript")) {
      if (s.parent().is("assignment") && s.parent().child("left") == s) continue;
      if (const auto key = literal(s.child("subscript"))) judge(s, dotted(s.child("value")), *key);
    }
    for (const Call* c : file.calls_in(f)) {
      if (c->name != "setattr" || literal(c->arg(1))) continue;
      const Node loop = c->node.above("for_statement");
      std::string over(loop.child("right").code());
      if (const std::size_t dot = over.find(".items("); dot != std::string::npos)  // data = json.loads(request.body)
        for (const Node a : f.all("assignment"))
          if (a.child("left").is("identifier") && a.child("left").text() == over.substr(0, dot))
            over += a.child("right").code();
      if (!icontains_any(over, {"request.data", "request.json", "request.post", "request.body", "get_json("}) ||
          icontains_any(over, {"serializer", "schema", "validated", "cleaned"}))
        continue;
      if (icontains_any(loop.code(), {"allowed", "_fields", " in (", " in [", " in {", "editable", "permitted"}))
        continue;
      file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
    }
  }
  // rows = json.loads(request.body); for row in rows: Model.objects.create(**row)
  for (const Node f : file.tree.all("function_definition")) {
    if (!icontains_any(f.code(), {"**"}) || !icontains(f.code(), "request")) continue;
    std::set<std::string> raw;
    for (const Node a : f.all("assignment"))
      if (a.child("left").is("identifier") &&
          icontains_any(a.child("right").code(),
                        {"request.body", "request.data", "request.json", "get_json(", "request.post"}) &&
          !icontains_any(a.child("right").code(), {".get(\"", "serializer", "schema", "validated"}))
        raw.insert(std::string(a.child("left").text()));
    for (const Node loop : f.all("for_statement"))
      if (raw.contains(std::string(loop.child("right").text()))) raw.insert(std::string(loop.child("left").text()));
    for (const Call* c : file.calls_in(f))
      for (const std::string& name : raw)
        if ((last(c->name) == "create" || last(c->name) == "update" ||
             (!last(c->name).empty() && last(c->name).front() >= 'A' && last(c->name).front() <= 'Z')) &&
            contains(c->node.child("arguments").code(), "**" + name) && !last(c->name).ends_with("Serializer"))
          file.hit("AZ-007", c->node).title = "Every field the client sends is written to the record";
  }
  // if user.password != body["password"]
  for (const Node b : file.tree.all("comparison_operator")) {
    const auto sides = b.children();
    if (sides.size() != 2 || (!contains(b.text(), "==") && !contains(b.text(), "!="))) continue;
    const Node stored = unwrap(sides[0]), typed = unwrap(sides[1]);
    if (!stored.is("attribute") || stored.child("attribute").text() != "password") continue;
    const bool same =
        (typed.is("subscript") && literal(typed.child("subscript")) == "password") ||
        (typed.is("attribute") && typed.child("attribute").text() == "password") || typed.text() == "password" ||
        (as_call(typed) && last(as_call(typed)->name) == "get" && literal(as_call(typed)->arg(0)) == "password");
    if (!same || icontains_any(stored.text(), {"self.", "form", "data", "cleaned", "payload", "body"})) continue;
    auto& found = file.hit("DJ-030", b);
    found.title = "Passwords are stored in clear";
    found.severity = proof::Severity::critical;
  }
  // Every column of a row, whatever it holds.
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f == "jsonify" || f == "JsonResponse" || f == "JSONResponse") &&
        (contains(c.node.code(), "__table__.columns") || contains(c.node.code(), ".__dict__")))
      file.hit("FA-005", c.node);
  }
  for (const Call& c : file.calls) {
    const Code args = c.node.child("arguments").code();
    const std::string_view f = last(c.name);
    const bool creates = f == "create" || f == "update" || f == "update_or_create" || f == "insert_one" ||
                         (!f.empty() && f.front() >= 'A' && f.front() <= 'Z');
    if (creates &&
        icontains_any(args, {"**request.data", "**request.json", "**request.post", "**request.get_json()"}) &&
        !f.ends_with("Serializer") && !f.ends_with("Form"))
      file.hit("AZ-007", c.node).title = "Every field the client sends is written to the record";
  }
}

// Stops: a new address for every request by writing it into a header.
// Stops: a role that its owner may set through the provider's own browser library.
void judge_client_metadata(File& file) {
  if (!icontains_any(file.code(), {"user_metadata", "unsafe_metadata", "unsafemetadata"})) return;
  for (const char* type : {"subscript", "call"})
    for (const Node n : file.tree.all(type)) {
      std::optional<std::string> key;
      std::string owner;
      if (const auto call = as_call(n)) {
        if (last(call->name) != "get") continue;
        key = literal(call->arg(0));
        owner = std::string(n.child("function").child("object").code());
      } else {
        key = literal(n.child("subscript"));
        owner = std::string(n.child("value").code());
      }
      if (!key || !has_word(*key, {"role", "roles", "admin", "plan", "tier", "permissions", "credits"})) continue;
      if (icontains_any(owner, {"user_metadata", "unsafe_metadata", "unsafemetadata"}) &&
          !icontains(owner, "app_metadata"))
        file.hit("AZ-003", n);
    }
}

void judge_client_address(File& file) {
  if (!icontains_any(file.code(), {"forwarded_for", "forwarded-for"})) return;
  for (const char* type : {"call", "subscript"})
    for (const Node n : file.tree.all(type)) {
      std::optional<std::string> key;
      if (const auto c = as_call(n)) {
        if (last(c->name) != "get") continue;
        key = literal(c->arg(0));
      } else {
        key = literal(n.child("subscript"));
      }
      if (!key) continue;
      const std::string low = text::to_lower(*key);
      if (low != "http_x_forwarded_for" && low != "x-forwarded-for") continue;
      if (!icontains_any(n.code(), {"meta", "headers"})) continue;
      const Node f = function_around(n);
      if (icontains_any(f.code(), {"trusted_prox", "num_proxies", "ipware", "[-1]"})) continue;
      file.hit("RL-003", n);
      return;
    }
}

}  // namespace

void read_python_claims(File& file) {
  judge_answers(file);
  judge_client_address(file);
  judge_client_metadata(file);
}

}  // namespace gatehouse::audit::source

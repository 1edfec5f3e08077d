#include "audit/source/unpaid.h"

#include <algorithm>
#include <unordered_map>

#include "audit/source/python.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kLongest = 20'000;  // bytes of a function that are looked at
constexpr std::size_t kMost = 4'000;      // functions that are kept

// Lower case, without blanks, with one kind of quotes, statements divided by semicolons: status='active';
std::string packed(std::string_view code) {
  std::string out;
  int depth = 0;
  for (const char c : code.substr(0, kLongest)) {
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    if (c == '\n' && depth <= 0) out += ';';
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    out += c == '"' || c == '`' ? '\'' : text::lower(c);
  }
  return out;
}

bool any_in(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](auto p) { return contains(text, p); });
}

// One of `parts` stands in the code, and not in a question to the database.
bool written(std::string_view code, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    for (std::size_t at = code.find(part); at != code.npos; at = code.find(part, at + part.size())) {
      std::string_view ahead = code.substr(at > 60 ? at - 60 : 0, std::min<std::size_t>(at, 60));
      if (const std::size_t end = ahead.rfind(';'); end != ahead.npos) ahead.remove_prefix(end);
      if (!any_in(ahead, {"find", "filter", "where:", "count(", ".get(", "select", "exists(", "if(", "==="}))
        return true;
    }
  return false;
}

bool gives(std::string_view code) {
  if (!any_in(code, {".save(", ".commit(", ".update(", ".insert(", ".create(", ".upsert(", "findbyidandupdate",
                     "findoneandupdate", "update_one(", "updateone(", "insert_one("}))
    return false;
  const bool about = any_in(code, {"subscri", "premium", "membership"});
  if (about &&
      written(code, {"status:'active'", "'status':'active'", "status='active'", "status=subscriptionstatus.active",
                     "status:'paid'", "subscriptionactive:true", "subscription_active=true"}))
    return true;
  if (written(code, {"premium:true", "premium=true", "is_premium':true", "haspaid:true", "haspaid=true", "ispro:true",
                     "is_pro=true", "subscribed:true", "subscribed=true", "is_subscribed':true", "ispaidmember:true"}))
    return true;
  // A subscription, or the person it belongs to, gets another plan.
  const bool plan = written(code, {"'plan_id':", "planid:", "plan_id=", "'plan':", "plan:", "plan=", "tier:", "'tier':",
                                   "tier=", "plantype:", "plan_type="});
  return plan &&
         any_in(code, {"('subscriptions').update", "('subscriptions').insert", "('subscriptions').upsert",
                       "subscription.update(", "subscription.create(", "subscription.upsert(", "subscription.save(",
                       "subscription.findoneandupdate", "subscription.findbyidandupdate",
                       "user.plan=", "user.subscription=", "user.tier=", "profile.plan=", "subscription.plan=",
                       "subscription.plan_id=", "subscription.tier=", "=subscription(", "=usersubscription("}) &&
         !any_in(code, {"'free'", ".free", "'pending'", ".pending", "'incomplete'", "'inactive'"});
}

bool provider(std::string_view call) {
  return icontains_any(call, {"stripe",
                              "paypal",
                              "razorpay",
                              "lemonsqueezy",
                              "lemon_squeezy",
                              "paddle",
                              "polar.",
                              "paystack",
                              "mollie",
                              "flutterwave",
                              "mpesa",
                              "sslcommerz",
                              "braintree",
                              "xendit",
                              "midtrans",
                              "iyzi",
                              "payfast",
                              "khalti",
                              "esewa",
                              "phonepe",
                              "cashfree",
                              "mercadopago",
                              "asaas",
                              "checkout.session",
                              "signature",
                              "hmac",
                              "webhook",
                              "verify_pay",
                              "verifypay",
                              "verifytransaction",
                              "verify_transaction",
                              "receipt",
                              "revenuecat",
                              "entitlements.",
                              "requests.",
                              "httpx.",
                              "axios",
                              "fetch"}) ||
         last(call) == "retrieve" || last(call) == "capture";
}

bool staff(std::string_view code) {
  return any_in(code, {"isadmin", "is_admin", "requireadmin", "require_admin", "adminonly", "superuser", "is_staff",
                       "role==='admin'", "role!=='admin'", "role=='admin'", "role!='admin'", "current_admin",
                       "adminuser", "rolesguard", "admin_user", "internal_key", "cron_secret", "adminguard"});
}

bool about_money(std::string_view head) {
  return has_word(head, {"upgrade", "subscribe", "subscription", "subscriptions", "activate", "plan", "premium",
                         "membership", "purchase", "buy", "success", "confirm", "payment", "pay", "billing"}) &&
         !has_word(head, {"cancel",      "downgrade",  "refund",     "redeem", "coupon", "promo", "referral",
                          "trial",       "webhook",    "webhooks",   "admin",  "plans",  "list",  "get",
                          "unsubscribe", "newsletter", "email",      "mail",   "push",   "topic", "feed",
                          "password",    "account",    "reactivate", "resume"});
}

// A route's handler, and what its address and name say; empty for other functions.
std::string head_of(const File& file, Node f) {
  if (f.is("function_definition")) {
    if (!route_function(f) && !icontains(f.parent().code().substr(0, 400), "@api_view") &&
        !icontains(f.parent().code().substr(0, 400), "@action("))
      return {};
    std::string head = function_name(f);
    for (const Node d : f.parent().children())
      if (d.is("decorator")) head += " " + std::string(d.code().substr(0, 200));
    return head;
  }
  const std::string name = function_name(f);
  if (name == "POST" || name == "PUT" || name == "PATCH")
    return contains(file.path, "/route.") ? name + " " + std::string(file.path) : std::string();
  const auto parameters = f.child("parameters").children();
  if (parameters.empty() || name.empty()) return {};
  Node first = parameters.front();
  if (first.any_of("required_parameter", "optional_parameter")) first = first.child("pattern");
  const std::string_view p = first.text();
  const bool handler = p == "req" || p == "request" || p == "ctx" || p == "c" || p == "_req";
  return handler ? name : std::string();
}

}  // namespace

void read_unpaid(const File& file, Unpaid& unpaid) {
  if (has_word(file.path,
               {"seed", "seeds", "seeder", "migrations", "scripts", "webhook", "webhooks", "mock", "mocks", "admin"}))
    return;
  std::unordered_map<std::string_view, bool> providers;  // by the call's name: most stand many times in a file
  const auto asks = [&](std::string_view call) {
    const auto [known, fresh] = providers.try_emplace(call);
    if (fresh) known->second = provider(call);
    return known->second;
  };
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (unpaid.functions.size() + unpaid.doors.size() >= kMost) return;
      Unpaid::Function fact;
      fact.name = function_name(f);
      const std::string code = packed(body(f).code());
      fact.gives = gives(code);
      fact.staff = staff(code) || staff(packed(f.child("parameters").code()));
      for (const Call* c : file.calls_in(f)) {
        fact.asks = fact.asks || asks(c->name);
        fact.calls.insert(std::string(last(c->name)));
      }
      if (takes_signed_events(f)) fact.asks = true;
      const std::string head = head_of(file, f);
      if (!head.empty() && about_money(head)) {
        fact.at = {place(file.path, f.line(), f.end_line()), file.shown(f)};
        unpaid.doors.push_back(fact);
      } else if (!fact.name.empty() && (fact.gives || fact.asks || fact.staff)) {
        fact.calls.clear();
        unpaid.functions.emplace(fact.name, std::move(fact));
      }
    }
}

void judge_unpaid(const Unpaid& unpaid, const std::set<std::string>& staff_only, Sink& sink) {
  // Stops: having the dearest plan by asking for it, or by opening the page that follows a payment.
  for (const Unpaid::Function& door : unpaid.doors) {
    bool given = door.gives, asked = door.asks, staff_there = door.staff || staff_only.contains(door.name);
    for (const std::string& call : door.calls) {
      const auto [from, to] = unpaid.functions.equal_range(call);
      if (std::distance(from, to) > 3) continue;  // a name that says nothing
      for (auto it = from; it != to; ++it) {
        given = given || it->second.gives;
        asked = asked || it->second.asks;
        staff_there = staff_there || it->second.staff;
      }
    }
    if (!given || asked || staff_there) continue;
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "PAY-002" && !f.locations.empty() && f.locations.front().path == door.at.at.path &&
             f.locations.front().line >= door.at.at.line && f.locations.front().line <= door.at.at.end_line;
    });
    if (known) continue;
    proof::Location at = door.at.at;
    at.end_line = std::min(at.end_line, at.line + 12);
    sink.find("PAY-002", at, door.at.shown).title = "Who asks for it is given what others pay for";
  }
}

}  // namespace gatehouse::audit::source

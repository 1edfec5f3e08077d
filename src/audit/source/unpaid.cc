#include "audit/source/unpaid.h"

#include <algorithm>
#include <unordered_map>

#include "audit/source/door_heads.h"
#include "audit/source/entitlements.h"
#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 20'000;  // functions that are kept
constexpr std::size_t kMostDoors = 2'000;
constexpr std::size_t kMostCalls = 80;    // of one of them
constexpr std::size_t kLongest = 20'000;  // bytes of a function that are looked at

bool staff(const Code& code) {
  return icontains_any(
      code, {"isadmin",        "is_admin",         "requireadmin",     "require_admin",       "adminonly",
             "superuser",      "is_staff",         "role === 'admin",  "role !== 'admin",     "role == 'admin",
             "role != 'admin", "role === \"admin", "role !== \"admin", "role == \"admin",     "role != \"admin",
             "current_admin",  "adminuser",        "rolesguard",       "admin_user",          "internal_key",
             "cron_secret",    "adminguard",       "staff_member",     "permission_required", "verifyadmin",
             "role.admin",     "userrole.admin",   "authorize(",       "checkrole",           "has_role",
             "hasrole",        "user_passes_test"});
}

// Without one of these words nothing is sold.
bool speaks_of_money(const Code& code) {
  return icontains_any(code,
                       {"paid",   "premium", "subscri",   "member",  "plan",        "tier",     "credit",  "balance",
                        "wallet", "coin",    "token",     "point",   "enrol",       "purchase", "licen",   "access",
                        "order",  "payment", "booking",   "invoice", "pago",        "pagad",    "bezahlt", "pedido",
                        "activ",  "pro",     "matricula", "abo",     "transaction", "saldo",    "estado",  "status"});
}

// A way for staff, or money that changes hands elsewhere: asked ahead of everything.
bool by_hand(Node f) {
  for (const Node b : f.all("if_statement"))
    if (has_word(b.child("condition").code(), {"manual", "allow", "allowed", "enable", "enabled", "debug", "permission",
                                               "permissions", "cod", "cash", "delivery", "efectivo", "bar"}))
      return true;
  return false;
}

// book_flight, reserve-table: a door to something that is sold, where only what says "paid" counts.
bool books(std::string_view head) {
  return has_word(head, {"book", "booking", "bookings", "reserve", "reservation", "reservations", "ticket", "tickets",
                         "rent", "buchen", "buchung", "reservar", "reserva", "hire", "appointment", "appointments"}) &&
         !has_word(head, {"cancel", "refund", "webhook", "admin", "list", "delete", "note", "notebook", "facebook"});
}

bool costs_nothing(const Code& code) {
  return icontains_any(code, {"price=0", "price == 0", "price === 0", "is_free", "isfree", "amount === 0",
                              "amount == 0", "total == 0", "total === 0", "price <= 0", "trial", "cashondelivery",
                              "cash_on_delivery", "\"cod\"", "'cod'", "coupon", "referral"});
}

}  // namespace

void read_unpaid(const File& file, Unpaid& unpaid) {
  std::unordered_map<std::string_view, bool> proofs;  // by the call's name: most stand many times in a file
  const auto asks = [&](std::string_view call) {
    const auto [known, fresh] = proofs.try_emplace(call);
    if (fresh) known->second = asks_for_proof(call);
    return known->second;
  };
  if (has_word(file.path, {"seed", "seeds", "seeder", "migrations", "scripts", "webhook", "webhooks", "mock", "mocks",
                           "admin", "cron", "jobs"}))
    return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      Unpaid::Function fact;
      fact.name = handler_name(f);
      const std::string head = door_head(file, f);
      const bool pays = !head.empty() && about_paying(head), door = pays || (!head.empty() && books(head));
      if (!door && fact.name.empty()) continue;
      if (door ? unpaid.doors.size() >= kMostDoors : unpaid.functions.size() >= kMost) {
        if (unpaid.full_at.empty()) unpaid.full_at = file.path;
        continue;
      }
      const Code code = f.code();
      if (code.size() > kLongest) continue;
      const Code parameters = f.child("parameters").code();
      fact.staff = staff(code) || staff(parameters);
      std::string guards(parameters);
      const auto guarded_by = [&](const Code& whole, std::size_t bytes) {
        guards += whole.substr(0, bytes);
        fact.staff = fact.staff || (staff(whole) && staff(whole.substr(0, bytes)));
      };
      if (f.is("function_definition")) {
        if (const Node cls = f.above("class_definition")) guarded_by(cls.code(), 800);
        if (f.parent().is("decorated_definition")) guarded_by(f.parent().code(), 400);
      } else if (f.is("method_definition")) {
        guarded_by(method_decorators(f), std::string::npos);
      }
      fact.staff = fact.staff || (door && icontains_any(guards, {"isadminuser", "@roles(", "role"}));
      for (const Call* c : file.calls_in(f)) {
        fact.asks = fact.asks || asks(c->name);
        if (fact.calls.size() < kMostCalls) fact.calls.insert(std::string(last(c->name)));
      }
      if (takes_signed_events(f)) fact.asks = true;
      if (!fact.asks && !fact.staff && speaks_of_money(code) && !costs_nothing(code) && !by_hand(f))
        for (const Entitlement& e : entitlements(file, f)) {
          if (door && !pays && (e.kind != Entitlement::Kind::flag || !has_word(e.what, {"paid", "payment", "pago"})))
            continue;
          if (e.kind == Entitlement::Kind::row &&
              !(door && after_paying(head) &&
                icontains_any(file.code(),
                              {"stripe", "paypal", "razorpay", "payment", "checkout", "price", "zahlung"})))
            continue;
          const std::string around = head.empty() ? fact.name : head;
          // What is given back, or given for something else than money.
          if (e.kind == Entitlement::Kind::counts && door &&
              (!has_word(around, {"buy",     "purchase", "topup",       "credits",   "credit",   "success",
                                  "payment", "pay",      "checkout",    "subscribe", "recharge", "deposit",
                                  "wallet",  "coins",    "tokens",      "balance",   "top",      "upgrade",
                                  "comprar", "kaufen",   "transaction", "confirm"}) ||
               icontains_any(code, {"refund", "failed", "sender", "recipient", "receiver"})))
            continue;
          if (e.weak && !has_word(around, {"pay", "payment", "payments", "checkout", "success", "purchase", "paid",
                                           "billing", "pago", "zahlung", "capture"}))
            continue;
          fact.gives = Spot{place(file.path, e.at.line()), file.shown(e.at)};
          break;
        }
      if (door) {
        fact.at = {place(file.path, f.line(), f.end_line()), file.shown(f)};
        unpaid.doors.push_back(std::move(fact));
      } else if (fact.gives || fact.asks || fact.staff || !fact.calls.empty()) {
        std::string name = fact.name;
        unpaid.functions.emplace(std::move(name), std::move(fact));
      }
    }
}

namespace {

struct Reached {
  bool asked = false, staff = false;
  std::optional<Spot> given;
};

void follow(const Unpaid& unpaid, const std::set<std::string>& calls, Reached& out, int depth) {
  for (const std::string& call : calls) {
    const auto [from, to] = unpaid.functions.equal_range(call);
    if (std::distance(from, to) > 3) continue;  // a name that says nothing
    for (auto it = from; it != to; ++it) {
      const Unpaid::Function& f = it->second;
      out.asked = out.asked || f.asks;
      out.staff = out.staff || f.staff;
      if (!out.given && f.gives) out.given = f.gives;
      if (depth < 1) follow(unpaid, f.calls, out, depth + 1);
    }
  }
}

}  // namespace

void judge_unpaid(const Unpaid& unpaid, const std::set<std::string>& staff_only, Sink& sink) {
  if (!unpaid.full_at.empty() && !unpaid.doors.empty())
    sink.gave_up({unpaid.full_at,
                  "more than 20,000 functions or 2,000 doors to what is paid for: what those of the rest give away is "
                  "not known"});
  // Stops: having the dearest plan by asking for it, or by opening the page that follows a payment.
  for (const Unpaid::Function& door : unpaid.doors) {
    Reached all{door.asks, door.staff || staff_only.contains(door.name), {}};
    follow(unpaid, door.calls, all, 0);
    if ((!door.gives && !all.given) || all.asked || all.staff) continue;
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "PAY-002" && !f.locations.empty() && f.locations.front().path == door.at.at.path &&
             f.locations.front().line >= door.at.at.line && f.locations.front().line <= door.at.at.end_line;
    });
    if (known) continue;
    proof::Location at = door.at.at;
    at.end_line = std::min(at.end_line, at.line + 12);
    auto& f =
        door.gives ? sink.find("PAY-002", door.gives->at, door.gives->shown) : sink.find("PAY-002", at, door.at.shown);
    f.title = "Who asks for it is given what others pay for";
    if (door.gives) continue;
    f.locations.push_back(all.given->at);
    f.evidence.push_back(all.given->shown);
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/unpaid.h"

#include <algorithm>
#include <unordered_map>

#include "audit/source/entitlements.h"
#include "audit/source/python.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 4'000;      // functions that are kept
constexpr std::size_t kMostCalls = 80;    // of one of them
constexpr std::size_t kLongest = 20'000;  // bytes of a function that are looked at

bool staff(std::string_view code) {
  return icontains_any(
      code, {"isadmin",        "is_admin",         "requireadmin",     "require_admin",       "adminonly",
             "superuser",      "is_staff",         "role === 'admin",  "role !== 'admin",     "role == 'admin",
             "role != 'admin", "role === \"admin", "role !== \"admin", "role == \"admin",     "role != \"admin",
             "current_admin",  "adminuser",        "rolesguard",       "admin_user",          "internal_key",
             "cron_secret",    "adminguard",       "staff_member",     "permission_required", "verifyadmin",
             "role.admin",     "userrole.admin",   "authorize(",       "checkrole",           "has_role",
             "hasrole",        "user_passes_test"});
}

// Decorators above a method of a class, as NestJS puts them.
std::string decorated(Node method) {
  std::string out;
  for (Node d = method.previous(); d.is("decorator"); d = d.previous()) out += std::string(d.code()) + " ";
  for (const Node d : method.children())
    if (d.is("decorator")) out += std::string(d.code()) + " ";
  return out;
}

bool takes_request(Node f) {
  for (Node p : f.child("parameters").children()) {
    if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
    if (p.is("identifier")) return request_name(p.text()) || p.text() == "_req";
    break;
  }
  const Node only = f.child("parameter");
  return only && request_name(only.text());
}

// const pay = wrap(async (req, res) => …)
std::string name_of(Node f) {
  std::string name = function_name(f);
  Node p = f.parent();
  for (int i = 0; i < 6 && name.empty() && p.any_of("arguments", "call_expression", "await_expression"); ++i)
    p = p.parent();
  if (name.empty() && p.is("variable_declarator")) name = std::string(p.child("name").text());
  if (name.empty() && p.is("assignment_expression")) name = std::string(last(p.child("left").code()));
  return name;
}

std::string python_head(Node f) {
  const std::string_view around = f.parent().is("decorated_definition") ? f.parent().code().substr(0, 400) : "";
  const Node cls = f.above("class_definition");
  const std::string name = function_name(f);
  bool door = route_function(f) || icontains_any(around, {"@api_view", "@action("});
  if (!door && cls) {
    const bool verb = name == "post" || name == "put" || name == "patch" || name == "get" || name == "perform_create";
    door = verb && icontains_any(cls.child("superclasses").code(), {"view", "resource", "apimixin"});
  }
  if (!door && !cls && !f.above("function_definition")) {
    const auto parameters = f.child("parameters").children();
    door = !parameters.empty() && parameters.front().code().substr(0, 7) == "request";
  }
  if (!door) return {};
  std::string head = name;
  if (cls) head += " " + std::string(cls.child("name").text());
  if (f.parent().is("decorated_definition"))
    for (const Node d : f.parent().children())
      if (d.is("decorator") && !d.all("string").empty()) head += " " + std::string(d.code().substr(0, 200));
  return head;
}

std::string folder_of(std::string_view path) {
  std::string out(module_of(path));
  for (const std::string_view end : {"/route", "/page", "/index"})
    if (out.ends_with(end)) out.resize(out.size() - end.size());
  // The last two parts say it: "payment/success"
  const std::size_t slash = out.rfind('/');
  const std::size_t before = slash == std::string::npos || slash == 0 ? slash : out.rfind('/', slash - 1);
  return before == std::string::npos ? out : out.substr(before + 1);
}

// A route's handler, and what its address and name say; empty for other functions.
std::string head_of(const File& file, Node f) {
  if (f.is("function_definition")) return python_head(f);
  const std::string name = name_of(f);
  if (contains(file.path, "/route.") && (name == "POST" || name == "PUT" || name == "PATCH" || name == "GET"))
    return name == "GET" && !after_paying(folder_of(file.path)) ? std::string() : folder_of(file.path);
  if (contains(file.path, "/page.") || contains(file.path, "/layout.")) {
    const bool page = f.parent().is("export_statement") && f.parent().has_token("default");
    const std::string folder = page ? folder_of(file.path) : std::string();
    return after_paying(folder) && !client_file(file) ? folder : std::string();
  }
  if (f.is("method_definition")) {
    const std::string said = decorated(f);
    if (icontains_any(said, {"@post(", "@put(", "@patch(", "@get("})) {
      const Node cls = f.above("class_declaration", "class");
      return name + " " + said + " " + std::string(cls.child("name").text());
    }
  }
  if (begins_with_directive(file, "use server") || contains(body(f).code().substr(0, 40), "use server")) {
    const bool open = f.parent().is("export_statement") || f.above("export_statement") ||
                      contains(body(f).code().substr(0, 40), "use server");
    return open && !function_around(f) ? name : std::string();
  }
  if (!takes_request(f)) return {};
  const std::string door = door_name(file, f);
  if (name.empty() && (door.empty() || door == "default") && contains(file.path, "functions/"))
    return folder_of(file.path);
  if (contains(file.path, "pages/api/")) return folder_of(file.path);
  return name.empty() ? door : door == name ? name : name + " " + door;
}

// Without one of these words nothing is sold.
bool speaks_of_money(std::string_view code) {
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

bool costs_nothing(std::string_view code) {
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
      if (unpaid.functions.size() + unpaid.doors.size() >= kMost) return;
      Unpaid::Function fact;
      fact.name = name_of(f);
      const std::string head = head_of(file, f);
      const bool door = !head.empty() && about_paying(head);
      if (!door && fact.name.empty()) continue;
      const std::string_view code = f.code();
      if (code.size() > kLongest) continue;
      std::string guards(f.child("parameters").code());
      if (f.is("function_definition")) {
        if (const Node cls = f.above("class_definition")) guards += cls.code().substr(0, 800);
        if (f.parent().is("decorated_definition")) guards += f.parent().code().substr(0, 400);
      } else if (f.is("method_definition")) {
        guards += decorated(f);
      }
      fact.staff = staff(code) || staff(guards) || (door && icontains_any(guards, {"isadminuser", "@roles(", "role"}));
      for (const Call* c : file.calls_in(f)) {
        fact.asks = fact.asks || asks(c->name);
        if (fact.calls.size() < kMostCalls) fact.calls.insert(std::string(last(c->name)));
      }
      if (takes_signed_events(f)) fact.asks = true;
      if (!fact.asks && !fact.staff && speaks_of_money(code) && !costs_nothing(code) && !by_hand(f))
        for (const Entitlement& e : entitlements(file, f)) {
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

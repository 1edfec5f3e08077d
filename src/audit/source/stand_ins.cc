#include "audit/source/stand_ins.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool payment_key(const Code& code) {
  return icontains_any(code, {"stripe", "razorpay", "paypal", "mollie", "paddle", "lemonsqueezy", "lemon_squeezy",
                              "paystack", "payment"}) &&
         icontains_any(code, {"key", "secret", "token", "client_id", "clientid"}) &&
         !icontains_any(code, {"webhook", "publishable", "public_key", "publickey", "signature"});
}

// not settings.stripe_secret_key, !process.env.STRIPE_SECRET_KEY
bool missing(const Code& condition) {
  const std::string_view c = text::trim(condition);
  return c.starts_with("not ") || c.starts_with("!") || c.starts_with("(!") || contains(c, "is None") ||
         contains(c, "=== undefined") || contains(c, "== null") || contains(c, "== \"\"") || contains(c, "=== ''");
}

bool takes_no_money(const Code& code) {
  return icontains_any(
      code, {"mockprovider",  "mock_provider", "mockpayment",   "mock_payment", "fakeprovider", "fake_payment",
             "fakepayment",   "fakestripe",    "mockstripe",    "mock_stripe",  "fake_stripe",  "demoprovider",
             "dummyprovider", "simulate",      "mock_session",  "mocksession",  "cs_mock",      "cs_test_mock",
             "pi_mock",       "mock-checkout", "mock_checkout", "mockcheckout", "pi_fake",      "demo_payment",
             "demopayment",   "mock: true",    "mock\": true",  "\"mock\"",     "'mock'",       "stubprovider",
             "nullprovider",  "mockgateway",   "fakegateway",   "paid: true",   "paid = true"});
}

bool held_back(const Code& code) {
  return icontains_any(code, {"production", "node_env", "is_prod", "isprod", "environment", "app_env"});
}

void note_decision(File& file, StandIns& notes, Node at, Node condition, Node then) {
  const Code code = condition.code();
  if (code.size() > 200 || held_back(code) || !takes_no_money(then.code()) ||
      icontains_any(then.code(), {"raise ", "throw "}))
    return;
  if (payment_key(code)) {
    notes.decisions.emplace_back(std::string(), Spot{place(file.path, at.line()), file.shown(at)});
    return;
  }
  const std::string name(last(dotted(unwrap(condition))));
  if (has_word(name, {"demo", "mock", "fake", "simulate", "stub", "test", "sandbox"}))
    notes.decisions.emplace_back(name, Spot{place(file.path, at.line()), file.shown(at)});
}

void read_providers(File& file, StandIns& notes) {
  const Code code = file.code();
  if (!icontains_any(code, {"mock", "fake", "demo", "simulat", "dummy", "stub"})) return;
  for (const Node b : file.tree.all("if_statement")) {
    const Node condition = b.child("condition");
    if (missing(condition.code()) || !payment_key(condition.code()))
      note_decision(file, notes, b, condition, b.child("consequence"));
    else if (const Node other = b.child("alternative"))
      note_decision(file, notes, b, condition, other);
  }
  for (const Node t : file.tree.all("ternary_expression"))
    note_decision(file, notes, t, t.child("condition"),
                  missing(t.child("condition").code()) ? t.child("consequence") : t.child("alternative"));
  for (const Node t : file.tree.all("conditional_expression"))
    if (const auto parts = t.children(); parts.size() == 3)
      note_decision(file, notes, t, parts[1], missing(parts[1].code()) ? parts[0] : parts[2]);
  // def demo_mode(self): return not self.stripe_secret_key
  const auto flag = [&](std::string_view name, Node value) {
    if (has_word(name, {"demo", "mock", "fake", "simulate", "stub", "test", "sandbox"}) && missing(value.code()) &&
        payment_key(value.code()) && !held_back(value.code()))
      notes.flags.emplace(std::string(name), Spot{place(file.path, value.line()), file.shown(value)});
  };
  for (const Node r : file.tree.all("return_statement"))
    if (const Node f = function_around(r)) flag(function_name(f), r.first());
  for (const char* type : {"variable_declarator", "assignment", "pair"})
    for (const Node a : file.tree.all(type)) {
      const Node name = a.child("name") ? a.child("name") : a.child("left") ? a.child("left") : a.child("key");
      flag(last(dotted(name)), unwrap(a.child("value") ? a.child("value") : a.child("right")));
    }
}

bool mighty(std::string_view said) {
  const std::string low = text::to_lower(said);
  return low == "admin" || low == "administrator" || low == "superadmin" || low == "super_admin" || low == "owner";
}

bool rank_name(std::string_view name) {
  const std::string low = text::to_lower(name);
  return low == "role" || low == "userrole" || low == "user_role" || low == "isadmin" || low == "is_admin" ||
         low == "roles" || low == "rol";
}

bool gives_rank(Node key, Node value) {
  value = unwrap(value);
  if (!rank_name(literal(key).value_or(std::string(last(dotted(key)).empty() ? key.text() : last(dotted(key))))))
    return false;
  if (const auto said = literal(value)) return mighty(*said);
  return value.any_of("true") || value.text() == "True";
}

// The branch is for what went wrong, or for who was not found.
bool for_failure(Node n, Node f) {
  for (Node up = n.parent(); up && !(up == f); up = up.parent()) {
    if (up.any_of("catch_clause", "except_clause")) return true;
    if (up.any_of("else_clause", "statement_block", "block") || up.is("return_statement")) {
      const bool other = up.parent().is("else_clause") || up.is("else_clause");
      Node branch = up.parent();
      if (branch.is("else_clause")) branch = branch.parent();
      if (!branch.is("if_statement")) continue;
      const Code asked = branch.child("condition").code();
      if (asked.size() > 120 || icontains_any(asked, {"role", "email", "mail", "dev", "count", "first", "length",
                                                      "secret", "password", "env", "exists"}))
        return false;
      const bool person = icontains_any(asked, {"profile", "user", "account", "me", "data", "row", "member"});
      if (!other && icontains_any(asked, {"error", "err)", "err "})) return true;
      if (person && (other ? !missing(asked) : missing(asked))) return true;
    }
  }
  return false;
}

// Stops: an administrator's console for whoever has no profile, or makes the look-up fail.
void judge_fallen(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"'admin'", "\"admin\"", "isadmin", "is_admin", "'administrator'", "superadmin", "\"owner\"",
                            "'owner'"}))
    return;
  if (has_word(file.path, {"seed", "seeds", "mock", "mocks", "fixtures", "scripts", "migrations", "stories"})) return;
  const bool browser = !file.tree.python() && client_file(file);
  const auto tell = [&](Node at, const char* title) {
    auto& f = file.hit("AZ-003", at);
    f.title = title;
    f.severity = browser ? proof::Severity::medium : proof::Severity::high;
    f.confidence = proof::Confidence::medium;
  };
  constexpr const char* kFallen = "Where a person's rights cannot be read, he is taken for an administrator";
  for (const char* type : {"pair", "assignment", "assignment_expression"})
    for (const Node p : file.tree.all(type)) {
      const Node key = p.is("pair") ? p.child("key") : p.child("left");
      const Node value = p.is("pair") ? p.child("value") : p.child("right");
      if (!gives_rank(key, value)) continue;
      const Node f = function_around(p);
      if (!f) continue;
      const Node call = p.above("call_expression", "call");
      if (const auto c = call && call.inside(f) ? as_call(call) : std::nullopt;
          c && icontains_any(last(c->name), {"create", "insert", "find", "update", "upsert", "where", "filter", "eq",
                                             "count", "delete", "set_password", "sign", "encode"}))
        continue;
      if (for_failure(p, f)) return tell(p, kFallen);
    }
  if (browser) return;
  // user.role || "admin", payload.get("role", "admin")
  for (const char* type : {"binary_expression", "boolean_operator"})
    for (const Node b : file.tree.all(type)) {
      if (!b.has_token("||") && !b.has_token("??") && !b.has_token("or")) continue;
      const auto said = literal(b.child("right"));
      if (!said || !mighty(*said) || !rank_name(last(dotted(unwrap(b.child("left")))))) continue;
      return tell(b, "Who has no role counts as an administrator");
    }
  for (const Call& c : file.calls) {
    if (last(c.name) != "get" && c.name != "getattr") continue;
    const std::size_t at = c.name == "getattr" ? 1 : 0;
    const auto key = literal(c.arg(at)), said = literal(c.arg(at + 1));
    if (key && said && rank_name(*key) && mighty(*said) && !contains(c.name, "environ"))
      return tell(c.node, "Who has no role counts as an administrator");
  }
}

}  // namespace

void read_stand_ins(File& file) {
  if (file.tree.python() || !client_file(file)) read_providers(file, file.project.notes<StandIns>());
  judge_fallen(file);
}

void judge_stand_ins(const Project& project, Sink& sink) {
  const auto& notes = project.notes<StandIns>();
  int told = 0;
  for (const auto& [flag, at] : notes.decisions) {
    const auto known = notes.flags.find(flag);
    if ((!flag.empty() && known == notes.flags.end()) || ++told > 2) continue;
    // Stops: a shop that gives everything away, from the day on that its key is lost.
    auto& f = sink.find("PAY-002", at.at, at.shown);
    f.title = "Without its key the payment provider is replaced by one that takes no money";
    f.confidence = proof::Confidence::medium;
    f.fix =
        "Refuse to start, or to sell, while the provider's key is missing; switch the stand-in on by a setting of "
        "its own that production refuses.";
    if (flag.empty()) continue;
    f.locations.push_back(known->second.at);
    f.evidence.push_back(known->second.shown);
  }
}

}  // namespace gatehouse::audit::source

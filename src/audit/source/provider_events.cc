#include "audit/source/provider_events.h"

#include <algorithm>

#include "audit/source/data.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostCode = 12;  // pieces of one branch

std::vector<Node> functions_of(const File& file) {
  std::vector<Node> out;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type))
      if (!function_name(f).empty()) out.push_back(f);
  return out;
}

// The branch's own code, and what it calls in this file, two steps down.
std::vector<Node> with_callees(const File& file, const std::vector<Node>& known, Node function, Node first) {
  std::vector<Node> out{first};
  for (std::size_t i = 0; i < out.size() && out.size() < kMostCode; ++i)
    for (const Call* c : file.calls_in(out[i])) {
      const std::string_view called = last(c->name);
      if (called.size() < 4) continue;
      for (const Node f : known) {
        if (function_name(f) != called || f.inside(out[i]) || out[i].inside(f) || f == function) continue;
        if (std::none_of(out.begin(), out.end(), [&](Node o) { return o == f; })) out.push_back(f);
        if (out.size() >= kMostCode) break;
      }
    }
  return out;
}

std::set<std::string> events_in(Node condition) {
  std::set<std::string> out;
  if (const auto whole = literal(condition); whole && provider_event(*whole)) out.insert(*whole);
  for (const Node s : condition.all("string"))
    if (const auto said = literal(s); said && provider_event(*said)) out.insert(*said);
  return out;
}

}  // namespace

bool provider_event(std::string_view said) {
  if (said.size() < 10 || said.size() > 60 || (!contains(said, ".") && !contains(said, "_"))) return false;
  if (!std::all_of(said.begin(), said.end(),
                   [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '.' || c == '_'; }))
    return false;
  return icontains_any(said, {"subscription", "invoice.", "checkout.session", "payment_intent.", "charge.", "order_",
                              "payment.captured", "payment.failed", "transaction."}) &&
         icontains_any(said, {"ed", "paid", "success", "active", "create", "disable", "renew", "action_required"});
}

bool beginning_event(std::string_view event) {
  return icontains_any(event, {"checkout.session.completed", "invoice.paid", "payment_succeeded", "payment_success",
                               ".activated", "_created", ".created", ".active", "_resumed", ".resumed", ".charged",
                               "subscription.create", "charge.success", "_unpaused"});
}

bool ending_event(std::string_view event) {
  return icontains(event, "subscription") &&
         icontains_any(event, {"deleted", "cancel", "updated", "expired", "halted", "paused", "revoked", "disable",
                               "not_renew", "pending", "past_due", "suspended", "payment_failed", ".completed"});
}

std::vector<EventBranch> event_branches(const File& file, Node function) {
  std::vector<EventBranch> out;
  const std::vector<Node> known = functions_of(file);
  const auto add = [&](std::set<std::string> events, Node code, Node at) {
    if (!events.empty()) out.push_back({std::move(events), with_callees(file, known, function, code), at});
  };
  std::set<std::string> falling;  // case "a": case "b": …
  for (const Node c : function.all("switch_case")) {
    const Node value = c.child("value");
    std::set<std::string> events = events_in(value);
    if (events.empty()) {
      falling.clear();
      continue;
    }
    falling.merge(events);
    const auto parts = c.children();
    if (std::none_of(parts.begin(), parts.end(), [&](Node p) { return !(p == value) && !p.is("comment"); })) continue;
    add(std::move(falling), c, c);
    falling.clear();
  }
  for (const Node c : function.all("case_clause")) {
    std::set<std::string> events;
    for (const Node p : c.children())
      if (p.is("case_pattern")) events.merge(events_in(p));
    add(std::move(events), c, c);
  }
  for (const char* type : {"if_statement", "elif_clause"})
    for (const Node b : function.all(type)) {
      const Node condition = b.child("condition");
      const Code asked = condition.code();
      if (!contains(asked, "\"") && !contains(asked, "'")) continue;
      // if (event.type !== "invoice.paid") return: what comes behind is the branch.
      const bool turned = contains(asked, "!=") || contains(asked, "not in");
      add(events_in(condition), turned ? body(function) : b.child("consequence"), b);
    }
  // HANDLERS = { "invoice.paid": on_paid }
  for (const char* type : {"dictionary", "object"})
    for (const Node table : file.tree.all(type)) {
      const Node holder = table.parent();
      const Node name = holder.child("left") ? holder.child("left") : holder.child("name");
      if (!table.inside(function) && (!name || name.text().empty() || !has_token(function.code(), name.text())))
        continue;
      for (const auto& [key, value] : members(table)) {
        if (!provider_event(key)) continue;
        const Node given = unwrap(value);
        if (is_function(given)) {
          add({key}, given, given);
          continue;
        }
        const std::string handler(last(dotted(given)));
        for (const Node f : known)
          if (handler.size() > 3 && function_name(f) == handler && !(f == function)) add({key}, f, value);
      }
    }
  return out;
}

bool paid_state(std::string_view field) {
  return has_word(field, {"subscription", "subscribed", "plan", "tier", "premium", "pro", "status", "state", "active",
                          "membership", "access", "paid", "ispro", "ispremium", "vip", "level"}) &&
         !has_word(field, {"id", "at", "end", "start", "date", "price", "customer", "email", "method", "history"});
}

Node writes_paid_state(const File& file, Node within) {
  if (file.tree.python()) {
    for (const Node a : within.all("assignment"))
      if (a.child("left").is("attribute") && paid_state(a.child("left").child("attribute").text())) return a;
    for (const Call* c : file.calls_in(within)) {
      const std::string_view f = last(c->name);
      if (f != "update" && f != "update_or_create" && f != "create" && f != "update_one" && f != "values" &&
          f != "upsert" && f != "find_one_and_update" && f != "insert" && f != "insert_one" && f != "execute")
        continue;
      for (const auto& [key, value] : c->keywords)
        if (paid_state(key)) return c->node;
      for (const Node p : c->node.child("arguments").all("pair"))
        if (paid_state(literal(p.child("key")).value_or(""))) return c->node;
      if (const std::string sql = text::to_lower(literal(c->arg(0)).value_or(""));
          contains(sql, "update ") && icontains_any(sql, {"status", "plan", "tier", "premium", "active"}))
        return c->node;
    }
    return {};
  }
  for (const Touch& t : touches(file, within)) {
    if (t.kind != Touch::Kind::change && t.kind != Touch::Kind::create) continue;
    for (const Node p : t.whole.all("pair"))
      if (paid_state(literal(p.child("key")).value_or(std::string(p.child("key").text())))) return t.call;
    for (const Node p : t.whole.all("shorthand_property_identifier"))
      if (paid_state(p.text())) return t.call;
    for (const char* text : {"template_string", "string"})
      for (const Node s : t.whole.all(text))
        if (icontains(s.code(), "update ") && icontains_any(s.code(), {"status", "plan", "tier", "premium", "active"}))
          return t.call;
  }
  // clerkClient.users.updateUserMetadata(id, { publicMetadata: { plan: "free" } })
  for (const Call* c : file.calls_in(within))
    if (last(c->name).starts_with("updateUser"))
      for (const Node p : c->node.child("arguments").all("pair"))
        if (paid_state(p.child("key").text())) return c->node;
  for (const Node a : within.all("assignment_expression"))
    if (a.child("left").is("member_expression") && paid_state(a.child("left").child("property").text()) &&
        contains(within.code(), ".save("))
      return a;
  return {};
}

}  // namespace gatehouse::audit::source

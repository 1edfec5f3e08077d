#include "audit/source/charged_again.h"

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Money is taken here and now; what only opens a page is told elsewhere.
bool charges(const Call& c) {
  const Code args = c.node.child("arguments").code();
  if (icontains_any(args, {"idempotency"})) return false;
  if (c.name.ends_with("Charge.create") || c.name.ends_with("charges.create") || c.name.ends_with("transaction.sale"))
    return true;
  return (c.name.ends_with("PaymentIntent.create") || c.name.ends_with("paymentIntents.create")) &&
         icontains_any(args, {"confirm=true", "confirm: true", "off_session"});
}

bool paid_mark(std::string_view field) {
  return has_word(field, {"paid", "payed", "payment", "ispaid"}) && !has_word(field, {"id", "method", "intent", "at"});
}

bool paid_value(Node value) {
  value = unwrap(value);
  if (value.is("true")) return true;
  const auto said = literal(value);
  return said && has_word(*said, {"paid", "payed", "completed", "success", "succeeded", "done"});
}

bool leaves(Node block) {
  for (const char* type : {"return_statement", "raise_statement", "throw_statement"})
    if (block.is(type) || !block.all(type).empty()) return true;
  return false;
}

// The mark decides before the charge, by itself or by a name that it was given to.
bool asked_before(Node f, Node charge, const std::string& field) {
  std::set<std::string> flags = {field};
  for (const char* type : {"assignment", "assignment_expression", "variable_declarator"})
    for (const Node a : f.all(type)) {
      if (a.begin() > charge.begin()) continue;
      const Node left = a.child("left") ? a.child("left") : a.child("name");
      const Node right = a.child("right") ? a.child("right") : a.child("value");
      const Node branch = a.above("if_statement");
      if (left.is("identifier") &&
          (has_token(right.code(), field) || (branch.inside(f) && has_token(branch.child("condition").code(), field))))
        flags.emplace(left.text());
    }
  for (const Node branch : f.all("if_statement")) {
    if (branch.begin() > charge.begin()) continue;
    const Code condition = branch.child("condition").code();
    bool named = false;
    for (const std::string& flag : flags) named = named || has_token(condition, flag);
    if (named && (charge.inside(branch) || leaves(branch.child("consequence")))) return true;
  }
  return false;
}

}  // namespace

// Stops: a second press of the button, and a second charge.
void read_charged_again(File& file) {
  if (!icontains_any(file.code(), {"charge.create", "charges.create", "paymentintent.create", "paymentintents.create",
                                   "transaction.sale"}))
    return;
  for (const Call& c : file.calls) {
    if (!charges(c)) continue;
    const Node f = function_around(c.node);
    if (!f) continue;
    for (const char* type : {"assignment", "assignment_expression"})
      for (const Node a : f.all(type)) {
        const Node left = a.child("left");
        if (a.begin() < c.node.begin() || !left.any_of("attribute", "member_expression")) continue;
        const std::string name = dotted(left);
        const std::string field(last(name));
        if (name.find('.') == std::string::npos || !paid_mark(field) || !paid_value(a.child("right"))) continue;
        // What is made here is new; what was looked up may have been paid for.
        const std::string record = name.substr(0, name.find('.'));
        bool looked_up = false;
        for (const char* kind : {"assignment", "variable_declarator", "assignment_expression"})
          for (const Node given : f.all(kind)) {
            const Node to = given.child("left") ? given.child("left") : given.child("name");
            const Node from = given.child("right") ? given.child("right") : given.child("value");
            looked_up = looked_up || (to.text() == record &&
                                      icontains_any(from.code(), {".get(", "findby", "findone", "find_one",
                                                                  "get_object_or_404", "findunique", ".first("}));
          }
        if (!looked_up || asked_before(f, c.node, field)) continue;
        auto& told = file.hit("PAY-010", c.node);
        told.title = "What is paid for already can be charged again";
        told.severity = proof::Severity::high;
        told.impact = "A form that is sent twice takes the money twice.";
        told.fix = "Refuse what is marked as paid, and give the charge an idempotency key made of the record's id.";
        return;
      }
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/members_of_nothing.h"

#include <set>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kMostTold = 4;  // of one file

// The name that a condition finds missing: `not user`, `user is None`, `!user`, `user === null`, `user == undefined`.
std::string_view missing(Node condition, bool python) {
  condition = unwrap(condition);
  if (condition.any_of("not_operator", "unary_expression")) {
    if (!python && !condition.has_token("!")) return {};
    const Node of = unwrap(condition.child("argument"));
    return of.is("identifier") ? of.text() : std::string_view();
  }
  if (!condition.any_of("comparison_operator", "binary_expression")) return {};
  const auto parts = condition.children();
  if (parts.empty() || !parts.front().is("identifier")) return {};
  const bool none = parts.back().any_of("none", "null", "undefined") || parts.back().text() == "undefined";
  const bool same = condition.has_token("is") || condition.has_token("===") || condition.has_token("==");
  const bool other = condition.has_token("not") || condition.has_token("is not");
  return none && same && !other ? parts.front().text() : std::string_view();
}

// The name is given something before the place, inside of the branch.
bool filled(Node branch, std::string_view name, Node at) {
  for (const char* type : {"assignment", "assignment_expression", "variable_declarator", "named_expression"})
    for (const Node a : branch.all(type)) {
      const Node left = a.child("left") ? a.child("left") : a.child("name");
      if (a.begin() < at.begin() && left.text() == name) return true;
    }
  return false;
}

}  // namespace

// Stops: the refusal that itself fails, so that a wrong address ends in an error of the server.
void read_members_of_nothing(File& file) {
  const bool python = file.tree.python();
  if (!python && client_file(file)) return;
  int told = 0;
  for (const Node branch : file.tree.all("if_statement")) {
    if (told >= kMostTold) return;
    const std::string_view name = missing(branch.child("condition"), python);
    if (name.empty() || name == "self" || name == "this") continue;
    const Node then = branch.child("consequence");
    for (const Node m : then.all(python ? "attribute" : "member_expression")) {
      const Node object = m.child("object");
      if (!object.is("identifier") || object.text() != name || contains(m.text(), "?.")) continue;
      // An empty list is "not" there, too, and has all its methods.
      const bool empty_too = unwrap(branch.child("condition")).any_of("not_operator", "unary_expression");
      if (empty_too && (m.parent().is("call") || m.parent().is("call_expression") || contains(m.text(), ".length")))
        continue;
      if (function_around(m) != function_around(branch) && function_around(m)) continue;
      if (filled(then, name, m) || m.above("try_statement").inside(then)) continue;
      auto& f = file.hit("RUN-001", m);
      f.title = text::printable(name, 40) + " is asked for a part of it where it was found missing";
      f.severity = proof::Severity::medium;
      f.confidence = proof::Confidence::high;
      f.impact =
          "The branch that should refuse fails itself: whoever sends what is not there gets an error of the server, "
          "and what the branch wanted to say or write down is lost.";
      f.fix = "Use what the request named instead, or end the branch before.";
      ++told;
      break;
    }
  }
}

}  // namespace gatehouse::audit::source

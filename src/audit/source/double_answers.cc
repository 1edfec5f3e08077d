#include "audit/source/double_answers.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kMostTold = 8;  // of one file

bool answer_object(std::string_view name) {
  return name == "res" || name == "response" || name == "reply" || name == "resp";
}

bool status_number(Node n) {
  const std::string_view t = unwrap(n).text();
  return t.size() == 3 && t.front() >= '2' && t.front() <= '5' && text::is_digit(t[1]) && text::is_digit(t[2]);
}

// res.status(404).json(…), res.sendStatus(204), res.redirect("/"), payload(res, 404, …) of the project's own
bool ends(Node statement) {
  if (statement.is("return_statement")) statement = statement.first();
  if (statement.is("expression_statement")) statement = statement.first();
  statement = unwrap(statement);
  if (statement.is("await_expression")) statement = unwrap(statement.first());
  const auto c = as_call(statement);
  if (!c) return false;
  const std::string root = c->name.substr(0, c->name.find_first_of(".("));
  const std::string_view f = last(c->name);
  if (answer_object(root) && c->name.size() > root.size())
    return f == "json" || f == "send" || f == "end" || f == "render" || f == "redirect" || f == "sendStatus" ||
           f == "sendFile" || f == "jsonp";
  return c->name.find('.') == std::string::npos && c->args.size() > 1 && answer_object(unwrap(c->arg(0)).text()) &&
         std::any_of(c->args.begin() + 1, c->args.end(), status_number);
}

// The last statement of a branch that answers and lets the handler go on.
Node open_end(Node branch) {
  if (!branch.is("statement_block")) return branch.is("expression_statement") && ends(branch) ? branch : Node();
  const auto all = branch.children();
  if (all.empty()) return {};
  const Node end = all.back();
  return end.is("expression_statement") && ends(end) ? end : Node();
}

// What runs behind the branch, up to the end of the function, answers in any case.
Node answers_again(Node branch, Node function) {
  for (Node n = branch; n && !(n == function); n = n.parent()) {
    if (n.any_of("for_statement", "for_in_statement", "while_statement", "switch_case", "switch_statement")) return {};
    // The rest of an else is not run.
    if (n.is("else_clause") || (n.is("if_statement") && n.parent().is("else_clause"))) continue;
    if (n.any_of("catch_clause", "finally_clause")) continue;
    if (n.is("statement_block") && n.parent().any_of("if_statement", "try_statement", "else_clause")) continue;
    for (Node next = n.next(); next; next = next.next()) {
      if (next.any_of("catch_clause", "finally_clause", "else_clause")) continue;
      if (ends(next)) return next;
      if (next.any_of("return_statement", "throw_statement", "break_statement", "continue_statement")) return {};
    }
  }
  return {};
}

}  // namespace

// Stops: a process that ends because a handler of a wrong id answered twice: nobody catches what the second answer
// throws in an async function.
void read_double_answers(File& file) {
  if (client_file(file) || !icontains_any(file.code(), {"res.", "res,", "reply", "response"})) return;
  int told = 0;
  Node before;  // one remark a function
  for (const Node branch : file.tree.all("if_statement")) {
    if (told >= kMostTold) return;
    const Node function = function_around(branch);
    if (!function || function == before) continue;
    // if (…) answer(); else if (…) answer();
    if (branch.child("alternative")) continue;
    const Node end = open_end(branch.child("consequence"));
    if (!end) continue;
    const Code condition = branch.child("condition").code();
    if (icontains_any(condition, {"headerssent", "writableended", "finished"})) continue;
    Node chain = branch;  // the whole of if … else if …
    while (chain.parent().is("else_clause") && chain.parent().parent().is("if_statement"))
      chain = chain.parent().parent();
    const Node again = answers_again(chain, function);
    if (!again) continue;
    const Code said = end.code();
    const bool refusal = contains(said, "401") || contains(said, "403");  // told as one that ends nothing
    if (refusal && !contains(said, "(res,")) continue;
    before = function;
    ++told;
    auto& f = file.hit("RUN-001", end);
    f.title = "The request is answered twice: the second answer throws";
    f.impact =
        "After the refusal the handler goes on and answers again, which throws. In an async handler nobody catches "
        "that, so the process may end for all; what stands between both answers is done all the same.";
    f.fix = "Write `return` before the first answer.";
    also(f, file, again);
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/refusals.h"

#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr int kMostTold = 12;  // of one file

// The last statement of a branch; a branch may be one statement alone.
Node last_of(Node branch) {
  if (!branch.any_of("statement_block", "block")) return branch;
  const auto all = branch.children();
  return all.empty() ? Node() : all.back();
}

bool about_caller(const Code& condition) {
  return icontains_any(condition, {"user", "session", "auth", "token", "login", "admin", "role", "permission", "owner",
                                   "member", "signed", "decoded", "claims", "allowed", "access", "secret", "key"});
}

// res.status(401).json(…), reply.code(403).send(), res.sendStatus(401), NextResponse.json(…, { status: 401 })
bool refuses_script(const Call& c, const Code& condition) {
  const std::string root = c.name.substr(0, c.name.find('.'));
  const Code code = c.node.code();
  if (root == "res" || root == "response" || root == "reply" || root == "rep" || root == "resp") {
    for (const std::string_view status : {"status(401)", "status(403)", "code(401)", "code(403)", "sendStatus(401)",
                                          "sendStatus(403)", "writeHead(401", "writeHead(403"})
      if (contains(code, status)) return true;
    return last(c.name) == "redirect" && about_caller(condition) && icontains_any(code, {"login", "signin", "sign-in"});
  }
  return (c.name == "NextResponse.json" || c.name == "Response.json" || c.name == "new Response" ||
          c.name == "new NextResponse") &&
         (contains(code, "status: 401") || contains(code, "status: 403"));
}

// HTTPException(403) that nobody raises, JsonResponse(…, status=403) and redirect("login") that nobody returns
bool refuses_python(const Call& c, const Code& condition) {
  const std::string_view f = last(c.name);
  const Code code = c.node.code();
  if (f == "HTTPException" || f == "PermissionDenied" || f == "HttpResponseForbidden" || f == "Forbidden" ||
      f == "Unauthorized" || f == "NotAuthenticated")
    return f != "HTTPException" || icontains_any(code, {"401", "403", "unauthorized", "forbidden"});
  if (f == "JsonResponse" || f == "Response" || f == "JSONResponse" || f == "HttpResponse")
    return icontains_any(code, {"401", "403", "unauthorized", "forbidden"});
  return f == "redirect" && about_caller(condition) && icontains_any(code, {"login", "signin", "sign_in"});
}

// What runs all the same does more than end or write down what happened.
bool goes_on(const File& file, Node branch, bool& changes) {
  int statements = 0;
  bool works = false, one_question = false;
  for (Node n = branch.next(); n; n = n.next()) {
    if (n.any_of("comment", "function_declaration", "function_definition")) continue;
    if (n.any_of("return_statement", "break_statement", "continue_statement", "pass_statement") && n.children().empty())
      break;
    ++statements;
    one_question = statements == 1 && n.is("if_statement");
    for (const Call* c : file.calls_in(n)) {
      const std::string_view f = last(c->name);
      if (c->name.starts_with("console.") || f == "print" || f == "log" || f == "info" || f == "warn") continue;
      works = true;
      changes = changes || (f == "next" && statements == 1) || f == "save" ||
                has_word(f, {"create", "update", "delete", "remove", "insert", "destroy", "add", "send", "commit",
                             "charge", "upsert"});
    }
  }
  // if (!ok) refuse(); if (ok) { … }
  return works && !(one_question && statements == 1);
}

}  // namespace

void read_refusals(File& file) {
  const bool python = file.tree.python();
  const Code code = file.code();
  if (!icontains_any(code, {"401", "403", "forbidden", "permissiondenied", "redirect("})) return;
  int told = 0;
  for (const Node branch : file.tree.all("if_statement")) {
    if (told >= kMostTold) return;
    const Node condition = branch.child("condition");
    const Node end = last_of(branch.child("consequence"));
    if (branch.child("alternative") || !end.is("expression_statement") || !function_around(branch) ||
        branch.parent().any_of("else_clause", "if_statement"))
      continue;
    const auto call = as_call(unwrap(end.first()));
    if (!call || !(python ? refuses_python(*call, condition.code()) : refuses_script(*call, condition.code())))
      continue;
    bool changes = false;
    if (!goes_on(file, branch, changes)) continue;
    const bool next = contains(file.path, "pages/api/") || file.path.ends_with("route.ts") ||
                      file.path.ends_with("route.js") || file.path.ends_with("route.tsx");
    const bool django = python && (file.imports_from("django") || file.imports_from("rest_framework"));
    auto& f = file.hit(python ? (django ? "DJ-036" : "FA-003") : next ? "NX-002" : "EX-023", end);
    f.title = python ? "A refusal that is neither raised nor returned: what follows runs for everybody"
                     : "A refusal without return: what follows runs all the same";
    f.severity = python || changes ? proof::Severity::high : proof::Severity::medium;
    f.confidence = proof::Confidence::high;
    f.impact = "The answer says no, and the work is done: rows are read and written for whoever asks.";
    f.fix = python ? "Write `raise` (or `return`) before it." : "Write `return` before it.";
    ++told;
  }
}

}  // namespace gatehouse::audit::source

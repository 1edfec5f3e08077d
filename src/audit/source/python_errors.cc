// Error texts in what Python code answers: exceptions that go into answers, streams and pages.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/recurring.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool debug_guarded(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent())
    if (p.any_of("conditional_expression", "if_statement") &&
        icontains_any((p.is("if_statement") ? p.child("condition") : p).code(),
                      {"debug", "expose", "is_dev", "environment", "env ", "development"}))
      return true;
  return false;
}

bool tells_exception(std::string_view text, const std::string& name) {
  if (contains(text, "format_exc") || contains(text, "traceback")) return true;
  return !name.empty() &&
         (contains(text, "str(" + name + ")") || contains(text, "repr(" + name + ")") ||
          contains(text, "{" + name + "}") || contains(text, "{" + name + "!") ||
          contains(text, "{str(" + name + ")") || contains(text, name + ".args") || contains(text, name + ".message"));
}

// `result = {"error": str(e)}`, and the function answers with result; or a stream that says it.
void judge_kept_text(File& file, Node clause, const std::string& name, bool django) {
  if (name.empty()) return;
  const Node inner = function_around(clause);
  Node f = inner;
  for (Node outer = f; outer; outer = function_around(outer)) f = outer;
  if (!f) return;
  const bool web = route_function(f) || contains(f.child("parameters").code(), "request") ||
                   icontains_any(f.code(), {"jsonresponse(", "jsonify(", "jsonresponse(", "response("});
  if (!web && !icontains(function_name(f), "handler")) return;
  for (const Node a : clause.all("assignment")) {
    const Node right = a.child("right");
    if (!tells_exception(right.code(), name) || debug_guarded(a, clause)) continue;
    const std::string_view left = a.child("left").text();
    const std::string kept(left.substr(0, left.find_first_of("[.")));
    if (a.child("left").is("attribute") || kept == "self" || has_word(kept, {"log", "logger", "extra"})) continue;
    // An error's place is under a key, or in a name that says so.
    if (!right.is("dictionary") && !a.child("left").is("subscript") &&
        !has_word(kept, {"error", "message", "msg", "detail", "response", "result", "status", "data", "answer", "reply",
                         "text", "content", "output", "summary"}))
      continue;
    std::vector<std::string> holders = {kept};  // answer = {"checks": checks}
    for (const Node b : f.all("assignment"))
      if (b.begin() > a.begin() && b.child("left").is("identifier") && b.child("right").is("dictionary") &&
          has_token(b.child("right").code(), kept))
        holders.emplace_back(b.child("left").text());
    bool answered = false;
    for (const Node r : f.all("return_statement"))
      for (const std::string& h : holders) answered = answered || (r.begin() > a.begin() && has_token(r.code(), h));
    if (!answered) continue;
    file.hit(django ? "DJ-029" : "FA-004", a);
    return;
  }
  for (const Node y : clause.all("yield"))
    if (tells_exception(y.code(), name)) {
      file.hit(django ? "DJ-029" : "FA-004", y);
      return;
    }
}

// return response(None, f"Failed: {e}", 400), return fail(str(e)): a helper of the project's own that makes the answer.
bool makes_answer(const File& file, const Call& c) {
  const std::string_view f = last(c.name);
  if (f.empty() || f.front() < 'a' || f.front() > 'z' || icontains(f, "log") ||
      !has_word(
          f, {"response", "responses", "respond", "reply", "failure", "fail", "error", "bad", "answer", "api", "send"}))
    return false;
  const Node r = c.node.above("return_statement");
  if (!r) return false;
  Node given = unwrap(r.first());
  if (given.any_of("expression_list", "tuple")) given = unwrap(given.first());
  if (given.is("await")) given = unwrap(given.first());
  if (!(given == c.node) || has_word(file.path, {"scripts", "commands", "tests", "tasks", "cli", "migrations"}))
    return false;
  static constexpr std::string_view kWeb[] = {"flask", "fastapi", "django", "starlette", "sanic", "aiohttp"};
  return std::any_of(std::begin(kWeb), std::end(kWeb),
                     [&](std::string_view w) { return file.imports_from(w) || file.project.depends_on(w); });
}

// return False, str(e): the route that asked says it on.
void judge_handed_text(File& file, Node clause, const std::string& name, bool django, Recurring& told) {
  const Node f = function_around(clause);
  if (name.empty() || !f || route_function(f) || contains(f.child("parameters").code(), "request")) return;
  static constexpr std::string_view kWeb[] = {"flask", "fastapi", "django", "starlette", "sanic"};
  if (has_word(file.path, {"scripts", "commands", "tests", "tasks", "cli", "migrations"}) ||
      std::none_of(std::begin(kWeb), std::end(kWeb), [&](std::string_view w) { return file.project.depends_on(w); }))
    return;
  for (const Node r : clause.all("return_statement")) {
    const Node v = unwrap(r.first());
    const Code said = v.code();
    const bool pair = v.any_of("expression_list", "tuple") && (said.starts_with("False") || said.starts_with("None") ||
                                                               said.starts_with("(False") || said.starts_with("(None"));
    const bool outcome = v.is("dictionary") && icontains_any(said, {"\"success\": false", "'success': false",
                                                                    "\"ok\": false", "\"status\": \"error\""});
    if ((!pair && !outcome) || !tells_exception(said, name) || debug_guarded(r, clause)) continue;
    if (auto* first = told.hit(file, django ? "DJ-029" : "FA-004", r)) {
      first->title = "The text of an exception is handed to whoever answers";
      first->severity = proof::Severity::low;
      first->confidence = proof::Confidence::low;
    }
  }
}

// JsonResponse({"details": r.text}, status=500): what another server said, with its ids and its hints.
void judge_passed_on(File& file, bool django) {
  if (!icontains_any(file.code(), {"requests.", "httpx.", "asyncresult"})) return;
  Recurring told(8);
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "JsonResponse" && f != "Response" && f != "jsonify" && f != "HTTPException" && f != "JSONResponse")
      continue;
    std::vector<Node> said;
    for (const Node p : c.node.all("pair"))
      if (const auto key = literal(p.child("key")); key && has_word(*key, {"error", "detail", "details", "message"}))
        said.push_back(unwrap(p.child("value")));
    for (const auto& [key, value] : c.keywords)
      if (has_word(key, {"error", "detail", "details", "message"})) said.push_back(unwrap(value));
    for (const Node v : said) {
      const Code code = v.code();
      const bool raw = v.is("attribute") && v.child("attribute").text() == "text" && v.child("object").is("identifier");
      const bool task = code == "str(result.result)" || code == "str(task.result)" || code == "str(task.info)" ||
                        code == "str(result.info)" || contains(code, ".traceback");
      bool asked = task;
      if (raw)
        if (const Node around = function_around(c.node))
          for (const Node a : around.all("assignment"))
            asked = asked || (a.child("left").text() == v.child("object").text() &&
                              icontains_any(a.child("right").code(), {"requests.", "httpx.", ".post(", ".get("}));
      if (!asked) continue;
      if (auto* first = told.hit(file, django ? "DJ-029" : "FA-004", c.node)) {
        first->title = task ? "The text of a task's exception is sent to the client"
                            : "What another server answered is sent to the client as it is";
        first->severity = proof::Severity::low;
      }
      break;
    }
  }
  // error_info = {"error": str(result.result)}
  if (!told)
    for (const Node p : file.tree.all("pair"))
      if (literal(p.child("key")) == "error" &&
          (p.child("value").code() == "str(result.result)" || p.child("value").code() == "str(task.result)")) {
        auto& f = file.hit(django ? "DJ-029" : "FA-004", p);
        f.title = "The text of a task's exception is sent to the client";
        f.severity = proof::Severity::low;
        return;
      }
}

}  // namespace

void read_python_errors(File& file) {
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  // Each once a file.
  Recurring shown;          // on pages
  Recurring handed(6);      // to whoever answers
  Recurring by_helper(12);  // through the project's own
  judge_passed_on(file, django);
  for (const Node clause : file.tree.all("except_clause")) {
    std::string name, type;
    for (const Node c : clause.children())
      if (c.is("as_pattern")) {
        type = std::string(c.first().text());
        for (const Node t : c.children())
          if (t.is("as_pattern_target")) name = std::string(t.text());
      }
    // What a person typed wrong may be said back to them.
    if (icontains_any(type,
                      {"validationerror", "valueerror", "permissiondenied", "http404", "signature", "httpexception",
                       "apiexception", "parseerror", "integrityerror", "keyerror", "userinput"}) &&
        !contains(type, "Exception,"))
      if (!contains(type, "IntegrityError")) continue;
    judge_kept_text(file, clause, name, django);
    judge_handed_text(file, clause, name, django, handed);
    std::vector<std::string> texts;  // msg = getattr(e, "args", [str(e)])[0]
    if (!name.empty())
      for (const Node a : clause.all("assignment"))
        if (const Code right = a.child("right").code();
            a.child("left").is("identifier") &&
            (contains(right, "str(" + name + ")") || contains(right, "getattr(" + name + ",") ||
             contains(right, name + ".args") || contains(right, name + ".user_message")) &&
            !contains(right, " in str("))
          texts.emplace_back(a.child("left").text());
    for (const Call* c : file.calls_in(clause)) {
      const std::string_view f = last(c->name);
      const bool answer = f == "Response" || f == "JsonResponse" || f == "HTTPException" || f == "jsonify" ||
                          f == "JSONResponse" || f == "HttpResponse" || f == "HttpResponseServerError" ||
                          f == "HttpResponseBadRequest" || f == "abort" || f == "APIException" ||
                          f == "make_response" || f == "PlainTextResponse" || f == "ErrorResponse";
      const bool helped = !answer && makes_answer(file, *c);
      // A page that says it: flash(f"… {e}"), render_template("x.html", error=str(e))
      const bool page = f == "flash" || f == "render_template" || f == "TemplateResponse" || f == "render" ||
                        ((f == "error" || f == "warning") && c->name == "messages." + std::string(f));
      if (!answer && !page && !helped) continue;
      // REST framework throws away what these return.
      const std::string in = function_name(function_around(clause));
      if (answer && c->node.above("return_statement") && (in == "perform_create" || in == "perform_update")) continue;
      const Code text = c->node.code();
      bool leak = contains(text, "format_exc") || contains(text, "traceback");
      if (!name.empty())
        leak = leak || contains(text, "str(" + name + ")") || contains(text, "repr(" + name + ")") ||
               contains(text, "{" + name + "}") || contains(text, "{" + name + "!") ||
               contains(text, "{str(" + name + ")") || contains(text, name + ".args") ||
               contains(text, name + ".message") || contains(text, "% " + name) ||
               contains(text, name + ".response.text") || contains(text, name + ".detail");
      if (answer)
        for (const std::string& t : texts) {
          leak = leak || contains(text, "{" + t + "}") || contains(text, "+ " + t);
          for (const auto& [key, value] : c->keywords) leak = leak || unwrap(value).text() == t;
          for (const Node p : c->node.all("pair")) leak = leak || unwrap(p.child("value")).text() == t;
        }
      if (!name.empty() && f != "HTTPException")
        for (const Node a : c->args) leak = leak || unwrap(a).text() == name;
      if (!name.empty() && page)
        for (const auto& [key, value] : c->keywords) leak = leak || unwrap(value).text() == name;
      if (page && has_word(file.path, {"admin"})) continue;  // who runs the place may read it
      if (!leak || debug_guarded(c->node, clause)) continue;
      bool inside = false;  // the leak itself may be behind `… if settings.DEBUG else …`
      for (const Node t : c->node.all("conditional_expression"))
        inside = inside || icontains_any(t.code(), {"debug", "expose", "is_dev", "development"});
      if (inside) continue;
      if (helped) {
        by_helper.hit(file, django ? "DJ-029" : "FA-004", c->node);
        break;
      }
      if (page) {
        if (auto* first = shown.hit(file, django ? "DJ-029" : "FA-004", c->node))
          first->severity = proof::Severity::low;
        break;
      }
      file.hit(django ? "DJ-029" : "FA-004", c->node);
      break;
    }
    for (const Node r : clause.all("return_statement")) {
      Node v = unwrap(r.first());
      if (name.empty()) continue;
      const Node function = function_around(clause);
      if (v.any_of("expression_list", "tuple")) {  // return {"error": str(e)}, 500; return str(e), 500
        const auto parts = v.children();
        if (parts.empty()) continue;
        v = unwrap(parts[0]);
        const auto made = as_call(v);
        const bool said = v.is("string") || (made && made->name == "str");
        if (said && parts.size() > 1 && unwrap(parts[1]).is("integer") && route_function(function) &&
            tells_exception(v.code(), name) && !debug_guarded(r, clause)) {
          file.hit(django ? "DJ-029" : "FA-004", r);
          continue;
        }
      }
      if (!v.is("dictionary")) continue;
      const Code text = v.code();
      const bool route = route_function(function) || (contains(function.child("parameters").code(), "request") &&
                                                      icontains_any(text, {"\"error", "'error", "detail"}));
      if (route && (contains(text, "str(" + name + ")") || contains(text, "{" + name + "}")) &&
          !debug_guarded(r, clause))
        file.hit(django ? "DJ-029" : "FA-004", r);
    }
  }
  // A handler for every exception that answers with its text.
  for (const Node f : file.tree.all("function_definition")) {
    const Node p = f.parent();
    const bool flask =
        p.is("decorated_definition") &&
        (contains(p.first().code(), "errorhandler(") || contains(p.first().code(), "exception_handler(")) &&
        (contains(p.first().code(), "Exception") || contains(p.first().code(), "500"));
    if (flask && !icontains(f.code(), "debug"))
      for (const Node r : f.all("return_statement")) {
        const Code said = r.code();
        if (icontains_any(said, {"str(err", "str(e)", "str(exc", "str(error", "format_exc", "repr(e", "{e}", "{err}",
                                 "{error}", "{exc}"}) &&
            !contains(said, "jsonify")) {
          file.hit("FA-004", r);
          break;
        }
      }
    if (!p.is("decorated_definition") ||
        !(contains(p.first().code(), "exception_handler") || contains(p.first().code(), "errorhandler(")) ||
        !contains(p.first().code(), "Exception"))
      continue;
    if (icontains_any(p.first().code(), {"validation", "httpexception"})) continue;
    for (const Call* c : file.calls_in(f)) {
      const std::string_view fn = last(c->name);
      if ((fn == "JSONResponse" || fn == "jsonify") &&
          icontains_any(c->node.code(), {"str(exc", "str(e)", "traceback", "format_exc", "repr(e", "{exc}", "{e}"}) &&
          !icontains(f.code(), "debug"))
        file.hit("FA-004", c->node);
    }
  }
}

}  // namespace gatehouse::audit::source

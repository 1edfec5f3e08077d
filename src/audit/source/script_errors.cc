// Error texts that leave with answers.
#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// `e instanceof AppError`: texts that the program wrote itself. Every failure is an Error, and what Stripe or the
// database say of theirs is written for the one who runs the program.
bool own_kind(Node condition) {
  for (const Node b :
       condition.is("binary_expression") ? std::vector<Node>{condition} : condition.all("binary_expression"))
    if (b.has_token("instanceof")) {
      const std::string kind = dotted(unwrap(b.child("right")));
      return kind != "Error" && !icontains_any(kind, {"stripeerror", "prisma", "openai", "apierror", "axioserror"});
    }
  return false;
}

bool development_only(Node n, Node within) {
  for (Node p = n; p && !(p == within); p = p.parent()) {
    if (p.is("ternary_expression") &&
        icontains_any(p.child("condition").code(), {"node_env", "isdev", "development", "debug", "expose", "isprod",
                                                    "production", "status", "is_dev"}))
      return true;
    if (p.any_of("ternary_expression", "if_statement") && own_kind(unwrap(p.child("condition")))) return true;
    if (p.is("if_statement") &&
        icontains_any(p.child("condition").code(), {"node_env", "isdev", "development", "debug", "is_dev", "zoderror",
                                                    "isoperational", "ishttperror", "expose", "isaxioserror"}))
      return true;
    if (p.is("binary_expression") && p.has_token("&&") &&
        icontains_any(p.child("left").code(), {"node_env", "isdev", "development", "debug"}))
      return true;
    if (p.is("spread_element") && icontains_any(p.code(), {"node_env", "isdev", "development", "debug"})) return true;
  }
  return false;
}

// const info = pickErrorInfo(e), getErrorMessage(e): the text of the failure, taken out by a helper.
bool told_by_helper(Node value, const std::string& e) {
  const auto c = as_call(unwrap(value));
  if (!c || c->args.empty() || unwrap(c->arg(0)).text() != e || c->name.find('.') != std::string::npos) return false;
  return has_word(c->name, {"error", "err"}) && has_word(c->name, {"info", "message", "msg", "text", "details"}) &&
         !has_word(c->name, {"safe", "public", "log", "user", "friendly", "generic", "sanitize"});
}

// payload(res, 400, error.message): a helper of the project's own that is handed the answer, and a number of status
bool answers_by_helper(const Call& c) {
  if (c.name.find('.') != std::string::npos || c.args.size() < 3) return false;
  const std::string_view to = unwrap(c.arg(0)).text();
  if (to != "res" && to != "response" && to != "reply") return false;
  return std::any_of(c.args.begin() + 1, c.args.end(), [](Node a) {
    const std::string_view n = unwrap(a).text();
    return n.size() == 3 && (n[0] == '4' || n[0] == '5') && text::is_digit(n[1]) && text::is_digit(n[2]);
  });
}

// What stands behind a switch for development.
std::vector<Node> switched(Node args) {
  std::vector<Node> out;
  for (const Node t : args.all("ternary_expression"))
    if (icontains_any(t.child("condition").code(), {"node_env", "isdev", "development", "production", "debug", "expose",
                                                    "isprod", "status", "is_dev"}))
      out.push_back(t);
  for (const Node s : args.all("spread_element"))
    if (icontains_any(s.code(), {"node_env", "isdev", "development", "debug"})) out.push_back(s);
  return out;
}

bool leaks(Node args, const std::string& e, const std::vector<Node>& skipped) {
  std::string code(args.code());
  for (const Node s : skipped)
    if (s.begin() >= args.begin() && s.end() <= args.end())
      code.replace(s.begin() - args.begin(), s.end() - s.begin(), s.end() - s.begin(), ' ');
  const auto skips = [&](Node n) {
    return std::any_of(skipped.begin(), skipped.end(), [&](Node s) { return n.inside(s); });
  };
  for (const std::string& part :
       {e + ".message", e + ".stack", "String(" + e + ")", "${" + e + "}", e + ".toString()", "JSON.stringify(" + e,
        e + ".raw", e + ".response", "inspect(" + e, e + "?.message", "message: " + e + "."})
    if (contains(code, part)) return true;
  for (const Node p : args.all("pair"))
    if (unwrap(p.child("value")).text() == e && !skips(p)) return true;
  for (const Node s : args.all("shorthand_property_identifier"))
    if (s.text() == e && !skips(s)) return true;
  // (e as Error).message, e instanceof Error ? e.message : "…"
  for (const Node m : args.all("member_expression")) {
    const std::string_view property = m.child("property").text();
    if ((property == "message" || property == "stack") && unwrap(m.child("object")).text() == e && !skips(m))
      return true;
  }
  if (args.text() == e) return true;
  for (const Node i : args.children())
    if (unwrap(i).text() == e) return true;
  return false;
}

// Made for the one who asked, whatever was caught: HttpException, TRPCError, HTTPException, createError(500, …)
bool answered_exception(std::string_view name) {
  const std::string_view made = name.starts_with("new ") ? name.substr(4) : name;
  return made.ends_with("Exception") || made == "TRPCError" || made == "HTTPError" || made == "GraphQLError";
}

// Where what a function returns or throws is the answer: a controller or a service of NestJS, a procedure of tRPC, an
// action that pages call: catch (e) { return { error: e.message }; }, throw new HttpException(e.message, 500)
void judge_handed_back(File& file) {
  const bool nest = file.imports_from("@nestjs/common"), trpc = file.imports_from("@trpc/server");
  const bool action = begins_with_directive(file, "use server");
  if (!nest && !trpc && !action && !file.imports_from("graphql") && !file.imports_from("hono")) return;
  if (icontains_any(file.path, {"processor", "consumer", "cron", "job", "worker", "gateway.client"})) return;
  const bool returned = action || (nest && icontains_any(file.path, {"controller", "service", "resolver"}));
  int told = 0;
  for (const Node c : file.tree.all("catch_clause")) {
    const std::string e(c.child("parameter").text());
    if (e.empty() || told == 3) continue;
    std::set<std::string> aliases{e};  // const message = e instanceof Error ? e.message : "…"
    for (const Node d : c.all("variable_declarator"))
      if (d.child("name").is("identifier") &&
          (contains(d.child("value").code(), e + ".message") ||
           contains(d.child("value").code(), "String(" + e + ")")) &&
          !icontains_any(d.child("value").code(), {"node_env", "isdev", "production", "development"}))
        aliases.insert(std::string(d.child("name").text()));
    const auto leaking = [&](Node said) {
      return std::any_of(aliases.begin(), aliases.end(),
                         [&](const std::string& a) { return leaks(said, a, switched(said)); });
    };
    bool found = false;
    if (returned)
      for (const Node s : c.all("return_statement")) {
        const Node said = unwrap(s.first());
        if (found || !said || development_only(s, c) || function_around(s) != function_around(c)) continue;
        const bool whole = nest && aliases.contains(std::string(said.text()));
        // return new HttpException(error, 500): what was to be thrown is the answer, with all that it holds
        const auto made = said.is("new_expression") ? as_call(said) : std::nullopt;
        const bool unthrown = nest && made && answered_exception(made->name) && leaking(said.child("arguments"));
        if (!whole && !unthrown && !(said.is("object") && leaking(said))) continue;
        auto& f = file.hit("EX-010", s);
        if (action) f.severity = proof::Severity::low;
        found = true;
      }
    for (const Node n : c.all("new_expression")) {
      const auto made = as_call(n);
      if (found || !made || !answered_exception(made->name) || !n.above("throw_statement") ||
          icontains_any(made->name, {"unauthorized", "forbidden", "notfound"}))
        continue;
      if (!leaking(n.child("arguments")) || development_only(n, c)) continue;
      auto& f = file.hit("EX-010", n);
      if (icontains_any(made->name, {"badrequest", "conflict"})) f.severity = proof::Severity::low;
      found = true;
    }
    told += found ? 1 : 0;
  }
}

// const { error } = await supabase.from(…); if (error) return { error: error.message };
void judge_returned_failures(File& file) {
  if (!begins_with_directive(file, "use server")) return;
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!d.child("name").is("object_pattern") || !d.child("value").is("await_expression")) continue;
    const Node function = function_around(d);
    if (!function || icontains(d.child("value").code(), ".auth.")) continue;  // words for people, of the sign-in
    for (const Node p : d.child("name").children()) {
      const std::string_view key = p.is("pair_pattern") ? p.child("key").text() : p.text();
      const std::string name(p.is("pair_pattern") ? p.child("value").text() : p.text());
      if (key != "error") continue;
      for (const Node back : function.all("return_statement")) {
        const Node said = unwrap(back.first());
        if (!said.is("object") || back.begin() < d.begin() || !contains(said.code(), name + ".message")) continue;
        file.hit("EX-010", back).severity = proof::Severity::low;
        return;
      }
    }
  }
}

// catch(exception, host) of a filter for everything, handleApiError(e), sendError(res, err)
std::vector<std::pair<Node, std::string>> error_answerers(const File& file) {
  std::vector<std::pair<Node, std::string>> out;
  for (const char* type : {"arrow_function", "function_expression", "function_declaration", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = function_name(f);
      const bool filter = f.is("method_definition") && name == "catch" && contains(file.code(), "ExceptionFilter");
      const bool helper = has_word(name, {"error", "errors", "exception", "failure"}) &&
                          has_word(name, {"handle", "response", "api", "respond", "send", "server", "to", "return",
                                          "json", "reply", "handler", "on", "internal"});
      bool answer = false, request = false;  // fail(res, err): what answers in place of the handlers
      for (const Node p : parameters_of(f)) {
        answer = answer || p.text() == "res" || p.text() == "reply" || p.text() == "response";
        request = request || p.text() == "req" || p.text() == "request";
      }
      if (!filter && !helper && (!answer || request)) continue;
      if (filter) {  // @Catch(HttpException) is shown what the program itself threw
        const Code above = f.above("class_declaration").parent().code();
        const std::size_t at = above.find("@Catch(");
        if (at != std::string_view::npos && !above.substr(at + 7).starts_with(")") &&
            !above.substr(at + 7).starts_with("Error)"))
          continue;
      }
      for (Node p : f.child("parameters").children()) {
        const std::string_view kind = p.child("type").text();
        if (p.any_of("required_parameter", "optional_parameter")) p = p.child("pattern");
        if (!p.is("identifier") || icontains(kind, "string") || icontains(kind, "httpexception")) continue;
        const std::string n(p.text());
        if (n != "e" && n != "ex" && !icontains_any(n, {"err", "exception", "cause"})) continue;
        const Code code = body(f).code();
        for (const std::string& part : {n + ".message", n + "?.message", n + ".stack", "String(" + n + ")",
                                        n + ".toString()", n + " as Error).message", n + " as any).message"})
          if (contains(code, part)) {
            out.emplace_back(f, n);
            break;
          }
        break;
      }
    }
  return out;
}

}  // namespace

void read_error_texts(File& file) {
  if (client_file(file)) return;
  const auto judge = [&](Node scope, const std::string& e, bool everywhere) {
    // const message = e instanceof Error ? e.message : "…";
    std::set<std::string> aliases{e};
    for (const Node d : scope.all("variable_declarator")) {
      const Code v = d.child("value").code();
      if (d.child("name").is("identifier") &&
          (contains(v, e + ".message") || contains(v, e + ".stack") || contains(v, "String(" + e + ")") ||
           contains(v, e + " as ") || told_by_helper(d.child("value"), e)) &&
          !icontains_any(v, {"node_env", "isdev", "production", "development"}))
        aliases.insert(std::string(d.child("name").text()));
    }
    // const answer = { status: …, text: e.message || "…" };
    std::vector<std::string> parts;
    for (const Node d : scope.all("variable_declarator"))
      for (const auto& [key, value] : members(d.child("value")))
        if (contains(value.code(), e + ".message") || contains(value.code(), e + ".stack"))
          if (!icontains_any(value.code(), {"node_env", "isdev", "production", "development"}))
            parts.push_back(std::string(d.child("name").text()) + "." + key);
    std::vector<Said> answers = answers_in(file, scope);
    for (const Node r : scope.all("return_statement"))  // return { statusCode: 500, body: JSON.stringify(…) }
      if (const Node said = unwrap(r.first()); said.is("object") && member(said, "statusCode"))
        if (const Node sent = member(said, "body")) answers.push_back({r, sent});
    for (const Call* c : file.calls_in(scope))
      if (answers_by_helper(*c)) answers.push_back({c->node, c->node.child("arguments")});
    for (const auto& [at, args] : answers) {
      bool leak =
          std::any_of(parts.begin(), parts.end(), [&](const std::string& p) { return has_token(args.code(), p); });
      const std::vector<Node> skipped = switched(args);
      for (const auto& a : aliases) leak = leak || leaks(args, a, skipped);
      if (!leak) continue;
      // The leak itself may stand behind a switch for development.
      const bool guarded = development_only(at, scope);
      if (guarded) continue;
      // Only the proof can have failed: what the database or the provider says of theirs is another matter.
      const bool proof_alone =
          !icontains_any(scope.parent().child("body").code(),
                         {".create(", ".update(", ".insert(", ".upsert(", ".save(", ".retrieve(", ".from(", ".delete(",
                          ".set(", "findunique", "findfirst", "findone", "handle"});
      if (!everywhere && proof_alone && icontains(args.code(), "webhook") && !contains(args.code(), ".stack") &&
          icontains_any(scope.parent().code().substr(0, scope.begin() - scope.parent().begin()),
                        {"constructevent", "verify", "unwrap"}))
        continue;  // the provider's own words
      if (icontains_any(at.code(), {"status(400)", "status: 400", "401", "422"}) && !contains(args.code(), ".stack") &&
          icontains_any(scope.code(), {"zod", "validation", "constructevent", "parse("}) &&
          (proof_alone || !icontains(scope.parent().child("body").code(), "constructevent")))
        continue;
      file.hit("EX-010", at);
      return;
    }
  };
  judge_handed_back(file);
  judge_returned_failures(file);
  for (const auto& [f, e] : error_answerers(file)) judge(f, e, true);
  for (const Node c : file.tree.all("catch_clause")) {
    const Node p = c.child("parameter");
    // What Fastify itself says to a token that does not verify.
    if (icontains(c.parent().child("body").code(), "jwtverify(") && c.parent().child("body").code().size() < 160)
      continue;
    if (p.is("identifier")) judge(c, std::string(p.text()), false);
  }
  // callback(err, …) of Node's own kind, and { data, error } of clients that return their failures.
  for (const char* type : {"arrow_function", "function_expression"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = f.child("parameters").children();
      if (!f.parent().is("arguments") || parameters.empty() || parameters.size() > 3) continue;
      Node n = parameters.front();
      if (n.any_of("required_parameter", "optional_parameter")) n = n.child("pattern");
      if (n.is("identifier") && (n.text() == "err" || n.text() == "error") && contains(f.code(), "500"))
        judge(f, std::string(n.text()), false);
    }
  for (const Node d : file.tree.all("variable_declarator")) {
    if (!d.child("name").is("object_pattern") || !d.child("value").is("await_expression")) continue;
    const Node function = function_around(d);
    if (!function || !contains(function.code(), "500")) continue;
    for (const Node p : d.child("name").children()) {
      const std::string_view key = p.is("pair_pattern") ? p.child("key").text() : p.text();
      const std::string_view name = p.is("pair_pattern") ? p.child("value").text() : p.text();
      if (key == "error" && !is_function(d.child("value"))) judge(function, std::string(name), false);
    }
  }
  // What another server answered, handed on as it came.
  for (const Call& c : file.calls) {
    if (!answers(c) || !icontains_any(c.node.code(), {"status: 50", "status(50", ", 50"})) continue;
    const Node function = function_around(c.node);
    for (const Node p : c.node.child("arguments").all("pair")) {
      const Node value = unwrap(p.child("value"));
      if (!value.is("identifier")) continue;
      for (const Node d : function.all("variable_declarator"))
        if (d.child("name").text() == value.text() && contains(d.child("value").code(), ".text()") &&
            !icontains_any(d.child("value").code(), {"req.", "request."})) {
          file.hit("EX-010", c.node);
          break;
        }
    }
  }
  for (const char* type : {"arrow_function", "function_expression", "function_declaration"})
    for (const Node f : file.tree.all(type)) {
      const auto parameters = f.child("parameters").children();
      const auto around = f.parent().is("arguments") ? as_call(f.parent().parent()) : std::nullopt;
      const bool handler = parameters.size() == 4 ||
                           (around && (last(around->name) == "onError" || last(around->name) == "setErrorHandler" ||
                                       last(around->name) == "catch"));
      if (!handler || parameters.empty()) continue;
      Node n = parameters.front();
      if (n.any_of("required_parameter", "optional_parameter")) n = n.child("pattern");
      if (n.is("identifier") && (icontains(n.text(), "err") || n.text() == "e")) judge(f, std::string(n.text()), true);
    }
}

}  // namespace gatehouse::audit::source

#include "audit/source/dead_guards.h"

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Refuses a stranger, by an answer or an exception.
bool refuses(const Code& code) {
  return icontains_any(code, {"raise ", "throw ", "abort(", "status(", "sendstatus(", "return false", "redirect",
                              "response(", "nextresponse"}) &&
         icontains_any(code, {"401", "403", "unauthorized", "forbidden", "permissiondenied", "permission_denied",
                              "unauthenticated", "authenticationfailed", "credentials", "api key", "api_key"});
}

// return, return True, return next(), return await call_next(request): on with the request.
bool goes_on(Node statement) {
  if (statement.is("expression_statement")) {  // next(); return;
    const std::string_view said = text::trim(statement.code());
    return said == "next();" || said == "next()";
  }
  if (!statement.is("return_statement")) return false;
  const Node given = statement.first();
  if (!given) return true;
  const std::string_view said = text::trim(given.code());
  return given.any_of("true", "none", "null", "undefined") || said == "next()" || said == "await next()" ||
         said == "user" || said == "await call_next(request)" || said == "NextResponse.next()" || said == "undefined";
}

}  // namespace

// Stops: a check that somebody switched off for an afternoon, and that stands there looking switched on.
void read_dead_guards(File& file) {
  if (!icontains_any(file.code(), {"401", "403", "unauthorized", "forbidden", "permissiondenied", "permission_denied"}))
    return;
  for (const char* type : {"block", "statement_block"})
    for (const Node block : file.tree.all(type)) {
      const Node owner = block.parent();
      if (!owner.any_of("function_definition", "function_declaration", "arrow_function", "function_expression",
                        "method_definition"))
        continue;
      Node passes;
      bool dead = false;
      for (const Node s : block.children()) {
        if (!passes) {
          if (s.is("return_statement") || (goes_on(s) && s.next().is("return_statement") && !s.next().first()))
            passes = goes_on(s) ? s : Node();
          if (s.is("return_statement") && !passes) break;
          continue;
        }
        if (s.any_of("function_definition", "function_declaration")) continue;
        dead = dead || refuses(s.code());
      }
      if (!dead) continue;
      auto& told = file.hit("EX-021", passes);
      told.title = "A guard lets everybody through: what refuses stands below its return";
      told.fix = "Take the return away, and see that a request without the proof is refused.";
    }
}

}  // namespace gatehouse::audit::source

// Guards that stand there and do not guard: a proof that is left out when the secret or the header is missing.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Ends the request as a stranger's: 401, 403, a falsehood of a guard.
bool turns_away(Node block) {
  const Code code = block.code();
  return icontains_any(code, {"401", "403", "unauthorized", "forbidden", "permissiondenied", "authenticationfailed",
                              "notauthenticated", "abort(", "return false", "unauthenticated", "credentials"}) &&
         icontains_any(code, {"raise ", "return", "abort("});
}

bool compares(Node n) {
  for (const Node c : n.all("comparison_operator"))
    if (contains(c.code(), "!=") || contains(c.code(), "==")) return true;
  if (n.is("comparison_operator")) return contains(n.code(), "!=") || contains(n.code(), "==");
  return icontains_any(n.code(), {"compare_digest(", "verify(", "verify_signature(", "constant_time_compare("});
}

// A name whose emptiness decides: `API_KEY`, `settings.WEBHOOK_TOKEN`, `request.headers.get("X-Key")`.
bool bare_secret(Node n) {
  n = unwrap(n);
  if (const auto c = as_call(n)) {
    if (const auto key = literal(c->arg(0)); key && last(c->name) == "get")
      return secret_name(*key) || has_word(*key, {"key", "signature", "auth"});
    return false;
  }
  if (!n.any_of("identifier", "attribute")) return false;
  const std::string name = dotted(n);
  return secret_name(last(name)) || has_word(last(name), {"signature", "sig", "auth", "key"});
}

std::vector<Node> operands(Node n) {
  n = unwrap(n);
  std::vector<Node> out;
  if (n.is("boolean_operator") && n.has_token("and")) {
    for (const char* side : {"left", "right"})
      for (const Node x : operands(n.child(side))) out.push_back(x);
  } else if (n) {
    out.push_back(n);
  }
  return out;
}

// What the name was read from in this function, so that `expected` is known for the secret it holds.
Node told_by(Node function, Node name) {
  Node found;
  if (name.is("identifier"))
    for (const Node a : function.all("assignment"))
      if (a.begin() < name.begin() && a.child("left").text() == name.text()) found = unwrap(a.child("right"));
  return found;
}

// `expected = os.environ.get("INTERNAL_TOKEN")`
bool holds_secret(Node function, Node n) {
  if (bare_secret(n)) return true;
  const auto read = env_read(told_by(function, unwrap(n)));
  return read && secret_name(read->name);
}

bool from_configuration(Node function, Node n) {
  n = unwrap(n);
  const auto configured = [](Node x) {
    x = unwrap(x);
    if (!x) return false;
    if (const auto read = env_read(x)) return true;
    const std::string name = dotted(x);
    if (icontains_any(name.substr(0, name.find('.')), {"settings", "config", "current_app"})) return true;
    if (const auto c = as_call(x); c && c->name == "getattr" && contains(c->arg(0).text(), "settings")) return true;
    return x.is("identifier") && !name.empty() &&
           std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  };
  return configured(n) || configured(told_by(function, n));
}

// def verify_signature(body, signature): return True
void judge_empty_check(File& file, Node function) {
  const std::string name = function_name(function);
  if (!has_word(name, {"verify", "validate", "check", "authenticate"}) ||
      !has_word(name, {"signature", "webhook", "token", "hmac", "auth", "password", "sso", "credentials"}))
    return;
  if (function.child("parameters").children().empty() || contains(function.code(), "raise") ||
      !file.calls_in(body(function)).empty())
    return;
  const auto returns = function.all("return_statement");
  if (returns.empty() || !std::all_of(returns.begin(), returns.end(), [](Node r) { return r.first().is("true"); }))
    return;
  file.hit("EX-021", function).title = "A check that passes whatever it is given";
}

void judge_function(File& file, Node function) {
  const Code code = function.code();
  if (!icontains_any(code, {"401", "403", "forbidden", "unauthorized", "permissiondenied", "false", "abort("})) return;
  const std::string name = function_name(function);
  if (webhook_door(name)) return;  // told by the reader of webhooks
  for (const Node branch : function.all("if_statement")) {
    if (!(function_around(branch) == function)) continue;
    const Node condition = branch.child("condition"), then = branch.child("consequence");
    const auto parts = operands(condition);
    // Stops: leaving the door open because nobody told the program its key.
    // `if KEY and given != KEY: refuse`
    if (parts.size() >= 2 && turns_away(then)) {
      for (const Node p : parts) {
        if (!holds_secret(function, p)) continue;
        const std::string gate(unwrap(p).text());
        for (const Node other : parts)
          if (!(other == p) && compares(other) && has_token(other.code(), last(gate)) &&
              !has_token(other.code(), "None")) {
            file.hit("EX-021", branch);
            return;
          }
      }
    }
    // `if KEY: if given != KEY: refuse`, and nothing where there is no KEY
    if (parts.size() == 1 && holds_secret(function, parts.front()) && from_configuration(function, parts.front()) &&
        branch.children().size() == 2 && compares(then) && turns_away(then) &&
        has_token(then.code(), last(std::string(unwrap(parts.front()).text())))) {
      file.hit("EX-021", branch);
      return;
    }
    // `if not KEY: return True` ahead of the comparison
    const Node only = parts.size() == 1 ? parts.front() : Node();
    if (!only.is("not_operator")) continue;
    const Node asked = unwrap(only.first());
    if (!holds_secret(function, asked) || !from_configuration(function, asked)) continue;
    const Code passes = then.code();
    const bool lets =
        icontains_any(passes, {"return true", "return await call_next", "return call_next", "return func(", "return f(",
                               "return view", "return self.get_response", "return none"}) ||
        text::trim(passes) == "return" || text::trim(passes) == "pass";
    const bool later = code.size() > branch.end() - function.begin() &&
                       (compares(function) && icontains_any(code.substr(branch.end() - function.begin()),
                                                            {"compare_digest", "!=", "==", "verify"}));
    if (lets && later && !turns_away(then)) {
      file.hit("EX-021", branch);
      return;
    }
  }
}

}  // namespace

void read_python_guards(File& file) {
  for (const Node f : file.tree.all("function_definition")) {
    judge_function(file, f);
    judge_empty_check(file, f);
  }
}

}  // namespace gatehouse::audit::source

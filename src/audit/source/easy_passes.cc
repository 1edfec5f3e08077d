#include "audit/source/easy_passes.h"

#include <algorithm>

#include "audit/source/python_value.h"
#include "audit/source/script.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// x-vercel-cron, x-internal-request: who it says it comes from. No proxy of ours is known to take it away.
bool says_where_from(std::string_view header) {
  const std::string low = text::to_lower(header);
  if (!low.starts_with("x-") && !low.starts_with("http_x_")) return false;
  if (has_word(low, {"csrf", "requested", "signature", "forwarded", "appengine", "key", "token", "secret", "hmac"}))
    return false;
  return has_word(low, {"cron", "internal", "trusted", "bypass", "service", "admin", "superuser", "scheduler", "worker",
                        "skip", "debug", "system", "gateway"});
}

// The header that an expression reads, by itself or by the name it was given.
std::string header_read(const File& file, Node n, int depth = 0) {
  n = unwrap(n);
  if (depth > 1) return {};
  if (const auto c = as_call(n)) {
    const std::string_view f = last(c->name);
    if ((f != "get" && f != "header") || !icontains_any(c->name, {"header", "meta", "req"})) return {};
    return literal(c->arg(0)).value_or("");
  }
  if (n.any_of("subscript_expression", "subscript")) {
    const Node of = n.child(file.tree.python() ? "value" : "object");
    if (!icontains_any(dotted(of), {"header", "meta"})) return {};
    return literal(n.child(file.tree.python() ? "subscript" : "index")).value_or("");
  }
  if (!n.is("identifier")) return {};
  if (!file.tree.python()) {
    const Node v = value_of(file, n);
    return v == n ? std::string() : header_read(file, v, depth + 1);
  }
  for (const Node a : function_around(n).all("assignment"))
    if (a.child("left").text() == n.text()) return header_read(file, a.child("right"), depth + 1);
  return {};
}

bool lets_in(Node what) {
  const Code code = what.code();
  return contains(code, "return true") || contains(code, "return True") || contains(code, "next()") ||
         contains(code, "NextResponse.next") || contains(code, "call_next");
}

// Stops: jobs, refunds and clean-ups that run whenever somebody writes the word that a scheduler writes.
void judge_claimed_sender(File& file) {
  const bool python = file.tree.python();
  if (!icontains_any(file.code(), {"x-", "http_x_"})) return;
  for (const Node b : file.tree.all(python ? "comparison_operator" : "binary_expression")) {
    const bool same = b.has_token("==") || b.has_token("==="), other = b.has_token("!=") || b.has_token("!==");
    if (!same && !other) continue;
    const auto sides = b.children();
    if (sides.size() != 2 || !literal(sides[1]) || literal(sides[1])->empty()) continue;
    const std::string header = header_read(file, sides[0]);
    if (header.empty() || !says_where_from(header)) continue;
    const Node function = function_around(b);
    const Node branch = b.above("if_statement");
    const bool returned = static_cast<bool>(b.above("return_statement")) && !branch.inside(function);
    const Node asked = branch && branch.inside(function) ? branch.child("condition") : Node();
    bool decides = returned && same;
    if (asked && b.inside(asked)) {
      // Beside a secret that is asked for as well, it only narrows.
      const bool beside = other ? contains(asked.code(), "||") || has_token(asked.code(), "or")
                                : contains(asked.code(), "&&") || has_token(asked.code(), "and");
      const Node then = branch.child("consequence");
      const Code after =
          function.code().substr(std::min<std::size_t>(function.code().size(), branch.end() - function.begin()));
      // if (it says so) return work(); throw forbidden
      const bool works = contains(then.code(), "return") && !refuses(then) &&
                         icontains_any(after, {"403", "401", "forbidden", "unauthorized"}) &&
                         !icontains_any(after, {"secret", "token", "session"});
      decides = !beside && (same ? lets_in(then) || works : refuses(then));
      if (other && decides) {  // … as after it
        const Code rest =
            function.code().substr(std::min<std::size_t>(function.code().size(), branch.end() - function.begin()));
        decides = !icontains_any(rest, {"secret", "timingsafeequal", "compare_digest", "authorization", "verify"}) &&
                  !icontains_any(function.code().substr(0, branch.begin() - function.begin()),
                                 {"secret", "timingsafeequal", "compare_digest", "verify"});
      }
    } else if (returned && icontains_any(b.above("return_statement").code(), {"&&", " and "})) {
      decides = false;
    }
    if (!decides) continue;
    auto& f = file.hit("AZ-002", b);
    f.title = "Who writes a header with a fixed word is let in (" + header + ")";
    f.impact = "The word is no secret: every client can send it, and what the guard was to shut stands open.";
    f.fix = "Ask for a secret that only the caller has, compared in constant time, and refuse when it is not set.";
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

bool switches_off(std::string_view name) {
  const bool off = has_word(name, {"disable", "disabled", "skip", "bypass", "no", "off", "without", "insecure"});
  return off &&
         has_word(name, {"auth", "authentication", "login", "signin", "authorization", "verification", "signature",
                         "jwt", "permissions", "acl"}) &&
         !has_word(name, {"email", "mail", "tls", "ssl", "registration", "signup", "register"});
}

bool asks_stage(const Code& code) {
  return icontains_any(code, {"node_env", "production", "is_prod", "isprod", "is_dev", "isdev", "development", "debug",
                              "test", "vercel_env"});
}

// process.env.OPS_DISABLE_AUTH === "1", os.getenv("SKIP_AUTH"): alone, whatever the stage.
void judge_switches(File& file) {
  const bool python = file.tree.python();
  if (!icontains_any(file.code(), {"disable", "skip", "bypass", "no_", "_off", "insecure"})) return;
  if (has_word(file.path, {"test", "tests", "e2e", "playwright", "cypress", "scripts", "seed"})) return;
  std::vector<Node> all;
  for (const char* type : {"member_expression", "subscript_expression", "call_expression", "call", "subscript"})
    for (const Node n : file.tree.all(type)) all.push_back(n);
  for (const Node n : all) {
    std::string name;
    if (python) {
      if (const auto read = env_read(n)) name = read->name;
    } else if (const auto read = env_name(n)) {
      name = *read;
    }
    if (name.empty() || !switches_off(name)) continue;
    const Node function = function_around(n);
    Node scope =
        n.above("if_statement", "return_statement", "variable_declarator", "assignment", "expression_statement");
    if (asks_stage(scope.is("if_statement") ? Code(scope.child("condition").code()) : scope.code())) continue;
    if (function && function.code().size() < 600 && asks_stage(function.code())) continue;
    // A refusal to start with it on.
    if (scope.is("if_statement") && icontains_any(scope.child("consequence").code(), {"throw", "raise", "exit("}))
      continue;
    const bool told = std::any_of(file.sink.findings().begin(), file.sink.findings().end(), [&](const auto& f) {
      return f.id == "EX-021" && !f.locations.empty() && f.locations.front().path == file.path &&
             std::abs(f.locations.front().line - n.line()) < 4;
    });
    if (told) return;
    auto& f = file.hit("EX-021", n);
    f.title = "One variable switches the question off, in production too (" + name + ")";
    f.impact = "Whoever sets or copies it, for a test or by mistake, opens every door behind this guard.";
    f.fix = "Let it count only where the stage is a developer's, and refuse to start with it in production.";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace

void read_easy_passes(File& file) {
  if (!file.tree.python() && client_file(file)) return;
  if (file.code().size() == 0) return;
  judge_claimed_sender(file);
  judge_switches(file);
}

}  // namespace gatehouse::audit::source

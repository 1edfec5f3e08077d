// The proof of an event that does not happen on every way through, or over nothing.
#include "audit/source/webhook_proofs.h"

#include <algorithm>

#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool about_signing(const Code& condition) {
  return icontains_any(condition, {"secret", "sig", "svix", "header", "env", "debug", "mock", "dev", "test", "prod",
                                   "key", "verify", "skip", "stripe"});
}

std::vector<Node> alternatives(Node branch) {
  std::vector<Node> out;
  for (const Node c : branch.children())
    if (c.any_of("else_clause", "elif_clause")) out.push_back(c);
  return out;
}

bool negated(const Code& condition) {
  const std::string_view c = text::trim(condition);
  return c.starts_with("not ") || c.starts_with("(!") || c.starts_with("!") || contains(c, "is None") ||
         contains(c, "=== undefined") || contains(c, "== null") || contains(c, "not in");
}

// What comes after `statement` in its block turns the request away: itself, or by asking what the statement found out.
// A longer statement that may fail somewhere inside is what happens to the event.
bool refused_behind(Node statement) {
  Node after = statement.next();
  while (after.is("expression_statement") && icontains_any(after.code(), {"console.", "logger", "logging", "print("}))
    after = after.next();
  if (!after) return true;
  if (after.is("if_statement")) return negated(after.child("condition").code()) && refuses(after.child("consequence"));
  return after.any_of("return_statement", "raise_statement", "throw_statement", "expression_statement") &&
         refuses(after);
}

// os.getenv("X", ""), process.env.X || "", process.env.X ?? ""
bool may_be_empty(std::string_view value) {
  if (!icontains_any(value, {"env", "config"})) return false;
  for (const std::string_view end :
       {", \"\")", ", '')", "|| \"\"", "|| ''", "?? \"\"", "?? ''", "or \"\"", "or ''", "default=\"\")", "default='')"})
    if (value.ends_with(end)) return true;
  return false;
}

}  // namespace

std::string written_out(Node argument, Node function) {
  std::string out(argument.code());
  if (!argument.is("identifier")) return out;
  for (const char* type : {"variable_declarator", "assignment", "assignment_expression"})
    for (const Node a : function.all(type)) {
      const Node name = a.child("name") ? a.child("name") : a.child("left");
      const Node value = a.child("value") ? a.child("value") : a.child("right");
      if (name.text() == argument.text() && value && a.begin() < argument.begin()) out = value.code();
    }
  return out;
}

Node skipped_proof(Node proof, Node function) {
  for (Node n = proof; n && !(n == function); n = n.parent()) {
    const Node p = n.parent();
    if (!p) break;
    if (p.any_of("conditional_expression", "ternary_expression") && about_signing(p.code()) &&
        !icontains(p.code(), "throw")) {
      const Node condition = p.is("ternary_expression") ? p.child("condition")
                             : p.children().size() == 3 ? p.children()[1]
                                                        : Node();
      if (!(condition == n) && about_signing(condition.code())) return p;
    }
    if (p.is("if_statement")) {
      const Node condition = p.child("condition"), then = p.child("consequence");
      if (condition == n) {
        // `if (secret && !verify(…)) return 401`: without the secret nobody looks.
        const Code text = condition.code();
        const bool both = contains(text, "&&") || contains(text, " and ");
        if (both && !contains(text, "||") && !contains(text, " or ")) {
          std::string rest(text);
          rest.erase(proof.begin() - condition.begin(), proof.end() - proof.begin());
          if (icontains_any(rest, {"secret", "env", "sig", "prod", "header", "enable", "require"})) return p;
        }
      } else if (then == n && about_signing(condition.code()) && !negated(condition.code())) {
        const auto others = alternatives(p);
        const bool by_kind = icontains_any(condition.code(), {"method ==", "method===", "algorithm", "version =="});
        if (by_kind && !others.empty()) continue;  // another kind of signature is checked in another branch
        if (!others.empty()) {
          // What reads the event all the same refuses only what is no JSON.
          if (!refuses(others.back()) ||
              icontains_any(others.back().code(), {"json.loads(", "json.parse(", "construct_from("}))
            return p;
        } else if (!refused_behind(p)) {
          return p;
        }
      }
    }
    if (p.any_of("else_clause", "elif_clause")) {
      const Node branch = p.parent();
      // What reads the event all the same refuses only what is no JSON.
      if (branch.is("if_statement") && about_signing(branch.child("condition").code()) &&
          (!refuses(branch.child("consequence")) ||
           (negated(branch.child("condition").code()) &&
            icontains_any(branch.child("consequence").code(), {"json.loads(", "json.parse(", "construct_from("}))))
        return branch;
    }
    if (p.is("try_statement"))
      for (const Node c : p.children())
        if (c.any_of("except_clause", "catch_clause") && !refuses(c) &&
            icontains_any(c.code(), {"json.loads", "json.parse", "pass", "warn", "continue", "event ="}))
          return c;
  }
  // `if not secret: return True` ahead of the proof.
  for (const Node branch : function.all("if_statement")) {
    if (branch.begin() > proof.begin()) break;
    const Node condition = branch.child("condition"), then = branch.child("consequence");
    if (!about_signing(condition.code()) || proof.inside(branch)) continue;
    const bool missing = negated(condition.code()) ||
                         icontains_any(condition.code(), {"debug", "mock", "dev", "test", "skip", "production"});
    if (!missing || refuses(then)) continue;
    const Code code = then.code();
    const bool goes_on = contains(code, "return") && icontains_any(code, {"true", "json.loads", "json.parse", "process",
                                                                          "handle", "payload", "event", "body"});
    if (goes_on) return branch;
  }
  return {};
}

namespace {

// verify(JSON.stringify(event), signature), where that function signs its first parameter
Node handed_rewritten(const File& file, Node function, Node argument) {
  if (!argument.is("identifier")) return {};
  const std::string name = function_name(function);
  std::size_t position = 0, found = std::string::npos;
  for (const Node p : function.child("parameters").children()) {
    const Node own = p.child("pattern") ? p.child("pattern") : p;
    if (own.text() == argument.text()) found = position;
    ++position;
  }
  if (name.size() < 3 || found == std::string::npos) return {};
  for (const Call& c : file.calls) {
    if (last(c.name) != name || c.node.inside(function)) continue;
    if (contains(written_out(c.arg(found), function_around(c.node)), "JSON.stringify(")) return c.node;
  }
  return {};
}

}  // namespace

void judge_rewritten_proofs(File& file) {
  if (!contains(file.code(), "createHmac") || !contains(file.code(), "JSON.stringify") ||
      icontains(file.code(), "paystack"))
    return;
  for (const Call& c : file.calls) {
    if (last(c.name) != "update" || !icontains(c.node.code(), "hmac")) continue;
    const Node function = function_around(c.node);
    if (!contains(function.code(), "createHmac")) continue;
    const bool compares = icontains(function.code(), "signature") &&
                          (contains(function.code(), "===") || contains(function.code(), "!==") ||
                           contains(function.code(), "timingSafeEqual"));
    // A handler is judged with its proof.
    if (!compares || icontains_any(function.child("parameters").code(), {"req", "res,"})) continue;
    const Node argument = unwrap(c.arg(0));
    const auto written = as_call(argument);
    if (written && written->name == "JSON.stringify" && unwrap(written->arg(0)).is("identifier") &&
        has_word(written->arg(0).text(), {"body", "payload", "event", "data", "webhook"})) {
      file.hit("EX-019", c.node).severity = proof::Severity::medium;
      return;
    }
    if (const Node at = handed_rewritten(file, function, argument)) {
      auto& found = file.hit("EX-019", at);
      found.severity = proof::Severity::medium;
      also(found, file, c.node);
      return;
    }
  }
}

bool judge_skipped_proofs(File& file, Node handler, const std::vector<Proof>& proofs, bool by_hand) {
  const Code code = handler.code();
  // Stops: a signature that is computed, compared, and whose difference is only written to the log.
  if (by_hand)
    for (const Node b : handler.all("binary_expression")) {
      if (!b.has_token("!==") && !b.has_token("!=")) continue;
      if (!icontains_any(b.code(), {"signature", "digest", "hash", "hmac", "sig", "expected"})) continue;
      if (icontains_any(b.code(), {"null", "undefined", "typeof"})) continue;
      const Node branch = b.above("if_statement");
      if (!branch || !b.inside(branch.child("condition")) || refuses(branch.child("consequence"))) continue;
      auto& f = file.hit("EX-021", branch);
      f.title = "A signature that does not fit turns nobody away";
      return true;
    }
  for (const auto& [call, function] : proofs) {
    if (const Node gap = skipped_proof(call->node, function)) {
      auto& f = file.hit("EX-021", gap);
      also(f, file, call->node);
      return true;
    }
  }
  // Stops: events signed with the empty key, where a missing setting reads as an empty text.
  if (const Call* own = proofs.empty() ? nullptr : proofs.front().call; own != nullptr)
    if (const Node secret = own->arg(2) ? own->arg(2) : own->keyword("secret"))
      if (const std::string value = written_out(secret, file.tree.root());
          may_be_empty(value) && !contains(code, "not " + std::string(secret.text())) &&
          !contains(code, "!" + std::string(secret.text()))) {
        auto& f = file.hit("EX-021", own->node);
        f.title = "Without its setting the signature is checked with an empty secret";
        return true;
      }
  return false;
}

}  // namespace gatehouse::audit::source

#include "audit/source/confused_conditions.h"

#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// not x, !x: what is denied.
Node denied(Node n) {
  n = unwrap(n);
  if (n.is("not_operator")) return unwrap(n.child("argument"));
  if (n.is("unary_expression") && n.has_token("!")) return unwrap(n.child("argument"));
  return {};
}

// verify_password(…), await bcrypt.compare(…), user.check_password(…), isMatch
bool proof_of_password(Node n) {
  if (const auto c = as_call(n))
    return has_word(last(c->name), {"verify", "compare", "check", "match", "matches"}) &&
           (icontains(c->name, "pass") || icontains(c->name, "crypt") || icontains(c->name, "argon") ||
            icontains(c->node.child("arguments").code(), "pass"));
  return n.is("identifier") && icontains_any(n.text(), {"ismatch", "passwordmatch", "validpassword", "passwordvalid",
                                                        "ispasswordvalid", "password_valid", "passwordok", "is_match"});
}

bool account(Node n) {
  return n.any_of("identifier") && has_word(n.text(), {"user", "account", "admin", "member", "customer", "found",
                                                       "existing", "person", "usuario", "client", "employee"});
}

}  // namespace

// Stops: signing in as anybody whose address one knows, with any password at all.
void read_confused_conditions(File& file) {
  if (!icontains(file.code(), "pass")) return;
  for (const Node branch : file.tree.all("if_statement")) {
    const Node asked = unwrap(branch.child("condition"));
    const bool both = (asked.is("boolean_operator") && asked.has_token("and")) ||
                      (asked.is("binary_expression") && asked.has_token("&&"));
    if (!both) continue;
    const Node one = denied(asked.child("left")), other = denied(asked.child("right"));
    if (!one || !other || !account(one) || !proof_of_password(other)) continue;
    const Code then = branch.child("consequence").code();
    if (!icontains_any(then, {"return", "raise", "throw", "401", "400", "abort("})) continue;
    auto& f = file.hit("AU-006", asked);
    f.title = "A wrong password is refused only where the account is missing, too";
    f.severity = proof::Severity::critical;
    f.fix = "Refuse where either is wrong: `or` in place of `and`.";
  }
}

}  // namespace gatehouse::audit::source

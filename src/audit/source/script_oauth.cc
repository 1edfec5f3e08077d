// Sign-in with others: the way out to the provider and the way back.
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool mentions_key(const File& file, std::string_view key) {
  for (const Node p : file.tree.all("pair"))
    if (p.child("key").text() == key || literal(p.child("key")) == std::string(key)) return true;
  for (const Node s : file.tree.all("shorthand_property_identifier"))
    if (s.text() == key) return true;
  for (const Call& c : file.calls)
    if ((last(c.name) == "set" || last(c.name) == "append") && literal(c.arg(0)) == std::string(key)) return true;
  return contains(file.code(), std::string(key) + "=");
}

}  // namespace

void read_oauth(File& file) {
  const std::string_view code = file.code();
  if (client_file(file) && !contains(code, "authorize")) return;
  // The way out: an address of an authorization endpoint is built here.
  Node start;
  for (const char* type : {"string", "template_string"})
    for (const Node s : file.tree.all(type)) {
      const std::string text = literal(s).value_or(spoken(s));
      const bool endpoint = (contains(text, "/oauth2/authorize") || contains(text, "/oauth/authorize") ||
                             contains(text, "/o/oauth2/") || contains(text, "/authorize?")) &&
                            contains(text, "http");
      if (endpoint && !start) start = s;
    }
  if (start && icontains_any(code, {"client_id", "clientid"}) && icontains_any(code, {"redirect", "response_type"})) {
    Node state_value;
    for (const Node p : file.tree.all("pair"))
      if (p.child("key").text() == "state" && !p.child("value").is("object")) state_value = p.child("value");
    for (const Call& c : file.calls)
      if ((last(c.name) == "set" || last(c.name) == "append") && literal(c.arg(0)) == "state") state_value = c.arg(1);
    if (!mentions_key(file, "state")) {
      file.hit("OAU-001", start).title = "The OAuth request is sent without state";
    } else if (state_value && literal(state_value)) {
      file.hit("OAU-001", state_value).title = "The OAuth state is a constant";
    }
    if (!mentions_key(file, "code_challenge")) {
      file.hit("OAU-002", start).title = "The OAuth request is sent without a PKCE challenge";
    } else {
      for (const char* type : {"pair", "call_expression"})
        for (const Node n : file.tree.all(type)) {
          const bool method = n.is("pair") ? n.child("key").text() == "code_challenge_method"
                                           : (literal(as_call(n)->arg(0)) == "code_challenge_method");
          const bool challenge = n.is("pair") ? n.child("key").text() == "code_challenge"
                                              : (literal(as_call(n)->arg(0)) == "code_challenge");
          const Node value = n.is("pair") ? n.child("value") : as_call(n)->arg(1);
          if (method && literal(value) == "plain") {
            file.hit("OAU-002", n).title = "PKCE is used with the plain method";
          } else if (challenge && literal(value_of(file, value))) {
            file.hit("OAU-002", n).title = "The PKCE challenge is a constant";
          }
        }
    }
  }
  // The way back: the code is redeemed here.
  Node redeem;
  for (const char* type : {"string", "template_string", "string_fragment"})
    for (const Node s : file.tree.all(type))
      if (!redeem && contains(s.text(), "authorization_code")) redeem = s;
  // What is handed a code by somebody else sees neither the state nor the verifier.
  if (!redeem || !icontains_any(code, {"query", "searchparams", "get(\"code\")", "get('code')", "router.", "app.get(",
                                       "app.post(", "request.url", "req.url", "params.code"}))
    return;
  bool compared = false;
  for (const Node b : file.tree.all("binary_expression"))
    if ((b.has_token("!==") || b.has_token("===") || b.has_token("!=") || b.has_token("==")) &&
        has_token(b.code(), "state"))
      compared = true;
    else if ((b.has_token("!==") || b.has_token("===")) && icontains(b.code(), "state") &&
             icontains_any(b.code(), {"saved", "cookie", "stored", "expected", "session"}))
      compared = true;
  if (icontains_any(code, {"timingsafeequal", "verifystate", "validatestate", "checkstate", "consumestate"}))
    compared = true;
  if (!compared) {
    Node at = redeem;
    for (const Call& c : file.calls)
      if (last(c.name) == "get" && literal(c.arg(0)) == "code") at = c.node;
    file.hit("OAU-001", at).title = "The OAuth callback redeems a code without comparing state";
  }
  if (!icontains(code, "code_verifier") && !icontains(code, "codeverifier"))
    file.hit("OAU-002", redeem).title = "The OAuth code is redeemed without a PKCE verifier";
}

}  // namespace gatehouse::audit::source

// Sign-in with others: the way out to the provider and the way back.
#include "audit/source/script.h"
#include "audit/source/script_request.h"
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

// Sign-ins of passport, over the files of a project.
struct Passport {
  std::vector<Spot> without_state;  // passport.authenticate("google", { scope }) of a route
  std::string provider;             // of the first of them
  bool keeps_state = false;         // a strategy with `state: true` or a store of its own
};

constexpr std::size_t kMostRoutes = 50;

// Stops: a victim's browser that is led through the end of somebody else's sign-in, and works in his account.
void read_passport(File& file) {
  if (!icontains(file.code(), "passport")) return;
  auto& notes = file.project.notes<Passport>();
  for (const Call& c : file.calls) {
    if (c.name.starts_with("new ") && c.name.ends_with("Strategy")) {
      const Node options = unwrap(c.arg(0));
      if (member(options, "state") || member(options, "store") || member(options, "pkce")) notes.keeps_state = true;
    }
    if (last(c.name) != "authenticate" || !icontains(c.name, "passport")) continue;
    const auto provider = literal(c.arg(0));
    const Node options = unwrap(c.arg(1));
    // The way out names what it asks for; the way back names where to go.
    if (!provider ||
        !has_word(*provider, {"google", "github", "facebook", "linkedin", "discord", "microsoft", "azure", "gitlab",
                              "oauth2", "oauth"}) ||
        !member(options, "scope") || member(options, "state") || notes.without_state.size() >= kMostRoutes)
      continue;
    if (notes.without_state.empty()) notes.provider = *provider;
    notes.without_state.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

// Stops: signing up with somebody's address and a password of one's own, and waiting until he comes in by his provider.
void judge_joined_accounts(File& file) {
  for (const Call& c : file.calls) {
    if (!c.name.starts_with("new ") || !c.name.ends_with("Strategy") || c.args.empty()) continue;
    const Node verify = unwrap(c.args.back());
    if (!is_function(verify)) continue;
    const Code code = verify.code();
    if (!icontains_any(code, {"profile.emails", "profile._json.email", "profile.email"}) ||
        icontains_any(code, {"verified", "confirmed"}))
      continue;
    bool writes_provider = false;
    for (const char* type : {"pair", "assignment_expression"})
      for (const Node n : verify.all(type)) {
        const std::string left = n.is("pair") ? std::string(n.child("key").text()) : dotted(n.child("left"));
        const Node around = n.is("pair") ? n.above("call_expression") : Node();
        const auto call = around ? as_call(around) : std::nullopt;
        if (has_word(last(left), {"google", "github", "facebook", "linkedin", "provider", "oauth", "microsoft"}) &&
            (n.is("assignment_expression") ||
             (call && (last(call->name).starts_with("update") || last(call->name).starts_with("findOneAndUpdate") ||
                       last(call->name).starts_with("findByIdAndUpdate")))))
          writes_provider = true;
      }
    if (!writes_provider) continue;
    for (const Call* found : file.calls_in(verify)) {
      const std::string_view f = last(found->name);
      if (!f.starts_with("find") || !has_token(found->node.child("arguments").code(), "email")) continue;
      auto& told = file.hit("OAU-003", found->node);
      told.title = "A sign-in of a provider is joined to the account with the same address, whoever made that";
      told.confidence = proof::Confidence::medium;
      break;
    }
  }
}

// Stops: the owner of any other site that people sign in to by the same provider, with the tokens they gave him.
void judge_brought_tokens(File& file) {
  if (!icontains_any(file.code(), {"oauth2/v1/userinfo", "oauth2/v2/userinfo", "oauth2/v3/userinfo", "v1/userinfo",
                                   "graph.facebook.com/me"}))
    return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const Code code = body(f).code();
      if (!icontains_any(code, {"/userinfo", "graph.facebook.com/me"}) || !takes_from_client(code) ||
          !icontains_any(code, {"token", "credential"}) ||
          icontains_any(code, {"authorization_code", "gettoken(", "tokeninfo", "audience", ".aud", ".azp",
                               "debug_token", "verifyidtoken"}))
        continue;
      auto& found = file.hit("JWT-003", f);
      found.title = "A provider's token signs in whatever application it was made for";
      found.fix = "Take the ID token and check its audience, or ask the provider's tokeninfo whose client it names.";
      return;
    }
}

}  // namespace

void judge_oauth(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Passport>();
  if (notes.keeps_state || notes.without_state.empty()) return;
  auto& f = sink.find("OAU-001", notes.without_state.front().at, notes.without_state.front().shown);
  f.title = "The sign-in by " + text::printable(notes.provider, 40) + " runs without state";
  f.fix = "Give the strategy `state: true` and a session, or a store of its own.";
  for (std::size_t i = 1; i < notes.without_state.size(); ++i) {
    f.locations.push_back(notes.without_state[i].at);
    f.evidence.push_back(notes.without_state[i].shown);
  }
}

void read_oauth(File& file) {
  const Code code = file.code();
  if (!client_file(file)) {
    read_passport(file);
    if (icontains(code, "strategy")) judge_joined_accounts(file);
    judge_brought_tokens(file);
  }
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
    // "…&scope=user:email&state=github_oauth": no hole, no state.
    const std::string_view address = start.text();
    const std::size_t stated = address.find("state=");
    const char first = stated != address.npos && stated + 6 < address.size() ? address[stated + 6] : '$';
    if (text::is_alpha(first) || text::is_digit(first)) {
      file.hit("OAU-001", start).title = "The OAuth state is a constant";
    } else if (!mentions_key(file, "state") && stated == address.npos) {
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

// Signing in by another party, in Python: the state that binds the answer to the browser, the proof of the code.
#include <algorithm>

#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_names.h"
#include "audit/source/python_routes.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// A library that keeps the state itself.
bool by_library(const File& file) {
  return icontains_any(file.code(), {"authorize_access_token", "flask_dance", "fastapi_sso", "fetch_token(",
                                     "get_oauth_router", "flow.fetch_token", "verify_and_process", "social_core"});
}

// The address of the sign-in page is put together here, with or without state.
void judge_start(File& file, bool& told_state, bool& told_proof) {
  const auto judge = [&](Node at, std::string_view text) {
    if (!icontains_any(text, {"response_type"}) || !icontains(text, "client_id") || !icontains(text, "redirect_uri"))
      return;
    const Node function = function_around(at);
    const std::string_view around = function ? function.code() : text;
    if (!told_state && !icontains(around, "state")) {
      file.hit("OAU-001", at).title = "The OAuth request is sent without state";
      told_state = true;
    }
    if (!told_proof && !icontains(around, "code_challenge")) {
      file.hit("OAU-002", at).title = "The OAuth request is sent without a PKCE challenge";
      told_proof = true;
    }
  };
  for (const Node d : file.tree.all("dictionary")) judge(d, d.code());
  for (const char* type : {"string", "concatenated_string"})
    for (const Node s : file.tree.all(type))
      if (contains(s.code(), "response_type=")) judge(s, s.code());
}

// Stops: being signed in as somebody else by a link that carries their code.
void judge_return(File& file, bool& told_state) {
  for (const Node f : file.tree.all("function_definition")) {
    if (told_state || !route_function(f)) continue;
    std::string head(function_name(f));
    for (const Node d : f.parent().children())
      if (d.is("decorator")) head += " " + std::string(d.code());
    if (!has_word(head, {"callback", "sso", "oauth", "oauth2", "google", "github", "microsoft", "redirect", "azure",
                         "okta", "facebook", "discord", "linkedin"}))
      continue;
    bool takes = false;
    for (const Node p : f.child("parameters").children()) takes = takes || parameter_name(p) == "code";
    const Code code = body(f).code();
    takes = takes || icontains_any(code, {"query_params.get(\"code", "query_params['code", "query_params[\"code",
                                          "args.get(\"code", "args.get('code", "args['code", "args[\"code"});
    std::string body_code;  // request.code of a model
    for (const Node a : body(f).all("attribute"))
      if (a.child("attribute").text() == "code" &&
          has_word(a.child("object").text(),
                   {"request", "body", "data", "payload", "sso", "oauth", "callback", "login"}))
        body_code = std::string(a.text());
    if (!takes && body_code.empty()) continue;
    // Handed over by a page of one's own that may have compared it: said only where an account comes of it.
    if (icontains_any(code, {"state ==", "state !=", "== state", "!= state", "pop(\"oauth_state", "pop('oauth_state",
                             "verify_state", "validate_state", "check_state", "pop(state", "get(state", "in states",
                             "consume_state", "state not in", "state in", "decode_state", "state_store", "[state]",
                             "code_verifier"}) ||
        (icontains(code, "state") && icontains_any(code, {"compare_digest", "(state", "state)", "state=state"})))
      continue;
    file.hit("OAU-001", f).title = "The OAuth callback redeems a code without comparing state";
    told_state = true;
  }
}

// A token of a provider that the client brings along is asked who it belongs to, and not whom it was made for.
void judge_brought_tokens(File& file) {
  if (!icontains_any(file.code(), {"oauth2/v1/userinfo", "oauth2/v2/userinfo", "oauth2/v3/userinfo", "v1/userinfo",
                                   "graph.facebook.com/me"}))
    return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = body(f).code();
    if (!icontains_any(code, {"/userinfo", "graph.facebook.com/me"}) ||
        icontains_any(code, {"authorization_code", "fetch_token", "exchange"}))
      continue;
    std::string given(f.child("parameters").code());
    for (const Node a : body(f).all("assignment"))
      if (client_words(a.child("right").code())) given += " " + std::string(a.child("left").text());
    if (!icontains_any(given, {"token", "credential"})) continue;
    // Stops: the owner of any other site that people sign in to by the same provider, with the tokens they gave him.
    if (!icontains_any(code, {"tokeninfo", "\"aud\"", "'aud'", "\"azp\"", "'azp'", "audience", "debug_token",
                              "verify_oauth2_token", "client_id"})) {
      auto& found = file.hit("JWT-003", f);
      found.title = "A provider's token signs in whatever application it was made for";
      found.fix = "Take the ID token and check its audience, or ask the provider's tokeninfo whose client it names.";
    }
    // Stops: an account that somebody opened under another's address, waiting for its owner to sign in to it.
    if (!icontains_any(code, {"email_verified", "verified_email", "emailverified"}))
      for (const Call* c : file.calls_in(body(f)))
        for (const auto& [key, value] : c->keywords)
          if (key == "email" && (last(c->name) == "get" || last(c->name) == "get_or_create" ||
                                 last(c->name) == "filter" || last(c->name) == "filter_by")) {
            file.hit("OAU-003", c->node).title =
                "A sign-in of a provider is joined to the account with the same address, whoever made that";
            return;
          }
    return;
  }
}

}  // namespace

void read_python_oauth(File& file) {
  judge_brought_tokens(file);
  bool state = false, proof = false;
  // oauth.register(name=…, client_kwargs={…}) of Authlib
  for (const Call& c : file.calls) {
    if (last(c.name) != "register" || !c.keyword("client_id")) continue;
    if (!contains(c.node.code(), "code_challenge_method") &&
        (c.keyword("client_secret") || c.keyword("server_metadata_url") || c.keyword("authorize_url"))) {
      if (!proof) file.hit("OAU-002", c.node).title = "The OAuth client asks for no PKCE";
      proof = true;
    }
  }
  const auto framework = framework_of(file);
  if (!framework || by_library(file)) return;
  judge_start(file, state, proof);
  judge_return(file, state);
}

}  // namespace gatehouse::audit::source

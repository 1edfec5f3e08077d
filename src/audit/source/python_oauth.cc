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

// "https://…/authorize?…&state=login": a text, and nothing that is put in.
bool constant_state(std::string_view address) {
  for (std::size_t at = address.find("state="); at != address.npos; at = address.find("state=", at + 1)) {
    if (at == 0 || (address[at - 1] != '&' && address[at - 1] != '?')) continue;
    std::size_t end = at + 6;
    while (end < address.size() &&
           (text::is_alpha(address[end]) || text::is_digit(address[end]) || address[end] == '_' || address[end] == '-'))
      ++end;
    const char next = end < address.size() ? address[end] : '"';
    if (end > at + 6 && (next == '&' || next == '"' || next == '\'' || next == '`')) return true;
  }
  return false;
}

// The address of the sign-in page is put together here, with or without state.
void judge_start(File& file, bool& told_state, bool& told_proof) {
  const auto judge = [&](Node at, std::string_view text) {
    if (!icontains_any(text, {"response_type"}) || !icontains(text, "client_id") || !icontains(text, "redirect_uri"))
      return;
    const Node function = function_around(at);
    if (!told_state && constant_state(text)) {
      file.hit("OAU-001", at).title = "The OAuth state is a constant";
      told_state = true;
    }
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
  for (const Node s : file.tree.all("string"))
    if (!told_state && contains(s.code(), "/authorize?") && constant_state(s.code())) {
      file.hit("OAU-001", s).title = "The OAuth state is a constant";
      told_state = true;
    }
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

// Asks a provider who the bearer of a token is.
bool asks_profile(const Code& code) {
  return icontains_any(code, {"oauth2/v1/userinfo", "oauth2/v2/userinfo", "oauth2/v3/userinfo", "v1/userinfo",
                              "graph.facebook.com/me", "api.github.com/user", "graph.microsoft.com/v1.0/me"});
}

// access_token = request.data.get("access_token"): what the client calls a token of a provider.
bool brought(const std::string_view name, Node value) {
  if (!has_word(name, {"token", "credential", "access"}) || !client_words(value.code())) return false;
  for (const Node s : value.all("string"))
    if (const auto key = literal(s))
      return has_word(*key, {"token", "credential", "accesstoken"}) && !has_word(*key, {"refresh", "csrf", "id"});
  return value.any_of("attribute", "subscript");
}

// A token of a provider that the client brings along is asked who it belongs to, and not whom it was made for.
void judge_brought_tokens(File& file) {
  if (!asks_profile(file.code())) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = body(f).code();
    if (!asks_profile(code)) continue;
    bool named = false;
    std::string given(f.child("parameters").code());
    for (const Node a : body(f).all("assignment")) {
      const Node right = a.child("right");
      named = named || brought(a.child("left").text(), right);
      if (client_words(right.code())) given += " " + std::string(a.child("left").text());
    }
    if (!named && (icontains_any(code, {"authorization_code", "fetch_token", "exchange"}) ||
                   !icontains_any(given, {"token", "credential"})))
      continue;
    // Stops: the owner of any other site that people sign in to by the same provider, with the tokens they gave him.
    if (!icontains_any(code, {"tokeninfo", "\"aud\"", "'aud'", "\"azp\"", "'azp'", "audience", "debug_token",
                              "verify_oauth2_token", "client_id", "/applications/"})) {
      auto& found = file.hit("JWT-003", f);
      found.title = "A provider's token signs in whatever application it was made for";
      found.fix = "Take the ID token and check its audience, or ask the provider's tokeninfo whose client it names.";
    }
    return;
  }
}

// Stops: an account that somebody opened under another's address, waiting for its owner to sign in to it.
void judge_joined_accounts(File& file) {
  if (!asks_profile(file.code()) && !contains(file.code(), "verify_oauth2_token")) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = body(f).code();
    const bool profile = asks_profile(code);
    if ((!profile && !contains(code, "verify_oauth2_token")) ||
        icontains_any(code, {"email_verified", "verified_email", "emailverified", "\"verified\"", "'verified'"}))
      continue;
    const Call* joins = nullptr;
    for (const Call* c : file.calls_in(body(f))) {
      const std::string_view m = last(c->name);
      const bool finds = m == "get" || m == "get_or_create" || m == "filter" || m == "filter_by" ||
                         m == "update_or_create" || m == "find_one" || m == "get_user_by_email" || m == "get_by_email";
      if (joins != nullptr || !finds) continue;
      bool by_address = m.ends_with("by_email");
      for (const auto& [key, value] : c->keywords)
        by_address = by_address || ((key == "email" || key == "email__iexact") && !literal(value));
      for (const auto& [key, value] : members(unwrap(c->arg(0)))) by_address = by_address || key == "email";
      if (m == "filter" || m == "find_one")
        for (const Node a : c->args)
          by_address = by_address || (a.is("comparison_operator") && contains(a.code(), ".email =="));
      if (by_address) joins = c;
    }
    if (joins == nullptr) continue;
    auto& found = file.hit("OAU-003", joins->node);
    found.title = "A sign-in of a provider is joined to the account with the same address, whoever made that";
    if (!profile) found.confidence = proof::Confidence::medium;
  }
}

}  // namespace

void read_python_oauth(File& file) {
  judge_brought_tokens(file);
  judge_joined_accounts(file);
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

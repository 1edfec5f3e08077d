#include "audit/source/address_tokens.h"

#include <algorithm>
#include <cstdlib>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct AddressTokens {
  std::vector<Spot> script, python;
};

// What signs somebody in, by the name it has in an address.
bool credential(std::string_view name) {
  std::string flat;
  for (const char c : name)
    if (c != '_' && c != '-') flat += text::to_lower(std::string_view(&c, 1));
  return flat == "token" || flat == "accesstoken" || flat == "authtoken" || flat == "jwt" || flat == "auth" ||
         flat == "bearer" || flat == "authorization" || flat == "apikey" || flat == "sessiontoken" ||
         flat == "idtoken" || flat == "apitoken" || flat == "usertoken" || flat == "jwttoken";
}

bool api_key(std::string_view name) {
  return has_word(name, {"api", "apikey"}) && (has_word(name, {"key", "token", "apikey"}));
}

// Links out of mails carry a proof that is used once, and have nowhere else to put it.
bool mailed_link(std::string_view name) {
  return has_word(name,
                  {"reset",    "confirm",     "confirmation", "activate", "activation", "invite",       "invitation",
                   "invites",  "unsubscribe", "magic",        "forgot",   "callback",   "verification", "recover",
                   "recovery", "email",       "password",     "accept",   "approve",    "share",        "shared"});
}

bool mailed_code(const Code& code) {
  return icontains_any(code, {"isverified",
                              "is_verified",
                              "email_verified",
                              "emailverified",
                              "verificationtoken",
                              "verification_token",
                              "resettoken",
                              "reset_token",
                              "resetpassword",
                              "reset_password",
                              "invite",
                              "invitation",
                              "unsubscribe",
                              "magic",
                              "activation",
                              "confirmationtoken",
                              "verifyemail",
                              "verify_email",
                              "captcha",
                              "csrf"});
}

// verify(token), jwt.decode(token), getUserFromToken(token)
bool proves(std::string_view callee) {
  const std::string_view f = last(callee);
  return f == "verify" || f == "decode" || f == "verifyAsync" || f == "jwtVerify" || f == "getUser" ||
         f == "compare_digest" || f == "constant_time_compare" || f == "timingSafeEqual" || f == "safeCompare" ||
         (has_word(
              f, {"verify", "decode", "authenticate", "validate", "user", "session", "check", "introspect", "parse"}) &&
          has_word(f, {"token", "jwt", "user", "session", "auth", "access", "key", "credentials", "bearer"}));
}

bool door_of_callers(std::string_view name) {
  return has_word(name, {"auth", "authenticate", "authenticated", "authorize", "protect", "protected", "guard", "jwt",
                         "bearer", "principal"}) ||
         icontains_any(name, {"get_current", "currentuser", "require_", "requireauth", "token_required", "verifytoken",
                              "verify_token", "gettoken", "get_token", "extracttoken", "extract_token"});
}

// `sent` itself, or the name it was bound to, is what decides who is calling.
bool signs_in(const File& file, Node sent, std::string_view bound, Node function) {
  for (Node p = sent.parent(); p && !(p == function); p = p.parent()) {
    if (p.any_of("binary_expression", "boolean_operator", "ternary_expression", "conditional_expression") &&
        icontains_any(p.code(), {"authorization", "cookie", "handshake.auth", "bearer", "x-api-key", "x-access-token",
                                 "x_api_key"}))
      return true;
    if (const auto c = as_call(p); c && proves(c->name)) return true;
    if (p.any_of("statement_block", "block")) break;
  }
  if (door_of_callers(function_name(function))) return true;
  if (bound.empty()) return false;
  for (const Call* c : file.calls_in(body(function))) {
    if (!proves(c->name)) continue;
    for (const Node a : c->args)
      if (has_token(a.code(), bound)) return true;
  }
  // const token = header?.slice(7); … if (!token) token = req.query.token
  for (const Node a : function.all("assignment_expression"))
    if (sent.inside(a) &&
        icontains_any(function.code(), {"headers.authorization", "headers[\"authorization", "bearer"}))
      return true;
  return false;
}

std::string bound_name(Node sent) {
  Node p = sent.parent();
  while (p && !p.any_of("variable_declarator", "assignment", "assignment_expression", "statement_block", "block",
                        "arguments", "argument_list"))
    p = p.parent();
  if (p.is("variable_declarator") && p.child("name").is("identifier")) return std::string(p.child("name").text());
  if (p.any_of("assignment", "assignment_expression") && p.child("left").is("identifier"))
    return std::string(p.child("left").text());
  return {};
}

bool of_the_query(std::string_view object) {
  return query_object(object) || object == "query" || object.ends_with(".query") || object.ends_with("query_params") ||
         object == "request.args" || object == "request.GET";
}

class Finder {
 public:
  Finder(const File& file, std::vector<Spot>& out) : file_(file), out_(out) {}

  void see(Node at, std::string_view key, std::string bound) {
    Node function = function_around(at);
    if (!function || !credential(key) || mailed_link(file_.path) || mailed_link(door_name(file_, function)) ||
        mailed_link(function_name(function)) || mailed_code(function.code()))
      return;
    if (!api_key(key) && !signs_in(file_, at, bound, function)) return;
    note(at);
  }
  void note(Node at) {
    if (out_.size() < 8) out_.push_back({place(file_.path, at.line()), file_.shown(at)});
  }

 private:
  const File& file_;
  std::vector<Spot>& out_;
};

void read_script(const File& file, Finder& found) {
  for (const Node m : file.tree.all("member_expression"))
    if (credential(m.child("property").text()) && of_the_query(dotted(unwrap(m.child("object")))))
      found.see(m, m.child("property").text(), bound_name(m));
  for (const Node m : file.tree.all("subscript_expression"))
    if (const auto key = literal(m.child("index")); key && credential(*key) && of_the_query(dotted(m.child("object"))))
      found.see(m, *key, bound_name(m));
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "fromUrlQueryParameter") {
      found.note(c.node);
      continue;
    }
    const bool reads = (f == "get" && icontains(c.name, "searchparams")) || c.name == "c.req.query";
    if (!reads) continue;
    if (const auto key = literal(c.arg(0))) found.see(c.node, *key, bound_name(c.node));
  }
  for (const Node d : file.tree.all("variable_declarator")) {  // const { token } = req.query
    if (!d.child("name").is("object_pattern") || !of_the_query(dotted(unwrap(d.child("value"))))) continue;
    for (const Node p : d.child("name").children()) {
      const bool pair = p.is("pair_pattern");
      const Node name = pair ? p.child("value") : p;
      found.see(d, pair ? p.child("key").text() : p.text(), std::string(name.text()));
    }
  }
  if (!contains(file.code(), "@Query(")) return;
  for (const Node p : file.tree.all("required_parameter"))  // @Query("token") token: string
    for (const Node d : p.children())
      if (d.is("decorator") && d.code().starts_with("@Query(")) {
        const auto call = as_call(d.first());
        const auto key = call ? literal(call->arg(0)) : std::nullopt;
        const Node function = p.parent().parent();
        if (!key || !credential(*key) || mailed_link(file.path) || mailed_link(function_name(function)) ||
            mailed_code(function.code()))
          continue;
        if (api_key(*key) || signs_in(file, p, p.child("pattern").text(), function)) found.note(p);
      }
}

void read_python(const File& file, Finder& found) {
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if (mailed_link(name) || mailed_link(file.path) || !icontains_any(f.code(), {"token", "jwt", "key", "auth"}) ||
        mailed_code(f.code()))
      continue;
    const bool route = route_function(f);
    if (file.imports_from("fastapi"))
      for (const Node p : f.child("parameters").children()) {
        const std::string key = parameter_name(p);
        const Code whole = p.code();
        const bool asked = contains(whole, "Query(");
        const std::string_view type = p.child("type").text();
        const bool bare = route && (type == "str" || type == "Optional[str]" || type == "str | None") &&
                          !icontains_any(whole, {"depends", "header(", "cookie(", "form(", "body(", "security(",
                                                 "path(", "annotated"});
        if (!credential(key) || (!asked && !bare)) continue;
        std::string decorated;
        for (const std::string& d : decorators(f)) decorated += d;
        if (contains(decorated, "{" + key) || mailed_link(decorated)) continue;
        // A function that others depend on says who is calling.
        if ((!route && asked) || api_key(key) || signs_in(file, p, key, f)) {
          found.note(p);
          break;
        }
      }
    for (const Call* c : file.calls_in(body(f))) {  // request.args.get("token")
      if (last(c->name) != "get" || !(function_around(c->node) == f)) continue;
      const std::string of = c->name.substr(0, c->name.size() - std::min<std::size_t>(c->name.size(), 4));
      const auto key = literal(c->arg(0));
      if (!key || !of_the_query(of.starts_with("self.") ? of.substr(5) : of)) continue;
      const std::string bound = bound_name(c->node);
      if (credential(*key)) {
        found.see(c->node, *key, bound);
        continue;
      }
      if (!has_word(*key, {"key", "secret", "password"})) continue;
      // Held against a secret of the server's.
      for (const Call* against : file.calls_in(body(f)))
        if ((last(against->name) == "compare_digest" || last(against->name) == "constant_time_compare") &&
            (c->node.inside(against->node) ||
             (!bound.empty() && has_token(against->node.child("arguments").code(), bound)))) {
          found.note(c->node);
          break;
        }
    }
  }
}

}  // namespace

void read_address_tokens(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"token", "jwt", "apikey", "api_key", "secret", "key", "auth"}) ||
      !icontains_any(code, {"query", "searchparams", ".args", ".get"}))
    return;
  auto& notes = file.project.notes<AddressTokens>();
  if (file.tree.python()) {
    Finder found(file, notes.python);
    read_python(file, found);
  } else if (!client_file(file)) {
    Finder found(file, notes.script);
    read_script(file, found);
  }
}

// Stops: taking over whoever's address stands in a proxy's log, in a history, in the Referer of the next page.
void judge_address_tokens(const Project& project, bool python, Sink& sink) {
  const auto& notes = project.notes<AddressTokens>();
  Recurring told;
  for (const Spot& s : python ? notes.python : notes.script) {
    const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "FA-019" && &f != told.finding() && f.locations.front().path == s.at.path &&
             std::abs(f.locations.front().line - s.at.line) < 4;
    });
    if (known) continue;
    auto* first = told.find(sink, "FA-019", s);
    if (first == nullptr) continue;
    first->title = "The server takes the token that signs somebody in from the address";
    first->impact =
        "Addresses are kept in the logs of servers and proxies, in histories and in the Referer of the next page: who "
        "reads one of them is signed in as its owner until the token ends.";
    first->fix =
        "Take it from the Authorization header or an HttpOnly cookie; for downloads hand out a code that is "
        "redeemed once.";
  }
}

}  // namespace gatehouse::audit::source

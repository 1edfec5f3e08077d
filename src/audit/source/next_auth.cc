// Sign-in as NextAuth, Auth.js and better-auth are told to do it.
#include <algorithm>

#include "audit/source/next_parts.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// The value of a key or the method of that name in an object that configures something.
Node setting(Node object, std::string_view key) {
  if (const Node v = member(object, key)) return unwrap(v);
  for (const Node m : object.children())
    if (m.is("method_definition") && m.child("name").text() == key) return m;
  return {};
}

// The objects that tell NextAuth or Auth.js what to do.
std::vector<Node> options(const File& file) {
  std::vector<Node> out;
  for (const Node o : file.tree.all("object"))
    if (setting(o, "providers") && !o.parent().is("pair")) out.push_back(o);
  return out;
}

// Stops: whoever posts { id: "1", role: "admin" } to the sign-in and is that from then on.
void judge_believing(File& file, Node authorize) {
  const auto parameters = parameters_of(authorize);
  if (parameters.empty() || !parameters.front().is("identifier")) return;
  const std::string_view sent = parameters.front().text();
  // Anything that is asked, compared or decoded may be the proof.
  for (const Call* c : file.calls_in(body(authorize)))
    if (!c->name.starts_with("console.") && !c->name.starts_with("new Error") && !c->name.starts_with("JSON.")) return;
  if (contains(authorize.code(), "process.env")) return;
  for (const Node back : authorize.all("return_statement"))
    for (const auto& [key, value] : members(unwrap(back.first()))) {
      if (key != "id" && key != "email" && key != "role" && key != "sub") continue;
      const std::string_view from = unwrap(value).text();
      if (!from.starts_with(sent) || from.size() == sent.size()) continue;
      auto& f = file.hit("AZ-002", back);
      f.title = "The sign-in believes who the browser says it is";
      f.severity = proof::Severity::critical;
      f.impact =
          "Whoever posts an id and a role to the sign-in holds a signed session as that person, administrators "
          "included.";
      f.fix =
          "Let authorize send the password, or the token, to the server that can tell, and return what that server "
          "answers.";
      return;
    }
}

// Stops: guessing passwords as fast as the line carries them.
void judge_authorize(File& file, Node provider, ScriptNotes& notes) {
  const Node authorize = setting(provider, "authorize");
  if (!authorize) return;
  judge_believing(file, authorize);
  const Code code = authorize.code();
  if (!icontains_any(code, {"password", "code", "otp", "pin", "token"})) return;
  ScriptRoute r;
  r.framework = "action";
  r.file = module_of(file.path);
  r.path = "/login";
  r.method = "post";
  r.at = place(file.path, authorize.line());
  r.shown = file.shown(authorize);
  r.guarded = r.refuses = true;
  r.limited = asks_limit(file.code());
  const HandlerNames own = handler_names(file, authorize);
  r.flow = flow_of(file, authorize, &own);
  notes.routes.push_back(std::move(r));
  // password === "…": a password that everybody who reads the code knows.
  for (const Node b : authorize.all("binary_expression")) {
    if (!b.has_token("===") && !b.has_token("==")) continue;
    const Node l = unwrap(b.child("left")), right = unwrap(b.child("right"));
    const auto known = literal(right) ? literal(right) : literal(l);
    const std::string other = dotted(literal(right) ? l : right);
    if (known && known->size() > 2 && has_word(last(other), {"password", "pass", "pin", "code"}))
      file.hit("SEC-017", b, redacted(quote(file.tree.line_text(b.line()))));
  }
}

void judge_callbacks(File& file, Node callbacks) {
  // Stops: a link to the sign-in page of this site that ends on somebody else's.
  if (const Node way = setting(callbacks, "redirect")) {
    const Code code = body(way).code();
    if (contains(code, "return url") && !icontains_any(code, {"startswith", "origin", "new url", "baseurl"}))
      file.hit("EX-012", way).title = "After signing in one is sent wherever the address says";
  }
  // Stops: useSession().update({ role: "admin" }).
  const Node jwt = setting(callbacks, "jwt");
  for (const Node branch : jwt.all("if_statement")) {
    const Code condition = branch.child("condition").code(), then = branch.child("consequence").code();
    if (!contains(condition, "update")) continue;
    const bool whole =
        icontains_any(then, {"...session", "= session.user;", "= session.user\n", "assign(token, session"});
    const bool rights = icontains_any(then, {"session.role", "session.user.role", "session.isadmin", "session.plan",
                                             "session.credits", "session.user.isadmin", "session.user.plan",
                                             "session?.role", "session?.user?.role", "session.user.credits"});
    if (whole || rights) file.hit("AZ-003", branch).title = "The browser may write what its own session token says";
  }
}

// betterAuth({ emailAndPassword: { enabled: true } }): an address counts as soon as somebody typed it.
void judge_better_auth(File& file, Node settings) {
  const Node by_mail = setting(settings, "emailAndPassword");
  if (!by_mail.is("object") || !setting(by_mail, "enabled").is("true") || setting(by_mail, "disableSignUp").is("true"))
    return;
  const Node required = setting(by_mail, "requireEmailVerification");
  if (required && !required.is("false")) return;
  // Stops: an account that somebody opened under another's address, waiting for its owner to sign in to it.
  auto& f = file.hit("AU-006", required ? required : by_mail);
  f.title = "Nobody has to show that an address of a mail is theirs";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.impact = "Accounts are opened under other people's addresses, and their owners join them later without a question.";
  f.fix = "emailAndPassword.requireEmailVerification: true, with emailVerification.sendVerificationEmail.";
}

}  // namespace

void read_auth_options(File& file, ScriptNotes& notes) {
  if (file.imports_from("better-auth"))
    for (const Call& c : file.calls)
      if (last(c.name) == "betterAuth") judge_better_auth(file, unwrap(c.arg(0)));
  const bool next_auth = file.imports_from("next-auth") || file.imports_from("@auth/");
  if (!next_auth) return;
  for (const Node o : options(file)) {
    if (const Node secret = setting(o, "secret"); literal(secret) && literal(secret)->size() > 2)
      file.hit("EX-005", secret, redacted(quote(file.tree.line_text(secret.line()))));
    judge_callbacks(file, setting(o, "callbacks"));
  }
  for (const Call& c : file.calls) {
    const Node settings = unwrap(c.arg(0));
    if (!settings.is("object")) continue;
    if (icontains(c.name, "credentials")) judge_authorize(file, settings, notes);
    if (setting(settings, "allowDangerousEmailAccountLinking").is("true"))
      file.hit("OAU-003", member(settings, "allowDangerousEmailAccountLinking"));
  }
}

}  // namespace gatehouse::audit::source

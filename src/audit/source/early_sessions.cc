#include "audit/source/early_sessions.h"

#include <algorithm>

#include "audit/source/account_flags.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 4;  // named in one finding

struct EarlySessions {
  std::vector<Spot> given;
};

// What lets somebody in by itself: login_user(user), login(request, user), req.login(user), createSession(user.id)
bool signs_in(const Call& c) {
  const std::string_view f = last(c.name);
  if (f == "login_user" || f == "auth_login") return true;
  if (f == "login" || f == "logIn") return c.name == "login" || c.name.starts_with("req.") || c.name == "auth.login";
  return has_word(f, {"session"}) && has_word(f, {"create", "start", "open", "set", "begin", "issue"}) &&
         !icontains_any(c.name, {"stripe", "checkout", "startsession", "db.", "mongoose"});
}

// What makes a token for it: generateTokens(user.id), create_access_token(sub), RefreshToken.for_user(user)
bool makes_token(const Call& c) {
  const std::string_view f = last(c.name);
  if (has_word(c.name, {"verification", "verify", "confirm", "confirmation", "email", "mail", "reset", "activation",
                        "activate", "csrf", "random", "crypto", "hash", "url", "invite", "magic"}))
    return false;
  if (f == "for_user") return true;
  if (f == "sign" || f == "signAsync" || f == "encode")
    return icontains_any(c.name, {"jwt", "sign"}) &&
           !icontains_any(c.node.child("arguments").code(), {"verif", "confirm", "email_secret", "activat", "purpose"});
  if (contains(c.name, "Token.objects")) return f == "create" || f == "get_or_create";
  if (f == "issue" || f == "issueTokens" || f == "getTokens") return true;
  return has_word(f, {"token", "tokens", "jwt"}) &&
         has_word(f, {"create", "generate", "gen", "sign", "issue", "make", "get", "build", "encode", "signed", "new"});
}

bool hands_out(const Call& c) {
  return answers(c) || has_word(c.name, {"cookie", "cookies"}) || last(c.name).ends_with("Response") ||
         last(c.name) == "jsonify" || last(c.name) == "json";
}

// The token is in what is answered, and not in a mail.
bool reaches_answer(const File& file, Node f, Node token) {
  if (token.above("return_statement") && token.above("return_statement").inside(f)) return true;
  std::set<std::string> names;
  for (Node p = token.parent(); p && !(p == f); p = p.parent()) {
    if (const auto around = as_call(p); around && hands_out(*around)) return true;
    if (p.any_of("variable_declarator", "assignment", "assignment_expression")) {
      const Node left = p.child("name") ? p.child("name") : p.child("left");
      if (left.is("identifier")) names.emplace(left.text());
      for (const char* type : {"identifier", "shorthand_property_identifier_pattern"})
        for (const Node n : left.all(type)) names.emplace(n.text());
      break;
    }
  }
  const auto named = [&](Node n) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& x) { return has_token(n.code(), x); });
  };
  if (names.empty()) return false;
  for (const Node r : f.all("return_statement"))
    if (named(r)) return true;
  for (const Call* c : file.calls_in(f))
    if (hands_out(*c) && named(c->node)) return true;
  return false;
}

bool for_others(std::string_view name) {
  return has_word(name, {"admin", "invite", "invited", "google", "github", "oauth", "social", "facebook", "apple",
                         "verify", "confirm", "callback", "seed", "staff", "guest", "otp", "login", "device"});
}

}  // namespace

void read_early_sessions(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"register", "signup", "sign_up", "registration", "createaccount", "create_account"}) ||
      (!file.tree.python() && client_file(file)) || has_word(file.path, {"test", "tests", "seed"}))
    return;
  auto& notes = file.project.notes<EarlySessions>();
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.given.size() >= kMostPlaces) return;
      std::string name = file.tree.python() ? function_name(f) : door_name(file, f);
      if (file.tree.python() && (name == "post" || name == "create" || name == "form_valid"))
        name = std::string(f.above("class_definition").child("name").text());
      if (!sign_up_name(name) || for_others(name)) continue;
      // Made here, and let in here, whatever the mail says that is on its way.
      if (!icontains_any(f.code(), {"create", "insert", ".save(", ".add(", "new user", "register("}) ||
          icontains_any(f.code(), {"verified: true", "verified=true", "verified = true", "confirmed=true", "supabase"}))
        continue;
      for (const Call* c : file.calls_in(body(f))) {
        if (!signs_in(*c) && !(makes_token(*c) && reaches_answer(file, f, c->node))) continue;
        notes.given.push_back({place(file.path, c->line()), file.shown(c->node)});
        break;
      }
    }
}

bool asks_for_proof(const Project& project) {
  for (const auto& [key, uses] : project.notes<AccountFlags>().uses)
    if (proof_flag(key))
      for (const FlagUse& u : uses)
        if (u.kind == FlagUse::Kind::asked && u.door) return true;
  return false;
}

void judge_early_sessions(const Project& project, Sink& sink) {
  const auto& notes = project.notes<EarlySessions>();
  if (notes.given.empty() || !asks_for_proof(project)) return;
  const FlagUse* door = nullptr;
  for (const auto& [key, uses] : project.notes<AccountFlags>().uses) {
    if (!proof_flag(key)) continue;
    for (const FlagUse& u : uses) {
      if (u.kind != FlagUse::Kind::asked) continue;
      if (u.door && door == nullptr) door = &u;
      // What stands before the other doors asks as well.
      if (!u.door && (has_word(u.at.path, {"middleware", "middlewares", "guard", "guards", "deps", "dependencies",
                                           "permissions", "decorators", "strategy", "protect", "proxy"}) ||
                      icontains_any(u.shown, {"required", "req.user", "request.user", "current_user", "session"})))
        return;
    }
  }
  // Stops: an account in somebody else's name, in use from its first minute.
  auto& f = sink.find("AU-012", notes.given.front().at, notes.given.front().shown);
  f.title = "Signing up lets in at once, though the sign-in asks for a confirmed address";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
  f.impact = "Whoever signs up with somebody else's address uses the account without ever opening that mailbox.";
  f.fix = "Answer a sign-up without a session, and give one only after the link in the mail was opened.";
  for (std::size_t i = 1; i < notes.given.size(); ++i) {
    f.locations.push_back(notes.given[i].at);
    f.evidence.push_back(notes.given[i].shown);
  }
  if (door != nullptr) {
    f.locations.push_back(door->at);
    f.evidence.push_back(door->shown);
  }
}

}  // namespace gatehouse::audit::source

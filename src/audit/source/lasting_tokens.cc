#include "audit/source/lasting_tokens.h"

#include <algorithm>

#include "audit/source/lasting_sessions.h"
#include "audit/source/python_notes.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 4;  // named in one finding

struct LastingTokens {
  std::vector<Spot> changed;  // where a new password is written and nothing else is done
  bool dated = false;         // tokens are compared with the day of the password, or carry a version
};

bool sets_password(std::string_view name) {
  return has_word(name, {"password", "passwort", "pwd"}) &&
         has_word(name, {"reset", "change", "update", "set", "new", "confirm"}) &&
         !has_word(name, {"request",  "forgot", "forget",   "send",     "mail",   "email",  "verify", "compare",
                          "check",    "hash",   "validate", "page",     "form",   "link",   "get",    "is",
                          "generate", "hashed", "create",   "template", "schema", "initial"});
}

// user.password = …, set_password(…), update({ data: { passwordHash } })
Node written(const File& file, Node function) {
  for (const char* type : {"assignment_expression", "assignment"})
    for (const Node a : body(function).all(type)) {
      const Node left = a.child("left");
      if (left.any_of("member_expression", "attribute") && keeps_password(left.code()) &&
          has_word(last(dotted(left)), {"password", "hash", "pwd"}))
        return a;
    }
  for (const Call* c : file.calls_in(body(function))) {
    const std::string_view f = last(c->name);
    if (f == "set_password" || f == "setPassword") return c->node;
    if ((f.starts_with("update") || f == "execute" || f == "query" || f == "findByIdAndUpdate" || f == "save" ||
         f == "set" || f == "findOneAndUpdate") &&
        keeps_password(c->node.child("arguments").code()))
      return c->node;
  }
  return {};
}

}  // namespace

void read_lasting_tokens(File& file) {
  const Code all = file.code();
  auto& notes = file.project.notes<LastingTokens>();
  if (icontains_any(all, {"tokenversion", "token_version", "passwordchangedat", "password_changed_at",
                          "changedpassword", "passwordupdatedat", "session_version", "sessionversion"}))
    notes.dated = true;
  if (!keeps_password(all) || (!file.tree.python() && client_file(file)) ||
      has_word(file.path, {"seed", "scripts", "commands", "models", "model"}))
    return;
  for (const char* type :
       {"function_definition", "function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      const std::string name = file.tree.python() ? function_name(f) : door_name(file, f);
      const Code code = f.code();
      // PUT /profile that takes { currentPassword, newPassword }
      if (!sets_password(name) &&
          !(icontains_any(code, {"newpassword", "new_password"}) &&
            icontains_any(code, {"currentpassword", "current_password", "oldpassword", "old_password"}) &&
            !f.above("function_declaration") && !f.above("function_definition")))
        continue;
      if (icontains_any(code, {"refresh", "session", "revoke", "invalidate", "blacklist", "blocklist", "logout",
                               "log_out", "signout", "sign_out", "jti", "token.objects", "auth_token", "supabase",
                               "auth.update", "version"}) &&
          !icontains_any(code, {"db.session", "startsession", "asyncsession", "session.commit", "db.refresh"}))
        continue;
      if (const Node at = written(file, f); at && notes.changed.size() < kMostPlaces)
        notes.changed.push_back({place(file.path, at.line()), file.shown(at)});
    }
}

void judge_lasting_tokens(const Project& project, Sink& sink) {
  const auto& notes = project.notes<LastingTokens>();
  const auto& python = project.notes<PythonNotes>();
  if (notes.dated || notes.changed.empty() || python.simplejwt) return;
  const bool in_python = notes.changed.front().at.path.ends_with(".py");
  if (!(in_python ? python.makes_tokens : project.notes<ScriptNotes>().makes_tokens) && !keeps_sessions(project))
    return;
  // Stops: a thief of a token staying signed in after the password was changed because of the theft.
  auto& f = sink.find("JWT-009", notes.changed.front().at, notes.changed.front().shown);
  f.title = "A new password leaves the tokens of the old one valid";
  f.severity = proof::Severity::low;
  for (std::size_t i = 1; i < notes.changed.size(); ++i) {
    f.locations.push_back(notes.changed[i].at);
    f.evidence.push_back(notes.changed[i].shown);
  }
}

}  // namespace gatehouse::audit::source

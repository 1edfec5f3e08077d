#include "audit/source/idle_guards.h"

#include "audit/source/python_class.h"
#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 20;  // of one project

struct IdleGuards {
  std::vector<Spot> guards;
  bool asked = false;  // somebody looks whether anybody was found: if (!req.user) …
};

// A name that promises to turn strangers away; attachUser, optionalAuth promise nothing.
bool promises(std::string_view name) {
  return has_word(name, {"auth", "authenticate", "protect", "require", "required", "guard", "verify", "ensure", "check",
                         "authorize", "authenticated", "protected"}) &&
         !has_word(name, {"optional", "maybe", "attach", "load", "try", "soft", "populate", "set", "get", "context",
                          "decode", "parse", "lenient", "guest", "anonymous"});
}

bool refuses(const Code& code) {
  return icontains_any(code, {"401", "403", "unauthorized", "forbidden", "throw ", "redirect(", "return false",
                              "next(e", "next(new", "reject(", ".end(", "sendstatus(", ".status("});
}

// The verification, and the catch around it that goes on.
Node swallowed(Node function) {
  for (const Node t : function.all("try_statement")) {
    if (!(function_around(t) == function)) continue;
    const Code tried = t.child("body").code();
    const bool verifies = icontains_any(tried, {"jwt.verify(", "verify(", "verifyasync(", "verifyidtoken("});
    const Node handler = t.child("handler");
    if (verifies && handler && !refuses(tried) && !contains(handler.code(), "return")) return handler;
  }
  return {};
}

}  // namespace

void read_idle_guards(const File& file) {
  const Code code = file.code();
  if (client_file(file)) return;
  auto& notes = file.project.notes<IdleGuards>();
  if (icontains_any(code, {"!req.user", "!request.user", "!ctx.state.user", "!req.auth", "req.user ?", "!user)"}))
    notes.asked = true;
  if (!icontains(code, "verify") || !contains(code, "catch")) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if (notes.guards.size() >= kMostNoted) return;
      const std::string name = function_name(f);
      const bool nest = name == "canActivate";
      const auto parameters = parameters_of(f);
      if (!nest && (parameters.empty() || parameters.back().text() != "next" || !promises(name))) continue;
      if (nest && !promises(f.above("class_declaration").child("name").text())) continue;
      const Node handler = swallowed(f);
      if (!handler || refuses(body(f).code()) || !contains(f.code(), nest ? "return true" : "next()")) continue;
      notes.guards.push_back({place(file.path, handler.line()), file.shown(handler)});
    }
}

void judge_idle_guards(const Project& project, const ScriptNotes&, Sink& sink) {
  const auto& notes = project.notes<IdleGuards>();
  if (notes.guards.empty() || notes.asked) return;
  // Stops: a request with a forged token, which goes on as if it had none, at doors that look guarded.
  auto& f = sink.find("EX-024", notes.guards.front().at, notes.guards.front().shown);
  f.title = "The guard lets everybody pass: a token that does not hold is only written down";
  f.severity = proof::Severity::critical;
  f.confidence = proof::Confidence::medium;
  for (std::size_t i = 1; i < notes.guards.size(); ++i) {
    f.locations.push_back(notes.guards[i].at);
    f.evidence.push_back(notes.guards[i].shown);
  }
}

void read_python_idle_guards(File& file) {
  const Code code = file.code();
  if (!contains(code, "wraps") && !contains(code, "wrapper")) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Node outer = function_around(f);
    if (!outer || function_around(outer)) continue;
    const std::string name = function_name(outer);
    if (!has_word(name, {"required", "admin", "auth", "authenticated", "protected", "only", "staff"}) ||
        has_word(name, {"optional", "log", "audit"}))
      continue;
    const auto parameters = outer.child("parameters").children();
    if (parameters.size() != 1 || !parameters.front().is("identifier")) continue;
    const std::string view = std::string(parameters.front().text()) + "(";
    if (!contains(body(f).code(), view)) continue;
    const auto leaves = [](const Code& what) {
      return icontains_any(what, {"return", "raise", "abort(", "redirect("});
    };
    for (const Node branch : body(f).all("if_statement")) {
      if (!(function_around(branch) == f)) continue;
      const Code asked = branch.child("condition").code();
      const bool stranger =
          icontains_any(asked, {"session", "current_user", "request.user", "token", "g.user"}) &&
          (contains(asked, "not ") || contains(asked, "!=") || contains(asked, "not in") || contains(asked, "is None"));
      // What refuses elsewhere in it, or leaves by another branch, decides.
      if (!stranger || leaves(branch.child("consequence").code()) || branch.child("alternative") ||
          icontains_any(body(f).code(), {"raise", "abort(", "redirect(", "401", "403"}) ||
          !icontains_any(branch.child("consequence").code(), {"flash(", "log", "print(", "messages."}))
        continue;
      auto& found = file.hit("FA-003", branch);
      found.title = "The guard says that somebody may not go on, and lets them";
      found.severity = proof::Severity::critical;
      return;
    }
  }
}

}  // namespace gatehouse::audit::source

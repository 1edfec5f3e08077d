// Sessions that a server believes without asking, and cookies of sessions that keep no flags.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Stops: a cookie that its owner wrote himself. getSession() reads it as it stands; getUser() asks the server.
void judge_believed_sessions(File& file) {
  if (client_file(file) || !contains(file.code(), "auth.getSession()")) return;
  const bool server = icontains_any(file.path, {"middleware.", "proxy.", "/api/", "route.ts", "route.js", "actions",
                                                "server", "hooks.server"}) ||
                      contains(file.code(), "use server") || file.imports_from("next/headers");
  if (!server || icontains_any(file.code(), {"auth.getuser(", "auth.getclaims("})) return;
  for (const Call& c : file.calls) {
    if (!c.name.ends_with("auth.getSession")) continue;
    auto& f = file.hit("JWT-001", c.node);
    f.title = "A session is believed as the cookie has it (getSession), and nobody asks whether it is so (getUser)";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    return;
  }
}

// cookieSession({ httpOnly: false }), session({ cookie: { httpOnly: false } })
void judge_cookie_sessions(File& file, ScriptNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string full = file.full(c.name);
    if (full != "cookie-session" && c.name != "cookieSession") continue;
    const Node options = unwrap(c.arg(0));
    if (!options.is("object")) continue;
    const auto site = literal(member(options, "sameSite"));
    if (!site || text::iequals(*site, "none"))
      notes.session_cookies.push_back({place(file.path, c.line()), file.shown(c.node)});
    std::string missing;
    if (member(options, "httpOnly").is("false")) missing = "HttpOnly";
    const Node secure = member(options, "secure");
    if (!secure || secure.is("false")) missing += missing.empty() ? "Secure" : " and Secure";
    if (!missing.empty()) file.hit("EX-006", c.node).title = "The session cookie is set without " + missing;
  }
}

}  // namespace

void read_sessions(File& file, ScriptNotes& notes) {
  judge_believed_sessions(file);
  judge_cookie_sessions(file, notes);
}

}  // namespace gatehouse::audit::source

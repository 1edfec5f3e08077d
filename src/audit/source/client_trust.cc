// What browser code keeps, decides and writes, though it is in the visitor's hands.
#include <algorithm>

#include "audit/source/client_rows.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool session_name(std::string_view name) {
  return has_word(name, {"token", "session", "jwt", "auth", "sid", "accesstoken", "access"}) &&
         !has_word(name, {"csrf", "xsrf", "theme", "consent"});
}

bool signs_out(Node at) {
  const std::string name = function_name(function_around(at));
  return has_word(name, {"logout", "signout"}) || icontains_any(name, {"logout", "signout", "logOut"});
}

// Two faults: every script reads it, and without Secure it travels in clear.
void written_by_script(File& file, Node at, bool secure) {
  file.hit("RE-002", at).title = "A token is kept in a cookie that every script can read";
  if (!secure) file.hit("CK-001", at).title = "A session cookie is written by script without Secure";
}

// document.cookie = `token=${…}`: no script can set HttpOnly, so every script can read it.
void judge_written_cookies(File& file, ScriptNotes& notes) {
  for (const Node a : file.tree.all("assignment_expression")) {
    if (dotted(a.child("left")) != "document.cookie") continue;
    const std::string said = spoken(a.child("right"));
    if (!session_name(std::string_view(said).substr(0, said.find('=')))) continue;
    if (icontains_any(said, {"max-age=0", "expires=thu, 01 jan 1970", "=;"})) {
      if (signs_out(a)) notes.client_sign_outs.push_back({place(file.path, a.line()), file.shown(a)});
      continue;
    }
    const bool secure = icontains(said, "secure");
    written_by_script(file, a, secure);
  }
  if (!file.imports_from("js-cookie") && !file.imports_from("nookies") && !file.imports_from("cookies-next") &&
      !file.imports_from("react-cookie") && !file.imports_from("universal-cookie"))
    return;
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const std::string key = literal(c.arg(0)).value_or(std::string(c.arg(0).text()));
    if (!session_name(key)) continue;
    if ((f == "remove" || f == "removeCookie" || f == "deleteCookie") && signs_out(c.node))
      notes.client_sign_outs.push_back({place(file.path, c.line()), file.shown(c.node)});
    if ((f != "set" && f != "setCookie") || c.args.size() < 2) continue;
    const Node options = unwrap(c.arg(2));
    written_by_script(file, c.node, member(options, "secure").is("true"));
  }
}

// localStorage.removeItem("token") and off to the first page: the server is not told.
void read_forgetful_sign_outs(File& file, ScriptNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    const bool storage =
        icontains(c.name, "storage.") &&
        ((f == "removeItem" && session_name(literal(c.arg(0)).value_or(std::string(c.arg(0).text())))) || f == "clear");
    const bool helper = has_word(f, {"remove", "clear", "delete", "unset"}) &&
                        has_word(f, {"token", "tokens", "auth", "session", "credentials"});
    if ((!storage && !helper) || !signs_out(c.node)) continue;
    // Whatever waits for an answer may have asked the server.
    const Node function = function_around(c.node);
    if (!function.all("await_expression").empty() ||
        icontains_any(function.code(), {"fetch(", "axios", ".post(", ".delete(", "mutate(", ".then("}))
      continue;
    notes.client_sign_outs.push_back({place(file.path, c.line()), file.shown(c.node)});
  }
}

}  // namespace

void read_client_trust(File& file, ScriptNotes& notes) {
  const bool browser = client_file(file) || (file.imports_from("react") && !contains(file.path, "/api/"));
  if (!browser) return;
  judge_written_cookies(file, notes);
  read_forgetful_sign_outs(file, notes);
  judge_client_gates(file);
  if (contains(file.code(), ".from(") || contains(file.code(), ".rpc(") || contains(file.code(), "Doc("))
    judge_client_writes(file);
  if (contains(file.code(), ".from(") && icontains(file.code(), "supabase")) judge_client_rows(file);
}

}  // namespace gatehouse::audit::source

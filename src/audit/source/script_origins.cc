// Addresses built from what a request says of its own sender: Origin, Host, Referer.
#include <algorithm>

#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool from_header(const Code& code) {
  return icontains_any(
      code, {"headers.origin", "get(\"origin\")", "get('origin')", "headers[\"origin\"]", "headers['origin']",
             "headers.host", "headers.referer", "get(\"referer\")", "get('referer')", "get(\"host\")", "get('host')",
             "x-forwarded-host", "headers[\"host\"]", "headers['host']", "header(\"origin\")", "header('origin')",
             "header(\"host\")", "header('host')"});
}

// Where in the function the header that is put into `value` is read; the value itself when it stands there.
Node read_at(const File& file, Node value, Node function) {
  if (from_header(value.code())) return value;
  for (const Node h : holes(value)) {
    if (!h.is("identifier")) continue;
    for (const Node d : file.tree.all("variable_declarator"))
      if (d.child("name").text() == h.text() && from_header(d.child("value").code()) &&
          (!function || d.inside(function)))
        return d;
  }
  return {};
}

}  // namespace

void judge_origins(File& file) {
  if (!from_header(file.code())) return;
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    if (key != "success_url" && key != "return_url" && key != "successUrl" && key != "returnUrl" &&
        key != "redirectTo" && key != "emailRedirectTo")
      continue;
    const Node function = function_around(p);
    if (icontains_any(function.code(), {"allowed", "whitelist", "includes(origin", "issafe"})) continue;
    const Node at = read_at(file, unwrap(p.child("value")), function);
    if (!at) continue;
    auto& found = file.hit("EX-012", at);
    found.title = "The address one comes back to is taken from a header of the request";
    found.severity = proof::Severity::low;
    if (at.line() != p.line()) also(found, file, p);
  }
  // Stops: a reset link that is mailed to its owner and leads, token and all, to whoever asked for it.
  for (const Node t : file.tree.all("template_string")) {
    const std::string text = spoken(t);
    if (!icontains_any(text, {"reset", "verify", "confirm", "token", "invite", "magic", "activate"})) continue;
    const Node function = function_around(t);
    if (!function || !icontains_any(function.code(), {"mail", "resend", "sendgrid", "nodemailer", "postmark"}))
      continue;
    if (icontains_any(function.code(), {"allowed", "whitelist"})) continue;
    const Node at = read_at(file, t, function);
    if (!at) continue;
    auto& found = file.hit("FA-006", at);
    found.title = "A link with a token in it is mailed to an address that the request names";
    found.severity = proof::Severity::high;
    return;
  }
}

}  // namespace gatehouse::audit::source

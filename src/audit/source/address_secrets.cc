#include "audit/source/address_secrets.h"

#include <algorithm>

#include "audit/source/script.h"
#include "audit/source/script_request.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Stops: a session's token in the history of a browser, in a proxy's log, in the Referer of the next page.
void judge_redirected_tokens(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "redirect" && f != "sendRedirect") continue;
    Node to;
    for (const Node a : c.args)
      if (const Node value = value_of(file, unwrap(a)); !holes(value).empty()) to = value;
    if (!to) continue;
    const std::string said = spoken(to);
    if (!icontains_any(said, {"?token=", "&token=", "jwt=", "access_token=", "accesstoken=", "auth_token=",
                              "authtoken=", "refresh"}) ||
        icontains_any(said, {"reset", "verify", "confirm", "invite", "csrf", "unsubscribe"}) || contains(said, "#"))
      continue;
    const auto built = holes(to);
    if (std::none_of(built.begin(), built.end(), [](Node h) {
          return has_word(h.code(), {"token", "jwt", "access", "session"}) || icontains_any(h.code(), {"token", "jwt"});
        }))
      continue;
    auto& told = file.hit("FA-019", c.node);
    told.title = "A token travels in the address of a redirect";
    told.fix = "Set it as an HttpOnly cookie, or hand over a code that is redeemed once.";
  }
}

// req.query.SECRET !== process.env.SECRET, searchParams.get("token") !== env.CRON_TOKEN
void judge_asked_secrets(File& file) {
  for (const Node b : file.tree.all("binary_expression")) {
    if (!b.has_token("!==") && !b.has_token("===") && !b.has_token("!=") && !b.has_token("==")) continue;
    for (const auto& [one, other] :
         {std::pair{b.child("left"), b.child("right")}, {b.child("right"), b.child("left")}}) {
      const auto name = env_name(unwrap(value_of(file, other)));
      if (!name || !has_word(*name, {"secret", "key", "token", "password"})) continue;
      const std::string_view sent = value_of(file, one).code();
      if (!icontains_any(sent, {"req.query", "request.query", "searchparams.get(", "ctx.query", "c.req.query("}))
        continue;
      if (contains(sent, "hub.")) continue;  // Meta's own handshake, which knows no other place
      auto& told = file.hit("FA-019", b);
      told.fix = "Take it from the Authorization header, and compare it in constant time.";
      return;
    }
  }
}

// fetch(`${base}/api/jobs?token=${process.env.CRON_SECRET}`): one's own secret in the logs of every hop.
void judge_sent_secrets(File& file) {
  for (const Node text : file.tree.all("template_string")) {
    const std::string said = spoken(text);
    if (!icontains_any(said, {"?token=", "&token=", "?secret=", "&secret=", "?cron_secret=", "?password="})) continue;
    for (const Node hole : holes(text)) {
      Node value = unwrap(hole);
      if (const auto c = as_call(value); c && last(c->name) == "encodeURIComponent") value = unwrap(c->arg(0));
      const auto name = env_name(unwrap(value_of(file, value)));
      if (!name || !has_word(*name, {"secret", "cron", "internal", "admin", "webhook"}) || contains(*name, "PUBLIC"))
        continue;
      auto& told = file.hit("FA-019", text);
      told.title = "A secret of the server is put into an address";
      told.fix = "Send it in the Authorization header.";
      return;
    }
  }
}

}  // namespace

void read_address_secrets(File& file) {
  if (client_file(file)) return;
  const Code code = file.code();
  if (icontains(code, "redirect")) judge_redirected_tokens(file);
  if (icontains_any(code, {"query", "searchparams"})) judge_asked_secrets(file);
  if (icontains_any(code, {"?token=", "&token=", "secret=", "?password="})) judge_sent_secrets(file);
}

}  // namespace gatehouse::audit::source

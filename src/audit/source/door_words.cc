#include "audit/source/door_words.h"

#include "audit/source/file.h"
#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

using namespace syntax;

bool open_to_all(std::string_view path, bool writes, bool guarded) {
  if (!public_door(path)) return false;
  const bool by_id = path.find_first_of("{<:[") != std::string_view::npos;
  if (!by_id || sign_in_door(path) || webhook_door(path)) return true;
  // A link out of a mail, a token in the address: they prove themselves.
  if (has_word(path, {"token",  "callback",  "oauth",  "sso",     "saml",    "acs",    "unsubscribe", "public",
                      "guest",  "anonymous", "logout", "signout", "static",  "assets", "docs",        "share",
                      "shared", "invite",    "csrf",   "resend",  "refresh", "auth",   "demo"}))
    return true;
  if (!guarded &&
      has_word(path, {"confirm", "verify", "activate", "activation", "subscribe", "newsletter", "contact", "feedback",
                      "track", "consent", "cron", "events", "index", "waitlist", "analytics", "session", "sessions"}))
    return true;
  return !writes && !has_word(path, {"status", "session", "sessions", "config", "trial", "confirm"});
}

}  // namespace gatehouse::audit::source

// Addresses that change something when they are only opened.
#include <algorithm>

#include "audit/source/route_judges.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 6;  // remarks of one project

bool deed_word(std::string_view name) {
  return has_word(
      name,
      {"delete",      "remove",    "clear",    "ban",        "unban",     "block",    "unblock",  "approve", "reject",
       "like",        "unlike",    "toggle",   "publish",    "unpublish", "cancel",   "activate", "disable", "enable",
       "update",      "add",       "set",      "deactivate", "promote",   "demote",   "follow",   "destroy", "unfollow",
       "accept",      "decline",   "complete", "archive",    "restore",   "mark",     "vote",     "join",    "leave",
       "buy",         "transfer",  "empty",    "drop",       "purge",     "assign",   "suspend",  "confirm", "finish",
       "unsubscribe", "subscribe", "borrar",   "eliminar",   "entfernen", "loeschen", "aprobar",  "upgrade", "increase",
       "checkin",     "optout",    "attend",   "deliver",    "refund",    "burn",     "consume",  "grant",   "withdraw",
       "decrease",    "close",     "reopen",   "kick",       "claim",     "redeem",   "release",  "lock",    "unlock",
       "send",        "pay",       "revoke"});
}

// Ways in and out, links that carry their own proof, jobs, and what only counts.
bool meant_to_write(std::string_view name) {
  return has_word(name, {"callback", "oauth",    "verify",  "verification", "webhook", "cron",  "health",
                         "login",    "logout",   "signin",  "signout",      "auth",    "track", "tracking",
                         "pixel",    "redirect", "refresh", "sync",         "seed",    "init",  "setup",
                         "token",    "csrf",     "session", "success",      "views",   "view",  "migrate"});
}

bool keeps_account_of(const Step& s) {
  if (has_word(s.record, {"session", "token", "log", "audit", "visit", "view", "click", "event", "analytics", "cache",
                          "history", "activity", "otp", "counter", "stat", "stats", "metric", "notification"}))
    return true;
  return icontains_any(s.at.shown, {"view", "visit", "last", "seen", "count", "click", "upsert", "$inc", "expired",
                                    "expires", "cache", "login", "refresh"});
}

// Something of the link was made by the server: a token, a signature.
bool proved(const Flow& flow, const Step& written) {
  const auto says = [](std::string_view code) {
    return icontains_any(code, {"token", "sign", "hash", "secret", "hmac", "verify", "decrypt", "code"});
  };
  return says(written.at.shown) || std::any_of(flow.steps.begin(), flow.steps.end(),
                                               [&](const Step& s) { return says(s.callee.name) || says(s.at.shown); });
}

bool keeps_cookies(const Project& project, const ScriptNotes& notes) {
  if (!notes.session_cookies.empty() || !notes.set_cookies.empty()) return true;
  for (const char* library :
       {"express-session", "cookie-session", "cookie-parser", "next-auth", "iron-session", "passport-local", "lucia",
        "@fastify/session", "@fastify/cookie", "koa-session", "@clerk/nextjs", "@supabase/ssr", "better-auth",
        "@supabase/auth-helpers-nextjs", "connect-mongo"})
    if (project.depends_on(library)) return true;
  return false;
}

}  // namespace

// Stops: <img src="/notes/7/delete"> on a page that a signed-in visitor opens.
void judge_gets(const Project& project, const ScriptNotes& notes, const std::vector<GetRoute>& routes, Sink& sink) {
  if (routes.empty()) return;
  const bool cookies = keeps_cookies(project, notes);
  const Flows& flows = project.notes<Flows>();
  std::size_t told = 0;
  for (const GetRoute& r : routes) {
    const std::string name = r.path + " " + r.route->handler;
    if (told >= kMost || r.flow == nullptr || meant_to_write(name)) continue;
    // What is open to all is told as that; but to leave a list of addresses is meant to be open.
    const bool leaves_list = has_word(name, {"unsubscribe", "optout"}) || icontains_any(name, {"opt-out"});
    if (r.open && !leaves_list) continue;
    const bool verb = deed_word(name);
    std::vector<const Step*> done;
    deeds(flows, *r.flow, done);
    const Step* written = nullptr;
    // What reads nothing is opened for what it writes.
    const bool only_writes = !done.empty() && std::none_of(done.begin(), done.end(), [](const Step* s) {
      return s->touch && (*s->touch == Touch::Kind::one || *s->touch == Touch::Kind::list);
    });
    for (const Step* s : done) {
      const bool by_address = s->by_proof && r.open && !proved(*r.flow, *s);
      if (!s->touch || (s->by_proof && !by_address) || keeps_account_of(*s)) continue;
      const bool removes = *s->touch == Touch::Kind::remove;
      const bool changes = *s->touch == Touch::Kind::change || *s->touch == Touch::Kind::create;
      const bool alone = only_writes && *s->touch == Touch::Kind::change && contains(r.path, ":");
      if (removes || (alone && cookies) || (changes && verb)) written = s;
    }
    // this.cart.deleteAll(userId) of a class that is not in sight
    if (written == nullptr && verb)
      for (const Step& s : r.flow->steps) {
        if (s.touch || !meant_by(flows, s.callee).empty()) continue;
        const std::string& done_by = s.callee.name;
        const bool by_name = done_by == "deleteOne" || done_by == "deleteMany" || done_by == "destroy" ||
                             done_by == "findByIdAndDelete" || done_by == "findOneAndDelete";
        const bool service = deed_word(done_by) && has_word(s.callee.type, {"service", "repository", "repo", "manager",
                                                                            "model", "controller", "usecase"});
        if (by_name || service) written = &s;
      }
    if (written == nullptr) continue;
    ++told;
    auto& f = sink.find("CSRF-003", r.route->at, r.route->shown);
    if (r.open) {
      f.title = "Whoever knows an address takes it off the list";
      f.severity = proof::Severity::low;
      f.impact =
          "Nothing in the link proves that it was sent to that address, and scanners of mails open links by "
          "themselves.";
      f.fix = "Put a signed token into the link, and change the list by a POST from the page it opens.";
    } else if (!cookies) {  // nothing that a browser sends by itself: no forgery, and still a change by reading
      f.severity = proof::Severity::low;
      f.impact =
          "Scanners of mails, previews of messengers and browsers that fetch ahead open addresses by themselves, and "
          "caches and retries repeat them: each time the record is changed.";
    }
    if (written->at.at.path != r.route->at.path || written->at.at.line != r.route->at.line) {
      f.locations.push_back(written->at.at);
      f.evidence.push_back(written->at.shown);
    }
  }
}

}  // namespace gatehouse::audit::source

// Routes that may be asked without end: doors at which passwords and codes are guessed, and what somebody pays for.
#include "audit/source/model_texts.h"
#include "audit/source/open_doors.h"
#include "audit/source/script_costs.h"
#include "audit/source/script_deeds.h"
#include "audit/source/script_resolved.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

// Stops: a calendar that a script books full, a table of a million messages, cards tried one after the other.
void RouteLimits::see_open(const ResolvedRoute& r) {
  const ScriptRoute& route = *r.route;
  const std::string name = r.path + " " + route.handler;
  // What is meant for everybody is no door somebody forgot to shut.
  const bool shut = r.guarded && !(route.framework == "action" && route.refuses);
  if (route.method != "post" || shut || r.privileged || webhook_door(r.path) || route.hook_judged ||
      !for_strangers(name) || route.framework == "page" || r.flow == nullptr)
    return;
  bool keeps = starts_payments(name);
  std::vector<const Step*> done;
  deeds(project_.notes<Flows>(), *r.flow, done);
  for (const Step* s : done) keeps = keeps || (s->touch && *s->touch == Touch::Kind::create);
  if (!keeps) return;
  tell_open_door(open_, sink_, route.at, route.shown);
  if (const auto& at = r.flow->at.at; !at.path.empty() && at.path != route.at.path)
    tell_open_door(open_, sink_, at, r.flow->at.shown);
  for (const Step* s : done)
    if (s->touch && *s->touch == Touch::Kind::create && s->at.at.path != route.at.path) {
      tell_open_door(open_, sink_, s->at.at, s->at.shown);
      break;
    }
}

void RouteLimits::see(const ResolvedRoute& r) {
  const ScriptRoute& route = *r.route;
  const bool writes = route.method != "get" && route.method != "head";
  const bool named =
      (sign_in_door(route.path) || sign_in_door(route.handler) || sign_in_door(r.path)) &&
      // GET /verify-email?token=…: what a link carries is too long to be guessed.
      (writes || (has_word(r.path, {"verify", "magic"}) && !has_word(r.path, {"email", "mail"}))) &&
      // Who is signed in already has nothing left to guess but a code.
      (!r.guarded || route.hosted ||
       has_word(r.path + " " + route.handler, {"login", "signin", "signup", "forgot", "reset", "otp", "2fa", "mfa",
                                               "totp", "code", "verify", "passcode", "confirm"}) ||
       icontains_any(r.path, {"sign-in", "sign_in", "log-in", "sign-up"}) ||
       // POST /events/register: who is signed in registers for something.
       (has_word(r.path + " " + route.handler, {"register"}) &&
        has_word(r.path + " " + route.file, {"auth", "user", "users", "account", "accounts"})));
  // /reset, /enter, /session: what is done there counts, whatever the door is called.
  const bool door = named || (writes && !r.guarded && !r.privileged && r.flow != nullptr && !webhook_door(r.path) &&
                              opens_account(project_.notes<Flows>(), *r.flow));
  const bool limited = r.limited || notes_.global_limit || notes_.limited_files.contains(route.file);
  // Stops: a hundred passwords in a quarter of an hour, and no end to it: the limit of all routes is made for pages.
  if (door && notes_.global_limit && !r.limited && !notes_.limited_files.contains(route.file) && !weakly_limited_ &&
      route.framework != "action" && route.framework != "page" &&
      (has_word(r.path + " " + route.handler,
                {"login", "signin", "authenticate", "otp", "2fa", "logon", "einloggen", "anmelden"}) ||
       icontains_any(r.path, {"sign-in", "log-in"}))) {
    weakly_limited_ = true;
    auto& f = sink_.find("EX-004", route.at, route.shown);
    f.title = "Sign-in has only the limit of all routes";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
  if (r.flow != nullptr && !webhook_door(r.path) && (writes || route.framework == "action"))
    if (const Cost* dear = costs_deeply(project_.notes<Costs>(), project_.notes<Flows>(), *r.flow))
      see_model_texts(project_.notes<Flows>(), r, *dear, texts_, sink_);
  if (limited) return;
  const bool asked =
      r.flow != nullptr && !webhook_door(r.path) && !door && !route.hook_judged && !has_word(r.path, {"cron", "crons"});
  const Cost* cost = asked ? costs_deeply(project_.notes<Costs>(), project_.notes<Flows>(), *r.flow) : nullptr;
  // Stops: a quota that is bought by the piece, emptied by anybody who asks for the address.
  if (cost != nullptr && cost->paid && !r.guarded &&
      told_costs_.insert(cost->at.at.path + ":" + std::to_string(cost->at.at.line)).second) {
    auto& f = sink_.find("RL-002", cost->at.at, cost->at.shown);
    f.title = "Anybody runs up the bill: a paid service is asked without a sign-in or a limit";
    f.locations.push_back(route.at);
    f.evidence.push_back(route.shown);
    return;
  }
  if (!writes && route.framework != "action" && cost != nullptr && !cost->browser) cost = nullptr;
  if (cost != nullptr && cost->named && (r.privileged || (r.guarded && !route.refuses))) cost = nullptr;
  // Stops: strangers who let the owner pay for their questions, day and night.
  if (cost != nullptr && cost->model && !r.guarded) {
    auto& f = sink_.find("RL-002", route.at, route.shown);
    f.title = "Anybody runs up the bill: a paid service is asked without a sign-in or a limit";
    f.severity = proof::Severity::high;
    f.locations.push_back(cost->at.at);
    f.evidence.push_back(cost->at.shown);
    return;
  }
  if (cost != nullptr && ((cost->phone && !r.guarded) || cost->many)) {
    auto& f = sink_.find("RL-002", route.at, route.shown);
    f.title = cost->many ? "A list of the client's own is written to, however long it is and however often"
                         : "Anybody has short messages sent to any number, on the owner's bill";
    if (cost->phone) f.severity = proof::Severity::high;
    f.locations.push_back(cost->at.at);
    f.evidence.push_back(cost->at.shown);
    return;
  }
  if (door && route.hosted) {
    if (!hosted_doors_.insert(route.file).second) return;  // one file of them is one remark
    auto& f = sink_.find("EX-004", route.at, route.shown);
    f.title = "Sign-in has only the provider's own rate limit";
    f.impact = "The provider counts by address, and every try comes from this server's.";
    f.severity = proof::Severity::low;
  } else if (door && !webhook_door(r.path)) {
    if (sign_up_name(r.path) || sign_up_name(route.handler))
      unlimited_sign_up(sink_, route.at, route.shown);
    else
      sink_.find("EX-004", route.at, route.shown);
  } else if (((route.costly && route.framework != "action" && !r.privileged) || cost != nullptr) &&
             (writes || (cost != nullptr && cost->browser)) && !webhook_door(r.path)) {
    costly_.find(sink_, "RL-002", route.at, route.shown);
  } else {
    see_open(r);
  }
}

}  // namespace gatehouse::audit::source

// Absence among routes: what stands open beside what is locked.
#include <algorithm>

#include "audit/source/idle_guards.h"
#include "audit/source/made_admins.h"
#include "audit/source/open_doors.h"
#include "audit/source/queue_doors.h"
#include "audit/source/recurring.h"
#include "audit/source/route_judges.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_deeds.h"
#include "audit/source/script_inputs.h"
#include "audit/source/script_resolved.h"
#include "audit/source/script_staff.h"
#include "audit/source/script_uses.h"
#include "audit/source/staff_reach.h"
#include "audit/source/told_contacts.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// "/v2/deals/:id" -> "/v2/deals"; nothing for what has more behind the id.
std::string list_of(std::string_view path) {
  const std::size_t colon = path.find("/:");
  if (colon == std::string_view::npos || path.find('/', colon + 1) != std::string_view::npos) return {};
  std::string out(path.substr(0, colon));
  while (out.ends_with('/')) out.pop_back();
  return out.empty() ? "/" : out;
}

}  // namespace

namespace {

// isMember stands before /teams/:teamId: whether the caller belongs there is asked. What lies below the team is not.
bool asked_before(const ResolvedRoute& r, std::string_view shown) {
  const bool member = std::any_of(r.before.begin(), r.before.end(), [](const ScriptGuard& g) {
    return has_word(g.name, {"member", "membership", "belongs", "access", "owns", "collaborator", "participant"});
  });
  if (!member) return false;
  const std::size_t first = r.path.find(':');
  const std::size_t last = r.path.rfind(':');
  if (first == std::string::npos || first == last) return member;
  const auto name = [&](std::size_t at) {
    const std::size_t end = r.path.find('/', at);
    return r.path.substr(at + 1, end == std::string::npos ? end : end - at - 1);
  };
  return !has_token(shown, name(last)) || has_token(shown, name(first));
}

}  // namespace

void judge_script_routes(const Project& project, const ScriptNotes& notes, Sink& sink) {
  const Flows& flows = project.notes<Flows>();
  const Schema& schema = project.notes<Schema>();
  // Express 5 reads queries as plain text unless it is told otherwise.
  const bool plain_queries =
      !notes.query_parser &&
      std::any_of(project.dependencies.begin(), project.dependencies.end(), [](const Dependency& d) {
        const std::string_view asked = d.version.empty() ? std::string_view(d.wanted) : std::string_view(d.version);
        const std::size_t at = asked.find_first_of("0123456789");
        return d.name == "express" && !d.locked && at != std::string_view::npos && asked[at] >= '5';
      });
  const ResolvedRoutes routes = resolve_routes(project, notes);
  const std::vector<ResolvedRoute>& all = routes.all;
  const bool any_guard =
      std::any_of(all.begin(), all.end(),
                  [](const ResolvedRoute& r) {
                    return r.guarded && r.route->framework != "action" && r.route->framework != "socket";
                  }) ||
      notes.pages_guarded;
  const bool ranks = has_ranks(schema, notes) || std::any_of(all.begin(), all.end(), [&](const ResolvedRoute& r) {
                       return standing_of(flows, r.before, r.route->file) == Standing::ranked;
                     });
  const bool open_sign_up = std::any_of(all.begin(), all.end(), [&](const ResolvedRoute& r) {
    return !r.guarded &&
           (has_word(r.path, {"signup", "register", "registration", "join", "registrieren", "registro"}) ||
            (r.route->method == "post" && makes_people(flows, schema, r.flow)));
  });
  const std::set<std::string> scoped = scoped_records(flows, notes);
  std::set<std::string> shut_lists;
  for (const ResolvedRoute& r : all)
    if (r.guarded && r.route->method == "get" && (r.route->framework == "express" || r.route->framework == "nest") &&
        r.path.find(':') == std::string::npos)
      shut_lists.insert(r.route->file + " " + list_of(r.path + "/:id"));
  std::set<std::string> told_inputs;
  std::set<const Use*> told_uses;
  RouteLimits limits(project, notes, sink);
  Unbounded unbounded;
  Recurring guests(kMostOpenDoors);
  for (const ResolvedRoute& r : all) {
    const ScriptRoute& route = *r.route;
    const bool procedure = route.framework == "trpc";  // its schema holds what is sent
    if (r.flow != nullptr && !procedure) unbounded.see(project, flows, notes, route, *r.flow);
    const bool writes = route.method != "get" && route.method != "head";
    // What deletes or replaces is no public page, whatever its name.
    const bool changes = route.method == "delete" || route.method == "put" || route.method == "patch";
    const bool by_id = contains(r.path, ":") || contains(r.path, "[");
    const bool known_door = sign_in_door(r.path) || webhook_door(r.path) ||
                            has_word(r.path, {"logout", "signout", "auth", "unsubscribe", "cron"}) ||
                            (!by_id && has_word(r.path, {"session", "sessions"}));
    // POST /status handled by updateStatus: what is done says more than the word it is done to.
    const bool acts = writes && has_word(route.handler, {"update", "change", "set", "edit", "delete", "remove",
                                                         "toggle", "approve", "reject", "assign"});
    const bool everyone =
        (!changes || known_door) && (!acts || known_door) && (known_door || !alters(flows, schema, r.flow)) &&
        !(route.mighty && has_word(r.path, {"invite"}) && has_word(r.path, {"member", "user", "team", "staff"})) &&
        (public_door(route.path) || public_door(r.path) || r.path == "/" || r.path == "*" || r.path.empty() ||
         public_door(route.handler));
    const bool admin = has_word(r.path, {"admin", "internal", "debug"});
    const bool personal = personal_noun(r.path);
    // Stops: a door left open beside doors that are locked.
    const bool unverified =
        route.framework == "edge" &&
        std::any_of(notes.unverified_functions.begin(), notes.unverified_functions.end(),
                    [&](const std::string& f) { return contains(route.at.path, "functions/" + f + "/"); });
    const bool open = opens(flows, schema, r.flow) || ((route.mighty || unverified) && !r.guarded) ||
                      (!any_guard && keeps_unasked(flows, r.flow, r.path));
    // What a shop earned and what was done in it: for those who run the place.
    const bool staffs_papers =
        !writes && route.framework != "page" &&
        has_word(r.path, {"logs", "analytics", "audit", "revenue", "transactions", "payouts", "earnings"});
    const bool only_reads = reads_only(flows, r.flow);
    // Stops: a stranger who sends everybody their mails, or empties tables, by opening the address of a scheduled job.
    if (has_word(r.path, {"cron", "crons"}) && !r.guarded && !route.refuses && r.flow != nullptr &&
        (route.framework == "next" || route.framework == "edge")) {
      sink.find("NX-002", route.at, route.shown).title = "A scheduled job runs for whoever opens its address";
      continue;
    }
    if (idle(flows, r.flow)) continue;
    if (!r.guarded && !writes && !admin && r.flow != nullptr && !route.refuses && any_guard)
      judge_contacts(flows, *r.flow, sink);
    if (!r.guarded && !r.privileged && writes && r.flow != nullptr && !asks_deeply(flows, *r.flow) &&
        (has_word(r.path + " " + route.handler, {"register", "signup", "registration", "join"}) ||
         makes_people(flows, schema, r.flow)) &&
        standing_of(flows, r.before, route.file) == Standing::unknown && r.before.empty())
      judge_made_admins(project, *r.flow, sink);
    // Who books without an account is let in on purpose: what such a door lacks is an end.
    const bool guest = r.flow != nullptr && r.flow->guest && writes && !changes && !admin && !r.guarded && !by_id &&
                       for_strangers(r.path + " " + route.handler) && !r.flow->asks;
    if (r.flow != nullptr && r.flow->counted && !r.guarded && (guest || known_door))
      tell_claimed_limit(*r.flow->counted, sink);
    if (guest) {
      if (!r.limited && !notes.global_limit) tell_open_door(guests, sink, route.at, route.shown);
    } else if (route.framework == "action") {
      if (!r.guarded && route.acts && !only_reads) sink.find("NX-003", route.at, route.shown);
    } else if (!r.guarded && !route.refuses && !route.verifies && !key_in_path(r.path) &&
               !(route.hook_judged && route.framework == "next") && (any_guard || admin || open) &&
               (!everyone || admin || (staffs_papers && open))) {
      if (route.framework == "page" && !open) continue;
      const bool counts =
          open || has_word(r.path, {"seed", "seeds", "seeder", "migrate", "initdb"}) ||
          (writes && any_guard && !only_reads) || admin || (any_guard && (route.meant_for_staff || staffs_papers)) ||
          (personal && (by_id || has_word(r.path, {"me", "users", "orders", "invoices", "customers", "messages",
                                                   "export", "subscriptions", "subscription", "account", "billing",
                                                   "profile", "history", "instances", "provision"})));
      const bool page = !writes && (r.path == "/admin" || r.path == "/admin/");  // the sign-in page of a console
      const bool catalogue =
          page ||
          (has_word(r.path, {"products", "prices", "product", "categories", "posts", "blog", "search"}) && !writes);
      // The list is shut, and each of its rows stands open.
      const bool row_of_list = !writes && by_id && !public_door(r.path) && !list_of(r.path).empty() &&
                               shut_lists.contains(route.file + " " + list_of(r.path));
      if (((counts && (open || !catalogue)) || row_of_list))
        sink.find(route.framework == "next" || route.framework == "page" ? "NX-002" : "EX-023", route.at, route.shown);
    }
    // Stops: reading or changing another person's record by its id.
    const std::string file_name =
        route.file.substr(route.file.rfind('/') == std::string::npos ? 0 : route.file.rfind('/') + 1);
    const bool somebodys = personal || writes || (route.framework == "express" && personal_noun(file_name));
    const Spot* unowned = route.unowned ? &*route.unowned : r.unowned;
    // A folder called auth makes nothing public that asks for the caller.
    // PATCH /users/:id/password behind a sign-in is no way in, it is somebody's record.
    const bool named = contains(route.path, ":id") || contains(route.path, ":userId") ||
                       contains(route.path, ":user_id") || contains(r.path, "[id]") || contains(r.path, "[userId]");
    const bool open_door = webhook_door(route.path) || ((sign_in_door(route.path) || sign_in_door(route.handler)) &&
                                                        !(named && changes && r.guarded));
    Standing standing = standing_of(flows, r.before, route.file);
    const Verdict verdict = r.flow != nullptr ? judge_flow(flows, *r.flow, kClient, kIdentity) : Verdict{};
    if (verdict.kind != Verdict::Kind::nothing || (r.flow != nullptr && keeps_nothing(flows, *r.flow)))
      unowned = nullptr;
    const bool theirs =
        verdict.child || somebody(schema, verdict, r.path) ||
        (scoped.contains(verdict.record) && !(verdict.touch == Touch::Kind::one && published(verdict.record)));
    if (verdict.kind == Verdict::Kind::unowned && r.guarded && !admin && !r.privileged && !open_door && theirs &&
        !r.flow->staff && !stands_for_staff(flows, r.before, route.file) && !asked_before(r, verdict.at.shown)) {
      auto& f = sink.find("AZ-001", verdict.at.at, verdict.at.shown);
      if (verdict.record_at.at.path != verdict.at.at.path || verdict.record_at.at.line != verdict.at.at.line) {
        f.locations.push_back(verdict.record_at.at);
        f.evidence.push_back(verdict.record_at.shown);
      }
      if (verdict.claimed)
        f.title = "Whose records they are is what the request says";
      else if (verdict.touch != Touch::Kind::one)
        f.title = "A record is changed by its id without asking whose it is";
    }
    const bool next = route.framework == "next" || route.framework == "action" || route.framework == "edge";
    // What comes to a webhook that looks at no signature comes from anybody.
    if (r.flow != nullptr && (!webhook_door(r.path) || (route.hook_judged && !route.verifies))) {
      const bool texts = route.validated || r.flow->texts || notes.sanitized ||
                         (route.framework == "nest" && route.declared &&
                          (notes.nest_validates || notes.nest_whitelist || route.whitelisted));
      judge_uses(flows, *r.flow, {texts, plain_queries}, admin || r.privileged, told_uses, sink);
    }
    if (r.flow != nullptr && !admin && !r.privileged) judge_written(flows, schema, notes, route, *r.flow, sink);
    const bool ranked =
        r.privileged || standing == Standing::ranked || (r.flow != nullptr && ranks_deeply(flows, *r.flow));
    // Guards of NestJS that name no rank ask for an account alone, unless one stands before the whole application.
    if (standing == Standing::unknown && route.framework == "nest" && r.guarded && !r.privileged && !notes.nest_guard)
      standing = Standing::plain;
    if (standing == Standing::unknown && r.before.empty() && r.flow != nullptr && asks_deeply(flows, *r.flow) &&
        !notes.middleware_ranks)
      standing = Standing::plain;  // the handler itself asks who is calling, and nothing else
    // Whoever signs up has no rank yet that anybody could have asked for: `role || "client"` only fills one in.
    const bool joins = !r.guarded && has_word(r.path, {"register", "signup", "registration"});
    if ((!ranked || joins) && !admin && !procedure) judge_inputs(project, r, told_inputs, sink);
    if (route.meant_for_staff && r.guarded && !ranked && !open_door) {
      auto& f = sink.find("AZ-008", route.at, route.shown);
      f.title = "What is said to be for some alone asks nobody for a role";
    } else if (r.flow != nullptr && r.guarded && !ranked && !open_door) {
      const StaffRoute staff{route, *r.flow, r.path, ranks, open_sign_up};
      if (!admin) {
        const bool told = judge_staff(flows, schema, staff, sink);
        if (!told && (next || ranks || open_sign_up) && verdict.kind == Verdict::Kind::unowned && !theirs)
          judge_unclaimed(schema, verdict, sink);
        if (writes && !webhook_door(r.path)) judge_named_owner(flows, schema, staff, verdict, sink);
      }
      if (has_word(r.path, {"admin"}) && route.framework != "page") {
        // What is done with the database's own key at such an address is for staff, whoever keeps the ranks.
        const StaffRoute door{route, *r.flow, r.path, ranks || route.framework == "edge", open_sign_up};
        judge_staff_door(flows, door, standing, sink);
      }
    }
    judge_queue_route(project, r, ranked, sink);
    if (r.flow != nullptr && r.guarded && !ranked && !admin && !writes && !open_door && open_sign_up &&
        !stands_for_staff(flows, r.before, route.file))
      judge_address_book(flows, *r.flow, sink);
    judge_deeds(flows, schema, {r.flow, r.guarded, r.privileged, admin, open_door, webhook_door(r.path), notes.hooked},
                sink);
    if (r.privileged || (r.flow != nullptr && r.flow->staff)) unowned = nullptr;
    if (unowned != nullptr && r.guarded && !admin && somebodys && !asked_before(r, unowned->shown) &&
        !has_word(r.path, {"product", "products", "prices", "plans", "categories", "public", "share"}))
      sink.find("AZ-001", unowned->at, unowned->shown);
    if (!procedure) limits.see(r);
  }
  unbounded.tell(project, sink);
  take_back_for_staff(flows, all, sink);
  std::vector<GetRoute> gets;
  for (const ResolvedRoute& r : all)
    if ((r.route->method == "get" || r.route->any_method) && r.flow != nullptr && r.route->framework != "action" &&
        r.route->framework != "page" && r.route->framework != "graphql" && r.route->framework != "edge" &&
        r.route->framework != "trpc")
      gets.push_back({r.route, r.path, r.flow, !r.guarded && !r.privileged});
  judge_gets(project, notes, gets, sink);
  // Controllers whose routes were not understood.
  const bool doors_known = std::any_of(all.begin(), all.end(), [](const ResolvedRoute& r) {
    return sign_in_door(r.route->handler) || sign_in_door(r.path);
  });
  for (const auto& [key, f] : notes.functions)
    if (!routes.mounted.contains(key)) {
      // Whatever address leads to it: nothing in the whole tree counts.
      if (f.flow && !f.limited && !notes.any_limit && !doors_known &&
          has_word(key.substr(key.rfind('#') + 1), {"login", "signin", "logon", "authenticate"}))
        sink.find("EX-004", f.flow->at.at, f.flow->at.shown);
      if (f.flow) judge_uses(flows, *f.flow, {notes.sanitized, plain_queries}, false, told_uses, sink);
      if (has_word(key, {"admin", "administrator", "backoffice"})) continue;  // who may call it stands with its route
      const Verdict verdict = f.flow ? judge_flow(flows, *f.flow, kClient, kIdentity) : Verdict{};
      if (verdict.kind == Verdict::Kind::unowned && somebody(schema, verdict, "") && any_guard)
        sink.find("AZ-001", verdict.at.at, verdict.at.shown);
      else if (verdict.kind == Verdict::Kind::nothing && f.unowned)
        sink.find("AZ-001", f.unowned->at, f.unowned->shown);
    }
  for (const ResolvedRoute& r : all) {
    if (!webhook_door(r.path) || r.route->method == "get") continue;
    if (r.after_json && (r.route->verifies || r.route->wants_bytes)) {
      auto& f = sink.find("EX-019", r.route->at, r.route->shown);
      f.title = "A JSON parser reads the webhook's body before its signature is checked";
    }
    // Known to be a webhook only by where it is mounted.
    if (!r.route->hook_judged && !r.route->verifies && !r.guarded && r.route->handler.empty() &&
        r.route->framework == "express")
      sink.find("EX-018", r.route->at, r.route->shown);
  }
  judge_idle_guards(project, notes, sink);
  judge_sign_outs(notes, all, sink);
  judge_script_program(notes, any_guard, limits.costly(), sink);
  // Stops: a page of another site that writes with the visitor's cookie.
  if (!notes.session_cookies.empty() && !notes.csrf) {
    const bool state = std::any_of(all.begin(), all.end(), [](const ResolvedRoute& r) {
      return r.route->method != "get" && !webhook_door(r.path);
    });
    if (state) sink.find("EX-003", notes.session_cookies.front().at, notes.session_cookies.front().shown);
  }
  // A hint that saves a detour is enough where the pages ask again.
  if (notes.shallow_middleware && notes.guarded_layouts.empty() &&
      std::none_of(all.begin(), all.end(),
                   [](const ResolvedRoute& r) { return r.route->framework == "page" && r.route->guarded; })) {
    auto& f = sink.find("JWT-001", notes.shallow_middleware->at, notes.shallow_middleware->shown);
    f.title = "The middleware looks whether a cookie is there, not what it says";
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

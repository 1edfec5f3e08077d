// Absence among routes: what stands open beside what is locked, what has no limit. Long: what a route inherits from its
// mounts is put together first, and each judge needs the whole of it.
#include <algorithm>
#include <deque>

#include "audit/readers/edge_limits.h"
#include "audit/source/route_judges.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_costs.h"
#include "audit/source/script_deeds.h"
#include "audit/source/script_inputs.h"
#include "audit/source/script_staff.h"
#include "audit/source/script_uses.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool matches(std::string_view pattern, std::string_view path) {  // "/api/private(.*)" and "/api/webhooks/:path*"
  std::string_view head = pattern.substr(0, pattern.find_first_of("(:*"));
  while (head.size() > 1 && head.ends_with("/")) head.remove_suffix(1);
  if (!head.empty() && head.size() == pattern.size()) return path == head;
  return path.starts_with(head);
}

// "/api/v1/users/:id": the last of its nouns that something is kept under.
std::string noun_of_path(const Schema& schema, std::string_view path) {
  std::string out;
  for (const auto part : text::split(path, '/')) {
    const std::string key = record_key(part);
    if (!part.empty() && part.front() != ':' && part.front() != '[' && (schema.records.contains(key) || people(key)))
      out = key;
  }
  return out;
}

// "/v2/deals/:id" -> "/v2/deals"; nothing for what has more behind the id.
std::string list_of(std::string_view path) {
  const std::size_t colon = path.find("/:");
  if (colon == std::string_view::npos || path.find('/', colon + 1) != std::string_view::npos) return {};
  std::string out(path.substr(0, colon));
  while (out.ends_with('/')) out.pop_back();
  return out.empty() ? "/" : out;
}

// The functions that may stand before a handler, by their names.
class Middlewares {
 public:
  explicit Middlewares(const ScriptNotes& notes) {
    for (const auto& [key, f] : notes.functions)
      if (f.turns_away) {
        const std::size_t hash = key.rfind('#');
        all_.emplace(key.substr(hash + 1), key.substr(0, hash));
      }
  }
  bool turns_away(const ScriptGuard& g, std::string_view file) const {
    const auto [from, to] = all_.equal_range(last(g.name));
    return std::any_of(
        from, to, [&](const auto& m) { return g.module.empty() ? m.second == file : same_module(m.second, g.module); });
  }

 private:
  std::multimap<std::string, std::string, std::less<>> all_;  // name -> module
};

// Its own lines touch whatever record it is handed.
bool for_any(const Flow& flow) {
  return std::any_of(flow.steps.begin(), flow.steps.end(), [](const Step& s) { return s.record == kAnyRecord; });
}

}  // namespace

void judge_script_routes(const Project& project, const ScriptNotes& notes, Sink& sink) {
  const Flows& flows = project.notes<Flows>();
  const Schema& schema = project.notes<Schema>();
  struct Resolved {
    const ScriptRoute* route;
    std::string path;
    bool guarded, limited, after_json = false;
    const Spot* unowned = nullptr;
    bool privileged = false;
    const Flow* flow = nullptr;
    std::vector<ScriptGuard> before = {};
  };
  // Express 5 reads queries as plain text unless it is told otherwise.
  const bool plain_queries =
      !notes.query_parser &&
      std::any_of(project.dependencies.begin(), project.dependencies.end(), [](const Dependency& d) {
        const std::string_view asked = d.version.empty() ? std::string_view(d.wanted) : std::string_view(d.version);
        const std::size_t at = asked.find_first_of("0123456789");
        return d.name == "express" && !d.locked && at != std::string_view::npos && asked[at] >= '5';
      });
  std::set<std::string> mounted;  // functions of other files that some route names
  std::deque<Flow> made;          // handlers for any record, with the one that their route is for
  std::vector<Resolved> all;
  const Middlewares middlewares(notes);
  for (const ScriptRoute& r : notes.routes) {
    Resolved x{&r, r.path, r.guarded, r.limited};
    x.privileged = r.privileged;
    x.before = r.before;
    if (r.flow) x.flow = &*r.flow;
    for (const ScriptMount& m : notes.mounts) {
      if (!m.target.empty() && same_module(r.file, m.target)) {
        x.path = (m.path == "/" ? "" : m.path) + r.path;
        x.guarded = x.guarded || m.guarded;
        x.privileged = x.privileged || m.privileged;
        x.limited = x.limited || m.limited;
        x.after_json = x.after_json || m.after_json;
        x.before.insert(x.before.end(), m.before.begin(), m.before.end());
      } else if (m.target.empty() && m.file == r.file && r.path.starts_with(m.path)) {
        x.guarded = x.guarded || m.guarded;
        x.privileged = x.privileged || m.privileged;
        x.limited = x.limited || m.limited;
        x.before.insert(x.before.end(), m.before.begin(), m.before.end());
      }
    }
    for (const ScriptGuard& g : x.before) x.guarded = x.guarded || middlewares.turns_away(g, r.file);
    std::string handler = r.handler, handler_file = r.handler_file, about = r.about;
    for (const auto& [key, maker] : notes.made) {
      const std::size_t hash = key.rfind('#');
      if (key.substr(hash + 1) != r.handler || !same_module(key.substr(0, hash), r.handler_file)) continue;
      handler = maker.maker;
      handler_file = maker.maker_file;
      about = maker.about;
    }
    if (!handler_file.empty() || !handler.empty()) {
      for (const auto& [key, f] : notes.functions) {
        const std::size_t hash = key.rfind('#');
        if (key.substr(hash + 1) != handler || !same_module(key.substr(0, hash), handler_file)) continue;
        x.guarded = x.guarded || f.guarded;
        x.limited = x.limited || f.limited;
        mounted.insert(key);
        if (f.unowned && about.empty()) x.unowned = &*f.unowned;
        if (f.flow) x.flow = &*f.flow;
      }
    }
    if (x.flow != nullptr && x.flow->about.empty()) {
      if (about.empty()) about = noun_of_path(schema, x.path);
      if (!about.empty() && for_any(*x.flow)) {
        made.push_back(*x.flow);
        made.back().about = about;
        x.flow = &made.back();
      }
    }
    if (r.framework == "page" &&
        (notes.pages_guarded || std::any_of(notes.guarded_layouts.begin(), notes.guarded_layouts.end(),
                                            [&](const std::string& folder) { return r.at.path.starts_with(folder); })))
      x.guarded = true;
    if (r.framework == "next" && notes.middleware_guard) {
      const bool listed = std::any_of(notes.middleware_paths.begin(), notes.middleware_paths.end(),
                                      [&](const std::string& p) { return matches(p, x.path); });
      if (listed != notes.middleware_guards_rest) x.guarded = true;
    }
    if (x.flow != nullptr && asks_deeply(flows, *x.flow)) x.guarded = true;
    if (x.flow != nullptr && limits_deeply(flows, *x.flow)) x.limited = true;
    if (r.framework == "nest" && notes.nest_guard) x.guarded = true;
    if (r.framework == "next" && notes.middleware_limits) x.limited = true;
    if (project.notes<EdgeLimits>().covers(x.path)) x.limited = true;
    all.push_back(std::move(x));
  }
  const bool any_guard = std::any_of(all.begin(), all.end(),
                                     [](const Resolved& r) { return r.guarded && r.route->framework != "action"; }) ||
                         notes.pages_guarded;
  const bool ranks = has_ranks(schema, notes) || std::any_of(all.begin(), all.end(), [&](const Resolved& r) {
                       return standing_of(flows, r.before, r.route->file) == Standing::ranked;
                     });
  const bool open_sign_up = std::any_of(all.begin(), all.end(), [](const Resolved& r) {
    return !r.guarded && has_word(r.path, {"signup", "register", "registration", "join", "registrieren", "registro"});
  });
  const std::set<std::string> scoped = scoped_records(flows, notes);
  std::set<std::string> shut_lists;
  for (const Resolved& r : all)
    if (r.guarded && r.route->method == "get" && (r.route->framework == "express" || r.route->framework == "nest") &&
        r.path.find(':') == std::string::npos)
      shut_lists.insert(r.route->file + " " + list_of(r.path + "/:id"));
  std::set<std::string> hosted_doors, told_inputs;
  std::set<std::string> told_costs;
  bool weakly_limited = false;
  std::set<const Use*> told_uses;
  proof::Finding* costly = nullptr;
  Unbounded unbounded;
  for (const Resolved& r : all) {
    const ScriptRoute& route = *r.route;
    if (r.flow != nullptr) unbounded.see(flows, notes, route, *r.flow);
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
    const bool only_reads = reads_only(flows, r.flow);
    // Stops: a stranger who sends everybody their mails, or empties tables, by opening the address of a scheduled job.
    if (has_word(r.path, {"cron", "crons"}) && !r.guarded && !route.refuses && r.flow != nullptr &&
        (route.framework == "next" || route.framework == "edge")) {
      sink.find("NX-002", route.at, route.shown).title = "A scheduled job runs for whoever opens its address";
      continue;
    }
    if (idle(flows, r.flow)) continue;
    if (route.framework == "action") {
      if (!r.guarded && route.acts && !only_reads) sink.find("NX-003", route.at, route.shown);
    } else if (!r.guarded && !route.refuses && !route.verifies && !key_in_path(r.path) &&
               !(route.hook_judged && route.framework == "next") && (any_guard || admin || open) &&
               (!everyone || admin)) {
      if (route.framework == "page" && !open) continue;
      const bool counts =
          open || has_word(r.path, {"seed", "seeds", "seeder", "migrate", "initdb"}) ||
          (writes && any_guard && !only_reads) || admin ||
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
        somebody(schema, verdict, r.path) ||
        (scoped.contains(verdict.record) && !(verdict.touch == Touch::Kind::one && published(verdict.record)));
    if (verdict.kind == Verdict::Kind::unowned && r.guarded && !admin && !r.privileged && !open_door && theirs &&
        !stands_for_staff(flows, r.before, route.file)) {
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
      const bool texts = route.validated || notes.sanitized ||
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
    if (!route.body_type.empty() && (!ranked || joins) && !admin)
      judge_inputs(project, route, r.path, r.guarded, told_inputs, sink);
    if (route.meant_for_staff && r.guarded && !ranked && !open_door) {
      auto& f = sink.find("AZ-008", route.at, route.shown);
      f.title = "What is said to be for staff asks nobody for a role";
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
    judge_deeds(flows, schema, {r.flow, r.guarded, r.privileged, admin, open_door, webhook_door(r.path), notes.hooked},
                sink);
    if (r.privileged) unowned = nullptr;
    if (unowned != nullptr && r.guarded && !admin && somebodys &&
        !has_word(r.path, {"product", "products", "prices", "plans", "categories", "public", "share"}))
      sink.find("AZ-001", unowned->at, unowned->shown);
    const bool door =
        (sign_in_door(route.path) || sign_in_door(route.handler) || sign_in_door(r.path)) &&
        (writes || has_word(r.path, {"verify", "magic"})) &&
        // Who is signed in already has nothing left to guess but a code.
        (!r.guarded || route.hosted ||
         has_word(r.path + " " + route.handler, {"login", "signin", "signup", "register", "forgot", "reset", "otp",
                                                 "2fa", "mfa", "totp", "code", "verify", "passcode", "confirm"}));
    const bool limited = r.limited || notes.global_limit || notes.limited_files.contains(route.file);
    // Stops: a hundred passwords in a quarter of an hour, and no end to it: the limit of all routes is made for pages.
    if (door && notes.global_limit && !r.limited && !notes.limited_files.contains(route.file) && !weakly_limited &&
        route.framework != "action" && route.framework != "page" &&
        (has_word(r.path + " " + route.handler,
                  {"login", "signin", "authenticate", "otp", "2fa", "logon", "einloggen", "anmelden"}) ||
         icontains_any(r.path, {"sign-in", "log-in"}))) {
      weakly_limited = true;
      auto& f = sink.find("EX-004", route.at, route.shown);
      f.title = "Sign-in has only the limit of all routes";
      f.severity = proof::Severity::medium;
      f.confidence = proof::Confidence::medium;
    }
    if (limited) continue;
    const bool asked = r.flow != nullptr && !webhook_door(r.path) && !door && !route.hook_judged &&
                       !has_word(r.path, {"cron", "crons"});
    const Cost* cost = asked ? costs_deeply(project.notes<Costs>(), flows, *r.flow) : nullptr;
    // Stops: a quota that is bought by the piece, emptied by anybody who asks for the address.
    if (cost != nullptr && cost->paid && !r.guarded &&
        told_costs.insert(cost->at.at.path + ":" + std::to_string(cost->at.at.line)).second) {
      auto& f = sink.find("RL-002", cost->at.at, cost->at.shown);
      f.title = "Anybody runs up the bill: a paid service is asked without a sign-in or a limit";
      f.locations.push_back(route.at);
      f.evidence.push_back(route.shown);
      continue;
    }
    if (!writes && route.framework != "action") cost = nullptr;
    // Stops: strangers who let the owner pay for their questions, day and night.
    if (cost != nullptr && cost->model && !r.guarded) {
      auto& f = sink.find("RL-002", route.at, route.shown);
      f.title = "Anybody runs up the bill: a paid service is asked without a sign-in or a limit";
      f.severity = proof::Severity::high;
      f.locations.push_back(cost->at.at);
      f.evidence.push_back(cost->at.shown);
      continue;
    }
    if (cost != nullptr && ((cost->phone && !r.guarded) || cost->many)) {
      auto& f = sink.find("RL-002", route.at, route.shown);
      f.title = cost->many ? "A list of the client's own is written to, however long it is and however often"
                           : "Anybody has short messages sent to any number, on the owner's bill";
      if (cost->phone) f.severity = proof::Severity::high;
      f.locations.push_back(cost->at.at);
      f.evidence.push_back(cost->at.shown);
      continue;
    }
    if (door && route.hosted) {
      if (!hosted_doors.insert(route.file).second) continue;  // one file of them is one remark
      auto& f = sink.find("EX-004", route.at, route.shown);
      f.title = "Sign-in has only the provider's own rate limit";
      f.impact = "The provider counts by address, and every try comes from this server's.";
      f.severity = proof::Severity::low;
    } else if (door && !webhook_door(r.path)) {
      sink.find("EX-004", route.at, route.shown);
    } else if (((route.costly && route.framework != "action") || cost != nullptr) && writes && !webhook_door(r.path)) {
      if (!costly) {
        costly = &sink.find("RL-002", route.at, route.shown);
      } else {
        costly->locations.push_back(route.at);
        costly->evidence.push_back(route.shown);
      }
    }
  }
  unbounded.tell(project, sink);
  std::vector<GetRoute> gets;
  for (const Resolved& r : all)
    if ((r.route->method == "get" || r.route->any_method) && r.flow != nullptr && r.route->framework != "action" &&
        r.route->framework != "page" && r.route->framework != "graphql" && r.route->framework != "edge" &&
        (r.guarded || r.privileged))
      gets.push_back({r.route, r.path, r.flow});
  judge_gets(project, notes, gets, sink);
  // Controllers whose routes were not understood.
  const bool doors_known = std::any_of(
      all.begin(), all.end(), [](const Resolved& r) { return sign_in_door(r.route->handler) || sign_in_door(r.path); });
  for (const auto& [key, f] : notes.functions)
    if (!mounted.contains(key)) {
      // Whatever address leads to it: nothing in the whole tree counts.
      if (f.flow && !f.limited && !notes.any_limit && !doors_known &&
          has_word(key.substr(key.rfind('#') + 1), {"login", "signin", "logon", "authenticate"}))
        sink.find("EX-004", f.flow->at.at, f.flow->at.shown);
      if (f.flow) judge_uses(flows, *f.flow, {notes.sanitized, plain_queries}, false, told_uses, sink);
      const Verdict verdict = f.flow ? judge_flow(flows, *f.flow, kClient, kIdentity) : Verdict{};
      if (verdict.kind == Verdict::Kind::unowned && somebody(schema, verdict, "") && any_guard)
        sink.find("AZ-001", verdict.at.at, verdict.at.shown);
      else if (verdict.kind == Verdict::Kind::nothing && f.unowned)
        sink.find("AZ-001", f.unowned->at, f.unowned->shown);
    }
  for (const Resolved& r : all) {
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
  if (notes.makes_tokens && !notes.forgets_tokens) {
    const Spot* out = nullptr;
    bool renews = false;
    const auto takes = [&](std::string_view path, std::string_view handler, const Flow* flow, const Spot* at) {
      if (flow != nullptr && !flow->at.at.path.empty()) at = &flow->at;
      const bool leaves = has_word(path, {"logout", "signout"}) || has_word(handler, {"logout", "signout"}) ||
                          icontains_any(path, {"sign-out", "log-out"});
      const bool refreshes = !notes.remembers_refresh &&
                             (has_word(path, {"refresh"}) ||
                              (has_word(handler, {"refresh"}) && has_word(handler, {"token", "tokens", "access"})));
      if (at == nullptr || (!leaves && !refreshes) || (out != nullptr && (renews ? !leaves : true))) return;
      out = at;
      renews = !leaves;
    };
    std::deque<Spot> spots;
    for (const Resolved& x : all) {
      spots.push_back({x.route->at, x.route->shown});
      takes(x.path, x.route->handler, x.flow, &spots.back());
    }
    if (out == nullptr)  // controllers whose routes were not understood
      for (const auto& [key, f] : notes.functions)
        takes("", key.substr(key.rfind('#') + 1), f.flow ? &*f.flow : nullptr, nullptr);
    if (out != nullptr) {
      auto& f = sink.find("JWT-009", out->at, out->shown);
      if (renews) f.title = "Refresh tokens cannot be called back: nothing remembers which were given";
    }
  }
  if (notes.makes_tokens && !notes.forgets_tokens && !notes.client_sign_outs.empty() &&
      std::none_of(sink.findings().begin(), sink.findings().end(),
                   [](const proof::Finding& f) { return f.id == "JWT-009"; }))
    sink.find("JWT-009", notes.client_sign_outs.front().at, notes.client_sign_outs.front().shown);
  judge_script_program(notes, any_guard, costly != nullptr, sink);
  // Stops: a page of another site that writes with the visitor's cookie.
  if (!notes.session_cookies.empty() && !notes.csrf) {
    const bool state = std::any_of(all.begin(), all.end(),
                                   [](const Resolved& r) { return r.route->method != "get" && !webhook_door(r.path); });
    if (state) sink.find("EX-003", notes.session_cookies.front().at, notes.session_cookies.front().shown);
  }
  // A hint that saves a detour is enough where the pages ask again.
  if (notes.shallow_middleware && notes.guarded_layouts.empty() &&
      std::none_of(all.begin(), all.end(),
                   [](const Resolved& r) { return r.route->framework == "page" && r.route->guarded; })) {
    auto& f = sink.find("JWT-001", notes.shallow_middleware->at, notes.shallow_middleware->shown);
    f.title = "The middleware looks whether a cookie is there, not what it says";
    f.severity = proof::Severity::high;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

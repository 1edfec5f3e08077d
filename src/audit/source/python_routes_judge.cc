// Absence among routes of FastAPI and Flask: what stands open beside what is locked, what has no limit.
#include <algorithm>
#include <functional>

#include "audit/readers/edge_limits.h"
#include "audit/source/door_words.h"
#include "audit/source/model_texts.h"
#include "audit/source/open_doors.h"
#include "audit/source/python.h"
#include "audit/source/python_catalogue.h"
#include "audit/source/python_edge.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_limits.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_rank_guards.h"
#include "audit/source/python_spends.h"
#include "audit/source/python_told.h"
#include "audit/source/recurring.h"
#include "audit/source/schema.h"
#include "audit/source/sign_ups.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Some dependency of the route is named for a rank.
bool names_rights(const PythonRoute& r) {
  const auto rights = [](const std::string& d) {
    return has_word(d, {"admin", "role", "roles", "staff", "superuser", "permission", "permissions", "manager"});
  };
  return std::any_of(r.guards.begin(), r.guards.end(), rights) ||
         std::any_of(r.dependencies.begin(), r.dependencies.end(), rights);
}

void judge_models(const PythonNotes& notes, Sink& sink) {
  for (const PrivilegedField& g : notes.given_rights) {
    // Where the model of the body is in the tree, its field is told instead.
    const bool told = std::any_of(notes.privileged.begin(), notes.privileged.end(), [&](const PrivilegedField& p) {
      const auto base = notes.model_bases.find(g.model);
      return p.field == g.field &&
             (p.model == g.model || (base != notes.model_bases.end() && has_token(base->second, p.model)));
    });
    if (!told) sink.find("AZ-007", g.at, g.shown).title = "The client names the rights it gives (" + g.field + ")";
  }
  for (const PrivilegedField& p : notes.privileged) {
    for (const auto& [body_type, route] : notes.bodies) {
      const auto base = notes.model_bases.find(body_type);
      const bool inherits = base != notes.model_bases.end() && has_token(base->second, p.model);
      if (body_type != p.model && !inherits) continue;
      if ((p.field == "plan" || p.field == "tier") && icontains_any(body_type, {"checkout", "subscri", "pay", "order"}))
        continue;
      auto& f = sink.find("AZ-007", p.at, p.shown);
      f.title = "The client may write the field " + p.field;
      f.locations.push_back(route);
      f.evidence.push_back("this route takes a " + body_type);
      break;
    }
  }
}

// Stops: reading another person's record through a repository that takes a number and asks nothing.
// `behind` says of "@file|router" whether strangers are turned away before they come there.
void judge_layers(const PythonNotes& notes, const std::function<bool(std::string_view)>& behind, Sink& sink) {
  const auto stranger = [&](const std::string& d) {
    return d.starts_with('@') ? !behind(std::string_view(d).substr(1)) : !refuses_strangers(notes, d);
  };
  std::set<std::pair<std::string, int>> told;
  for (const LayerCall& c : notes.layer_calls) {
    const bool open = !c.callers.empty() && std::all_of(c.callers.begin(), c.callers.end(), stranger);
    const bool asked = !std::all_of(c.used.begin(), c.used.end(), stranger);
    if (open || asked || asks_for_rank(notes, c.before)) continue;
    // member=Depends(require_member): what stands before the route takes the same id, and asks who belongs there.
    if (!c.given.empty() && std::any_of(c.before.begin(), c.before.end(), [&](const std::string& d) {
          const auto it = notes.layers.find(d);
          return it != notes.layers.end() &&
                 std::any_of(it->second.begin(), it->second.end(), [&](const PythonNotes::Layer& layer) {
                   return layer.fetches && layer.asks_owner &&
                          std::find(layer.parameters.begin(), layer.parameters.end(), c.given) !=
                              layer.parameters.end();
                 });
        }))
      continue;
    // What says who is calling fetches the caller.
    if (has_word(c.callee.name, {"user", "current", "auth", "token", "principal", "caller", "session", "admin"}) &&
        (refuses_strangers(notes, c.callee.name) || lets_strangers_through(notes, c.callee.name)))
      continue;
    proof::Location fetch;
    if (c.if_owned && c.callee.name.empty() && belongs_to_somebody(notes, c.model) != true) continue;
    if (c.callee.name.empty() ? !c.model.empty() && belongs_to_somebody(notes, c.model) == false
                              : !fetches_unowned(notes, c, &fetch))
      continue;
    if (!told.insert({c.at.path, c.at.line}).second) continue;
    auto& f = sink.find("AZ-001", c.at, c.shown);
    if (fetch.line > 0) f.locations.push_back(fetch);
  }
}

// What a shop shows everybody.
bool catalogue(std::string_view path) {
  return icontains_any(
      path, {"product", "categor", "tag", "plan", "theme", "price", "public", "article", "post", "blog", "news",
             "movie", "book", "event", "item", "recipe", "country", "city", "weather"});
}

// Computes an answer and keeps nothing: a model's prediction, a conversion.
bool harmless(const PythonRoute& r) {
  return has_word(r.path, {"predict", "prediction", "convert", "calculate", "echo", "search", "query", "translate",
                           "classify", "score", "validate", "parse", "preview", "compute", "render"});
}

// Which router hangs on which: what stands before a router stands before all below it.
class Mounts {
 public:
  template <class Refuses>
  Mounts(const PythonNotes& notes, const Refuses& refuses) {
    const auto any = [&](const std::set<std::string>& d) { return std::any_of(d.begin(), d.end(), refuses); };
    for (const PythonRouter& r : notes.routers)
      if (r.guarded || any(r.dependencies)) guarded_.insert({r.path, r.variable});
    // From the outside in, at most 6 levels.
    for (int level = 0; level < 6; ++level) {
      bool more = false;
      for (const PythonMount& m : notes.mounts) {
        if (!m.guarded && !any(m.dependencies) && !guarded(m.path, m.parent)) continue;
        for (const PythonRouter& r : notes.routers)
          if (hangs(m, r)) more = guarded_.insert({r.path, r.variable}).second || more;
      }
      if (!more) break;
    }
  }
  bool guarded(const std::string& path, const std::string& variable) const {
    return guarded_.contains({path, variable});
  }

  static bool hangs(const PythonMount& m, const PythonRouter& r) {
    if (m.path == r.path && m.target == r.variable) return true;
    const std::size_t dot = m.target.rfind('.');
    if (dot == std::string::npos) return false;
    std::string module = r.path.substr(0, r.path.rfind('.'));
    if (module.ends_with("/__init__")) module.resize(module.size() - 9);
    std::replace(module.begin(), module.end(), '/', '.');
    std::string target = m.target.substr(0, dot);
    while (target.starts_with('.')) target.erase(0, 1);
    const auto same = [](std::string_view a, std::string_view b) {
      return a == b || (a.ends_with(b) && a[a.size() - b.size() - 1] == '.');
    };
    // `from .orders import router` in a package names the file by its end only.
    return !target.empty() && (same(module, target) || same(target, last(module)));
  }

 private:
  std::set<std::pair<std::string, std::string>> guarded_;
};

}  // namespace

void judge_python_routes(const Project& project, const PythonNotes& notes, Sink& sink) {
  judge_models(notes, sink);
  std::vector<PythonRoute> routes = notes.routes;
  const auto refuses = [&](const std::string& d) { return refuses_strangers(notes, d); };
  for (PythonRoute& r : routes) {
    // Named like a guard, and lets everybody through.
    if (r.guards_alone && !r.guards.empty() && std::all_of(r.guards.begin(), r.guards.end(), [&](const std::string& g) {
          return lets_strangers_through(notes, g);
        }))
      r.guarded = false;
    if (reaches_spender(notes, r.calls)) r.costly = r.bills = true;
    r.guarded = r.guarded || std::any_of(r.dependencies.begin(), r.dependencies.end(), refuses);
    if (asks_for_rank(notes, r.before)) r.guarded = r.admin_guard = true;
  }
  for (const auto& [name, spot] : notes.named_callers) {
    const bool used = std::any_of(routes.begin(), routes.end(), [&](const PythonRoute& r) {
      return r.guards.contains(name) || r.dependencies.contains(name);
    });
    if (used && !refuses(name))
      sink.find("AZ-002", spot.at, spot.shown).title = "Who the caller is comes from the address (" + name + ")";
  }
  const Mounts mounts(notes, refuses);
  const auto mounted_guard = [&](const PythonRoute& r) { return mounts.guarded(r.file, r.router); };
  const auto behind_router = [&](std::string_view at) {
    const std::size_t bar = at.find('|');
    const std::string file(at.substr(0, bar)), variable(at.substr(bar + 1));
    if (!notes.global_guard && !mounts.guarded(file, variable)) return false;
    // … and by no more than an account: a guard of ranks, or one that asks whose the record is, closes it for good.
    const auto more = [&](const std::set<std::string>& dependencies, std::string_view prefix) {
      return asks_for_rank(notes, dependencies) || has_word(prefix, {"admin", "internal", "staff"}) ||
             std::any_of(dependencies.begin(), dependencies.end(), [](const std::string& d) {
               return has_word(d,
                               {"admin",  "role",  "roles",  "staff",      "superuser",   "permission", "permissions",
                                "owner",  "owns",  "member", "membership", "access",      "manager",    "scope",
                                "scopes", "check", "key",    "internal",   "permissions", "tenant",     "own"});
             });
    };
    for (const PythonRouter& r : notes.routers) {
      if (r.path != file || r.variable != variable) continue;
      if (more(r.dependencies, r.prefix)) return false;
      for (const PythonMount& m : notes.mounts)
        if (Mounts::hangs(m, r) && more(m.dependencies, m.prefix)) return false;
    }
    return true;
  };
  judge_layers(notes, behind_router, sink);
  const auto full_path = [&](const PythonRoute& r) {
    std::string prefix;
    for (const PythonRouter& x : notes.routers)
      if (x.path == r.file && x.variable == r.router) prefix = x.prefix;
    const std::string name = r.file.substr(r.file.rfind('/') == std::string::npos ? 0 : r.file.rfind('/') + 1);
    std::string mount;
    for (const PythonMount& m : notes.mounts)
      if (contains(m.target, name.substr(0, name.rfind('.')) + ".")) mount = m.prefix;
    return mount + prefix + r.path;
  };
  for (const PendingOrigins& p : notes.origins) {
    const auto it = notes.constants.find(p.name);
    if (it == notes.constants.end()) continue;
    const Value& v = it->second;
    const bool any = (v.kind == Value::Kind::text && v.text == "*") ||
                     std::find(v.items.begin(), v.items.end(), "*") != v.items.end();
    if (!any) continue;
    auto& f = sink.find("FA-001", p.at, p.shown);
    if (!p.credentials) {
      f.severity = proof::Severity::medium;
      f.title = "Any origin may read the API's answers";
    }
  }
  if (notes.open_metrics.line > 0 && !notes.global_guard) {
    auto& f = sink.find("FA-003", notes.open_metrics, notes.metrics_shown);
    f.title = "The metrics answer everybody";
    f.severity = proof::Severity::low;
  }
  for (const PythonNotes::Returned& r : notes.returned) {
    const auto alias = notes.aliases.find(r.type);
    std::string model = alias == notes.aliases.end() ? r.type : alias->second;
    if (const auto given = notes.gives.find(model); given != notes.gives.end()) model = given->second;
    const auto inherits = notes.model_bases.find(model);
    const bool body = notes.secret_bodies.contains(model) ||
                      (inherits != notes.model_bases.end() &&
                       std::any_of(notes.secret_bodies.begin(), notes.secret_bodies.end(),
                                   [&](const std::string& s) { return has_token(inherits->second, s); }));
    if (!notes.secret_models.contains(model) && !body) continue;
    auto& f = sink.find("FA-005", r.at, r.shown);
    if (body) f.title = "An answer carries the password or its hash (" + model + ")";
  }
  if (notes.built_from_host.line > 0 && !notes.trusted_host)
    sink.find("FA-006", notes.built_from_host, notes.built_shown);
  // Somebody who signs in is kept, and what turns strangers away was written, whether or not any route asks for it.
  const bool holds_people =
      notes.holds_people || !notes.secret_models.empty() ||
      std::any_of(notes.models.begin(), notes.models.end(), [](const Model& m) { return m.owned; });
  bool any_guard =
      notes.global_guard || std::any_of(notes.guards.begin(), notes.guards.end(), [](const std::string& g) {
        return has_word(g, {"current", "require", "authenticated"}) && has_word(g, {"user", "auth", "account"});
      });
  for (const PythonRouter& r : notes.routers) any_guard = any_guard || r.guarded;
  for (const PythonRoute& r : routes) any_guard = any_guard || r.guarded || mounted_guard(r);
  Crowd crowd = crowd_of(project);
  crowd.ranks =
      crowd.ranks || !notes.rank_guards.empty() ||
      std::any_of(routes.begin(), routes.end(), [](const PythonRoute& r) { return r.admin_guard || names_rights(r); });
  Recurring costly, spending, open(kMostOpenDoors);
  bool weakly_limited = false;
  Spot limiter;
  const bool idle = idle_limiter(project, &limiter);
  judge_limiter_memory(project, sink);

  std::vector<const PythonRoute*> asking;  // a model
  for (const PythonRoute& r : routes) {
    const std::string path = full_path(r);
    // The service behind it may stand in no file, and the router's prefix says what it asks.
    const bool by_prefix = !r.costly && std::find(r.methods.begin(), r.methods.end(), "post") != r.methods.end() &&
                           has_word(path + " " + r.file.substr(r.file.rfind('/') + 1),
                                    {"ai", "llm", "gpt", "chatbot", "openai", "gemini"});
    const bool dear = r.costly || by_prefix;
    if (r.bills || by_prefix) asking.push_back(&r);
    // Known to be a webhook only by where its router is mounted.
    if (webhook_door(path) && !webhook_door(r.path) && !webhook_door(r.function) && !r.proves && !r.guarded &&
        std::find(r.methods.begin(), r.methods.end(), "post") != r.methods.end())
      sink.find("EX-018", r.at, r.shown);
    const bool writes = std::any_of(r.methods.begin(), r.methods.end(),
                                    [](const std::string& m) { return m != "get" && m != "head" && m != "options"; });
    const bool everyone = open_to_all(r.path, writes, false) ||
                          (public_door(r.function) && (!public_door(r.path) || open_to_all(r.path, writes, false)) &&
                           !(writes && r.takes_id && has_word(r.function, {"status", "config"}))) ||
                          path == "/" || path.empty() || (webhook_door(path));
    // Stops: whoever finds the address spending the provider's bill.
    if (notes.spends && r.costly && (writes || r.bills) && !any_guard && !holds_people && !r.guarded &&
        !notes.global_guard && !webhook_door(path)) {
      if (auto* f = spending.find(sink, "FA-003", r.at, r.shown))
        f->title = "Anybody spends what the provider bills, and nobody is asked who they are";
    }
    const bool behind = r.guarded || mounted_guard(r) || notes.global_guard;
    judge_python_told(project, r, path, behind, r.admin_guard || r.asks_rights || names_rights(r), any_guard, sink);
    // Stops: a door left open beside doors that are locked, or in a house without any lock.
    const bool nobody_asks = !any_guard && holds_people;
    if (!r.guarded && !mounted_guard(r) && !notes.global_guard && (any_guard || nobody_asks)) {
      const bool admin = has_word(path, {"admin", "internal", "debug", "seed", "migrate", "cron", "jobs"}) && !r.proves;
      const bool named = contains(path, "{") || contains(path, "<") || r.names_record ||
                         has_word(path, {"users", "me", "export", "orders", "invoices", "customers", "messages"}) ||
                         (r.path.find_last_of('/') != std::string::npos &&
                          has_word(r.path.substr(r.path.find_last_of('/')),
                                   {"user", "customer", "accounts", "members", "students", "patients", "employees"}));
      const auto owner = r.model.empty() ? std::optional<bool>() : belongs_to_somebody(notes, r.model);
      const bool personal = (personal_noun(path) && named && owner != false) ||
                            (owner == true && personal_noun(r.model)) ||
                            (nobody_asks && r.takes_id && owner != false && !catalogue(path));
      if ((!everyone || admin) &&
          (((writes || r.changes || r.bills) && !(nobody_asks && harmless(r))) || admin || personal)) {
        auto& f = sink.find("FA-003", r.at, r.shown);
        if (nobody_asks && !writes) f.confidence = proof::Confidence::medium;
      }
    }
    // Stops: everybody who has an account at the desk of those who run the place.
    if (r.guarded && !r.admin_guard && !r.asks_rights && has_word(path, {"admin"}) && !sign_in_door(path)) {
      const auto rights = [](const std::string& d) {
        return has_word(d, {"admin", "role", "roles", "staff", "superuser", "permission", "permissions", "require",
                            "scope", "scopes", "owner", "manager"});
      };
      bool asked = std::any_of(r.guards.begin(), r.guards.end(), rights) ||
                   std::any_of(r.dependencies.begin(), r.dependencies.end(), rights) || mounted_guard(r);
      if (!asked)
        sink.find("AZ-008", r.at, r.shown).title = "Everybody who has an account does what administrators should";
    }
    // Stops: a coupon of a hundred percent, made by a customer.
    const bool plain = (writes || r.changes) && behind && !r.admin_guard && !r.asks_rights && !names_rights(r) &&
                       !has_word(path, {"admin"}) && !sign_in_door(path) &&
                       // Who buys takes from the stock.
                       !has_word(path + " " + r.function, {"order", "orders", "checkout", "cart", "purchase", "buy",
                                                           "booking", "bookings", "reserve", "enroll"});
    const bool kept =
        plain &&
        (kept_in_order(project, r.keeps, crowd, false) ||
         (r.takes_id && !asks_about_caller(project, r) && kept_in_order(project, record_key(r.model), crowd, true)));
    if (kept)
      sink.find("AZ-008", r.at, r.shown).confidence = proof::Confidence::medium;
    else if (plain && r.takes_id && !asks_about_caller(project, r) && nobodys(project, record_key(r.model), crowd))
      tell_nobodys(r.at, r.shown, sink);
    // Stops: a customer who sets the price that only staff may write down the first time.
    const std::string& kind = r.model.empty() ? r.keeps : r.model;
    if (writes && behind && !r.admin_guard && !r.asks_rights && !has_word(path, {"admin"}) && !sign_in_door(path) &&
        !kind.empty() && written_by_nobody(project, kind, r.model.empty()) && !names_rights(r) && !kept) {
      const bool sibling = std::any_of(routes.begin(), routes.end(), [&](const PythonRoute& o) {
        const bool changes =
            std::any_of(o.methods.begin(), o.methods.end(), [](const std::string& m) { return m != "get"; });
        return &o != &r && o.file == r.file && o.router == r.router && changes &&
               (o.admin_guard || o.asks_rights || names_rights(o));
      });
      if (sibling) sink.find("AZ-008", r.at, r.shown).confidence = proof::Confidence::medium;
    }
    const bool door = (sign_in_door(r.path) || sign_in_door(r.function)) && writes;
    const bool edge = project.notes<EdgeLimits>().covers(path) || project.notes<EdgeLimits>().covers(r.path);
    // Stops: two hundred passwords a minute: the limit of all routes is made for pages.
    if (door && !r.limited && notes.default_limit && !notes.weak_limit && !weakly_limited && !edge &&
        (has_word(r.path + " " + r.function, {"login", "signin", "authenticate", "otp", "2fa", "logon"}) ||
         r.path.ends_with("/token"))) {
      weakly_limited = true;
      auto& f = sink.find("RL-001", r.at, r.shown);
      f.title = "Sign-in has only the limit of all routes";
      f.severity = proof::Severity::medium;
      f.confidence = proof::Confidence::medium;
    }
    if (door && !r.limited && !edge && (!limited_everywhere(project, notes) || notes.weak_limit) &&
        !notes.django_ratelimit) {
      std::string written = r.path;  // "/sign-in" is the door that "/signin" is
      std::erase_if(written, [](char c) { return c == '-' || c == '_'; });
      const bool signed_in_only = r.guarded && !(r.proves && r.admin_guard && r.guards.empty()) &&
                                  ((r.guards_alone && std::any_of(r.guards.begin(), r.guards.end(), refuses)) ||
                                   (!has_word(written, {"login", "signin", "register", "signup", "forgot", "reset"}) &&
                                    !written.ends_with("/token")));
      if (!signed_in_only && (sign_up_name(r.path) || sign_up_name(r.function)))
        unlimited_sign_up(sink, r.at, r.shown);
      else if (!signed_in_only) {
        auto& f = sink.find("RL-001", r.at, r.shown);
        if (idle) {
          f.locations.push_back(limiter.at);
          f.evidence.push_back(limiter.shown + "   (made, and applied to nothing)");
        }
      }
    } else if (dear && (writes || r.bills) && !r.limited && !limited_everywhere(project, notes) &&
               !webhook_door(path)) {
      costly.find(sink, "RL-002", r.at, r.shown);
    } else if (std::find(r.methods.begin(), r.methods.end(), "post") != r.methods.end() && !r.guarded && !r.limited &&
               !limited_everywhere(project, notes) && !notes.global_guard && !mounted_guard(r) && !edge &&
               !webhook_door(path) && for_strangers(path + " " + r.function) &&
               (r.makes_rows || starts_payments(path + " " + r.function))) {
      // Stops: a calendar that a script books full, a table of a million messages.
      tell_open_door(open, sink, r.at, r.shown);
    }
  }
  judge_body_texts(project, asking, sink);
}

}  // namespace gatehouse::audit::source

// Django's views against its settings, models and URLs: who may call what, whose records are reached, what has no
// limit.
#include <algorithm>

#include "audit/source/django_callers.h"
#include "audit/source/django_guards.h"
#include "audit/source/django_permissions.h"
#include "audit/source/django_rights.h"
#include "audit/source/door_words.h"
#include "audit/source/python.h"
#include "audit/source/python_catalogue.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_spends.h"
#include "audit/source/recurring.h"
#include "audit/source/registers.h"
#include "audit/source/sign_ups.h"
#include "audit/source/sold_goods.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kManyViews = 15;

std::string url_of(const PythonNotes& notes, const View& v) {
  for (const Url& u : notes.urls)
    if (has_token(u.view, v.name)) return u.pattern;
  return {};
}

bool says(const std::optional<std::vector<std::string>>& list, std::string_view part) {
  return list && std::any_of(list->begin(), list->end(), [&](const std::string& s) { return contains(s, part); });
}

// "100/minute", "2000/hour", "5000/day": more tries than a person who forgot a password needs.
bool wide(std::string_view rate) {
  const std::size_t slash = rate.find('/');
  if (slash == std::string_view::npos) return false;
  double n = 0;
  for (const char c : rate.substr(0, slash)) n = text::is_digit(c) ? n * 10 + (c - '0') : n;
  const char per = slash + 1 < rate.size() ? rate[slash + 1] : 'd';
  return n / (per == 's' ? 1.0 / 60 : per == 'm' ? 1 : per == 'h' ? 60 : 1440) >= 15;
}

// limit = Limit.objects.get(id=…); limit.save(), beside shop = Shop.objects.get(user=request.user): a part of some
// shop.
bool part_of_own(const PythonNotes& notes, const View::Fetch& fetch) {
  if (fetch.own.empty()) return false;
  for (const Model& m : notes.models)
    if (m.name == fetch.model)
      for (const auto& [field, target] : m.keys)
        if (fetch.own.contains(target) && target != m.name && belongs_to_somebody(notes, target) == true) return true;
  return false;
}

}  // namespace

void judge_django(const PythonNotes& notes, const Project& project, Sink& sink) {
  bool default_open = true, default_guarded = false, throttled_by_default = false, limited_logins = false,
       wide_throttle = false;
  const proof::Location* authentication_at = nullptr;
  for (const SettingsFile& s : notes.settings) {
    if (const auto it = s.rest.find("DEFAULT_PERMISSION_CLASSES"); it != s.rest.end()) {
      default_open =
          it->second.items.empty() || std::any_of(it->second.items.begin(), it->second.items.end(),
                                                  [](const std::string& i) { return i.ends_with("AllowAny"); });
      default_guarded = !default_open;
    }
    if (const auto it = s.rest.find("DEFAULT_THROTTLE_CLASSES"); it != s.rest.end() && !it->second.items.empty()) {
      throttled_by_default = true;
      if (const auto rate = s.throttle_rates.find("anon"); rate != s.throttle_rates.end())
        wide_throttle = wide(rate->second);
    }
    for (const Setting& x : s.settings)
      for (const std::string& i : x.value.items)
        limited_logins = limited_logins || contains(i, "axes") || contains(i, "defender") || contains(i, "ratelimit");
    if (const auto it = s.keys.find("DEFAULT_AUTHENTICATION_CLASSES"); it != s.keys.end())
      authentication_at = &it->second;
  }

  // Stops: a page of another site that writes with the visitor's cookie (document 001, SEC-001).
  for (const CookieAuthenticator& a : notes.cookie_authenticators) {
    auto& f = sink.find("DJ-017", a.at, a.evidence.front());
    f.locations.insert(f.locations.end(), a.more.begin(), a.more.end());
    f.evidence.insert(f.evidence.end(), a.evidence.begin() + 1, a.evidence.end());
    if (authentication_at) {
      f.locations.push_back(*authentication_at);
      f.evidence.push_back("DEFAULT_AUTHENTICATION_CLASSES uses it for every API view");
    }
    for (const Url& u : notes.urls) {
      const auto v = std::find_if(notes.views.begin(), notes.views.end(),
                                  [&](const View& w) { return w.writes && has_token(u.view, w.name); });
      if (v == notes.views.end() || webhook_door(v->name)) continue;
      f.locations.push_back(u.at);
      f.evidence.push_back(u.shown);
      break;
    }
  }

  if (!notes.admin_urls.empty() && !notes.second_factor)
    sink.find("DJ-031", notes.admin_urls.front(), "path(\"admin/\", admin.site.urls)");

  if (notes.open_schema.at.line > 0 && !notes.schema_guarded)
    sink.find("FA-002", notes.open_schema.at, notes.open_schema.shown);

  const bool settings_read = !notes.settings.empty();
  // include("payments.urls") of a file that is not in the tree: its views are reached all the same.
  const auto unrouted = [&](const View& v) {
    const std::string folder =
        v.at.path.substr(0, v.at.path.rfind('/') == std::string::npos ? 0 : v.at.path.rfind('/'));
    const std::string app(folder.substr(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/') + 1));
    if (app.empty()) return false;
    bool included = false;
    for (const Url& u : notes.urls) {
      if (u.at.path.starts_with(folder + "/")) return false;
      included = included || contains(u.shown, app + ".urls");
    }
    return included;
  };

  // Stops: a hundred passwords a minute: the throttle of the whole API is made for pages.
  bool weakly_limited = false;
  const auto weakly = [&](const proof::Location& at, const std::string& shown) {
    if (!wide_throttle || weakly_limited) return;
    weakly_limited = true;
    auto& f = sink.find("RL-001", at, shown);
    f.title = "Sign-in has only the throttle of the whole API";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  };
  // Stops: trying passwords as fast as the server answers.
  for (const View& v : notes.views) {
    const bool door = has_word(v.name, {"login", "signin", "forgot", "otp"}) || icontains(v.name, "signin") ||
                      (has_word(v.name, {"resend"}) && !webhook_door(v.name)) ||
                      has_word(v.name, {"register", "signup"}) ||
                      (has_word(v.name, {"password"}) && has_word(v.name, {"reset", "login", "forgot"}));
    if ((!door && !v.takes_code) || v.throttled || notes.django_ratelimit || limited_logins || v.login_required)
      continue;
    if (!v.writes && !v.api) continue;
    if (v.api && throttled_by_default) {
      if (has_word(v.name, {"login", "signin", "otp"}) || icontains(v.name, "signin")) weakly(v.at, v.shown);
      continue;
    }
    if (sign_up_name(v.name) && !v.takes_code)
      unlimited_sign_up(sink, v.at, v.shown);
    else
      sink.find("RL-001", v.at, v.shown);
  }
  for (const Url& u : notes.urls)
    if ((contains(u.view, "LoginView") || contains(u.view, "TokenObtain") || contains(u.view, "obtain_auth_token") ||
         contains(u.view, "obtain_jwt_token")) &&
        !notes.django_ratelimit && !limited_logins) {
      if (!throttled_by_default)
        sink.find("RL-001", u.at, u.shown);
      else
        weakly(u.at, u.shown);
    }

  Recurring costly;
  for (const View& v : notes.views) {
    const bool reaches = reaches_spender(notes, v.calls);
    if ((!v.costly && !reaches) || v.helper || v.abstract || v.throttled || notes.django_ratelimit ||
        (v.api && throttled_by_default) || v.admin || (!v.writes && !v.takes_input && !reaches))
      continue;
    costly.find(sink, "RL-002", v.at, v.shown);
  }

  // What a view leaves to its bases.
  std::map<std::string, const View*> by_name;
  for (const View& v : notes.views) by_name.emplace(v.name, &v);
  std::vector<View> views = notes.views;
  const bool all_guarded = every_view_guarded(notes);
  for (View& v : views) {
    v.login_required = v.login_required || all_guarded || refused_by(notes, v.behind) || asks_by_itself(project, v);
    for (const std::string& base : lineage(notes, v.name)) {
      if (base == v.name) continue;
      if (const auto it = by_name.find(base); it != by_name.end()) {
        if (!v.permissions) v.permissions = it->second->permissions;
        v.login_required = v.login_required || it->second->login_required;
        v.admin = v.admin || it->second->admin;
      }
      if (notes.login_classes.contains(base)) v.login_required = true;
      if (notes.owner_classes.contains(base)) v.all_objects = false;
    }
  }

  bool siblings_guarded = default_guarded;
  for (const View& v : views)
    if (v.login_required || says(v.permissions, "IsAuthenticated") || v.checks_identity || v.mentions_caller)
      siblings_guarded = true;
  for (const Model& m : notes.models) siblings_guarded = siblings_guarded || m.owned;
  Crowd crowd = crowd_of(project);
  crowd.ranks = std::any_of(views.begin(), views.end(), [&](const View& v) {
    const Asked asked = asked_by(notes, v);
    return v.admin || asked.admin || asked.staff_writes;
  });
  Recurring money(kMostMoneyPlaces);
  std::set<const PermissionClass*> told_hollow;
  std::set<std::string> told_files;
  std::vector<std::pair<const View*, proof::Severity>> unasked;
  for (const View& v : views) {
    const std::string url = url_of(notes, v);
    // update_order_status(request, pk) is no page that tells of the server's status.
    const bool of_one = v.writes && contains(url, "<") && has_word(v.name + " " + url, {"status", "config"}) &&
                        !open_to_all(url.empty() ? "" : url, true, false) && !sign_in_door(v.name) &&
                        !webhook_door(v.name);
    const bool everyone = !of_one && (public_door(v.name) || (!url.empty() && public_door(url)));
    const bool allow_any = says(v.permissions, "AllowAny") || (v.permissions && v.permissions->empty());
    const bool open = v.api ? allow_any || (!v.permissions && default_open) : !v.login_required && !v.permissions;
    const bool routed = notes.urls.empty() ? !v.abstract && !v.inherits_all && !v.helper : !url.empty();
    const auto owned = [&](std::string_view model) {
      // An office's register is everybody's work there, unless strangers make themselves accounts.
      if (!crowd.strangers && only_of_register(project, model)) return false;
      // Whoever may write a part of something writes the whole: a lesson of somebody's course.
      const auto known = belongs_to_somebody(notes, model, v.writes && v.api);
      return known ? *known : personal_noun(model);
    };
    // Only settings that were read can say that nobody is asked by default.
    const bool asks = v.checks_identity || (v.mentions_caller && !(allow_any || (default_open && settings_read)));
    const bool dead = !v.dead_guards.empty() && !v.permissions && default_open && v.api && !v.login_required;
    const bool fetched = std::any_of(v.fetches.begin(), v.fetches.end(), [&](const auto& f) { return owned(f.model); });
    if (dead) {
      auto& f = sink.find("DJ-036", v.dead_guards.front(), v.dead_shown);
      f.title = "permission_classes on a method of a view asks nobody: the view is open";
      f.locations.insert(f.locations.end(), v.dead_guards.begin() + 1, v.dead_guards.end());
      f.locations.push_back(v.at);
    } else if (open && (routed || unrouted(v)) && !everyone && !asks && !v.login_required && siblings_guarded) {
      const bool personal = personal_noun(v.name) || personal_noun(url);
      const bool shows = !v.api && !fetched && std::any_of(v.reads.begin(), v.reads.end(), [&](const std::string& m) {
        return personal_noun(m) && owned(m);
      });
      if ((v.writes && !(v.mentions_caller && !v.api)) || (allow_any && personal) || (v.api && personal) ||
          (v.function && personal && v.takes_input) || shows) {
        if (v.function && url.empty() && !v.api) {
          auto& f = sink.find("DJ-036", v.at, v.shown);
          if (!v.writes) f.severity = proof::Severity::medium;
          f.confidence = proof::Confidence::low;
        } else {
          unasked.emplace_back(&v, v.writes ? proof::Severity::high : proof::Severity::medium);
        }
      }
    }
    const auto knows = [&](const std::string& serializer) {
      const auto it = notes.serializers.find(serializer);
      return it != notes.serializers.end() && it->second.knows_caller;
    };
    const Asked asked = asked_by(notes, v);
    // Stops: believing that a name like IsMember asks anything.
    if (asked.nobody && routed && !everyone && told_hollow.insert(asked.hollow).second) {
      auto& f = sink.find("DJ-036", asked.hollow->at, asked.hollow->shown);
      f.title = "A permission class lets everybody through";
      f.locations.push_back(v.at);
      f.evidence.push_back(v.shown);
    }
    if (v.admin || asked.admin || webhook_door(v.name) || webhook_door(url)) continue;
    if (!asked.staff_writes) judge_rights(notes, v, sink, told_files);
    // What everybody may read is shown to everybody on purpose, unless it is somebody's by its very name.
    // Everybody reads what each adds, and nobody changes: comments, reviews.
    const bool read_and_added =
        says(v.permissions, "OrReadOnly") && std::none_of(v.bases.begin(), v.bases.end(), [](const std::string& b) {
          return contains(b, "ModelViewSet") || contains(b, "Update") || contains(b, "Destroy") ||
                 contains(b, "Delete");
        });
    const auto published = [&](std::string_view model) {
      return ((open && !v.writes) || asked.staff_writes || read_and_added) && !personal_noun(model);
    };
    const bool ours =
        v.all_objects && owned(v.model) && !published(v.model) && !asked.rows && !(!v.writes && sold(project, v.model));
    if (ours && !asked.object)
      sink.find("AZ-001", v.queryset_at, v.queryset_shown).title = "Every signed-in user reaches every " +
                                                                   std::string(last(v.model)) +
                                                                   ": the queryset is not scoped to its owner";
    // get_object() asks whose a record is; a list never does.
    if (ours && asked.object && asked.listed && v.lists && personal_noun(v.model)) {
      auto& f = sink.find("AZ-001", v.queryset_at, v.queryset_shown);
      f.title =
          "The list shows everybody's " + std::string(last(v.model)) + ": has_object_permission is not asked for lists";
      f.confidence = proof::Confidence::medium;
    }
    if (!open && !ours) judge_catalogue(project, v, asked, crowd, sink);
    // Stops: whoever has an account taking away what payments hang on.
    if (!open && !asked.staff_writes && !asked.rows && !asked.object)
      for (const View::Fetch& f : v.fetches) {
        if (!project.notes<SoldGoods>().changed.contains({f.at.path, f.at.line}) || owned(f.model) ||
            belongs_to_somebody(notes, f.model, true) == std::nullopt || !carries_money(notes, f.model))
          continue;
        const std::string folder = v.at.path.substr(0, v.at.path.rfind('/') + 1);
        for (const Url& u : notes.urls)
          if (has_token(u.view, v.name) && u.at.path.starts_with(folder))
            tell_money_changes(money, sink, u.at, u.shown);
        tell_money_changes(money, sink, v.at, v.shown);
        break;
      }
    for (const View::Fetch& f : v.fetches)
      if ((owned(f.model) || part_of_own(notes, f)) && !published(f.model) && !asked.rows && !knows(f.checked_by) &&
          !(sold(project, f.model) && !project.notes<SoldGoods>().changed.contains({f.at.path, f.at.line})))
        sink.find("AZ-001", f.at, f.shown);
    if (!open && (personal_noun(v.name) || personal_noun(url)))
      for (const LayerCall& c : v.layer_calls)
        if (proof::Location fetch; fetches_unowned(notes, c, &fetch))
          sink.find("AZ-001", c.at, c.shown).locations.push_back(fetch);
  }

  // So many are one decision, and one remark with all its places.
  const bool together = unasked.size() > kManyViews;
  Recurring all_of_them;
  for (const auto& [v, severity] : unasked) {
    if (!together) {
      sink.find("DJ-036", v->at, v->shown).severity = severity;
    } else if (auto* f = all_of_them.find(sink, "DJ-036", v->at, v->shown)) {
      f->severity = proof::Severity::high;
      f->title = std::to_string(unasked.size()) + " views answer without asking who is calling";
    }
  }

  if (notes.sets_password.line > 0 && (notes.sets_unseen || !notes.validates_passwords) && !notes.settings.empty()) {
    auto& f = sink.find("DJ-030", notes.sets_password, notes.sets_password_shown);
    f.title = "New passwords pass no validator: AUTH_PASSWORD_VALIDATORS works through validate_password only";
    for (const Spot& own : notes.own_password_checks) {
      f.locations.push_back(own.at);
      f.evidence.push_back(own.shown);
    }
  }

  for (const PythonNotes::Upload& u : notes.uploads)
    if (std::none_of(u.checked_by.begin(), u.checked_by.end(),
                     [&](const std::string& c) { return notes.checks_uploads.contains(c) || c.ends_with("Form"); }))
      sink.find("FA-016", u.at, u.shown);

  // Stops: walking through 1, 2, 3 … (document 001, SEC-007).
  Recurring ids;
  for (const Url& u : notes.urls)
    if (u.integer_id && !contains(u.pattern, "admin")) ids.find(sink, "DJ-028", u.at, u.shown);
  if (ids && !notes.integer_keys.empty()) ids.finding()->locations.push_back(notes.integer_keys.front());
}

}  // namespace gatehouse::audit::source

// Django's views against its settings, models and URLs: who may call what, whose records are reached, what has no
// limit.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_owners.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::string url_of(const PythonNotes& notes, const View& v) {
  for (const Url& u : notes.urls)
    if (has_token(u.view, v.name)) return u.pattern;
  return {};
}

bool says(const std::optional<std::vector<std::string>>& list, std::string_view part) {
  return list && std::any_of(list->begin(), list->end(), [&](const std::string& s) { return contains(s, part); });
}

}  // namespace

void judge_django(const PythonNotes& notes, const Project&, Sink& sink) {
  bool default_open = true, default_guarded = false, throttled_by_default = false, limited_logins = false;
  const proof::Location* authentication_at = nullptr;
  for (const SettingsFile& s : notes.settings) {
    if (const auto it = s.rest.find("DEFAULT_PERMISSION_CLASSES"); it != s.rest.end()) {
      default_open =
          it->second.items.empty() || std::any_of(it->second.items.begin(), it->second.items.end(),
                                                  [](const std::string& i) { return i.ends_with("AllowAny"); });
      default_guarded = !default_open;
    }
    if (const auto it = s.rest.find("DEFAULT_THROTTLE_CLASSES"); it != s.rest.end() && !it->second.items.empty())
      throttled_by_default = true;
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

  // Stops: trying passwords as fast as the server answers.
  for (const View& v : notes.views) {
    const bool door = has_word(v.name, {"login", "signin", "forgot", "otp"}) ||
                      has_word(v.name, {"register", "signup"}) ||
                      (has_word(v.name, {"password"}) && has_word(v.name, {"reset", "login", "forgot"}));
    if (!door || v.throttled || notes.django_ratelimit || limited_logins || (v.api && throttled_by_default) ||
        v.login_required)
      continue;
    if (!v.writes && !v.api) continue;
    sink.find("RL-001", v.at, v.shown);
  }
  for (const Url& u : notes.urls)
    if ((contains(u.view, "LoginView") || contains(u.view, "TokenObtain") || contains(u.view, "obtain_auth_token") ||
         contains(u.view, "obtain_jwt_token")) &&
        !notes.django_ratelimit && !limited_logins && !throttled_by_default)
      sink.find("RL-001", u.at, u.shown);

  bool siblings_guarded = default_guarded;
  for (const View& v : notes.views)
    if (v.login_required || says(v.permissions, "IsAuthenticated") || v.checks_identity) siblings_guarded = true;
  for (const View& v : notes.views) {
    const std::string url = url_of(notes, v);
    const bool everyone = public_door(v.name) || (!url.empty() && public_door(url));
    const bool allow_any = says(v.permissions, "AllowAny") || (v.permissions && v.permissions->empty());
    const bool open = v.api ? allow_any || (!v.permissions && default_open) : !v.login_required && !v.permissions;
    const bool routed = notes.urls.empty() ? !v.abstract && !v.inherits_all && !v.helper : !url.empty();
    if (open && routed && !everyone && !v.checks_identity && !v.login_required && siblings_guarded) {
      const bool personal = personal_noun(v.name) || personal_noun(url);
      if (v.writes || (allow_any && personal) || (v.api && personal) || (v.function && personal && v.takes_input)) {
        auto& f = sink.find("DJ-036", v.at, v.shown);
        if (!v.writes) f.severity = proof::Severity::medium;
        if (v.function && url.empty() && !v.api) f.confidence = proof::Confidence::low;
      }
    }
    const auto owned = [&](std::string_view model) {
      const auto known = belongs_to_somebody(notes, model);
      return known ? *known : personal_noun(model);
    };
    if (v.admin || webhook_door(v.name) || webhook_door(url)) continue;
    if (v.all_objects && owned(v.model)) {
      sink.find("AZ-001", v.queryset_at, v.queryset_shown).title = "Every signed-in user reaches every " +
                                                                   std::string(last(v.model)) +
                                                                   ": the queryset is not scoped to its owner";
    } else if (!v.fetched_model.empty() && owned(v.fetched_model)) {
      sink.find("AZ-001", v.fetched_at, v.fetched_shown);
    }
    if (!open && (personal_noun(v.name) || personal_noun(url)))
      for (const LayerCall& c : v.layer_calls)
        if (fetches_unowned(notes, c)) sink.find("AZ-001", c.at, c.shown);
  }

  // Stops: walking through 1, 2, 3 … (document 001, SEC-007).
  proof::Finding* ids = nullptr;
  for (const Url& u : notes.urls) {
    if (!u.integer_id || contains(u.pattern, "admin")) continue;
    if (!ids)
      ids = &sink.find("DJ-028", u.at, u.shown);
    else
      ids->locations.push_back(u.at), ids->evidence.push_back(u.shown);
  }
  if (ids)
    if (!notes.integer_keys.empty()) ids->locations.push_back(notes.integer_keys.front());
}

}  // namespace gatehouse::audit::source

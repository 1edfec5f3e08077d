// What the settings of REST framework say: who is let in by default, how often, and who writes down that they came.
#include <algorithm>

#include "audit/source/django_settings.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

// Who signed in, who changed what: some receiver or some application must write it down.
void judge_records(const Settings& s, const PythonNotes& notes, Sink& sink) {
  const bool records = notes.keeps_records || s.lists("INSTALLED_APPS", "auditlog") ||
                       s.lists("INSTALLED_APPS", "simple_history") || s.lists("INSTALLED_APPS", "easyaudit") ||
                       s.lists("INSTALLED_APPS", "axes") || s.lists("INSTALLED_APPS", "reversion") ||
                       s.lists("INSTALLED_APPS", "pghistory") || s.lists("INSTALLED_APPS", "actstream");
  if (!records && notes.signs_in.line > 0) {
    const Setting* apps = s.get("INSTALLED_APPS");
    auto& f = sink.find("DJ-034", apps ? apps->at : s.home(), "no receiver of user_logged_in, no audit application");
    f.locations.push_back(notes.signs_in);
  }
}

}  // namespace

void judge_rest(const Settings& s, const PythonNotes& notes, Sink& sink) {
  judge_records(s, notes, sink);
  const bool drf = s.get("REST_FRAMEWORK") || s.lists("INSTALLED_APPS", "rest_framework");
  if (!drf) return;
  const Value* permissions = s.rest("DEFAULT_PERMISSION_CLASSES");
  bool every_view_says = true, any_view = false;
  for (const View& v : notes.views)
    if (v.api) {
      any_view = true;
      every_view_says = every_view_says && v.permissions.has_value();
    }
  const bool open = permissions && std::any_of(permissions->items.begin(), permissions->items.end(),
                                               [](const std::string& i) { return i.ends_with("AllowAny"); });
  if (!permissions || open) {
    auto& f =
        sink.find("DJ-018", s.rest_at("DEFAULT_PERMISSION_CLASSES"),
                  open ? "DEFAULT_PERMISSION_CLASSES has AllowAny" : "DEFAULT_PERMISSION_CLASSES is not set: AllowAny");
    if (any_view && every_view_says) {
      f.severity = proof::Severity::low;
      f.false_positive = "Every view found states its own permission classes; the default matters for the next view.";
    }
  }
  // Everybody reads what belongs to somebody, where a view leaves the question to this default.
  const bool reads = permissions && !open &&
                     std::any_of(permissions->items.begin(), permissions->items.end(), [](const std::string& i) {
                       return i.ends_with("OrReadOnly") || i.ends_with("OrAnonReadOnly");
                     });
  const View* exposed = nullptr;
  for (const View& v : notes.views)
    if (v.api && !v.permissions && !v.login_required && !v.checks_identity && exposed == nullptr &&
        (personal_noun(v.name) || personal_noun(v.model)) && !public_door(v.name))
      exposed = &v;
  const bool to_strangers =
      permissions && std::any_of(permissions->items.begin(), permissions->items.end(),
                                 [](const std::string& i) { return i.ends_with("OrAnonReadOnly"); });
  if (reads && (exposed != nullptr || to_strangers)) {
    auto& f =
        sink.find("DJ-018", s.rest_at("DEFAULT_PERMISSION_CLASSES"), "DEFAULT_PERMISSION_CLASSES lets everybody read");
    f.title = "API views show everybody what they hold unless they say otherwise";
    f.severity = exposed != nullptr ? proof::Severity::medium : proof::Severity::low;
    if (exposed != nullptr) {
      f.locations.push_back(exposed->at);
      f.evidence.push_back(exposed->shown);
    }
  }
  const Value* throttles = s.rest("DEFAULT_THROTTLE_CLASSES");
  if (!throttles || (throttles->kind == Value::Kind::list && throttles->items.empty())) {
    const bool all_views = any_view && std::all_of(notes.views.begin(), notes.views.end(),
                                                   [](const View& v) { return !v.api || v.throttled; });
    if (!all_views) sink.find("DJ-019", s.rest_at("DEFAULT_THROTTLE_CLASSES"), "DEFAULT_THROTTLE_CLASSES is not set");
  } else {
    sink.positive("DRF throttling is configured for every API view.");
  }
}

void judge_limits(const Settings& s, Sink& sink) {
  const Value* throttles = s.rest("DEFAULT_THROTTLE_CLASSES");
  if (throttles == nullptr || throttles->items.empty()) return;
  const bool by_address = std::any_of(throttles->items.begin(), throttles->items.end(), [](const std::string& i) {
    return contains(i, "Anon") || contains(i, "Scoped");
  });
  const proof::Location at = s.rest_at("DEFAULT_THROTTLE_CLASSES");
  // Stops: a new X-Forwarded-For for each try. Without NUM_PROXIES the whole header is the caller's address.
  if (by_address && s.rest("NUM_PROXIES") == nullptr) {
    auto& f = sink.find("RL-003", at, "REST_FRAMEWORK without NUM_PROXIES");
    f.title = "Throttles count by a header that callers write: NUM_PROXIES is not set";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
  const Setting* caches = s.get("CACHES");
  if (!by_address) return;  // sign-ins are guessed at by people without an account
  if (caches == nullptr || contains(caches->shown, "locmem"))
    sink.find("RL-005", caches ? caches->at : at,
              caches ? caches->shown : "CACHES is not set: every process counts alone");
}

}  // namespace gatehouse::audit::source

// What Django's settings say, judged by the rules of its own deployment checks and a few beyond them. One function for
// each family of settings, all of one shape; beside each other they show which check is missing.
#include <algorithm>

#include "audit/source/django_allauth.h"
#include "audit/source/django_named.h"
#include "audit/source/django_settings.h"
#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool placeholder(std::string_view s) {
  return icontains_any(s, {"change", "insecure", "secret", "placeholder", "your-", "your_", "example", "default",
                           "dummy", "replace", "password", "dev-", "dev_", "local", "test", "xxx"});
}

void judge_secret_key(const Settings& s, Sink& sink) {
  const Setting* key = s.get("SECRET_KEY");
  if (!key) return;
  const Value& v = key->value;
  if (v.kind != Value::Kind::text) return;
  std::set<char> distinct(v.text.begin(), v.text.end());
  const bool weak = v.text.size() < 50 || distinct.size() < 5 || v.text.starts_with("django-insecure-");
  if (v.text.empty()) return;  // Django refuses to start with an empty key: closed
  if (!v.env.empty()) {
    auto& f = sink.find("DJ-008", key->at, key->shown);
    f.title = "SECRET_KEY falls back to a value that stands in the source";
    f.severity = proof::Severity::high;
    return;
  }
  auto& f = sink.find("DJ-008", key->at, redacted(key->shown));
  f.title = weak || placeholder(v.text) ? "SECRET_KEY is a weak value that stands in the source"
                                        : "SECRET_KEY stands in the source";
}

void judge_fallback_keys(const Settings& s, Sink& sink) {
  const Setting* keys = s.get("SECRET_KEY_FALLBACKS");
  if (!keys) return;
  for (const std::string& k : keys->value.items)
    if (k != "?" && !k.empty()) {
      sink.find("DJ-008", keys->at, redacted(keys->shown)).title =
          "An old SECRET_KEY that still opens sessions stands in the source";
      return;
    }
}

void judge_debug(const Settings& s, Sink& sink) {
  const Setting* debug = s.get("DEBUG");
  if (!debug) return;
  if (debug->value.always_true) {
    auto& f = sink.find("DJ-012", debug->at, debug->shown);
    f.title = "DEBUG is on for every non-empty value: bool(\"False\") is true";
  } else if (debug->value.is_true()) {
    auto& f = sink.find("DJ-012", debug->at, debug->shown);
    if (debug->value.fallback) {
      f.title = "DEBUG is on when its environment variable is missing";
      f.severity = proof::Severity::high;
    } else {
      f.title = "DEBUG is on";
    }
  }
}

// A switch that must be on in production.
void must_be_true(const Settings& s, Sink& sink, std::string_view id, std::string_view name, bool django_default) {
  const Setting* set = s.get(name);
  if (!set) {
    if (!django_default) {
      auto& f = sink.find(id, s.home(), std::string(name) + " is not set");
      f.confidence = proof::Confidence::medium;
    }
    return;
  }
  if (!set->value.known() && set->value.env.empty()) return;   // cannot say
  if (!set->value.known() && !set->value.env.empty()) return;  // required from the environment
  if (!set->value.is_true()) sink.find(id, set->at, set->shown);
}

bool api_only(const Settings& s) { return !s.lists("INSTALLED_APPS", "django.contrib.sessions"); }

void judge_transport(const Settings& s, Sink& sink) {
  const bool security = s.lists("MIDDLEWARE", "SecurityMiddleware");
  const Setting* middleware = s.get("MIDDLEWARE");
  const bool middleware_known = middleware && (middleware->value.whole || !middleware->value.items.empty());
  if (middleware_known && !security)
    sink.find("DJ-001", middleware->at, "MIDDLEWARE without django.middleware.security.SecurityMiddleware");
  if (middleware_known && !s.lists("MIDDLEWARE", "XFrameOptionsMiddleware"))
    sink.find("DJ-002", middleware->at, "MIDDLEWARE without XFrameOptionsMiddleware");
  if (middleware_known && !s.lists("MIDDLEWARE", "CsrfViewMiddleware"))
    sink.find("DJ-003", middleware->at, "MIDDLEWARE without CsrfViewMiddleware");
  if (const Setting* frame = s.get("X_FRAME_OPTIONS");
      frame && frame->value.kind == Value::Kind::text && !text::iequals(frame->value.text, "DENY")) {
    auto& f = sink.find("DJ-002", frame->at, frame->shown);
    f.severity = proof::Severity::low;
    f.title = "X_FRAME_OPTIONS is not DENY";
  }
  const Setting* hsts = s.get("SECURE_HSTS_SECONDS");
  if (!hsts) {
    sink.find("DJ-004", s.home(), "SECURE_HSTS_SECONDS is not set");
  } else if (hsts->value.known() && hsts->value.is_false()) {
    sink.find("DJ-004", hsts->at, hsts->shown);
  } else {
    for (const std::string_view name : {"SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"}) {
      const Setting* sub = s.get(name);
      if (!sub || (sub->value.known() && !sub->value.is_true())) {
        sink.find("DJ-005", sub ? sub->at : hsts->at, sub ? sub->shown : std::string(name) + " is not set");
        break;
      }
    }
  }
  must_be_true(s, sink, "DJ-006", "SECURE_CONTENT_TYPE_NOSNIFF", true);
  must_be_true(s, sink, "DJ-007", "SECURE_SSL_REDIRECT", false);
  if (!api_only(s)) must_be_true(s, sink, "DJ-009", "SESSION_COOKIE_SECURE", false);
  must_be_true(s, sink, "DJ-010", "SESSION_COOKIE_HTTPONLY", true);
  if (s.lists("MIDDLEWARE", "CsrfViewMiddleware")) must_be_true(s, sink, "DJ-011", "CSRF_COOKIE_SECURE", false);
  if (const Setting* r = s.get("SECURE_REFERRER_POLICY"); r && r->value.known()) {
    static constexpr std::string_view kSafe[] = {"no-referrer",
                                                 "same-origin",
                                                 "strict-origin",
                                                 "strict-origin-when-cross-origin",
                                                 "no-referrer-when-downgrade",
                                                 "origin",
                                                 "origin-when-cross-origin"};
    std::vector<std::string> given = r->value.items;
    if (r->value.kind == Value::Kind::text)
      for (const auto part : text::split(r->value.text, ',')) given.emplace_back(text::trim(part));
    const bool good = !given.empty() && std::all_of(given.begin(), given.end(), [](const std::string& g) {
      return std::find(std::begin(kSafe), std::end(kSafe), g) != std::end(kSafe);
    });
    if (!good) sink.find("DJ-014", r->at, r->shown);
  }
  if (const Setting* c = s.get("SECURE_CROSS_ORIGIN_OPENER_POLICY"); c && c->value.known()) {
    const std::string& v = c->value.text;
    if (v != "same-origin" && v != "same-origin-allow-popups") sink.find("DJ-015", c->at, c->shown);
  }
}

void judge_hosts_and_cors(const Settings& s, Sink& sink) {
  if (const Setting* hosts = s.get("ALLOWED_HOSTS"); hosts && hosts->value.kind == Value::Kind::list) {
    const auto& items = hosts->value.items;
    if (std::find(items.begin(), items.end(), "*") != items.end()) {
      sink.find("DJ-013", hosts->at, hosts->shown);
    } else if (items.empty() && hosts->value.env.empty()) {
      auto& f = sink.find("DJ-013", hosts->at, hosts->shown);
      f.severity = proof::Severity::medium;
      f.title = "ALLOWED_HOSTS is empty";
    }
  }
  const auto find_all = [&](const Setting* all, bool debug_only) {
    if (!all || all->when == Setting::When::otherwise) return false;
    if (!all->value.is_true() && !(all->follows_debug)) return false;
    const Setting* credentials = s.get("CORS_ALLOW_CREDENTIALS");
    auto& f = sink.find("DJ-020", all->at, all->shown);
    const bool with = credentials && credentials->value.is_true();
    if (with) {
      f.locations.push_back(credentials->at);
      f.evidence.push_back(credentials->shown);
    }
    if (debug_only || all->follows_debug) {
      f.severity = proof::Severity::medium;
      f.title =
          with ? "Any origin is allowed with credentials while DEBUG is on" : "Any origin is allowed while DEBUG is on";
    } else if (!with) {
      f.severity = proof::Severity::medium;
      f.title = "Any origin may read the API's answers";
    }
    return true;
  };
  bool found = false;
  for (const std::string_view name : {"CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL"}) {
    found = found || find_all(s.get(name), false);
    for (const Setting* d : s.debug_only())
      if (!found && d->name == name) found = find_all(d, true);
  }
  for (const std::string_view name : {"CORS_ALLOWED_ORIGIN_REGEXES", "CORS_ORIGIN_REGEX_WHITELIST"})
    if (const Setting* r = s.get(name))
      for (const std::string& i : r->value.items)
        if (i == ".*" || i == "^.*$" || icontains(i, "https?://.*") || icontains(i, "://.*$") || anybodys_host(i)) {
          sink.find("DJ-020", r->at, r->shown);
          break;
        }
  if (const Setting* t = s.get("CSRF_TRUSTED_ORIGINS"))
    for (const std::string& i : t->value.items)
      if (i != "?" && i != "*" && !contains(i, "://")) {
        sink.find("DJ-037", t->at, t->shown).title = "CSRF_TRUSTED_ORIGINS names an origin without its scheme";
        break;
      }
  if (const Setting* t = s.get("CSRF_TRUSTED_ORIGINS"))
    for (const std::string& i : t->value.items)
      if (i == "*" || i == "https://*" || i == "http://*" || i.ends_with("://*")) {
        sink.find("DJ-021", t->at, t->shown);
        break;
      }
  if (const Setting* h = s.get("USE_X_FORWARDED_HOST"); h && h->value.is_true()) sink.find("DJ-022", h->at, h->shown);
}

void judge_sessions(const Settings& s, Sink& sink) {
  if (const Setting* p = s.get("SESSION_SERIALIZER"); p && icontains(p->value.text, "pickle"))
    sink.find("DJ-023", p->at, p->shown);
  if (const Setting* age = s.get("SESSION_COOKIE_AGE");
      age && age->value.kind == Value::Kind::number && age->value.number > 14 * 86400.0)
    sink.find("DJ-033", age->at, age->shown);
  if (const Setting* v = s.get("AUTH_PASSWORD_VALIDATORS");
      v && v->value.kind == Value::Kind::list && v->value.items.empty())
    sink.find("DJ-030", v->at, v->shown);
  // Django's own default is no validator at all; the template of a new project brings them.
  if (const Setting* apps = s.get("INSTALLED_APPS");
      s.lists("INSTALLED_APPS", "django.contrib.admin") && !s.get("AUTH_PASSWORD_VALIDATORS"))
    sink.find("DJ-030", apps->at, apps->shown).title = "AUTH_PASSWORD_VALIDATORS is missing: any password is taken";
  if (const Setting* h = s.get("PASSWORD_HASHERS");
      h && !h->value.items.empty() && icontains_any(h->value.items.front(), {"md5", "sha1", "unsalted"}))
    sink.find("DJ-030", h->at, h->shown);
  for (const std::string_view name : {"DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS"})
    if (const Setting* d = s.get(name); d && d->value.kind == Value::Kind::none) sink.find("DJ-032", d->at, d->shown);
  if (const Setting* samesite = s.get("SESSION_COOKIE_SAMESITE");
      samesite && text::iequals(samesite->value.text, "none"))
    sink.find("DJ-035", samesite->at, samesite->shown);
}

// The page of a refused form: a name that leads nowhere makes every refusal an error of its own.
void judge_failure_view(const Settings& s, const Project& project, Sink& sink) {
  if (const Setting* h = s.get("DEFAULT_HASHING_ALGORITHM");
      h && h->value.kind == Value::Kind::text && h->value.text != "sha1" && h->value.text != "sha256")
    sink.find("DJ-037", h->at, h->shown);
  const Setting* view = s.get("CSRF_FAILURE_VIEW");
  if (!view || view->value.kind != Value::Kind::text || view->value.text.starts_with("django.")) return;
  const std::string& name = view->value.text;
  const std::size_t dot = name.rfind('.');
  bool right = dot != std::string::npos;
  if (right) {
    std::string module = name.substr(0, dot);
    std::replace(module.begin(), module.end(), '.', '/');
    const Entry* file = nullptr;
    for (const Entry& e : project.entries())
      for (const std::string& ending : {module + ".py", module + "/__init__.py"})
        if (e.path == ending || e.path.ends_with("/" + ending)) file = &e;
    // A package that is not in the tree may be installed.
    const std::string top = module.substr(0, module.find('/')) + "/";
    const bool ours = std::any_of(project.entries().begin(), project.entries().end(), [&](const Entry& e) {
      return e.path.starts_with(top) || contains(e.path, "/" + top);
    });
    if (file == nullptr) {
      right = !ours;
    } else if (const auto source = project.open(file->path)) {
      right = has_token(source->text(), name.substr(dot + 1));
    }
  }
  if (!right) sink.find("DJ-037", view->at, view->shown).title = "CSRF_FAILURE_VIEW names no view of the project";
}

}  // namespace

void judge_settings(const PythonNotes& notes, const Project& project, Sink& sink) {
  // Projects are told apart by the folder that holds their settings.
  std::map<std::string, std::set<std::string>> projects;
  for (const SettingsFile& f : notes.settings) {
    std::string folder = f.path.substr(0, f.path.rfind('/') == std::string::npos ? 0 : f.path.rfind('/'));
    projects[folder].insert(f.path);
  }
  for (auto& [folder, paths] : projects) {
    const bool only_development = std::all_of(notes.settings.begin(), notes.settings.end(), [&](const SettingsFile& f) {
      return !paths.contains(f.path) || f.profile == SettingsFile::Profile::development;
    });
    if (only_development) continue;
    drop_unnamed_settings(notes, project, paths);
    const Settings s(notes, paths);
    if (!s.get("MIDDLEWARE") && !s.get("INSTALLED_APPS") && !s.get("SECRET_KEY")) continue;
    judge_secret_key(s, sink);
    judge_fallback_keys(s, sink);
    judge_failure_view(s, project, sink);
    judge_debug(s, sink);
    judge_transport(s, sink);
    judge_hosts_and_cors(s, sink);
    judge_sessions(s, sink);
    judge_allauth(s.get("ACCOUNT_EMAIL_VERIFICATION"), sink);
    judge_rest(s, notes, sink);
    judge_limits(s, sink);
    const Setting* secure = s.get("SESSION_COOKIE_SECURE");
    const Setting* redirect = s.get("SECURE_SSL_REDIRECT");
    if (secure && secure->value.is_true() && redirect && redirect->value.is_true())
      sink.positive("HTTPS redirect and secure cookies are on in production settings.");
  }
}

}  // namespace gatehouse::audit::source

// Django settings: read without importing them, then judged as `manage.py check --deploy` would judge the production
// profile, and beyond it.
#include <algorithm>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool settings_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  return name.starts_with("settings") || contains(path, "/settings/") || path.starts_with("settings/") ||
         name.ends_with("_settings.py");
}

SettingsFile::Profile profile_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
  name = name.substr(0, name.rfind('.'));
  if (has_word(name, {"prod", "production", "live", "deploy", "deployment"})) return SettingsFile::Profile::production;
  if (has_word(name, {"dev", "development", "local", "test", "tests", "testing", "ci", "debug", "staging"}))
    return SettingsFile::Profile::development;
  return SettingsFile::Profile::common;
}

// Which way an `if` around a statement decides: by DEBUG, by something else.
Setting::When when_of(Node statement, const Values& known) {
  for (Node n = statement; n; n = n.parent()) {
    const Node p = n.parent();
    if (!p.any_of("if_statement", "elif_clause", "else_clause")) continue;
    const Node holder = p.is("if_statement") ? p : p.parent();
    const Node condition = unwrap(p.is("elif_clause") ? p.child("condition") : holder.child("condition"));
    const Code text = condition.code();
    const bool negated = condition.is("not_operator");
    const bool about_debug = has_token(text, "DEBUG") || icontains(text, "debug");
    const bool otherwise = p.is("else_clause");
    if (about_debug) return (negated != otherwise) ? Setting::When::production : Setting::When::debug;
    if (icontains(text, "prod")) return otherwise ? Setting::When::debug : Setting::When::production;
    if (icontains_any(text, {"test", "\"dev", "'dev", "local"}))
      return otherwise ? Setting::When::production : Setting::When::debug;
    // Some other switch: what its default says, when it says something.
    const Value v = evaluate(condition, known);
    if (v.is_true()) return otherwise ? Setting::When::otherwise : Setting::When::always;
    if (v.is_false()) return otherwise ? Setting::When::always : Setting::When::otherwise;
    return Setting::When::otherwise;
  }
  return Setting::When::always;
}

// REST_AUTH and SIMPLE_JWT of packages that keep tokens in cookies: JWT_AUTH_HTTPONLY, AUTH_COOKIE_SECURE.
void judge_token_cookies(File& file) {
  for (const Node p : file.tree.all("pair")) {
    const auto key = literal(p.child("key"));
    if (!key || !p.child("value").is("false") || function_around(p)) continue;
    if (*key == "JWT_AUTH_HTTPONLY" || *key == "AUTH_COOKIE_HTTP_ONLY" || *key == "AUTH_COOKIE_HTTPONLY") {
      // Stops: one script that was slipped in, reading the token of everybody who opens the page.
      file.hit("CK-002", p).title = "Scripts can read the cookies of the tokens: " + *key + " is off";
    } else if (*key == "JWT_AUTH_SECURE" || *key == "AUTH_COOKIE_SECURE") {
      file.hit("CK-001", p).title = "The cookies of the tokens may travel in clear: " + *key + " is off";
    }
  }
}

// DJOSER = { … }: accounts whose sign-up is the package's own.
void judge_djoser(File& file) {
  if (!contains(file.code(), "DJOSER")) return;
  for (const Node a : file.tree.all("assignment")) {
    const Node made = unwrap(a.child("right"));
    if (a.child("left").text() != "DJOSER" || !made.is("dictionary") || contains(made.code(), "**")) continue;
    // Stops: the customers' names and addresses, listed to whoever opens an account.
    if (const Node hides = member(made, "HIDE_USERS"); hides.is("false")) {
      auto& f = file.hit("DATA-001", hides.parent());
      f.title = "Every account may list all accounts (HIDE_USERS)";
      f.severity = proof::Severity::high;
      f.fix = "Leave HIDE_USERS on: people then see themselves.";
    }
    // Stops: an account in the name of somebody whose address was never asked.
    if (!member(made, "SEND_ACTIVATION_EMAIL") || member(made, "SEND_ACTIVATION_EMAIL").is("false"))
      file.hit("AU-012", a).title = "Accounts are made for addresses that nobody verifies (SEND_ACTIVATION_EMAIL)";
  }
}

// STORAGES = {"staticfiles": …} without "default": Django takes the setting as it stands, and every upload fails.
void judge_storages(File& file) {
  const Code code = file.code();
  if (!contains(code, "STORAGES") || contains(code, "STORAGES[") || contains(code, "STORAGES.update")) return;
  for (const Node a : file.tree.all("assignment")) {
    const Node made = unwrap(a.child("right"));
    if (a.child("left").text() != "STORAGES" || !made.is("dictionary") || contains(made.code(), "**")) continue;
    bool pages = false, uploads = false;
    for (const auto& [key, value] : members(made)) {
      pages = pages || key == "staticfiles";
      uploads = uploads || key == "default";
    }
    if (!pages || uploads) continue;
    auto& f = file.hit("RUN-004", a);
    f.title = "STORAGES has no \"default\": every upload ends in an error";
    f.impact =
        "Django does not fill in what the setting leaves out: FileField and default_storage raise InvalidStorageError.";
    f.fix = "Add \"default\": {\"BACKEND\": \"django.core.files.storage.FileSystemStorage\"} beside \"staticfiles\".";
  }
}

}  // namespace

void read_settings(File& file, PythonNotes& notes) {
  const Code code = file.code();
  const bool marked =
      has_token(code, "INSTALLED_APPS") || has_token(code, "ROOT_URLCONF") || has_token(code, "MIDDLEWARE");
  if (!marked && !(settings_path(file.path) &&
                   (has_token(code, "SECRET_KEY") || has_token(code, "DEBUG") || contains(code, "ALLOWED_HOSTS") ||
                    contains(code, "SECURE_") || contains(code, "_SECURE") || contains(code, "import *") ||
                    contains(code, "CORS_"))))
    return;
  if (!settings_path(file.path) && !has_token(code, "INSTALLED_APPS")) return;
  if (contains(code, "BaseSettings") || contains(code, "FastAPI(")) return;  // pydantic's settings are another thing
  judge_djoser(file);
  SettingsFile out;
  out.path = std::string(file.path);
  out.profile = profile_of(file.path);
  Values known;
  std::map<std::string, Value, std::less<>> scheme;  // environ.Env(DEBUG=(bool, True)): defaults given in one place
  for (const Call& c : file.calls)
    if (last(c.name) == "Env")
      for (const auto& [key, value] : c.keywords)
        if (const auto pair = value.children(); value.is("tuple") && pair.size() == 2)
          scheme[std::string(key)] = evaluate(pair[1], known);
  for (const Call& c : file.calls)
    if (last(c.name) == "timedelta" && !function_around(c.node)) {
      const auto key = literal(c.node.above("pair").child("key"));
      const auto number = [&](std::string_view unit) {
        const Value v = evaluate(c.keyword(unit), known);
        return v.kind == Value::Kind::number ? v.number : 0.0;
      };
      const double days = number("days") + number("hours") / 24 + number("minutes") / 1440 + number("weeks") * 7;
      const std::string shown = days == 1  ? "a day"
                                : days < 1 ? std::to_string(static_cast<int>(days * 24 + 0.5)) + " hours"
                                           : std::to_string(static_cast<int>(days)) + " days";
      // Stops: a thief of a refresh token who renews himself, and whom no sign-out ends.
      if (key == "REFRESH_TOKEN_LIFETIME" && days >= 2 && days < 30 && !contains(code, "token_blacklist") &&
          !contains(code, "ROTATE_REFRESH_TOKENS") && has_token(code, "SIMPLE_JWT")) {
        auto& f = file.hit("JWT-009", c.node);
        f.title = "Refresh tokens are neither exchanged nor called back: a stolen one is good for " + shown;
        f.severity = proof::Severity::low;
      }
      if (key == "ACCESS_TOKEN_LIFETIME" && days >= 0.25) {
        auto& f = file.hit("JWT-006", c.node);
        f.title = "Access tokens live for " + shown + " and nothing can revoke them";
        if (days <= 7) f.severity = proof::Severity::low;
      } else if (key == "REFRESH_TOKEN_LIFETIME" && days >= 30) {
        auto& f = file.hit("JWT-006", c.node);
        f.title = "Refresh tokens live for " + shown;
        if (days < 90) f.severity = proof::Severity::low;
      }
    }
  judge_token_cookies(file);
  judge_storages(file);
  for (const Node n : file.tree.all("assignment")) {
    if (function_around(n) || n.above("class_definition")) continue;
    const Node left = n.child("left"), right = n.child("right");
    if (!right) continue;
    if (left.is("subscript") && dotted(left.child("value")) == "REST_FRAMEWORK") {
      if (const auto key = literal(left.child("subscript"))) {
        out.rest[*key] = evaluate(right, known);
        out.keys[*key] = place(file.path, n.line());
      }
      continue;
    }
    if (!left.is("identifier")) continue;
    Setting s;
    s.name = std::string(left.text());
    s.when = when_of(n.parent(), known);
    Values view = known;
    if (s.when == Setting::When::production || s.name != "DEBUG") {
      // Everything but DEBUG itself is judged as production will see it.
      if (const auto debug = view.find("DEBUG"); debug != view.end()) debug->second = Value::boolean(false);
    }
    s.value = evaluate(right, view);
    if (!s.value.known() && !s.value.env.empty() && !s.value.fallback)
      if (const auto it = scheme.find(s.value.env); it != scheme.end()) {
        const std::string name = s.value.env;
        s.value = it->second;
        s.value.env = name;
        s.value.fallback = true;
      }
    s.follows_debug = s.name != "DEBUG" && has_token(right.code(), "DEBUG") && !contains(right.code(), "not DEBUG") &&
                      !right.is("conditional_expression");
    s.at = place(file.path, n.line(), std::min(n.end_line(), n.line() + 12));
    s.shown = file.shown(n);
    if (s.when == Setting::When::always || !known.contains(s.name)) known[s.name] = s.value;
    if (s.name == "REST_FRAMEWORK") {
      for (const auto& [key, value] : members(right)) {
        out.rest[key] = evaluate(value, known);
        out.keys[key] = place(file.path, value.line());
        if (key == "DEFAULT_THROTTLE_RATES")
          for (const auto& [scope, rate] : members(value))
            if (const auto said = literal(rate)) out.throttle_rates[scope] = *said;
      }
    }
    out.settings.push_back(std::move(s));
  }
  for (const Node n : file.tree.all("augmented_assignment")) {  // MIDDLEWARE += [...]
    if (function_around(n)) continue;
    for (Setting& s : out.settings) {
      if (s.name != n.child("left").text()) continue;
      const Value more = evaluate(n.child("right"), known);
      s.value.items.insert(s.value.items.end(), more.items.begin(), more.items.end());
      if (more.kind != Value::Kind::list) s.value.whole = false;
      break;
    }
  }
  for (const Call& c : file.calls) {  // MIDDLEWARE.insert(0, "…"), .append("…")
    if (function_around(c.node) || (last(c.name) != "insert" && last(c.name) != "append")) continue;
    const std::string_view list = std::string_view(c.name).substr(0, c.name.rfind('.'));
    for (Setting& s : out.settings)
      if (s.name == list && !c.args.empty())
        if (const auto item = literal(c.args.back())) s.value.items.push_back(*item);
  }
  for (const Node p : file.tree.all("pair"))
    if (literal(p.child("key")) == "BLACKLIST_AFTER_ROTATION" && p.child("value").is("true") &&
        !contains(code, "token_blacklist") && has_token(code, "INSTALLED_APPS"))
      file.hit("JWT-009", p).title =
          "Rotated refresh tokens stay valid: the application token_blacklist is not installed";
  for (const Node p : file.tree.all("pair"))
    if (literal(p.child("key")) == "ROTATE_REFRESH_TOKENS" && p.child("value").is("true") &&
        !contains(code, "BLACKLIST_AFTER_ROTATION"))
      file.hit("JWT-009", p).title = "Refresh tokens are exchanged for new ones, and the old ones stay valid";
  if (!out.settings.empty()) notes.settings.push_back(std::move(out));
}

}  // namespace gatehouse::audit::source

// Flask: what its configuration says, in each of the forms it may be written, and cookies without a guard against other
// sites.
#include <algorithm>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

void judge_key(File& file, std::string_view key, Node value, Node at) {
  if (value.is("true") && (key == "DEBUG" || key == "ENABLE_DEBUG")) file.hit("FA-007", at);
  if (!value.is("false")) return;
  if (key == "SESSION_COOKIE_SECURE" || key == "SESSION_COOKIE_HTTPONLY" || key == "JWT_COOKIE_SECURE" ||
      key == "REMEMBER_COOKIE_SECURE" || key == "REMEMBER_COOKIE_HTTPONLY")
    file.hit("FA-013", at).title = std::string(key) + " is off";
  if (key == "WTF_CSRF_ENABLED" || key == "WTF_CSRF_CHECK_DEFAULT" || key == "JWT_COOKIE_CSRF_PROTECT")
    file.hit("EX-003", at).title = "Protection against writing from other sites is switched off";
}

// app.config.from_mapping(KEY=…), app.config.update(KEY=…) or ({"KEY": …}), app.config["KEY"] = …, app.debug = True
void read_assignments(File& file) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if ((f != "from_mapping" && f != "update") || !contains(c.name, "config")) continue;
    std::vector<std::pair<std::string, Node>> given;
    for (const auto& [key, value] : c.keywords) given.emplace_back(key, value);
    if (c.arg(0).is("dictionary"))
      for (const auto& m : members(c.arg(0))) given.push_back(m);
    for (const auto& [key, value] : given) {
      if (const auto text = literal(value); text && !text->empty() && secret_name(key)) file.hit("SEC-013", value);
      judge_key(file, key, value, value);
    }
  }
  for (const Node a : file.tree.all("assignment")) {
    const Node left = a.child("left"), right = a.child("right");
    if (left.is("subscript") && last(dotted(left.child("value"))) == "config") {
      const auto key = literal(left.child("subscript"));
      // The session's flags are told with the other cookies.
      if (key && !key->starts_with("SESSION_COOKIE_")) judge_key(file, *key, right, a);
    } else if (left.is("attribute") && left.child("attribute").text() == "debug" && right.is("true") &&
               has_word(dotted(left.child("object")), {"app", "application"})) {
      file.hit("FA-007", a);
    }
  }
}

// class ProductionConfig: DEBUG = True. What the class for developers says is theirs.
void read_classes(File& file) {
  const auto classes = file.tree.all("class_definition");
  bool several = false;
  for (const Node cls : classes) several = several || contains(cls.child("superclasses").text(), "Config");
  for (const Node cls : classes) {
    const std::string_view name = cls.child("name").text();
    if (!icontains(name, "config") ||
        icontains_any(cls.child("superclasses").text(), {"basemodel", "basesettings", "appconfig"}) ||
        has_word(name, {"dev", "development", "test", "testing", "debug", "local"}))
      continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment")) continue;
      const std::string_view key = a.child("left").text();
      // The base's own DEBUG may be put right by the class for production.
      if (key == "DEBUG" && several && !icontains(name, "prod") &&
          !contains(cls.child("superclasses").text(), "Config"))
        continue;
      judge_key(file, key, a.child("right"), a);
    }
  }
}

}  // namespace

void read_flask(File& file, PythonNotes& notes) {
  const Code code = file.code();
  const bool flask = file.imports_from("flask");
  if (contains(code, "SESSION_COOKIE_SECURE") || contains(code, "Talisman(") || contains(code, "from_prefixed_env"))
    notes.flask.secures_cookie = true;
  if (!flask && !contains(file.path, "config")) return;
  if (contains(code, "INSTALLED_APPS")) return;
  if (flask) read_assignments(file);
  read_classes(file);
  if (icontains_any(code, {"csrfprotect", "flask_wtf", "seasurf", "csrf_token", "validate_csrf", "http_origin",
                           "sec-fetch-site", "headers.get(\"origin\""}))
    notes.flask.guards_forms = true;
  for (const Call& c : file.calls)
    if (last(c.name) == "Flask" && notes.flask.app.line == 0) {
      notes.flask.app = place(file.path, c.line());
      notes.flask.app_shown = file.shown(c.node);
    }
  if (flask && (icontains_any(code, {"session[", "session.get("}) || file.imports_from("flask_login")))
    notes.flask.cookie_session = true;
  if (flask && icontains_any(code, {"request.form", "request.files"}) && icontains(code, "post"))
    notes.flask.takes_forms = true;
}

void judge_flask(const PythonNotes& notes, Sink& sink) {
  const auto& f = notes.flask;
  if (f.app.line == 0 || !f.cookie_session) return;
  if (f.takes_forms && !f.guards_forms) sink.find("EX-003", f.app, f.app_shown);
  // Stops: a session that is read on the way at the first address that was typed without https.
  if (!f.secures_cookie) {
    auto& told = sink.find("FA-013", f.app, f.app_shown);
    told.title = "The session cookie may travel in clear: SESSION_COOKIE_SECURE is off unless it is set";
    told.severity = proof::Severity::medium;
    told.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

// Django and Django REST framework beside settings, models and views: authenticators, URLs, exemptions.
#include <algorithm>

#include "audit/source/django_callers.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

void read_authenticator(File& file, Node cls, PythonNotes& notes) {
  const auto bases = bases_of(cls);
  if (!any_base(bases, {"Authentication", "Authenticator", "AuthBearer", "HttpBearer", "APIKeyCookie"}) ||
      !method(cls, "authenticate"))
    return;
  CookieAuthenticator found;
  found.name = std::string(cls.child("name").text());
  for (const Node a : file.tree.all("attribute"))
    if (a.child("attribute").text() == "COOKIES" && dotted(a.child("object")).ends_with("request")) {
      if (found.at.line == 0) {
        found.at = place(file.path, a.line());
      } else if (found.at.line != a.line()) {
        found.more.push_back(place(file.path, a.line()));
      }
      found.evidence.push_back(file.shown(a));
    }
  if (found.at.line == 0) return;
  if (icontains_any(file.code(), {"enforce_csrf", "csrfcheck", "csrfviewmiddleware", "check_csrf", "verify_csrf",
                                  "csrf_token", "validate_csrf", "http_origin", "headers.get(\"origin\""}))
    return;
  notes.cookie_authenticators.push_back(std::move(found));
}

void read_urls(File& file, PythonNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f == "register" && c.args.size() >= 2 && icontains(c.name, "router")) {  // router.register("orders", Orders)
      if (const auto prefix = literal(c.arg(0)))
        notes.urls.push_back({*prefix + "/", dotted(c.arg(1)), place(file.path, c.line()), file.shown(c.node), false});
      continue;
    }
    if (f == "get_schema_view" && c.keyword("public").is("true") && contains(c.node.code(), "AllowAny")) {
      auto& docs = file.hit("FA-002", c.node);
      for (const Call& ui : file.calls)
        if (last(ui.name) == "with_ui") also(docs, file, ui.node);
    }
    if (f != "path" && f != "re_path" && f != "url") continue;
    const Code shows = c.arg(1).code();
    if ((contains(shows, "SpectacularAPIView.as_view(") || contains(shows, "SpectacularSwaggerView.as_view(")) &&
        !contains(shows, "permission_classes") && !c.node.above("if_statement") && notes.open_schema.at.line == 0)
      notes.open_schema = {place(file.path, c.line()), file.shown(c.node)};
    const std::string full = file.full(c.name);
    if (!contains(full, "django") && !contains(file.path, "urls")) continue;
    const auto pattern = literal(c.arg(0));
    if (!pattern || !c.arg(1)) continue;
    if (contains(dotted(c.arg(1)), "admin.site.urls") &&
        (*pattern == "admin/" || *pattern == "^admin/" || *pattern == "admin"))
      notes.admin_urls.push_back(place(file.path, c.line()));
    Url u;
    u.pattern = *pattern;
    u.view = dotted(c.arg(1));
    u.at = place(file.path, c.line());
    u.shown = file.shown(c.node);
    u.integer_id = contains(*pattern, "<int:") || contains(*pattern, "\\d+)");
    notes.urls.push_back(std::move(u));
  }
}

void judge_csrf_exempt(File& file) {
  const auto bearer_only = [](const Code& code) {
    return (icontains_any(code, {"authorization", "bearer", "api_key", "x-api-key", "_token\")", "-token\")"}) ||
            (contains(code, "HTTP_") && icontains_any(code, {"token", "_key", "signature"}))) &&
           !icontains(code, "cookies");
  };
  for (const char* type : {"function_definition", "class_definition"})
    for (const Node d : file.tree.all(type))
      for (const std::string& text : decorators(d)) {
        if (!contains(text, "csrf_exempt")) continue;
        const std::string name(d.child("name").text());
        // The REST framework exempts its views itself and guards sessions of its own accord.
        if (any_base(bases_of(d.above("class_definition")), {"APIView", "ViewSet", "GenericAPIView"}) ||
            any_base(bases_of(d), {"APIView", "ViewSet"}) || contains(d.parent().code().substr(0, 400), "api_view("))
          continue;
        if (webhook_door(name) || webhook_door(file.path) || bearer_only(d.code())) continue;
        if (contains(d.code(), "construct_event") || contains(d.code(), "compare_digest") ||
            contains(d.code(), "verify_signature"))
          continue;
        const Node decorator = d.parent().first();
        auto& f = file.hit("DJ-016", decorator);
        also(f, file, d);
      }
  for (const Call& c : file.calls)
    if (c.name == "csrf_exempt" && !c.args.empty() && contains(file.path, "urls") &&
        !webhook_door(c.node.parent().text()))
      file.hit("DJ-016", c.node);
}

// Where a client's password becomes an account's: of all first, and first of those that no form or validator has seen.
void read_new_passwords(const File& file, PythonNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "create_user" && f != "set_password" && f != "make_password") continue;
    Node given = f == "create_user" ? c.keyword("password") : c.arg(0);
    if (f == "create_user" && !given)
      for (const Node a : c.args)
        if (has_word(a.text(), {"password", "password1", "pwd"})) given = a;
    const bool named = given && !literal(given) && icontains_any(given.code(), {"password", "pwd"});
    // create_user(**validated_data): of a form that has a field for it
    const bool among = f == "create_user" && !given && contains(c.node.child("arguments").code(), "**") &&
                       icontains(c.node.above("class_definition").code(), "password");
    const Node function = function_around(c.node);
    if (!(named || among) || !function) continue;
    const Code code = function.code();
    const bool raw = icontains_any(code, {"request.data", "request.post", "request.body"}) &&
                     !icontains_any(code, {"is_valid", "validat", "clean", "len(pass", "len(new"});
    if (notes.sets_password.line != 0 && (notes.sets_unseen || !raw)) continue;
    notes.sets_unseen = raw;
    notes.sets_password = place(file.path, c.line());
    notes.sets_password_shown = file.shown(c.node);
  }
}

}  // namespace

void read_django(File& file, PythonNotes& notes) {
  const Code code = file.code();
  // A helper that looks up who is calling may stand in a file that names no framework.
  if (contains(code, "request")) read_django_callers(file, notes);
  // Also files that take Django's bases from a module of their own.
  if (!contains(code, "django") && !contains(code, "rest_framework") && !contains(code, "ninja") &&
      !contains(code, "Serializer") && !contains(code, "APIView") && !contains(code, "get_queryset"))
    return;
  if (contains(file.path, "/migrations/")) {
    for (const Call& c : file.calls) {
      const std::string_view f = last(c.name);
      if ((f == "BigAutoField" || f == "AutoField") && notes.integer_keys.size() < 8)
        notes.integer_keys.push_back(place(file.path, c.line()));
    }
    return;
  }
  if (contains(code, "SERVE_PERMISSIONS")) notes.schema_guarded = true;
  for (const Node cls : file.tree.all("class_definition")) read_authenticator(file, cls, notes);
  read_django_models(file, notes);
  read_django_views(file, notes);
  read_urls(file, notes);
  judge_csrf_exempt(file);
  if (contains(code, "ratelimit") || contains(code, "axes")) notes.django_ratelimit = true;
  if (icontains_any(code, {"django_otp", "otpadminsite", "two_factor", "allauth.mfa", "adminsiteotp"}))
    notes.second_factor = true;
  if (icontains_any(
          code, {"user_logged_in", "user_login_failed", "auditlog", "audit_log", "auditevent", "log_action(",
                 "historicalrecords", "logged in", "audit_event", "securityevent", "security_event", "record_event("}))
    notes.keeps_records = true;
  // A function that is only called validate_password may check anything.
  if (file.imports_from("password_validation") || contains(code, "password_validation.validate_password") ||
      icontains_any(code, {"usercreationform", "setpasswordform", "passwordchangeform"}))
    notes.validates_passwords = true;
  if (!contains(file.path, "models") && !contains(file.path, "management/")) read_new_passwords(file, notes);
  for (const Node f : file.tree.all("function_definition")) {
    const std::string name = function_name(f);
    if ((name == "validate_password" || name == "clean_password" || name == "clean_password1") &&
        f.above("class_definition") && !icontains(body(f).code(), "validate_password") &&
        notes.own_password_checks.size() < 4)
      notes.own_password_checks.push_back({place(file.path, f.line()), file.shown(f)});
  }
  if (notes.signs_in.line == 0)
    for (const Call& c : file.calls) {
      const std::string full = file.full(c.name);
      if (full == "django.contrib.auth.login" || full == "django.contrib.auth.authenticate")
        notes.signs_in = place(file.path, c.line());
    }
}

}  // namespace gatehouse::audit::source

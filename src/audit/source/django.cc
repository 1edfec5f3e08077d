// Django and Django REST framework beside settings and models: views, authenticators, URLs.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_layers.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool owner_words(std::string_view code) {
  return icontains_any(code, {"request.user", "request.auth",   "owner",
                              "tenant",       "organization",   "organisation",
                              "created_by",   "seller",         "check_object_permissions",
                              "has_perm",     "account=",       "customer=",
                              "author",       "workspace",      "user__",
                              "user=user",    "is_member",      "membership",
                              "members__",    "members.filter", "members=",
                              "current_user", "self.user",      "get_queryset(",
                              "team=team",    "team__"});
}

const std::initializer_list<std::string_view> kWrites = {
    "post", "put", "patch", "delete", "create", "update", "perform_create", "destroy", "partial_update"};

bool view_base(std::string_view b) {
  b = last(b);
  return b.ends_with("APIView") || b.ends_with("ViewSet") || (b.ends_with("View") && b != "MaterializedView");
}

bool api_base(std::string_view b) {
  b = last(b);
  return b.ends_with("APIView") || b.ends_with("ViewSet");
}

// An object fetched by an id of the request inside one function, with nothing said about whose it is.
void note_fetch(File& file, Node function, View& view) {
  if (!owner_words(function.code()) && !contains(function.code(), "request.user")) {
    std::vector<std::string> ids;
    for (const Node p : function.child("parameters").children()) {
      const Node n = p.is("identifier") ? p : p.child("name") ? p.child("name") : p.first();
      const std::string name(n.text());
      if (name == "pk" || name == "id" || name == "uuid" || name.ends_with("_id") || name.ends_with("_pk"))
        ids.push_back(name);
    }
    note_layer_calls(file, function, ids, {}, view.layer_calls);
  }
  if (!view.fetched_model.empty()) return;
  const std::string_view code = function.code();
  for (const Call* c : file.calls_in(function)) {
    const std::string_view m = last(c->name);
    std::string model;
    bool by_id = false;
    if (m == "get_object_or_404" && !c->args.empty()) {
      model = dotted(c->arg(0));
    } else if ((m == "get" || m == "filter") && contains(c->name, ".objects")) {
      model = c->name.substr(0, c->name.find(".objects"));
    } else {
      continue;
    }
    for (const auto& [key, value] : c->keywords) {
      const bool id_key = key == "pk" || key == "id" || key == "uuid" || key == "public_id" || key == "slug";
      if (id_key && !literal(value) && !unwrap(value).is("integer")) by_id = true;
    }
    if (!by_id || owner_words(c->node.code())) continue;
    // What follows may still compare the owner.
    const std::size_t after = c->node.end() - function.begin();
    if (owner_words(code.substr(std::min(after, code.size())))) continue;
    view.fetched_model = std::string(last(model));
    view.fetched_at = place(file.path, c->line());
    view.fetched_shown = file.shown(c->node);
    return;
  }
}

void read_view_class(File& file, Node cls, PythonNotes& notes) {
  View v;
  v.name = std::string(cls.child("name").text());
  v.bases = bases_of(cls);
  if (!std::any_of(v.bases.begin(), v.bases.end(), view_base)) return;
  v.api = std::any_of(v.bases.begin(), v.bases.end(), api_base);
  v.at = place(file.path, cls.line());
  v.shown = file.shown(cls);
  if (const Node p = attribute(cls, "permission_classes")) v.permissions = names_in(p.child("right"));
  if (const Node p = method(cls, "get_permissions")) v.permissions = {std::string(p.code())};
  if (const Node a = attribute(cls, "authentication_classes")) v.authenticators = names_in(a.child("right"));
  // A base for other views answers nothing itself.
  if (!attribute(cls, "serializer_class") && !attribute(cls, "queryset") && !attribute(cls, "model") &&
      !attribute(cls, "form_class") && !attribute(cls, "template_name") && !attribute(cls, "url") &&
      v.name.find("Base") == 0)
    v.abstract = true;
  v.throttled = attribute(cls, "throttle_classes") || attribute(cls, "throttle_scope") || method(cls, "get_throttles");
  v.login_required =
      any_base(v.bases, {"LoginRequiredMixin", "PermissionRequiredMixin", "UserPassesTestMixin", "StaffRequiredMixin"});
  for (const std::string& d : decorators(cls))
    if (icontains_any(
            d, {"login_required", "permission_required", "staff_member_required", "clerk_required", "require_auth"}))
      v.login_required = true;
  for (const std::string_view w : kWrites)
    if (method(cls, w)) v.writes = true;
  const bool read_only = any_base(v.bases, {"ReadOnlyModelViewSet"});
  if (!read_only && any_base(v.bases, {"ModelViewSet", "CreateAPIView", "DestroyAPIView", "UpdateAPIView",
                                       "ListCreateAPIView", "CreateModelMixin", "UpdateModelMixin", "DestroyModelMixin",
                                       "CreateView", "UpdateView", "DeleteView"}))
    v.writes = true;
  bool own = false;  // says anything of its own
  for (const Node s : body(cls).children())
    own = own || s.any_of("function_definition", "decorated_definition") ||
          (s.is("expression_statement") && s.first().is("assignment"));
  v.inherits_all = !own;
  const std::string_view code = cls.code();
  v.checks_identity =
      icontains_any(code, {"request.user", "is_authenticated", "verify_token", "authenticate_request", "clerk_user"});
  const std::string permissions = v.permissions ? [&] {
    std::string all;
    for (const auto& p : *v.permissions) all += p + " ";
    return all;
  }()
                                                : std::string();
  v.admin = icontains_any(permissions, {"admin", "staff", "superuser"}) ||
            icontains_any(code, {"staff_member_required", "is_staff"});
  const bool custom_permission =
      icontains_any(permissions, {"owner", "object", "member", "tenant", "role", "can", "seller", "has", "belongs"});
  if (const Node q = attribute(cls, "queryset"); q && !method(cls, "get_queryset")) {
    const std::string text(q.child("right").code());
    if (contains(text, ".objects") && !custom_permission && !owner_words(method(cls, "get_object").code())) {
      v.all_objects = true;
      v.model = text.substr(0, text.find(".objects"));
      v.queryset_at = place(file.path, q.line());
      v.queryset_shown = file.shown(q);
    }
  }
  if (const Node q = method(cls, "get_queryset")) {
    if (icontains_any(q.code(), {"request.user", "owner", "user="})) {
      file.sink.positive("Querysets are scoped to their owner (" + std::string(file.path) + ":" +
                         std::to_string(q.line()) + ").");
    } else if (contains(q.code(), ".objects") && !custom_permission) {
      const std::string text(q.code());
      const std::size_t at = text.find(".objects");
      std::size_t begin = at;
      while (begin > 0 && (text::is_alpha(text[begin - 1]) || text[begin - 1] == '_')) --begin;
      if (!owner_words(text)) {
        v.all_objects = true;
        v.model = text.substr(begin, at - begin);
        v.queryset_at = place(file.path, q.line());
        v.queryset_shown = file.shown(q);
      }
    }
  }
  if (!custom_permission)
    for (Node s : body(cls).children()) {
      if (s.is("decorated_definition")) s = s.child("definition");
      if (s.is("function_definition")) note_fetch(file, s, v);
    }
  notes.views.push_back(std::move(v));
}

void read_view_function(File& file, Node function, PythonNotes& notes) {
  const auto parameters = function.child("parameters").children();
  if (parameters.empty() || function.above("class_definition") || function_around(function)) return;
  const Node head = parameters.front().any_of("typed_parameter") ? parameters.front().first() : parameters.front();
  if (head.text() != "request") return;
  View v;
  v.function = true;
  v.name = std::string(function.child("name").text());
  v.at = place(file.path, function.line());
  v.shown = file.shown(function);
  const std::string_view code = function.code();
  for (const std::string& d : decorators(function)) {
    if (contains(d, "api_view")) {
      v.api = true;
      if (icontains_any(d, {"post", "put", "patch", "delete"})) v.writes = true;
    }
    if (contains(d, "permission_classes")) v.permissions = {d};
    if (contains(d, "throttle_classes") || contains(d, "ratelimit")) v.throttled = true;
    if (icontains_any(d, {"require_post", "require_http_methods"}) && !icontains(d, "\"get\"]")) v.writes = true;
    if (icontains_any(d, {"login_required", "permission_required", "staff_member_required", "user_passes_test",
                          "require_auth", "clerk", "authenticated", "jwt_required", "token_required"}))
      v.login_required = true;
    if (icontains_any(d, {"staff_member_required", "isadmin"})) v.admin = true;
  }
  if (icontains_any(code, {"request.method == \"post\"", "request.method == 'post'", "request.post", "request.body",
                           ".save()", ".delete()", "objects.create"}))
    v.writes = true;
  v.checks_identity = icontains_any(code, {"request.user", "is_authenticated", "verify_token", "authenticate",
                                           "api_key", "authorization"}) ||
                      (contains(code, "HTTP_") && icontains_any(code, {"token", "_key", "signature"}));
  v.takes_input = icontains_any(code, {"request.get[", "request.get.get("}) &&
                  icontains_any(code, {"stripe", ".objects.get(", ".objects.filter("});
  v.helper = parameters.size() > 1 && !contains(file.path, "view") && !contains(file.path, "api") &&
             !contains(file.path, "endpoint") && decorators(function).empty();
  note_fetch(file, function, v);
  notes.views.push_back(std::move(v));
}

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
    if (f != "path" && f != "re_path" && f != "url") continue;
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
  const auto bearer_only = [](std::string_view code) {
    return (icontains_any(code, {"authorization", "bearer", "api_key", "x-api-key", "_token\")", "-token\")"}) ||
            (contains(code, "HTTP_") && icontains_any(code, {"token", "_key", "signature"}))) &&
           !icontains(code, "cookies");
  };
  for (const char* type : {"function_definition", "class_definition"})
    for (const Node d : file.tree.all(type))
      for (const std::string& text : decorators(d)) {
        if (!contains(text, "csrf_exempt")) continue;
        const std::string name(d.child("name").text());
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

}  // namespace

void read_django(File& file, PythonNotes& notes) {
  const std::string_view code = file.code();
  // Also files that take Django's bases from a module of their own.
  if (!contains(code, "django") && !contains(code, "rest_framework") && !contains(code, "ninja") &&
      !contains(code, "ModelSerializer") && !contains(code, "APIView"))
    return;
  if (contains(file.path, "/migrations/")) {
    for (const Call& c : file.calls) {
      const std::string_view f = last(c.name);
      if ((f == "BigAutoField" || f == "AutoField") && notes.integer_keys.size() < 8)
        notes.integer_keys.push_back(place(file.path, c.line()));
    }
    return;
  }
  for (const Node cls : file.tree.all("class_definition")) {
    read_authenticator(file, cls, notes);
    read_view_class(file, cls, notes);
  }
  read_django_models(file, notes);
  for (const Node f : file.tree.all("function_definition")) read_view_function(file, f, notes);
  read_urls(file, notes);
  judge_csrf_exempt(file);
  if (contains(code, "ratelimit") || contains(code, "axes")) notes.django_ratelimit = true;
  if (icontains_any(code, {"django_otp", "otpadminsite", "two_factor", "allauth.mfa", "adminsiteotp"}))
    notes.second_factor = true;
  if (icontains_any(code, {"user_logged_in", "user_login_failed", "auditlog", "audit_log", "auditevent", "log_action(",
                           "historicalrecords", "audit_event", "securityevent", "security_event", "record_event("}))
    notes.keeps_records = true;
  if (notes.signs_in.line == 0)
    for (const Call& c : file.calls) {
      const std::string full = file.full(c.name);
      if (full == "django.contrib.auth.login" || full == "django.contrib.auth.authenticate")
        notes.signs_in = place(file.path, c.line());
    }
}

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
      for (const Model& m : notes.models)
        if (m.name == last(model)) return m.owned;
      return personal_noun(model);
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
        if (fetches_unowned(notes, c.callee)) sink.find("AZ-001", c.at, c.shown);
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

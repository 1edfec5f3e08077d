// Django and Django REST framework beside the settings: views, authenticators, serializers, models, URLs.
#include <algorithm>

#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

std::vector<std::string> decorators(Node definition) {
  std::vector<std::string> out;
  const Node p = definition.parent();
  if (!p.is("decorated_definition")) return out;
  for (const Node d : p.children())
    if (d.is("decorator")) out.emplace_back(d.code());
  return out;
}

std::vector<std::string> bases_of(Node cls) {
  std::vector<std::string> out;
  for (const Node b : cls.child("superclasses").children())
    if (!b.is("keyword_argument")) out.push_back(dotted(b.is("subscript") ? b.child("value") : b));
  return out;
}

bool any_base(const std::vector<std::string>& bases, std::initializer_list<std::string_view> endings) {
  return std::any_of(bases.begin(), bases.end(), [&](const std::string& b) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view e) { return last(b).ends_with(e); });
  });
}

// name = value directly in a class body.
Node attribute(Node cls, std::string_view name) {
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (a.is("assignment") && a.child("left").text() == name) return a;
  }
  return {};
}

Node method(Node cls, std::string_view name) {
  for (Node s : body(cls).children()) {
    if (s.is("decorated_definition")) s = s.child("definition");
    if (s.is("function_definition") && s.child("name").text() == name) return s;
  }
  return {};
}

Node inner_class(Node cls, std::string_view name) {
  for (const Node s : body(cls).children())
    if (s.is("class_definition") && s.child("name").text() == name) return s;
  return {};
}

std::vector<std::string> names_in(Node list) {
  std::vector<std::string> out;
  for (const Node c : list.children()) {
    if (const auto text = literal(c))
      out.push_back(*text);
    else
      out.push_back(c.is("call")                                    ? dotted(c.child("function"))
                    : c.any_of("binary_operator", "unary_operator") ? std::string(c.text())
                                                                    : dotted(c));
  }
  return out;
}

bool owner_words(std::string_view code) {
  return icontains_any(
      code, {"request.user", "owner",        "user=",      "user_id", "userid",    "tenant",
             "organization", "organisation", "created_by", "seller",  "clerk_id",  "check_object_permissions",
             "has_perm",     "account=",     "customer=",  "author",  "workspace", "team",
             "user__",       "profile",      "member"});
}

const std::initializer_list<std::string_view> kWrites = {
    "post", "put", "patch", "delete", "create", "update", "perform_create", "destroy", "partial_update"};

bool view_base(std::string_view b) {
  b = last(b);
  return b.ends_with("APIView") || b.ends_with("ViewSet") || b.ends_with("View") || b.ends_with("GenericAPIView");
}

bool api_base(std::string_view b) {
  b = last(b);
  return b.ends_with("APIView") || b.ends_with("ViewSet");
}

// An object fetched by an id of the request inside one function, with nothing said about whose it is.
void note_fetch(File& file, Node function, View& view) {
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
  if (icontains_any(code, {"request.method == \"post\"", "request.method == 'post'", "request.post", ".save()",
                           ".delete()", "objects.create"}))
    v.writes = true;
  v.checks_identity = icontains_any(
      code, {"request.user", "is_authenticated", "verify_token", "authenticate", "api_key", "authorization"});
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

bool privileged_field(std::string_view f) {
  static constexpr std::string_view kNames[] = {"role",
                                                "roles",
                                                "is_staff",
                                                "is_superuser",
                                                "is_admin",
                                                "admin",
                                                "permissions",
                                                "groups",
                                                "is_verified",
                                                "verified",
                                                "email_verified",
                                                "plan",
                                                "credits",
                                                "balance",
                                                "tier",
                                                "is_paid",
                                                "paid",
                                                "user_permissions",
                                                "is_moderator",
                                                "is_approved",
                                                "approved",
                                                "stripe_customer_id",
                                                "subscription_status",
                                                "is_premium",
                                                "premium",
                                                "payment_status",
                                                "commission_rate",
                                                "quota",
                                                "scopes",
                                                "is_seller",
                                                "amount_paid"};
  return std::find(std::begin(kNames), std::end(kNames), f) != std::end(kNames);
}

bool owner_field(std::string_view f) {
  return f == "owner" || f == "user" || f == "owner_id" || f == "user_id" || f == "tenant" || f == "tenant_id" ||
         f == "organization" || f == "created_by" || f == "seller" || f == "account" || f == "customer";
}

bool hidden_field(std::string_view f) {
  return f == "private_metadata" || f == "password" || f == "password_hash" || f == "hashed_password" ||
         f == "secret" || f == "api_key" || f == "access_token" || f == "refresh_token" || f == "otp_secret" ||
         f == "totp_secret" || f == "stripe_secret" || f == "webhook_secret" || f == "internal_notes" ||
         f == "reset_token";
}

bool user_model(std::string_view m) {
  return has_word(m, {"user", "profile", "account", "member", "customer", "order", "payment", "subscription", "staff",
                      "seller", "employee", "organization", "tenant"});
}

void read_serializer(File& file, Node cls, PythonNotes&) {
  const auto bases = bases_of(cls);
  if (!any_base(bases, {"Serializer"})) return;
  const std::string name(cls.child("name").text());
  const Node meta = inner_class(cls, "Meta");
  const Node fields = attribute(meta, "fields");
  const std::string model(attribute(meta, "model").child("right").text());
  std::set<std::string, std::less<>> read_only, write_only, declared;
  if (const Node r = attribute(meta, "read_only_fields")) {
    const Node right = unwrap(r.child("right"));
    if (right.is("identifier") && right.text() == "fields")
      for (const auto& f : names_in(fields.child("right"))) read_only.insert(f);
    for (const auto& f : names_in(right)) read_only.insert(f);
  }
  if (const Node extra = attribute(meta, "extra_kwargs"))
    for (const auto& [key, value] : members(extra.child("right"))) {
      if (const Node r = member(value, "read_only"); r.is("true")) read_only.insert(key);
      if (const Node w = member(value, "write_only"); w.is("true")) write_only.insert(key);
    }
  std::map<std::string, Node, std::less<>> declared_at;
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment")) continue;
    const auto call = as_call(unwrap(a.child("right")));
    if (!call) continue;
    const std::string field(a.child("left").text());
    declared.insert(field);
    declared_at[field] = a;
    const Node ro = call->keyword("read_only"), wo = call->keyword("write_only");
    if (ro.is("true") || last(call->name) == "SerializerMethodField" || last(call->name) == "ReadOnlyField" ||
        last(call->name) == "HiddenField")
      read_only.insert(field);
    if (wo.is("true")) write_only.insert(field);
  }
  const bool only_out = has_word(name, {"read", "output", "list", "response", "public", "detail", "summary"}) ||
                        any_base(bases, {"ReadOnlyModelSerializer"});
  if (fields) {
    const Node right = unwrap(fields.child("right"));
    if (literal(right) == "__all__") {
      auto& f = file.hit("DJ-027", fields);
      if (!user_model(model)) {
        f.severity = proof::Severity::medium;
        f.confidence = proof::Confidence::medium;
      }
    } else {
      for (const Node item : right.children()) {
        const auto field = literal(item);
        if (!field) continue;
        if (hidden_field(*field) && !write_only.contains(*field)) {
          auto& f = file.hit(*field == "private_metadata" ? "AZ-004" : "DJ-027", item);
          if (*field != "private_metadata") f.title = "A serializer gives out " + *field;
        } else if (privileged_field(*field) && !read_only.contains(*field) && !only_out) {
          auto& f = file.hit("AZ-007", item);
          f.title = "The client may write the field " + *field;
        } else if (owner_field(*field) && !read_only.contains(*field) && !only_out) {
          auto& f = file.hit("AZ-007", item);
          f.title = "The client may write whose record it is (" + *field + ")";
          f.severity = proof::Severity::medium;
          f.confidence = proof::Confidence::medium;
        }
      }
    }
  } else if (attribute(meta, "exclude")) {
    if (user_model(model)) {
      auto& f = file.hit("DJ-027", attribute(meta, "exclude"));
      f.severity = proof::Severity::low;
      f.confidence = proof::Confidence::low;
      f.title = "A serializer lists what it hides instead of what it shows";
    }
  }
  for (const auto& [field, at] : declared_at)
    if (privileged_field(field) && !fields && !read_only.contains(field) && !only_out) {
      auto& f = file.hit("AZ-007", at);
      f.title = "The client may write the field " + field;
    }
}

void read_model(File& file, Node cls, PythonNotes& notes) {
  const auto bases = bases_of(cls);
  const std::string_view code = cls.code();
  if (!contains(code, "models.") || (!any_base(bases, {"Model"}) && !contains(code, "Field("))) return;
  if (any_base(bases, {"Serializer", "View", "Form"})) return;
  Model m;
  m.name = std::string(cls.child("name").text());
  m.at = place(file.path, cls.line());
  m.opaque_id = contains(code, "UUIDField") || contains(code, "primary_key=True") ||
                any_base(bases, {"UUIDModel", "UUIDPrimaryKeyModel"});
  m.owned = icontains_any(code, {"auth_user_model", "foreignkey(user", "foreignkey(\"user", "onetoonefield(user",
                                 "owner", "user_id", "clerk_user", "created_by", "seller", "tenant", "organization"});
  if (m.opaque_id) notes.uuid_keys = true;
  notes.models.push_back(std::move(m));
}

void read_urls(File& file, PythonNotes& notes) {
  for (const Call& c : file.calls) {
    const std::string_view f = last(c.name);
    if (f != "path" && f != "re_path" && f != "url") continue;
    const std::string full = file.full(c.name);
    if (!contains(full, "django") && !contains(file.path, "urls")) continue;
    const auto pattern = literal(c.arg(0));
    if (!pattern || !c.arg(1)) continue;
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
    return icontains_any(code, {"authorization", "bearer", "api_key", "x-api-key"}) && !icontains(code, "cookies");
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
    read_serializer(file, cls, notes);
    read_model(file, cls, notes);
  }
  for (const Node f : file.tree.all("function_definition")) read_view_function(file, f, notes);
  read_urls(file, notes);
  judge_csrf_exempt(file);
  if (contains(code, "ratelimit") || contains(code, "axes")) notes.django_ratelimit = true;
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
  bool default_open = true, default_guarded = false;
  const proof::Location* authentication_at = nullptr;
  for (const SettingsFile& s : notes.settings) {
    if (const auto it = s.rest.find("DEFAULT_PERMISSION_CLASSES"); it != s.rest.end()) {
      default_open =
          it->second.items.empty() || std::any_of(it->second.items.begin(), it->second.items.end(),
                                                  [](const std::string& i) { return i.ends_with("AllowAny"); });
      default_guarded = !default_open;
    }
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

  bool siblings_guarded = default_guarded;
  for (const View& v : notes.views)
    if (v.login_required || says(v.permissions, "IsAuthenticated") || v.checks_identity) siblings_guarded = true;
  for (const View& v : notes.views) {
    const std::string url = url_of(notes, v);
    const bool everyone = public_door(v.name) || (!url.empty() && public_door(url));
    const bool allow_any = says(v.permissions, "AllowAny") || (v.permissions && v.permissions->empty());
    const bool open = v.api ? allow_any || (!v.permissions && default_open) : !v.login_required && !v.permissions;
    if (open && !everyone && !v.checks_identity && !v.login_required && siblings_guarded) {
      const bool personal = personal_noun(v.name) || personal_noun(url);
      if (v.writes || (allow_any && personal) || (v.api && personal)) {
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

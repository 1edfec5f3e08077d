// Views of Django and of its REST framework, classes and functions: what each asks of its caller, what it fetches.
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
  if (!v.admin && !webhook_door(v.name))
    for (Node s : body(cls).children()) {
      if (s.is("decorated_definition")) s = s.child("definition");
      if (s.is("function_definition")) note_body_calls(file, s, {}, v.at, notes);
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
  if (!v.admin && !webhook_door(v.name)) note_body_calls(file, function, {}, v.at, notes);
  notes.views.push_back(std::move(v));
}

}  // namespace

void read_django_views(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) read_view_class(file, cls, notes);
  for (const Node f : file.tree.all("function_definition")) read_view_function(file, f, notes);
}

}  // namespace gatehouse::audit::source

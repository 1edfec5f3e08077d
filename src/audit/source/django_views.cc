// Views of Django and of its REST framework, classes and functions: what each asks of its caller, what it fetches.
#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
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

std::vector<std::string> parameter_ids(Node function) {
  std::vector<std::string> ids;
  for (const Node p : function.child("parameters").children()) {
    const std::string name = parameter_name(p);
    if (name == "pk" || name == "id" || name == "uuid" || name.ends_with("_id") || name.ends_with("_pk"))
      ids.push_back(name);
  }
  return ids;
}

// Names that stand for the caller, or for what was found by way of the caller.
std::set<std::string> scoped_names(Node function) {
  std::set<std::string> out;
  for (const Node a : function.all("assignment")) {
    const Node left = a.child("left"), right = a.child("right");
    if (!left.is("identifier") || !right) continue;
    bool scoped = owner_words(right.code()) ||
                  icontains_any(right.code(), {"jwt.decode(", "signing.loads(", "unsign(", "verify_token("});
    for (const std::string& s : out) scoped = scoped || has_token(right.code(), s);
    if (scoped) out.emplace(left.text());
  }
  return out;
}

bool names_any(std::string_view code, const std::set<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return has_token(code, n); });
}

// After `fetch`, is the record held against the caller: compared, asked about, or taken from what is the caller's?
bool held_against_caller(const File& file, Node function, const Call& fetch, const std::set<std::string>& scoped) {
  const Node a = fetch.node.above("assignment");
  const Node left = a.child("left");
  const std::string record = left.is("identifier") && a.inside(function) ? std::string(left.text()) : std::string();
  const auto mine = [&](std::string_view code) { return owner_words(code) || names_any(code, scoped); };
  const auto about = [&](std::string_view code) {
    if (!record.empty() && has_token(code, record)) return true;
    for (const std::string& id : parameter_ids(function))
      if (has_token(code, id)) return true;
    return false;
  };
  for (const char* type : {"comparison_operator", "if_statement", "conditional_expression"})
    for (const Node n : function.all(type)) {
      const std::string_view code = (n.is("if_statement") ? n.child("condition") : n).code();
      if (n.begin() < fetch.node.begin() && record.empty()) continue;
      if (mine(code) && about(code)) return true;
    }
  for (const Call* c : file.calls_in(function)) {
    if (c->node == fetch.node || fetch.node.inside(c->node) || c->node.inside(fetch.node)) continue;
    const std::string_view f = last(c->name), args = c->node.child("arguments").code();
    const bool asks =
        has_word(f, {"check", "can", "has", "is", "ensure", "assert", "require", "verify", "authorize", "allowed",
                     "permission", "permissions", "belongs", "validate", "owner", "owns", "access", "test", "forbid"});
    if (asks && about(c->node.code()) && (mine(args) || mine(c->name) || contains(args, "request"))) return true;
    if (f == "check_object_permissions") return true;
    // cart.items.remove(item), where the cart is the caller's
    const std::string root = c->name.substr(0, c->name.find('.'));
    if (!record.empty() && scoped.contains(root) && root != record && has_token(args, record)) return true;
  }
  return false;
}

// Objects fetched by an id of the request inside one function, with nothing said about whose they are.
void note_fetches(File& file, Node function, View& view) {
  const std::string_view code = function.code();
  const auto ids = parameter_ids(function);
  if (!owner_words(code)) note_layer_calls(file, function, ids, {}, view.layer_calls);
  for (const std::string& d : decorators(function))
    if (icontains_any(d, {"owner", "permission_required", "member", "access", "staff", "admin", "test("})) return;
  const auto scoped = scoped_names(function);
  for (const Call* c : file.calls_in(function)) {
    const std::string_view m = last(c->name);
    const std::size_t objects = c->name.find(".objects");
    if (objects != std::string::npos) view.reads.emplace(last(c->name.substr(0, objects)));
    std::string model;
    bool by_id = false, by_person = false;
    if (m == "get_object_or_404" && !c->args.empty()) {
      model = dotted(c->arg(0));
      if (!contains(model, "()")) view.reads.emplace(last(model));
    } else if ((m == "get" || m == "filter") && objects != std::string::npos) {
      model = c->name.substr(0, objects);
    } else {
      continue;
    }
    bool told = false;
    for (const auto& [key, value] : c->keywords) {
      const bool id_key = key == "pk" || key == "id" || key == "uuid" || key == "public_id" || key == "slug";
      const bool given = !literal(value) && !unwrap(value).is("integer");
      const bool mine = names_any(value.code(), scoped);
      if (id_key && given && !mine) by_id = true;
      if (!id_key && mine) told = true;
      const std::string_view v = unwrap(value).text();
      if (!id_key && person_id(v) && std::find(ids.begin(), ids.end(), v) != ids.end()) by_person = true;
    }
    if (told || (!by_id && !by_person) || (!by_person && owner_words(c->node.code()))) continue;
    if (by_person && contains(code, "request.user")) continue;
    if (held_against_caller(file, function, *c, scoped) || contains(code, "check_token(") ||
        icontains_any(code, {"urlsafe_base64_decode"}))
      continue;
    view.fetches.push_back({std::string(last(model)), place(file.path, c->line()), file.shown(c->node)});
  }
}

// Does it turn somebody away, or decide anything, by who is calling? To pass request.user on is no question.
bool asks_caller(Node n) {
  if (icontains_any(n.code(), {"is_authenticated", "is_anonymous", "verify_token", "authenticate_request", "clerk_user",
                               "jwt.decode(", "notauthenticated", "compare_digest("}))
    return true;
  for (const char* type : {"comparison_operator", "if_statement", "conditional_expression"})
    for (const Node c : n.all(type))
      if (icontains_any((c.is("if_statement") ? c.child("condition") : c).code(), {"request.user", "request.auth"}))
        return true;
  return false;
}

bool asks_role(std::string_view code) {
  return icontains_any(code, {"is_staff", "is_superuser", "role != \"admin", "role != 'admin", "role == \"admin",
                              "role == 'admin", "is_admin"});
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
  // In a page's view a stranger fails at request.user; an API's view passes AnonymousUser on.
  v.checks_identity = asks_caller(cls) || (!v.api && contains(code, "request.user"));
  v.mentions_caller = contains(code, "request.user");
  if (v.api)
    for (const Node s : body(cls).children()) {
      const Node f = s.is("decorated_definition") ? s.child("definition") : Node();
      if (!f.is("function_definition")) continue;
      for (const std::string& d : decorators(f))
        if (contains(d, "permission_classes(")) {
          v.dead_guards.push_back(place(file.path, f.line()));
          v.dead_shown = file.shown(f);
          break;
        }
    }
  const std::string permissions = v.permissions ? [&] {
    std::string all;
    for (const auto& p : *v.permissions) all += p + " ";
    return all;
  }()
                                                : std::string();
  v.admin = icontains_any(permissions, {"admin", "staff", "superuser"}) || contains(code, "staff_member_required") ||
            asks_role(code);
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
  // class OrderDetail(LoginRequiredMixin, DetailView): model = Order
  if (const Node model = attribute(cls, "model");
      model && !v.api && !method(cls, "get_queryset") && !method(cls, "get_object") && !method(cls, "test_func") &&
      !method(cls, "dispatch") && any_base(v.bases, {"DetailView", "UpdateView", "DeleteView", "ListView"}) &&
      !custom_permission && std::none_of(v.bases.begin(), v.bases.end(), [](const std::string& b) {
        return icontains_any(b, {"owner", "author", "permission", "staff", "superuser", "passes", "member", "admin"});
      })) {
    v.model = std::string(model.child("right").text());
    v.all_objects = !v.model.empty() && !any_base(v.bases, {"ListView"});
    v.reads.insert(v.model);
    v.queryset_at = place(file.path, model.line());
    v.queryset_shown = file.shown(model);
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
      if (s.is("function_definition")) note_fetches(file, s, v);
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
  v.admin = v.admin || asks_role(code);
  note_fetches(file, function, v);
  if (!v.admin && !webhook_door(v.name)) note_body_calls(file, function, {}, v.at, notes);
  notes.views.push_back(std::move(v));
}

}  // namespace

namespace {

// Stops: filling the disk, and serving whatever somebody stored as a page of one's own.
void note_upload(const File& file, Node f, PythonNotes& notes) {
  const std::string_view code = f.code();
  if (!contains(code, "request.FILES") && !contains(code, "self.request.FILES")) return;
  if (icontains_any(code, {".size", "content_type", "max_", "splitext", "endswith(", "suffix", "magic"})) return;
  PythonNotes::Upload upload{place(file.path, f.line()), file.shown(f), {}};
  for (const Call* c : file.calls_in(f))
    if (last(c->name).ends_with("Serializer") || last(c->name).ends_with("Form"))
      upload.checked_by.insert(std::string(last(c->name)));
  notes.uploads.push_back(std::move(upload));
}

}  // namespace

void read_django_views(File& file, PythonNotes& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    read_view_class(file, cls, notes);
    const std::string name(cls.child("name").text());
    const std::string_view code = cls.code();
    if (any_base(bases_of(cls), {"Serializer", "Form"}) &&
        icontains_any(code, {".size", "content_type", "validators", "imagefield", "def validate", "def clean"}))
      notes.checks_uploads.insert(name);
    if (owner_words(code)) notes.owner_classes.insert(name);
    if (contains(code, "is_authenticated") || any_base(bases_of(cls), {"LoginRequiredMixin", "AccessMixin"}))
      notes.login_classes.insert(name);
  }
  for (const Node f : file.tree.all("function_definition")) {
    read_view_function(file, f, notes);
    note_upload(file, f, notes);
  }
}

}  // namespace gatehouse::audit::source

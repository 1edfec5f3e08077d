// Views of Django and of its REST framework, classes and functions: what each asks of its caller, what it fetches.
#include <algorithm>

#include "audit/source/django_guards.h"
#include "audit/source/django_permissions.h"
#include "audit/source/django_rights.h"
#include "audit/source/django_scope.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_layers.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_spends.h"
#include "audit/source/webhook.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

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

// Turns somebody away, or answers differently, by what the caller may do.
bool asks_role(Node n) {
  const auto names = [](const Code& code) {
    return icontains_any(code, {"is_staff", "is_superuser", "role != \"admin", "role != 'admin", "role == \"admin",
                                "role == 'admin", "is_admin"});
  };
  if (!names(n.code())) return false;
  for (const char* type : {"if_statement", "conditional_expression", "comparison_operator", "assert_statement"})
    for (const Node c : n.all(type))
      if (names((c.is("if_statement") ? c.child("condition") : c).code())) return true;
  for (const Node d : n.parent().children())
    if (d.is("decorator") && names(d.code())) return true;
  for (const Node r : n.all("return_statement"))  // test_func: return self.request.user.is_staff
    if (names(r.code()) && !contains(r.code(), "(")) return true;
  for (const Node k : n.all("lambda"))
    if (names(k.code())) return true;
  return false;
}

std::vector<Node> answers_of(Node cls) {
  std::vector<Node> out;
  for (Node s : body(cls).children()) {
    if (s.is("decorated_definition")) s = s.child("definition");
    if (s.is("function_definition")) out.push_back(s);
  }
  return out;
}

// By itself, or by a method of the class that it calls: self.require_admin(request).
bool asks_role_in(Node cls, Node answer) {
  if (asks_role(answer)) return true;
  for (const Node m : answers_of(cls)) {
    const std::string name = function_name(m);
    if (!(m == answer) && name != "get_queryset" && contains(answer.code(), "self." + name + "(") && asks_role(m))
      return true;
  }
  return false;
}

// Before each of its answers, not in one of them alone.
// Stops: an action that everybody may call, in a class whose list shows more to staff.
bool asks_role_everywhere(Node cls) {
  if (!asks_role(cls)) return false;
  bool answers = false, all = true;
  for (const Node m : answers_of(cls)) {
    const std::string name = function_name(m);
    if (name == "dispatch" || name == "test_func" || name == "initial" || name == "get_permissions" ||
        name == "check_permissions" || name == "has_permission" || name == "setup")
      if (asks_role(m)) return true;
    const Node around = m.parent().is("decorated_definition") ? m.parent() : m;
    const bool answer = around.is("decorated_definition") || name == "get" || name == "list" || name == "retrieve" ||
                        std::find(kWrites.begin(), kWrites.end(), name) != kWrites.end();
    if (!answer || contains(around.code(), "@property")) continue;
    answers = true;
    all = all && asks_role_in(cls, m);
  }
  // Nothing of its own answers: what the base answers goes through what asks.
  return all && (answers || !method(cls, "get_queryset"));
}

// What somebody pays for each time it is called.
bool costly(const File& file, Node n) {
  if (icontains_any(n.code(),
                    {"openai", "anthropic", "completions.create", "messages.create(", "generate_content", "genai.",
                     "replicate.run", "images.generate", "groq", "langchain", "twilio", "transcriptions.create",
                     "send_sms", "sendsms", "sende_sms", "enviar_sms", "vonage", "sms."}))
    return true;
  for (const Call* c : file.calls_in(n)) {
    const std::string_view f = last(c->name);
    if (has_word(f, {"ai", "gpt", "llm", "gemini", "claude", "chatbot", "completion"}) &&
        has_word(f, {"get", "ask", "generate", "call", "query", "chat", "create", "run", "response", "answer"}))
      return true;
  }
  return false;
}

bool takes_code(std::string_view name, const Code& code) {
  return !has_word(name, {"send", "request", "generate", "resend", "forgot"}) &&
         icontains_any(code, {"[\"otp\"]", "['otp']", "get(\"otp\"", "get('otp'", "\"otp_code\"", "'otp_code'",
                              "\"reset_code\"", "'reset_code'", "'verification_code'", "\"verification_code\""}) &&
         icontains(code, "request.");
}

// superuser_required, list_owner_required, key_and_ip_auth: a decorator of the project's own that lets in who may.
bool guarding(std::string_view decorator) {
  return has_word(decorator, {"required", "auth", "authenticated", "protected", "superuser", "authorized"}) &&
         !icontains_any(decorator, {"unauthenticated", "not_required", "csrf"});
}

// Each of the methods that answer is guarded by itself.
bool every_answer_guarded(Node cls) {
  int answers = 0, guarded = 0;
  for (const Node s : body(cls).children()) {
    const Node f = s.is("decorated_definition") ? s.child("definition") : s;
    if (!f.is("function_definition")) continue;
    const std::string name = function_name(f);
    if (name != "get" && name != "post" && name != "put" && name != "patch" && name != "delete" && name != "dispatch")
      continue;
    ++answers;
    for (const std::string& d : decorators(f))
      if (contains(d, "method_decorator(") && guarding(d)) {
        ++guarded;
        if (name == "dispatch") return true;
        break;
      }
  }
  return answers > 0 && answers == guarded;
}

// A view that only makes new records reaches none that are there.
bool reaches_rows(Node cls, const std::vector<std::string>& bases) {
  const bool makes_only = std::all_of(bases.begin(), bases.end(), [](const std::string& b) {
    const std::string_view name = last(b);
    return name == "CreateAPIView" || name == "GenericAPIView" || name == "APIView" || name == "ViewSet" ||
           name == "GenericViewSet" || name == "CreateModelMixin";
  });
  return !makes_only ||
         icontains_any(cls.code(), {"get_object(", "get_queryset(", "self.queryset", "filter_queryset("});
}

void note_queryset(File& file, Node q, View& v) {
  const std::string code = without_loads(body(q).code());
  const auto scoped = scoped_names(q);
  if (caller_words(code) || (icontains_any(code, {"owner", "user="}) && !client_words(code))) {
    file.sink.positive("Querysets are scoped to their owner (" + std::string(file.path) + ":" +
                       std::to_string(q.line()) + ").");
    return;
  }
  const bool told = std::any_of(v.fetches.begin(), v.fetches.end(), [&](const View::Fetch& f) {
    return f.at.line >= q.line() && f.at.line <= q.end_line();
  });
  const std::size_t at = code.find(".objects");
  // super().get_queryset(), of the class's own queryset
  if (const std::size_t inherited = code.find("super().get_queryset()");
      inherited != std::string::npos && at == std::string::npos && !told) {
    std::string rest = code;
    rest.erase(inherited, 22);
    const auto own = as_call(unwrap(attribute(q.above("class_definition"), "queryset").child("right")));
    const std::size_t objects = own ? own->name.find(".objects") : std::string::npos;
    if (objects == std::string::npos || scoped_to_caller(rest, {}) ||
        icontains_any(rest, {"filter(", "exclude(", "for_user", "visible"}))
      return;
    v.all_objects = true;
    v.model = std::string(last(own->name.substr(0, objects)));
    v.queryset_at = place(file.path, q.line());
    v.queryset_shown = file.shown(q);
    return;
  }
  if (told || at == std::string_view::npos || scoped_to_caller(code, scoped)) return;
  std::size_t begin = at;
  while (begin > 0 && (text::is_alpha(code[begin - 1]) || code[begin - 1] == '_')) --begin;
  v.all_objects = true;
  v.model = std::string(code.substr(begin, at - begin));
  v.queryset_at = place(file.path, q.line());
  v.queryset_shown = file.shown(q);
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
  if (every_answer_guarded(cls)) v.login_required = true;
  v.behind = stands_behind(cls);
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
  const Code code = cls.code();
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
  v.admin = contains(code, "staff_member_required") || asks_role_everywhere(cls);
  v.costly = costly(file, cls);
  for (const Node m : cls.all("function_definition")) v.calls.merge(called_names(file, m));
  v.takes_code = takes_code(v.name, code);
  v.lists = any_base(v.bases, {"ModelViewSet", "ListAPIView", "ListCreateAPIView", "ListModelMixin"});
  for (const Node m : answers_of(cls))
    if (!asks_role_in(cls, m)) note_fetches(file, m, v);
  if (const Node q = attribute(cls, "queryset"); q && !method(cls, "get_queryset") && reaches_rows(cls, v.bases)) {
    const std::string text(q.child("right").code());
    if (contains(text, ".objects") && !owner_words(method(cls, "get_object").code())) {
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
      std::none_of(v.bases.begin(), v.bases.end(), [](const std::string& b) {
        return icontains_any(b, {"owner", "author", "permission", "staff", "superuser", "passes", "member", "admin"});
      })) {
    v.model = std::string(model.child("right").text());
    v.all_objects = !v.model.empty() && !any_base(v.bases, {"ListView"});
    v.reads.insert(v.model);
    v.queryset_at = place(file.path, model.line());
    v.queryset_shown = file.shown(model);
  }
  if (const Node q = method(cls, "get_queryset")) note_queryset(file, q, v);
  note_serializers(file, cls, v);
  const bool staff = v.permissions && std::any_of(v.permissions->begin(), v.permissions->end(), [](const auto& p) {
                       return icontains_any(p, {"admin", "staff", "superuser"});
                     });
  if (!v.admin && !staff && !webhook_door(v.name))
    for (Node s : body(cls).children()) {
      if (s.is("decorated_definition")) s = s.child("definition");
      if (s.is("function_definition")) note_body_calls(file, s, {}, v.at, notes);
    }
  notes.views.push_back(std::move(v));
}

// api = NinjaAPI(auth=django_auth), @router.get("/x", auth=JWTAuth())
bool asked_by_ninja(const File& file, std::string_view decorator) {
  if (!file.imports_from("ninja")) return false;
  if (contains(decorator, "auth=None")) return false;
  if (contains(decorator, "auth=")) return true;
  for (const Call& c : file.calls)
    if ((last(c.name) == "NinjaAPI" || last(c.name) == "Router") && c.keyword("auth") &&
        !c.keyword("auth").is("none") &&
        decorator.starts_with("@" + std::string(c.node.above("assignment").child("left").text()) + "."))
      return true;
  return false;
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
  const Code code = function.code();
  for (const std::string& d : decorators(function)) {
    if (contains(d, "api_view")) {
      v.api = true;
      if (icontains_any(d, {"post", "put", "patch", "delete"})) v.writes = true;
    }
    if (contains(d, "permission_classes")) v.permissions = {d};
    if (contains(d, "throttle_classes") || contains(d, "ratelimit")) v.throttled = true;
    if (icontains_any(d, {"require_post", "require_http_methods"}) && !icontains(d, "\"get\"]")) v.writes = true;
    if (!icontains(d, "unauthenticated") &&
        icontains_any(d, {"login_required", "permission_required", "staff_member_required", "user_passes_test",
                          "require_auth", "clerk", "authenticated", "jwt_required", "token_required"}))
      v.login_required = true;
    if (guarding(d) || asked_by_ninja(file, d)) v.login_required = true;
    if (icontains_any(d, {"staff_member_required", "isadmin", "superuser", "admin_only", "admin_required"}))
      v.admin = true;
  }
  v.behind = stands_behind(function);
  if (icontains_any(code, {"request.method == \"post\"", "request.method == 'post'", "request.post", "request.body",
                           ".save()", ".delete()", "objects.create"}))
    v.writes = true;
  v.checks_identity = icontains_any(code, {"request.user", "is_authenticated", "verify_token", "authenticate",
                                           "api_key", "authorization"}) ||
                      (contains(code, "HTTP_") && icontains_any(code, {"token", "_key", "signature"})) ||
                      verifies_signature(file, function);
  v.takes_input = icontains_any(code, {"request.get[", "request.get.get("}) &&
                  icontains_any(code, {"stripe", ".objects.get(", ".objects.filter("});
  v.helper = parameters.size() > 1 && !contains(file.path, "view") && !contains(file.path, "api") &&
             !contains(file.path, "endpoint") && decorators(function).empty();
  v.admin = v.admin || asks_role(function);
  v.costly = costly(file, function);
  v.calls = called_names(file, function);
  v.takes_code = takes_code(v.name, code);
  note_fetches(file, function, v);
  note_serializers(file, function, v);
  if (!v.admin && !webhook_door(v.name)) note_body_calls(file, function, {}, v.at, notes);
  notes.views.push_back(std::move(v));
}

}  // namespace

namespace {

// Stops: filling the disk, and serving whatever somebody stored as a page of one's own.
void note_upload(const File& file, Node f, PythonNotes& notes) {
  const Code code = f.code();
  // default_storage.save(file.name, file) of request.data["file"]
  const bool stored = icontains_any(code, {"default_storage.save(", "filesystemstorage(", ".chunks()"}) &&
                      icontains_any(code, {"request.data", "validated_data", ".name"});
  // @action(parser_classes=[MultiPartParser]): user.avatar = request.data.get("avatar"); user.save()
  const Node around = f.parent().is("decorated_definition") ? f.parent() : f;
  const bool assigned = contains(code, "request.data") && contains(code, ".save()") &&
                        icontains(around.code().substr(0, f.begin() - around.begin()), "multipart");
  if (!contains(code, "request.FILES") && !assigned && !(stored && contains(code, "request."))) return;
  if (icontains_any(code, {".size", "content_type", "max_", "splitext", "endswith(", "suffix", "magic"})) return;
  // What only looks at the files of a request keeps none.
  if (!icontains_any(code, {"save", "write", "create", "storage", "upload", "form(", "serializer(", "open(", "put_"}))
    return;
  PythonNotes::Upload upload{place(file.path, f.line()), file.shown(f), {}};
  for (const Call* c : file.calls_in(f))
    if (last(c->name).ends_with("Serializer") || last(c->name).ends_with("Form"))
      upload.checked_by.insert(std::string(last(c->name)));
  notes.uploads.push_back(std::move(upload));
}

}  // namespace

void read_django_views(File& file, PythonNotes& notes) {
  read_permissions(file, notes);
  read_guards(file, notes);
  read_rights(file, notes);
  for (const Node cls : file.tree.all("class_definition")) {
    read_view_class(file, cls, notes);
    const std::string name(cls.child("name").text());
    const Code code = cls.code();
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

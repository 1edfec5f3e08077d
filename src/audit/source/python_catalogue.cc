#include "audit/source/python_catalogue.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "audit/source/django_scope.h"
#include "audit/source/python_class.h"
#include "audit/source/python_names.h"
#include "audit/source/python_owners.h"
#include "audit/source/python_routes.h"
#include "audit/source/registers.h"
#include "audit/source/schema.h"
#include "audit/source/script_staff.h"
#include "audit/source/sold_goods.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 600;  // views of one project

struct CatalogueNotes {
  bool ranks = false;
  std::set<std::string> priced;                                 // by record_key
  std::map<std::pair<std::string, int>, std::string> keeps;     // a view's place -> the model that it changes
  std::set<std::pair<std::string, int>> by_id;                  // those of them that are given one by its id
  std::set<std::pair<std::string, std::string>> about_callers;  // routes, file and function, that look at who calls
};

std::string model_before_objects(std::string_view name) {
  const std::size_t at = name.find(".objects");
  return at == name.npos ? std::string() : std::string(last(name.substr(0, at)));
}

bool capital(std::string_view s) { return !s.empty() && s.front() >= 'A' && s.front() <= 'Z'; }

// @permission_required("shop.add_product"), @manager_required: more than an account is asked for.
bool asks_more(Node f) {
  for (const std::string& d : decorators(f))
    if (icontains_any(d, {"passes_test", "permission_required", "staff", "admin", "role", "group", "superuser"}) ||
        (contains(d, "required") && !contains(d, "login_required") && !contains(d, "jwt_required")))
      return true;
  return false;
}

// The model that a function of Django's makes, changes or removes; nothing where it says whose.
std::string changed_model(const File& file, Node f) {
  const Code code = body(f).code();
  if (icontains_any(code, {"request.user", "owner", "tenant", "seller", "vendor", "author", "current_user", "customer",
                           "created_by", "request.session"}))
    return {};
  std::map<std::string, std::string> held;  // product -> Product, form -> Product
  for (const Node a : body(f).all("assignment")) {
    const auto made = as_call(unwrap(a.child("right")));
    if (!a.child("left").is("identifier") || !made) continue;
    const std::string_view m = last(made->name);
    std::string model = model_before_objects(made->name);
    if (m == "get_object_or_404") model = std::string(last(dotted(made->arg(0))));
    if (model.empty() && m.ends_with("Form")) model = std::string(m.substr(0, m.size() - 4));
    if (model.empty() && m.ends_with("Serializer") && made->keyword("data"))
      model = std::string(m.substr(0, m.size() - 10));
    if (model.empty() && capital(m)) model = std::string(m);
    if (capital(model)) held[std::string(a.child("left").text())] = std::move(model);
  }
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    const std::string model = model_before_objects(c->name);
    if (!model.empty() && (m == "create" || m == "update" || m == "delete" || m == "bulk_create")) return model;
    if (m != "save" && m != "delete") continue;
    if (const auto it = held.find(c->name.substr(0, c->name.find('.'))); it != held.end()) return it->second;
  }
  return {};
}

// The model that a class for pages or for an API changes, when it says nothing about whose.
std::string changed_by_class(Node cls) {
  const auto bases = bases_of(cls);
  if (any_base(bases, {"UserPassesTestMixin", "PermissionRequiredMixin", "ReadOnlyModelViewSet"}) ||
      icontains_any(cls.code(), {"request.user", "get_permissions", "owner", "tenant", "http_method_names"}) ||
      method(cls, "test_func") || method(cls, "dispatch"))
    return {};
  if (any_base(bases, {"CreateView", "UpdateView", "DeleteView"}))
    if (const Node m = attribute(cls, "model")) return std::string(last(dotted(m.child("right"))));
  if (!any_base(bases, {"ModelViewSet", "CreateAPIView", "UpdateAPIView", "DestroyAPIView", "ListCreateAPIView",
                        "UpdateModelMixin", "DestroyModelMixin", "CreateModelMixin"}))
    return {};
  const auto q = as_call(unwrap(attribute(cls, "queryset").child("right")));
  return q ? model_before_objects(q->name) : std::string();
}

const Model* model_by_key(const PythonNotes& notes, std::string_view key) {
  for (const Model& m : notes.models)
    if (record_key(m.name) == key) return &m;
  return nullptr;
}

// class Property(TenantMixin, Base): whose it is stands in what it is made of.
bool owned_by_base(const PythonNotes& notes, const std::string& model) {
  for (const std::string& base : lineage(notes, model))
    if (base != model && has_word(base, {"tenant", "owned", "owner", "user", "org", "organization", "workspace", "team",
                                         "account", "company", "multi", "scoped"}))
      return true;
  return false;
}

// A handler whose own lines name the caller, or whose the record is.
bool about_caller(const File& file, Node f) {
  const Code code = body(f).code();
  if (icontains_any(code, {"current_user", "g.user", "owner", "tenant", "get_jwt_identity", "session[", "session.get",
                           "request.user", "request.state", "seller", "vendor", "user_id", "author"}))
    return true;
  for (const Node p : f.child("parameters").children())
    if (depends_on_guard(file, p, nullptr) && has_token(code, parameter_name(p))) return true;
  return false;
}

// What people add for all to see, and nobody keeps in order.
bool everybody_adds(std::string_view key) {
  static constexpr std::string_view kNames[] = {"contact",    "feedback", "message",  "newsletter", "report",   "log",
                                                "visit",      "view",     "token",    "code",       "otp",      "todo",
                                                "subscriber", "upload",   "document", "chat",       "search",   "note",
                                                "attachment", "image",    "file",     "vote",       "guestbook"};
  return std::find(std::begin(kNames), std::end(kNames), key) != std::end(kNames) ||
         (published(key) && !kept_by_staff(key) && key != "service" && key != "item" && key != "room" &&
          key != "hotel" && key != "book");
}

// An account is asked for, and no class of the project's own or of the framework's asks for more.
bool plain_permissions(const PythonNotes& notes, const View& v) {
  std::vector<std::string> names;
  if (v.permissions)
    names = *v.permissions;
  else if (v.api)
    for (const SettingsFile& s : notes.settings)
      if (const auto it = s.rest.find("DEFAULT_PERMISSION_CLASSES"); it != s.rest.end()) names = it->second.items;
  return std::all_of(names.begin(), names.end(), [](const std::string& written) {
    bool plain = contains(written, "IsAuthenticated") && !contains(written, "def get_permissions");
    std::string word;
    for (const char c : written + " ") {
      if (text::is_alpha(c) || c == '_') {
        word += c;
        continue;
      }
      if (word != "permissions" && word.size() > 2 &&
          (word.starts_with("Is") || word.starts_with("Has") || word.starts_with("Can") ||
           icontains(word, "permissions")))
        plain = plain && word.starts_with("IsAuthenticated");
      word.clear();
    }
    return plain;
  });
}

}  // namespace

void read_python_catalogue(File& file) {
  auto& notes = file.project.notes<CatalogueNotes>();
  const bool django = file.imports_from("django") || file.imports_from("rest_framework");
  read_registers(file);
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    const std::string key = record_key(name);
    if (icontains_any(cls.code(), {"column(", "models.", "mapped_column", "mapped[", "field(", "document"}))
      for (const Node s : body(cls).children()) {
        const Node a = s.is("expression_statement") ? s.first() : Node();
        if (!a.is("assignment")) continue;
        const std::string_view field = a.child("left").text();
        if (people(key) && has_word(field, {"role", "roles", "admin", "superuser", "staff", "rank"}))
          notes.ranks = true;
        if (has_word(field, {"price", "stock", "precio", "preis"}) && !has_word(field, {"id", "stripe"}))
          notes.priced.insert(key);
        if (has_word(field, {"price", "stock"}) && !has_word(field, {"id", "stripe", "total", "paid", "final"}))
          file.project.notes<SoldGoods>().priced.insert(key);
      }
    if (!django || notes.keeps.size() >= kMostNoted) continue;
    if (std::string model = changed_by_class(cls); !model.empty()) {
      notes.keeps[{std::string(file.path), cls.line()}] = std::move(model);
      for (const std::string& b : bases_of(cls))
        if (icontains_any(b, {"update", "delete", "destroy", "modelviewset"}))
          notes.by_id.emplace(std::string(file.path), cls.line());
    }
  }
  if (!django) {
    for (const Node f : file.tree.all("function_definition"))
      if (route_function(f) && about_caller(file, f) && notes.about_callers.size() < kMostNoted)
        notes.about_callers.emplace(file.path, function_name(f));
    return;
  }
  for (const Node f : file.tree.all("function_definition")) {
    if (function_around(f) || f.above("class_definition") || notes.keeps.size() >= kMostNoted ||
        !has_token(f.child("parameters").code(), "request") || asks_more(f))
      continue;
    if (std::string model = changed_model(file, f); !model.empty()) {
      notes.keeps[{std::string(file.path), f.line()}] = std::move(model);
      if (f.child("parameters").children().size() > 1) notes.by_id.emplace(std::string(file.path), f.line());
    }
  }
}

bool sold(const Project& project, std::string_view model) {
  return project.notes<SoldGoods>().priced.contains(record_key(model)) && !personal_noun(model) &&
         !has_word(model, {"booking", "purchase", "reservation", "cart", "order", "basket", "wishlist", "rental",
                           "line", "payment", "invoice", "subscription", "appointment", "transaction"});
}

bool asks_about_caller(const Project& project, const PythonRoute& r) {
  return project.notes<CatalogueNotes>().about_callers.contains({r.file, r.function});
}

Crowd crowd_of(const Project& project) {
  const auto& notes = project.notes<PythonNotes>();
  const auto joins = [](std::string_view name) {
    return has_word(name, {"register", "registration", "signup", "registrieren", "registro", "inscription"}) ||
           icontains_any(name, {"sign-up", "sign_up"});
  };
  Crowd out;
  const auto& schema = project.notes<Schema>();
  out.ranks = project.notes<CatalogueNotes>().ranks ||
              std::any_of(schema.records.begin(), schema.records.end(), [](const auto& r) {
                return r.second.person &&
                       std::any_of(r.second.columns.begin(), r.second.columns.end(), [](const std::string& c) {
                         return has_word(c, {"role", "roles", "admin", "superuser", "staff"});
                       });
              });
  out.strangers =
      std::any_of(notes.routes.begin(), notes.routes.end(),
                  [&](const PythonRoute& r) { return !r.guarded && (joins(r.path) || joins(r.function)); }) ||
      std::any_of(notes.views.begin(), notes.views.end(),
                  [&](const View& v) { return !v.login_required && !v.admin && joins(v.name); }) ||
      std::any_of(notes.urls.begin(), notes.urls.end(), [&](const Url& u) {
        return icontains_any(u.shown, {"registration.urls", "allauth.urls", "djoser.urls", "registration.backends"});
      });
  return out;
}

bool kept_in_order(const Project& project, std::string_view key, const Crowd& crowd, bool by_id) {
  if (key.empty()) return false;
  const auto& python = project.notes<PythonNotes>();
  // Employees of a firm that whoever signs up changes: people who have no account here.
  if (people(key)) {
    const Model* m = model_by_key(python, key);
    return by_id && crowd.strangers && m != nullptr && m->keys.empty() && !python.secret_models.contains(m->name) &&
           has_word(m->name, {"employee", "customer", "client", "patient", "student", "teacher", "worker", "resident"});
  }
  const bool kept = kept_by_staff(key) || project.notes<CatalogueNotes>().priced.contains(std::string(key));
  const Model* m = model_by_key(python, key);
  if (m == nullptr) {
    const Record* r = project.notes<Schema>().of(key);
    return kept && crowd.ranks && (r == nullptr || !r->owned);
  }
  if (belongs_to_somebody(python, m->name, true) != false || owned_by_base(python, m->name)) return false;
  return kept ? crowd.ranks || crowd.strangers : crowd.strangers && by_id && !everybody_adds(key);
}

bool nobodys(const Project& project, std::string_view key, const Crowd& crowd) {
  static constexpr std::string_view kEverybodys[] = {
      "contact", "feedback", "message", "newsletter", "log",  "visit",        "view",    "token",     "code",
      "otp",     "like",     "vote",    "subscriber", "chat", "notification", "session", "counter",   "search",
      "webhook", "report",   "comment", "review",     "todo", "upload",       "rating",  "guestbook", "attachment"};
  if (key.empty() || people(key) || !(crowd.ranks || crowd.strangers) ||
      std::find(std::begin(kEverybodys), std::end(kEverybodys), key) != std::end(kEverybodys))
    return false;
  const auto& python = project.notes<PythonNotes>();
  const Model* m = model_by_key(python, key);
  return m != nullptr && belongs_to_somebody(python, m->name, true) == false && !owned_by_base(python, m->name);
}

void tell_nobodys(const proof::Location& at, const std::string& shown, Sink& sink) {
  static constexpr std::string_view kTitle = "Everybody who has an account changes and removes what is nobody's own";
  for (proof::Finding& f : sink.findings())
    if (f.id == "AZ-008" && f.title == kTitle) {
      if (f.locations.size() < 12) {
        f.locations.push_back(at);
        f.evidence.push_back(shown);
      }
      return;
    }
  auto& f = sink.find("AZ-008", at, shown);
  f.title = kTitle;
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

bool written_by_nobody(const Project& project, const std::string& kind, bool made) {
  const auto& python = project.notes<PythonNotes>();
  if (!made) return belongs_to_somebody(python, kind) == false;
  const Model* m = model_by_key(python, record_key(kind));
  return m != nullptr && !people(record_key(kind)) && !everybody_adds(record_key(kind)) &&
         belongs_to_somebody(python, m->name, true) == false;
}

void judge_catalogue(const Project& project, const View& v, const Asked& asked, const Crowd& crowd, Sink& sink) {
  const auto& notes = project.notes<CatalogueNotes>();
  const auto it = notes.keeps.find({v.at.path, v.at.line});
  if (it == notes.keeps.end() || !v.writes || asked.admin || asked.staff_writes || asked.rows || asked.object ||
      !plain_permissions(project.notes<PythonNotes>(), v))
    return;
  if (!kept_in_order(project, record_key(it->second), crowd, true)) {
    Crowd all = crowd;
    all.ranks = all.ranks || project.notes<CatalogueNotes>().ranks;
    if (project.notes<CatalogueNotes>().by_id.contains({v.at.path, v.at.line}) &&
        nobodys(project, record_key(it->second), all))
      tell_nobodys(v.at, v.shown, sink);
    return;
  }
  auto& f = sink.find("AZ-008", v.at, v.shown);
  f.title = "Everybody who has an account changes what is nobody's own (" + text::printable(it->second, 60) + ")";
  f.confidence = proof::Confidence::medium;
}

}  // namespace gatehouse::audit::source

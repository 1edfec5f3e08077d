#include "audit/source/django_takers.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/source/python_class.h"
#include "audit/source/python_hung.h"
#include "audit/source/python_owners.h"
#include "audit/source/schema.h"
#include "audit/source/sold_goods.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 500;  // of one project
constexpr std::size_t kMostTold = 12;

struct TakerNotes {
  // A form or serializer, with what it takes, and the views that fill it.
  struct Taker {
    std::string model;
    std::set<std::string> fields, shown;  // what it takes, and what it only shows
    bool all = false;
    Spot spot;
    bool takes(const std::string& field) const { return (all || fields.contains(field)) && !shown.contains(field); }
  };
  std::map<std::string, Taker> takers;
  struct Filled {
    std::string taker;
    std::set<std::string> scoped_by;  // company of filter(company=self.request.user.company)
    std::string code;                 // of what the view does when it saves
    std::string made, changed;        // … when it makes a record, and when it changes one
    bool changes = false;             // records that stand are written by it, too
    bool by_caller = true;            // it reads rows by the caller, or writes the caller in
    std::vector<std::string> asked;   // its permission classes
    Spot spot;
  };
  std::vector<Filled> filled;
  // Fields of forms over people that decide what they may do, and the forms that anybody fills.
  struct Right {
    std::string form, field;
    Spot spot;
  };
  std::vector<Right> rights;
  std::set<std::string> filled_forms;
  std::map<std::string, std::set<std::string>, std::less<>> columns;  // of models, those that decide something
};

void read_taker(const File& file, Node cls, TakerNotes& notes) {
  const auto bases = bases_of(cls);
  const bool view = any_base(bases, {"CreateView", "UpdateView"});
  if (!view && !any_base(bases, {"ModelSerializer", "ModelForm"})) return;
  const Node meta = view ? cls : inner_class(cls, "Meta");
  const Node fields = attribute(meta, "fields");
  // It narrows what may be chosen, or holds it against the caller.
  if (!fields || (!view && icontains_any(cls.code(), {"request.user", "context[", "context.get", "def validate",
                                                      "def clean", "queryset", "self.user"})))
    return;
  TakerNotes::Taker t;
  t.model = std::string(last(dotted(attribute(meta, "model").child("right"))));
  t.spot = {place(file.path, fields.line()), file.shown(fields)};
  t.all = literal(unwrap(fields.child("right"))) == "__all__";
  for (const std::string& f : names_in(fields.child("right"))) t.fields.insert(f);
  for (const std::string& f : names_in(attribute(meta, "read_only_fields").child("right"))) t.shown.insert(f);
  for (const auto& [key, value] : members(attribute(meta, "extra_kwargs").child("right")))
    if (member(value, "read_only").is("true")) t.shown.insert(key);
  for (const Node s : body(cls).children())  // wallet = WalletSerializer(read_only=True)
    if (const Node a = s.is("expression_statement") ? s.first() : Node(); a.is("assignment"))
      t.shown.emplace(a.child("left").text());
  const std::string name(cls.child("name").text());
  if (!t.model.empty() && notes.takers.size() < kMostNoted) notes.takers.emplace(name, std::move(t));
}

// class Vendor(models.Model): approved = models.BooleanField(…)
void read_columns(Node cls, TakerNotes& notes) {
  if (!any_base(bases_of(cls), {"Model", "AbstractUser", "AbstractBaseUser"})) return;
  for (const Node s : body(cls).children())
    if (const Node a = s.is("expression_statement") ? s.first() : Node(); a.is("assignment"))
      if (const std::string field(a.child("left").text()); privileged_field(field) && notes.columns.size() < kMostNoted)
        notes.columns[std::string(cls.child("name").text())].insert(field);
}

// class ProfileForm(ModelForm): fields = ["username", "is_approved"], and who fills it
void read_forms(const File& file, Node cls, TakerNotes& notes) {
  const auto bases = bases_of(cls);
  const std::string name(cls.child("name").text());
  if (any_base(bases, {"CreateView", "UpdateView", "FormView"})) {
    if (const Node form = attribute(cls, "form_class");
        form && !any_base(bases, {"UserPassesTestMixin", "PermissionRequiredMixin", "StaffRequiredMixin"}) &&
        !method(cls, "test_func") && !icontains_any(cls.code(), {"is_staff", "is_superuser", ".role"}))
      notes.filled_forms.emplace(last(dotted(form.child("right"))));
    return;
  }
  if (!any_base(bases, {"ModelForm", "UserCreationForm", "UserChangeForm"}) || has_word(name, {"admin", "staff"}) ||
      icontains_any(cls.code(), {"del self.fields", "fields.pop(", "disabled"}))
    return;
  const Node meta = inner_class(cls, "Meta");
  const std::string model(last(dotted(attribute(meta, "model").child("right"))));
  if (!people(record_key(model)) &&
      !has_word(model, {"user", "profile", "account", "member", "vendor", "seller", "application", "listing", "company",
                        "shop", "store", "provider", "instructor", "tutor", "doctor", "driver", "agent", "host"}))
    return;
  // exclude = ["user"]: every other column, those that decide among them.
  if (const Node left_out = attribute(meta, "exclude"); left_out && notes.rights.size() < kMostNoted)
    notes.rights.push_back({name, "!" + model, {place(file.path, left_out.line()), std::string(left_out.code())}});
  for (const Node item : unwrap(attribute(meta, "fields").child("right")).children())
    if (const auto field = literal(item); field && privileged_field(*field) && notes.rights.size() < kMostNoted)
      notes.rights.push_back({name, *field, {place(file.path, item.line()), file.shown(item)}});
}

void read_form_uses(const File& file, Node f, TakerNotes& notes) {
  if (!has_token(f.child("parameters").code(), "request") ||
      icontains_any(body(f).code(), {"is_staff", "is_superuser", "has_perm", ".role"}))
    return;
  for (const std::string& d : decorators(f))
    if (icontains_any(d, {"passes_test", "permission", "staff", "admin", "role", "superuser"})) return;
  for (const Call* c : file.calls_in(body(f)))
    if (last(c->name).ends_with("Form") && contains(c->node.child("arguments").code(), "request.POST"))
      notes.filled_forms.emplace(last(c->name));
}

void read_filled(const File& file, Node cls, TakerNotes& notes) {
  const auto bases = bases_of(cls);
  if (notes.filled.size() >= kMostNoted) return;
  const Node serializer = attribute(cls, "serializer_class");
  const bool writes =
      any_base(bases, {"ModelViewSet", "CreateAPIView", "ListCreateAPIView", "UpdateAPIView", "CreateModelMixin",
                       "RetrieveUpdateAPIView", "RetrieveUpdateDestroyAPIView", "UpdateModelMixin"});
  const bool page = any_base(bases, {"CreateView", "UpdateView"});
  if (!(serializer && writes) && !page) return;
  std::string asked(attribute(cls, "permission_classes").child("right").code());
  for (std::size_t at = asked.find("permissions."); at != std::string::npos; at = asked.find("permissions."))
    asked.erase(at, 12);  // permissions.IsAuthenticated asks for an account alone
  if (icontains_any(asked, {"admin", "staff", "role", "permission"}) ||
      any_base(bases, {"UserPassesTestMixin", "PermissionRequiredMixin", "StaffRequiredMixin"}) ||
      method(cls, "test_func") || method(cls, "get_form") || method(cls, "get_form_kwargs"))
    return;
  // Only who reads rows by the caller, writes the caller in, or asks of each record whose it is keeps people apart.
  TakerNotes::Filled f;
  f.by_caller = icontains_any(cls.code(), {"request.user", "request.tenant", "request.organization", "request.company",
                                           "request.workspace", "request.shop"});
  f.asked = names_in(attribute(cls, "permission_classes").child("right"));
  if (!f.by_caller && f.asked.empty()) return;
  f.taker = std::string(serializer ? last(dotted(serializer.child("right"))) : cls.child("name").text());
  if (const Node form = attribute(cls, "form_class"); form && !serializer)
    f.taker = std::string(last(dotted(form.child("right"))));
  const Node rows = method(cls, "get_queryset");
  for (const Node k : rows.all("keyword_argument"))
    if (contains(k.child("value").code(), "request.user") && !contains(k.child("name").text(), "__"))
      f.scoped_by.emplace(k.child("name").text());
  for (const Node m : cls.all("function_definition"))
    if (!(m == rows)) {
      f.code += std::string(m.code()) + "\n";
      const std::string name = function_name(m);
      if (name == "perform_create" || name == "create" || name == "post") f.made += std::string(m.code()) + "\n";
      if (name == "perform_update" || name == "update" || name == "partial_update" || name == "put" ||
          name == "get_serializer" || name == "get_serializer_class" || name == "initial")
        f.changed += std::string(m.code()) + "\n";
    }
  f.changes = any_base(bases, {"ModelViewSet", "UpdateAPIView", "UpdateModelMixin", "RetrieveUpdateAPIView",
                               "RetrieveUpdateDestroyAPIView"}) &&
              !contains(cls.code(), "http_method_names");
  f.spot = {place(file.path, (serializer ? serializer : cls).line()), file.shown(serializer ? serializer : cls)};
  notes.filled.push_back(std::move(f));
}

// has_object_permission asks whose a record is that stands, and is never asked about one that is made.
bool asks_of_records_alone(const PythonNotes& python, const std::vector<std::string>& asked) {
  bool of_records = false;
  for (const std::string& name : asked) {
    const auto it = python.permissions.find(std::string(last(name)));
    if (it == python.permissions.end()) {
      if (!contains(name, "IsAuthenticated")) return false;
      continue;
    }
    if (it->second.scope || it->second.staff || !it->second.object) return false;
    of_records = true;
  }
  return of_records;
}

// class PaymentViewSet(ModelViewSet), for whoever has an account
// Stops: what was paid, and who did what, rewritten or wiped out by the one it speaks of.
void judge_kept_records(File& file, Node cls) {
  const auto bases = bases_of(cls);
  if (std::none_of(bases.begin(), bases.end(), [](const std::string& b) { return last(b) == "ModelViewSet"; }) ||
      contains(cls.code(), "http_method_names"))
    return;
  std::string rows(attribute(cls, "queryset").child("right").code());
  if (rows.empty()) rows = std::string(method(cls, "get_queryset").code());
  const std::size_t end = rows.find(".objects");
  if (end == std::string::npos) return;
  std::size_t begin = end;
  while (begin > 0 && (text::is_alpha(rows[begin - 1]) || text::is_digit(rows[begin - 1]))) --begin;
  const std::string model = rows.substr(begin, end - begin);
  const bool log = has_word(model, {"log", "logs", "audit"});
  if (!log && !has_word(model, {"payment", "invoice", "transaction", "refund", "receipt", "payout", "ledger"})) return;
  if (has_word(model,
               {"method", "methods", "template", "item", "category", "type", "food", "workout", "habit", "daily"}))
    return;
  const auto asked = names_in(attribute(cls, "permission_classes").child("right"));
  if (asked.size() != 1 || !asked.front().ends_with("IsAuthenticated")) return;
  for (const char* name : {"destroy", "perform_destroy", "update", "perform_update", "get_permissions"})
    if (method(cls, name)) return;
  if (icontains_any(cls.code(), {"is_staff", "is_superuser", ".role", "is_admin"})) return;
  auto& f = file.hit("AZ-008", cls);
  f.title = "Whoever has an account rewrites and removes records of " + text::printable(model, 60);
  f.impact = log ? "What tells who did what is changed by those it tells of."
                 : "What was paid, owed or given back can be changed or wiped out afterwards, and no book is left to "
                   "hold it against.";
  f.fix = "Let the view read alone (ReadOnlyModelViewSet), and write such records from what the server itself saw.";
  f.confidence = proof::Confidence::medium;
}

// class UserViewSet(ModelViewSet): queryset = User.objects.all(), for whoever has an account
// Stops: accounts made past the sign-up and its validators, and one's own removed by a stolen token.
void judge_account_view(File& file, Node cls) {
  if (!any_base(bases_of(cls), {"ModelViewSet"}) || contains(cls.code(), "http_method_names")) return;
  const std::string rows(attribute(cls, "queryset").child("right").code());
  const std::string_view model = std::string_view(rows).substr(0, rows.find(".objects"));
  if (model != "User" && model != "CustomUser" && model != "Account" && model != "get_user_model()") return;
  const auto asked = names_in(attribute(cls, "permission_classes").child("right"));
  if (asked.size() != 1 || !asked.front().ends_with("IsAuthenticated")) return;
  for (const char* name : {"create", "perform_create", "destroy", "perform_destroy", "get_permissions"})
    if (method(cls, name)) return;
  auto& f = file.hit("AZ-008", cls);
  f.title = "Whoever has an account makes new ones past the sign-up, and removes his own without a password";
  f.severity = proof::Severity::medium;
  f.confidence = proof::Confidence::medium;
}

}  // namespace

void read_django_takers(File& file) {
  if (!file.imports_from("django") && !file.imports_from("rest_framework")) return;
  auto& notes = file.project.notes<TakerNotes>();
  for (const Node cls : file.tree.all("class_definition")) {
    read_columns(cls, notes);
    read_taker(file, cls, notes);
    read_filled(file, cls, notes);
    judge_account_view(file, cls);
    judge_kept_records(file, cls);
    read_forms(file, cls, notes);
  }
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) read_form_uses(file, f, notes);
}

void judge_django_takers(const Project& project, Sink& sink) {
  const auto& python = project.notes<PythonNotes>();
  const auto& notes = project.notes<TakerNotes>();
  std::size_t told = 0;
  for (const TakerNotes::Right& r : notes.rights) {
    if (!notes.filled_forms.contains(r.form) || told_near(sink, r.spot, {"AZ-007"})) continue;
    std::string field = r.field;
    if (field.starts_with('!')) {
      const auto columns = notes.columns.find(std::string_view(field).substr(1));
      field.clear();
      if (columns != notes.columns.end())
        for (const std::string& c : columns->second)
          if (field.empty() && privileged_field(c) && !contains(r.spot.shown, "\"" + c + "\"") &&
              !contains(r.spot.shown, "'" + c + "'"))
            field = c;
      if (field.empty()) continue;
    }
    auto& f = sink.find("AZ-007", r.spot.at, r.spot.shown);
    f.title = "The client may write the field " + field;
  }
  for (const TakerNotes::Filled& v : notes.filled) {
    if (told >= kMostTold) return;
    const auto it = notes.takers.find(v.taker);
    if (it == notes.takers.end()) continue;
    const TakerNotes::Taker& t = it->second;
    const Model* model = model_named(python, t.model);
    if (model == nullptr || (!v.by_caller && !asks_of_records_alone(python, v.asked))) continue;
    for (const auto& [field, to] : model->keys) {
      // Stops: a card that is put on a board of one's own, and moved to another's by the door that changes it.
      const bool moved = v.changes && has_token(v.made, field) && contains(v.made, "raise") &&
                         contains(v.made, "request.") &&
                         !icontains_any(v.changed, {"raise", "validated_data", "check", "ensure", "403", "get_serial"});
      if (!t.takes(field) || (has_token(v.code, field) && !moved)) continue;
      // Stops: goods written into another company's books by naming it.
      if (v.scoped_by.contains(field) && !told_near(sink, t.spot, {"AZ-002"}) && !told_near(sink, v.spot, {"AZ-002"}) &&
          (t.all || !owner_field(field))) {
        auto& f = sink.find("AZ-002", t.spot.at, t.spot.shown);
        f.title = "Whose record it is comes from the request body (" + field + ")";
        f.locations.push_back(v.spot.at);
        f.evidence.push_back(v.spot.shown);
        break;
      }
      const Model* target = parent_of_key(python, model, field);
      // The permission class itself says that whose the whole is decides, though everybody may read it: an event.
      if (target == nullptr && !v.by_caller && !people(record_key(to)) && !owner_field(field))
        if (const Model* whole = model_named(python, to); whole != nullptr && whole->owned) target = whole;
      // Whoever books or buys names what is offered to everybody.
      if (target == nullptr || told_near(sink, t.spot, {"AZ-001"}) || sold(project, target->name)) continue;
      auto& f = tell_hung(moved ? v.spot : t.spot, *target, sink);
      ++told;
      if (moved) {
        f.title = "What is asked when a record is made is not asked when it is changed: it moves below another " +
                  text::printable(target->name, 60);
        f.locations.push_back(t.spot.at);
        f.evidence.push_back(t.spot.shown);
        break;
      }
      if (v.spot.at.path != t.spot.at.path || v.spot.at.line != t.spot.at.line) {
        f.locations.push_back(v.spot.at);
        f.evidence.push_back(v.spot.shown);
      }
      break;
    }
  }
}

}  // namespace gatehouse::audit::source

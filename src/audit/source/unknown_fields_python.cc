// Django's side: views that search by a field that their model has not, and queries that ask for one.
#include <algorithm>
#include <map>
#include <set>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/unknown_fields.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostAsked = 5000;  // of one project

struct DjangoFields {
  struct Model {
    std::set<std::string, std::less<>> fields, others;  // columns; properties, methods and managers
    bool open = false;                                  // more may come from bases that are not seen
    int times = 0;                                      // classes of this name
  };
  struct Asked {
    std::string model, field;
    bool view = false;  // of a view's list, not of a query
    Spot at;
  };
  std::map<std::string, Model, std::less<>> models;
  std::set<std::string, std::less<>> related;  // names by which others are reached backwards
  std::vector<Asked> asked;
  std::set<std::string, std::less<>> annotated;
};

bool field_class(std::string_view name) {
  return name.ends_with("Field") || name.ends_with("ForeignKey") || name == "OneToOneField" ||
         name == "ManyToManyField" || name == "GenericRelation" || name.ends_with("Key") || name.ends_with("Manager");
}

void read_model(const Node cls, DjangoFields& notes) {
  const auto bases = bases_of(cls);
  const std::string name(cls.child("name").text());
  auto& model = notes.models[name];
  ++model.times;
  model.open = model.open || bases.size() != 1 || bases.front() != "models.Model";
  for (const Node s : body(cls).children()) {
    if (s.is("function_definition")) model.others.emplace(s.child("name").text());
    if (s.is("decorated_definition")) model.others.emplace(s.child("definition").child("name").text());
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment")) continue;
    const std::string_view field = a.child("left").text();
    const auto made = as_call(a.child("right"));
    if (!made || !field_class(last(made->name))) {
      model.others.emplace(field);
      continue;
    }
    model.fields.emplace(field);
    if (has_word(last(made->name), {"key", "to"}) || last(made->name).ends_with("Key"))
      model.fields.emplace(std::string(field) + "_id");
    if (const auto back = literal(made->keyword("related_name"))) notes.related.insert(*back);
    if (const auto back = literal(made->keyword("related_query_name"))) notes.related.insert(*back);
  }
}

// Order.objects.filter(…).order_by(…): "Order", and whether the chain adds columns of its own.
std::string model_of(std::string_view chain, bool& adds) {
  adds = contains(chain, "annotate") || contains(chain, "alias") || contains(chain, "extra") ||
         contains(chain, "values") || contains(chain, "union");
  const std::size_t objects = chain.find(".objects");
  if (objects == chain.npos) return {};
  return std::string(last(chain.substr(0, objects)));
}

std::string_view first_part(std::string_view lookup) {
  while (!lookup.empty() && (lookup.front() == '-' || lookup.front() == '^' || lookup.front() == '=' ||
                             lookup.front() == '@' || lookup.front() == '$'))
    lookup.remove_prefix(1);
  return lookup.substr(0, lookup.find("__"));
}

void ask(const File& file, DjangoFields& notes, std::string model, std::string_view lookup, bool view, Node at) {
  const std::string_view field = first_part(lookup);
  if (field.empty() || field == "pk" || field == "id" || field == "?" || notes.asked.size() >= kMostAsked) return;
  notes.asked.push_back({std::move(model), std::string(field), view, {place(file.path, at.line()), file.shown(at)}});
}

// search_fields = ["owner_name"] of a view over Pet
void read_view(const File& file, Node cls, DjangoFields& notes) {
  Node from = attribute(cls, "queryset").child("right");
  std::string model;
  if (from) {
    bool adds = false;
    const auto chain = as_call(unwrap(from));
    model = chain ? model_of(chain->name, adds) : model_of(from.code(), adds);
    if (adds) return;
  } else if (const Node named = attribute(cls, "model").child("right")) {
    model = last(dotted(named));
  }
  if (model.empty() || contains(cls.code(), "annotate(") || contains(cls.code(), "filter_queryset")) return;
  for (const char* list : {"search_fields", "filterset_fields", "ordering_fields", "filter_fields", "ordering"}) {
    const Node value = unwrap(attribute(cls, list).child("right"));
    if (value.any_of("list", "tuple")) {
      for (const Node n : value.children())
        if (const auto name = literal(n); name && *name != "__all__") ask(file, notes, model, *name, true, n);
    } else if (value.is("dictionary")) {
      for (const Node pair : value.children())
        if (const auto name = literal(pair.child("key"))) ask(file, notes, model, *name, true, pair);
    }
  }
}

void read_query(const File& file, const Call& c, DjangoFields& notes) {
  const std::string_view f = last(c.name);
  if (f == "annotate" || f == "alias")
    for (const auto& [key, value] : c.keywords) notes.annotated.emplace(key);
  if (f != "filter" && f != "get" && f != "exclude" && f != "create" && f != "update") return;
  if (c.keywords.empty()) return;
  // Only Model.objects.filter(…) itself: further along the chain other names may have come.
  const std::size_t objects = c.name.find(".objects.");
  if (objects == std::string::npos || c.name.substr(objects + 9) != f) return;
  const std::string model(last(std::string_view(c.name).substr(0, objects)));
  for (const auto& [key, value] : c.keywords) ask(file, notes, model, key, false, value);
}

}  // namespace

void read_fields_python(File& file) {
  if (!file.imports_from("django") && !file.imports_from("rest_framework") && !contains(file.code(), ".objects."))
    return;
  auto& notes = file.project.notes<DjangoFields>();
  for (const Node cls : file.tree.all("class_definition")) {
    const auto bases = bases_of(cls);
    if (std::any_of(bases.begin(), bases.end(), [](const auto& b) { return b.starts_with("models."); }) ||
        any_base(bases, {"Model", "AbstractUser", "AbstractBaseUser"}))
      read_model(cls, notes);
    else if (any_base(bases, {"View", "ViewSet", "ModelAdmin", "Mixin"}))
      read_view(file, cls, notes);
  }
  for (const Call& c : file.calls) read_query(file, c, notes);
}

void judge_fields(const Project& project, Sink& sink) {
  const auto& notes = project.notes<DjangoFields>();
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& asked : notes.asked) {
    const auto at = notes.models.find(asked.model);
    if (at == notes.models.end() || at->second.open || at->second.times != 1 || at->second.fields.empty()) continue;
    const auto& model = at->second;
    if (model.fields.contains(asked.field) || notes.related.contains(asked.field) ||
        notes.annotated.contains(asked.field) || model.others.contains(asked.field))
      continue;
    // By default others are reached backwards under the name of their class.
    if (std::any_of(notes.models.begin(), notes.models.end(), [&](const auto& m) {
          const std::string lower = text::to_lower(m.first);
          return asked.field == lower || asked.field == lower + "_set";
        }))
      continue;
    if (!told.emplace(asked.model, asked.field).second) continue;
    auto& f = sink.find("RUN-004", asked.at.at, asked.at.shown);
    f.title = text::printable(asked.field, 60) + " is no field of " + text::printable(asked.model, 60);
    f.impact = asked.view ? "Every request that searches, filters or sorts by it ends in a 500, for anybody."
                          : "The query raises FieldError: every request that comes this far ends in a 500.";
    f.fix =
        "Name a field that the model has (owner__name for the name of the owner), and send the route one request "
        "in a test.";
  }
}

}  // namespace gatehouse::audit::source

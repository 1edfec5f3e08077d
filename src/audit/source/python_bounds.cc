#include "audit/source/python_bounds.h"

#include <algorithm>
#include <set>

#include "audit/source/django_inputs.h"
#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "audit/source/python_lists.h"
#include "audit/source/python_names.h"
#include "audit/source/recurring.h"
#include "audit/source/script_bounds.h"
#include "audit/source/script_mails.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostPlaces = 12;  // named in one finding

struct Bounds {
  struct Column {
    std::string model, name;
    Spot at;
  };
  std::vector<Column> columns;                            // of Django's models, numbers without a lower bound
  std::set<std::pair<std::string, std::string>> written;  // model and field that a form or a serializer fills
  bool keeps = false;                                     // some view keeps what they were given
  std::vector<std::pair<bool, Spot>> taken;               // whether it is a number to count with
  std::vector<std::pair<bool, Spot>> lists;               // whether the client names the end
  std::vector<std::pair<std::string, Spot>> handed;       // … and hands it to this function
  std::set<std::string, std::less<>> clamping;            // functions that bound what they are given
  std::vector<Spot> shown;                                // views of REST framework that list
  bool pages = false;                                     // somewhere lists are cut into pages
  bool rest = false;
  std::optional<Spot> settings;  // REST_FRAMEWORK = {…}, where pages are set for all
};

std::string bases(Node cls) { return std::string(cls.child("superclasses").text()); }

// class OrderIn(BaseModel): quantity: int
void read_models(File& file, Bounds& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string base = bases(cls);
    const std::string_view name = cls.child("name").text();
    const bool pydantic = contains(base, "BaseModel") || contains(base, "Schema") || contains(base, "SQLModel");
    const bool plain = contains(base, "serializers.Serializer") || base == "(Serializer)";
    if ((!pydantic && !plain) || contains(base, "BaseSettings") ||
        has_word(name,
                 {"out", "response", "read", "public", "settings", "config", "token", "result", "filter", "state"}) ||
        icontains_any(cls.code(), {"field_validator", "@validator", "model_validator", "def validate"}) ||
        // Made from a row: what is answered, not what is sent.
        icontains_any(cls.code(), {"from_attributes", "orm_mode"}))
      continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment")) continue;
      const std::string_view field = a.child("left").text();
      const std::string_view type = pydantic ? a.child("type").text() : a.child("right").code();
      if (says_bounds(a.code()) || contains(a.code(), "read_only=True")) continue;
      const bool number = pydantic ? has_token(type, "int") || has_token(type, "float") || has_token(type, "Decimal")
                                   : icontains_any(type, {"integerfield", "decimalfield", "floatfield"});
      const bool text = pydantic ? has_token(type, "str") : icontains(type, "charfield");
      const bool long_text = has_word(field, {"text", "content", "comment", "message", "description", "body", "notes",
                                              "notiz", "review", "bio", "question", "prompt"});
      if ((number && counted(field)) || (text && long_text))
        notes.taken.emplace_back(number, Spot{place(file.path, a.line()), file.shown(a)});
    }
  }
}

// cost = models.DecimalField(…), and a serializer or a form with that field and no word about its bounds
void read_columns(const File& file, Bounds& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string base = bases(cls);
    if (icontains_any(base, {"modelserializer", "modelform"})) {
      const Node meta = inner_class(cls, "Meta");
      const std::string model(last(dotted(attribute(meta, "model").child("right"))));
      const Node fields = unwrap(attribute(meta, "fields").child("right"));
      std::vector<std::string> names = names_in(fields);
      if (literal(fields).value_or("") == "__all__") names = {"__all__"};
      const Code code = cls.code();
      for (const std::string& n : names)
        if (!contains(code, "validate_" + n) && !contains(code, "clean_" + n) && !attribute(cls, n) &&
            !icontains_any(code, {"min_value", " <= 0", " < 0", "read_only_fields = fields"}) &&
            !contains(attribute(meta, "read_only_fields").code(), n))
          notes.written.emplace(model, n);
      continue;
    }
    if (!contains(base, "models.Model")) continue;
    if (contains(cls.code(), "def clean") || contains(cls.code(), "CheckConstraint")) continue;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      const auto made = a.is("assignment") ? as_call(a.child("right")) : std::nullopt;
      if (!made || !counted(a.child("left").text()) || has_word(a.child("left").text(), {"total", "balance", "stock"}))
        continue;
      const std::string_view kind = last(made->name);
      if ((kind == "IntegerField" || kind == "DecimalField" || kind == "FloatField") &&
          !icontains_any(made->node.code(), {"validators", "choices", "editable=false"}))
        notes.columns.push_back({std::string(cls.child("name").text()), std::string(a.child("left").text()),
                                 Spot{place(file.path, a.line()), file.shown(a)}});
    }
  }
}

bool looks(const Code& code) {
  return icontains_any(code, {"isinstance(", "len(", "validate", "schema", ".load(", "form.", "is_valid",
                              "raise valueerror", "int(", "float(", "decimal(", "model_validate", "parse_obj",
                              "marshmallow", "reqparse", "<= 0", "< 0", "> 0", "abort(400"});
}

// data = request.get_json(); Review(stars=data["stars"])
void read_json(File& file, Node f, Bounds& notes) {
  const Code code = f.code();
  if (!icontains_any(code, {"request.get_json", "request.json", "request.data", "request.form"}) || looks(code)) return;
  std::set<std::string> wholes;
  for (const Node a : body(f).all("assignment"))
    if (a.child("left").is("identifier") &&
        icontains_any(a.child("right").code(), {"request.get_json", "request.json", "request.data", "request.form"}))
      wholes.emplace(a.child("left").text());
  std::set<std::string> names;  // quantity = data.get("quantity")
  for (const Node a : body(f).all("assignment"))
    for (const std::string& w : wholes)
      if (const Code right = a.child("right").code();
          a.child("left").is("identifier") && (right.starts_with(w + ".get(") || right.starts_with(w + "[")))
        names.emplace(a.child("left").text());
  wholes.insert(names.begin(), names.end());
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view made = last(c->name);
    const bool record = !made.empty() && made.front() >= 'A' && made.front() <= 'Z';
    if (!record && made != "create" && made != "insert_one") continue;
    bool sent = false, number = false;
    for (const auto& [key, value] : c->keywords)
      for (const std::string& w : wholes)
        if (has_token(value.code(), w) && !has_word(key, {"email", "password", "username"})) {
          sent = true;
          number = number || counted(key);
        }
    if (!sent) continue;
    notes.taken.emplace_back(number, Spot{place(file.path, c->line()), file.shown(c->node)});
    return;
  }
}

// limit: int = 100; int(request.args.get("per_page"))
void read_sizes(File& file, Node f, Bounds& notes) {
  const Code code = f.code();
  if (has_token(code, "min") || icontains_any(code, {"> max", "> 100", "max_page", "clamp"})) return;
  const auto size_name = [](std::string_view n) {
    return n == "limit" || n == "page_size" || n == "per_page" || n == "size" || n == "take" || n == "top" ||
           n == "pagesize" || n == "n" || n == "count" || n == "perpage" || n == "per";
  };
  const auto cuts = [&](std::string_view name) {  // rows[(page - 1) * per : page * per]
    for (const Node s : body(f).all("slice"))
      if (has_token(s.code(), name)) return true;
    return false;
  };
  // Flask-SQLAlchemy's paginate() gives a hundred at most.
  if (contains(code, ".paginate(") && !contains(code, ".limit(") && !contains(code, "max_per_page=None")) return;
  const auto used = [&](std::string_view name) {
    const std::string n(name);
    return icontains_any(code, {".limit(", "per_page=", "limit ", "paginator(", "first("}) ||
           contains(code, ":" + n + "]") || contains(code, "+ " + n + "]");
  };
  for (const Node p : f.child("parameters").children()) {
    const std::string name = parameter_name(p);
    const Code whole = p.code();
    if (!size_name(name) || !contains(p.child("type").text(), "int") ||
        icontains_any(whole, {"le=", "lt=", "conint", "depends("}))
      continue;
    const Spot at{place(file.path, p.line()), file.shown(p)};
    if (used(name)) {
      notes.lists.emplace_back(true, at);
      return;
    }
    if (!route_function(f)) continue;
    for (const Call* c : file.calls_in(body(f))) {  // await service.get_users(skip=skip, limit=limit)
      const bool handed = c->keyword(name).text() == name ||
                          std::any_of(c->args.begin(), c->args.end(), [&](Node a) { return a.text() == name; });
      if (!handed || has_word(last(c->name), {"len", "int", "range", "max", "log", "print", "info", "debug"})) continue;
      notes.handed.emplace_back(std::string(last(c->name)), at);
      return;
    }
  }
  for (const Node a : body(f).all("assignment")) {
    const Code right = a.child("right").code();
    if (!size_name(a.child("left").text()) || !(used(a.child("left").text()) || cuts(a.child("left").text())) ||
        !icontains_any(right, {"request.args", "request.get", "query_params"}))
      continue;
    notes.lists.emplace_back(true, Spot{place(file.path, a.line()), file.shown(a)});
    return;
  }
  if (endless_answer(f)) {
    notes.lists.emplace_back(false, Spot{place(file.path, f.line()), file.shown(f)});
    return;
  }
  if (asks_for_all(file, f, code)) {
    notes.lists.emplace_back(false, Spot{place(file.path, f.line()), file.shown(f)});
    return;
  }
  // Review.query.all(), db.query(Order).all(); pages of Django are made by hand far too often for this one.
  if (!route_function(f)) return;
  for (const Call* c : file.calls_in(body(f))) {
    if (last(c->name) != "all" || !c->args.empty()) continue;
    const Code whole = c->node.code();
    if (!icontains_any(whole, {".query", ".objects", ".scalars("}) ||
        icontains_any(whole, {"limit(", "category", "role", "plan", "country", "city", "tag", "setting"}) ||
        icontains_any(code, {"paginat", ".limit(", "len(", "count"}))
      continue;
    notes.lists.emplace_back(false, Spot{place(file.path, c->line()), file.shown(c->node)});
    return;
  }
}

// Visit.objects.filter(…).update(stars=int(request.POST["stars"])), create(travelers=int(travelers))
void read_posted(File& file, Node f, Bounds& notes) {
  if (icontains_any(f.code(), {"is_valid", "cleaned_data", "serializer"})) return;
  std::set<std::string> wholes;  // data = request.data
  for (const Node a : body(f).all("assignment"))
    if (const Code right = a.child("right").code(); right == "request.data" || right == "request.POST")
      wholes.emplace(a.child("left").text());
  const auto posted = [&](Node n) {
    const Code code = n.code();
    if (icontains_any(code, {"request.post", "request.data", "request.get"})) return true;
    return std::any_of(wholes.begin(), wholes.end(),
                       [&](const std::string& w) { return contains(code, w + ".get(") || contains(code, w + "["); });
  };
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view made = last(c->name);
    const bool record = !made.empty() && made.front() >= 'A' && made.front() <= 'Z' && c->keywords.size() > 1;
    if (made != "update" && made != "create" && made != "get_or_create" && !record) continue;
    if (icontains_any(c->name, {"stripe.", "razorpay", "client.", "paypal", "mollie"})) continue;  // no row of ours
    for (const auto& [key, value] : c->keywords) {
      if (!counted(key)) continue;
      Node n = unwrap(value);
      if (const auto number = as_call(n);
          number && (number->name == "int" || number->name == "float" || last(number->name) == "Decimal"))
        n = unwrap(number->arg(0));
      bool sent = posted(value) && !held_to_number(f, key);
      if (n.is("identifier") && !held_to_number(f, n.text()))
        for (const Node a : body(f).all("assignment"))
          sent = sent || (a.child("left").text() == n.text() && posted(a.child("right")) &&
                          !icontains_any(a.child("right").code(), {"min(", "max("}));
      if (!sent) continue;
      notes.taken.emplace_back(true, Spot{place(file.path, c->line()), file.shown(c->node)});
      return;
    }
  }
}

// self.get_serializer(self.get_queryset().filter(…), many=True) of a method that cuts nothing into pages
void read_many(File& file, Bounds& notes) {
  for (const Call& c : file.calls) {
    if (c.keyword("many").text() != "True" || c.keyword("data")) continue;
    const Node f = function_around(c.node);
    const Node cls = f.above("class_definition");
    const Node given = unwrap(c.arg(0) ? c.arg(0) : c.keyword("instance"));
    if (!f || function_name(f) == "list" || few_things(function_name(f)) || few_things(cls.child("name").text()) ||
        few_things(c.name))
      continue;
    const Code code = f.code();
    if (icontains_any(code, {"paginat", "[:", "request.user", "self.request.user", ".first(", "limit", "get_object",
                             "_set.", "distinct", "values("}) ||
        icontains_any(cls.code(), {"def get_queryset"}))
      continue;
    Code asked = given.code();
    for (const Node a : body(f).all("assignment"))
      if (given.is("identifier") && a.child("left").text() == given.text()) asked = a.child("right").code();
    const bool all = icontains_any(asked, {"objects.all()", "get_queryset()"}) ||
                     (contains(asked, ".objects.filter(") && !icontains_any(asked, {"user", "owner", "id=", "pk="}));
    if (!all) continue;
    notes.lists.emplace_back(false, Spot{place(file.path, c.line()), file.shown(c.node)});
  }
}

void tell(std::string_view id, const std::vector<std::pair<bool, Spot>>& all, Sink& sink, std::string_view title = {}) {
  Recurring told(kMostPlaces);
  for (const bool first : {true, false})
    for (const auto& [grave, at] : all) {
      if (grave != first) continue;
      if (auto* f = told.find(sink, id, at)) {
        if (grave) f->severity = proof::Severity::medium;
        if (!title.empty() && (grave || id == "VAL-001")) f->title = title;
      }
    }
}

}  // namespace

void read_python_bounds(File& file) {
  auto& notes = file.project.notes<Bounds>();
  const Code code = file.code();
  if (icontains_any(code, {"default_pagination_class", "pagination_class"})) notes.pages = true;
  if (contains(code, "REST_FRAMEWORK")) {
    notes.rest = true;
    for (const Node a : file.tree.all("assignment"))
      if (a.child("left").text() == "REST_FRAMEWORK" && !notes.settings)
        notes.settings = Spot{place(file.path, a.line()), file.shown(a)};
  }
  read_models(file, notes);
  read_columns(file, notes);
  read_form_fields(file);
  if (icontains_any(code, {"modelviewset", "createapiview", "createmodelmixin", "createview", "updateview",
                           "listcreateapi", "serializer.save(", "form.save(", "updateapiview", "retrieveupdate"}))
    notes.keeps = true;
  if (file.imports_from("rest_framework"))
    for (const Node cls : file.tree.all("class_definition"))
      if (icontains_any(bases(cls), {"modelviewset", "listapiview", "listcreateapiview", "listmodelmixin"}) &&
          lists_without_end(cls) && notes.shown.size() < kMostPlaces)
        notes.shown.push_back({place(file.path, cls.line()), file.shown(cls)});
  if (file.imports_from("rest_framework"))
    for (const Node cls : file.tree.all("class_definition"))
      for (const Node a : body(cls).children())
        if (a.is("expression_statement") && a.first().is("assignment") &&
            a.first().child("left").text() == "pagination_class" && a.first().child("right").is("none") &&
            !contains(cls.code(), "[:"))
          notes.lists.emplace_back(false, Spot{place(file.path, a.line()), file.shown(a)});
  if (file.imports_from("rest_framework")) read_many(file, notes);
  const bool django = file.imports_from("django");
  for (const Node f : file.tree.all("function_definition")) {
    if (!route_function(f) &&
        icontains_any(f.child("parameters").code(), {"limit", "size", "per_page", "take", "top"}) &&
        (has_token(f.code(), "min") || icontains_any(f.code(), {"> max", "> 100", "> 50", "max_"})))
      notes.clamping.emplace(function_name(f));
    const Code given = f.child("parameters").code();
    const bool view = django && given.starts_with("(request");
    if (view || (django && given.starts_with("(self, request"))) {
      read_posted(file, f, notes);
      read_raw_lists(file, f);
    }
    if (!view && !route_function(f)) continue;
    if (!view) read_json(file, f, notes);
    read_sizes(file, f, notes);
  }
}

// Stops: minus three pieces, a text of a megabyte, and a list that takes the whole table along.
void judge_python_bounds(const Project& project, Sink& sink) {
  auto notes = project.notes<Bounds>();
  for (const Spot& s : form_inputs(project)) notes.taken.emplace_back(true, s);
  const bool sent = !notes.taken.empty();
  for (const auto& c : notes.columns)
    if (notes.keeps && (notes.written.contains({c.model, c.name}) || notes.written.contains({c.model, "__all__"})))
      notes.taken.emplace_back(false, c.at);
  tell("VAL-001", notes.taken, sink,
       sent ? "" : "Numbers that clients write have no lower bound: negative ones are taken");
  for (const auto& [function, at] : notes.handed)
    if (!notes.clamping.contains(function)) notes.lists.emplace_back(true, at);
  if (!notes.pages && notes.rest)
    for (const Spot& s : notes.shown) {
      notes.lists.emplace_back(false, s);
      if (&s == notes.shown.data() && notes.settings) notes.lists.emplace_back(false, *notes.settings);
    }
  tell("VAL-003", notes.lists, sink, "The client names how many records it is given, without a bound");
}

}  // namespace gatehouse::audit::source

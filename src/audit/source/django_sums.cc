#include "audit/source/django_sums.h"

#include <algorithm>

#include "audit/source/money_words.h"
#include "audit/source/python.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool sale(std::string_view model) {
  return has_word(model, {"order", "booking", "payment", "purchase", "invoice", "transaction", "subscription",
                          "reservation", "rental", "enrollment", "donation", "payout", "bestellung", "pedido", "sale"});
}

// amount = models.DecimalField(…)
void read_model(Node cls, DjangoSums& notes) {
  const std::string name(cls.child("name").text());
  if (!sale(name)) return;
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (!a.is("assignment") || !sum_of_money(a.child("left").text())) continue;
    const auto c = as_call(unwrap(a.child("right")));
    if (!c || !contains(c->name, "models.")) continue;
    const std::string_view kind = last(c->name);
    if (kind == "DecimalField" || kind == "FloatField" || kind == "IntegerField" || kind == "PositiveIntegerField" ||
        kind == "BigIntegerField" || kind == "MoneyField")
      if (!c->keyword("editable").is("false")) notes.sums[name].insert(std::string(a.child("left").text()));
  }
}

void read_serializer(const File& file, Node cls, DjangoSums& notes) {
  DjangoSums::Whole w;
  w.serializer = std::string(cls.child("name").text());
  if (has_word(w.serializer, {"read", "output", "list", "response", "public", "detail", "summary", "admin"})) return;
  bool whole = false;
  for (const Node s : body(cls).children()) {
    if (s.is("class_definition") && s.child("name").text() == "Meta")
      for (const Node m : body(s).children()) {
        const Node a = m.is("expression_statement") ? m.first() : Node();
        if (!a.is("assignment")) continue;
        const std::string_view key = a.child("left").text();
        if (key == "model") w.model = std::string(a.child("right").text());
        if (key == "fields" && literal(a.child("right")) == "__all__") {
          whole = true;
          w.at = {place(file.path, a.line()), file.shown(a)};
        }
        if (key == "read_only_fields")
          for (const Node n : a.child("right").all("string")) w.read_only.insert(literal(n).value_or(""));
        if (key == "extra_kwargs")
          for (const auto& [field, value] : members(a.child("right")))
            if (member(value, "read_only").is("true")) w.read_only.insert(field);
      }
    const Node a = s.is("expression_statement") ? s.first() : Node();
    if (a.is("assignment") && contains(a.child("right").code(), "read_only=True"))
      w.read_only.insert(std::string(a.child("left").text()));
  }
  // What the serializer reckons itself is not the client's.
  for (const Node f : cls.all("function_definition"))
    if (function_name(f) == "create" || function_name(f) == "validate")
      for (const Node n : f.all("string"))
        if (const auto said = literal(n); said && sum_of_money(*said)) w.read_only.insert(*said);
  if (whole && !w.model.empty()) notes.wholes.push_back(std::move(w));
}

// Which serializers a view that writes is given, and which only views that read.
void read_view(Node cls, const Code& bases, DjangoSums& notes) {
  for (const Node a : body(cls).all("assignment")) {
    if (a.child("left").text() != "serializer_class") continue;
    const std::string name(a.child("right").text());
    const bool reads = icontains_any(bases, {"readonly", "listapiview", "retrieveapiview"}) &&
                       !icontains_any(bases, {"create", "update", "mixin"});
    (reads ? notes.read : notes.written).insert(name);
  }
}

}  // namespace

void read_django_sums(File& file) {
  if (!icontains_any(file.code(), {"models.", "serializer"})) return;
  auto& notes = file.project.notes<DjangoSums>();
  for (const Node cls : file.tree.all("class_definition")) {
    const Code bases = cls.child("superclasses").code();
    if (contains(bases, "Serializer"))
      read_serializer(file, cls, notes);
    else if (contains(bases, "Model") && !contains(bases, "View"))
      read_model(cls, notes);
    if (contains(bases, "View")) read_view(cls, bases, notes);
  }
}

void judge_django_sums(const Project& project, Sink& sink) {
  const auto& notes = project.notes<DjangoSums>();
  const auto& python = project.notes<PythonNotes>();
  for (const DjangoSums::Whole& w : notes.wholes) {
    const auto model = notes.sums.find(w.model);
    if (model == notes.sums.end()) continue;
    if (notes.read.contains(w.serializer) && !notes.written.contains(w.serializer)) continue;
    if (python.only_shown.contains(w.serializer) && !python.filled.contains(w.serializer)) continue;
    for (const std::string& sum : model->second) {
      if (w.read_only.contains(sum) || python.set_by_views.contains(sum)) continue;
      // Stops: a booking for one cent, as the client writes its amount.
      auto& f = sink.find("PAY-001", w.at.at, w.at.shown);
      f.title = "The client may write the field " + sum;
      f.confidence = proof::Confidence::medium;
      break;
    }
  }
}

}  // namespace gatehouse::audit::source

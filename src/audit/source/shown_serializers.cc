#include "audit/source/shown_serializers.h"

#include <algorithm>

#include "audit/source/python_class.h"
#include "audit/source/python_owners.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMostNoted = 400;  // of one project

struct Shown {
  struct Field {
    std::string serializer, name;
    Spot at;
  };
  std::vector<Field> fields;
  std::set<std::string, std::less<>> filled;  // by a view that changes rows
};

bool named_for_showing(std::string_view name) {
  return has_word(name, {"read", "output", "response", "public", "detail", "summary"});
}

bool decided_by_others(std::string_view field) {
  for (const std::string_view f :
       {"status", "total", "total_amount", "subtotal", "amount", "discount", "discount_amount", "paid_at", "payment_id",
        "payment_status", "is_paid", "refunded", "balance"})
    if (field == f) return true;
  return privileged_field(field);
}

bool of_money(std::string_view model) {
  return has_word(model, {"order", "payment", "invoice", "booking", "reservation", "subscription", "purchase", "refund",
                          "wallet", "withdrawal", "payout", "rental", "user", "profile", "account"});
}

void read_serializer(const File& file, Node cls, Shown& notes) {
  const std::string name(cls.child("name").text());
  if (!named_for_showing(name) || notes.fields.size() >= kMostNoted) return;
  const Node meta = inner_class(cls, "Meta");
  const Node fields = unwrap(attribute(meta, "fields").child("right"));
  const auto closed = names_in(attribute(meta, "read_only_fields").child("right"));
  if (!fields || !of_money(attribute(meta, "model").child("right").text()) || contains(cls.code(), "extra_kwargs"))
    return;
  std::set<std::string, std::less<>> own;  // declared by hand: looked at there
  for (const Node s : body(cls).children())
    if (const Node a = s.is("expression_statement") ? s.first() : Node(); a.is("assignment"))
      own.emplace(a.child("left").text());
  for (const Node item : fields.children()) {
    const auto field = literal(item);
    if (!field || !decided_by_others(*field) || own.contains(*field) ||
        std::find(closed.begin(), closed.end(), *field) != closed.end() || contains(cls.code(), "validate_" + *field) ||
        contains(cls.code(), "def update"))
      continue;
    notes.fields.push_back({name, *field, {place(file.path, item.line()), file.shown(item)}});
    return;
  }
}

// The serializer that a view fills when a row is changed.
void read_view(Node cls, Shown& notes) {
  const auto bases = bases_of(cls);
  if (!any_base(bases, {"ModelViewSet", "UpdateAPIView", "RetrieveUpdateAPIView", "RetrieveUpdateDestroyAPIView",
                        "UpdateModelMixin"}) ||
      any_base(bases, {"ReadOnlyModelViewSet"}))
    return;
  if (contains(cls.code(), "http_method_names") || method(cls, "update") || method(cls, "partial_update") ||
      method(cls, "perform_update"))
    return;
  if (icontains_any(attribute(cls, "permission_classes").code(), {"admin", "staff", "readonly"})) return;
  const Node chosen = method(cls, "get_serializer_class");
  if (!chosen) {
    notes.filled.emplace(last(dotted(attribute(cls, "serializer_class").child("right"))));
    return;
  }
  if (contains(chosen.code(), "update")) return;  // one of its own, and not what is left over
  const auto steps = body(chosen).children();
  if (!steps.empty() && steps.back().is("return_statement"))
    notes.filled.emplace(last(dotted(unwrap(steps.back().first()))));
}

bool staff_word(const Code& code) {
  return icontains_any(
      code, {"\"admin\"", "'admin'", "\"staff\"", "'staff'", "superuser\"", "'superuser", "\"manager\"", "'manager'",
             "\"support\"", "'support'", "\"owner\"", "'owner'", "role.admin"});
}

// Stops: tickets, orders and patients of everybody, read by whoever called himself a seller when he signed up.
void judge_rows(File& file, Node cls) {
  const Node rows = method(cls, "get_queryset");
  if (!rows || !contains(rows.code(), "request.user")) return;
  const auto steps = body(rows).children();
  if (steps.empty() || !steps.back().is("return_statement")) return;
  const Code rest = steps.back().code();  // everybody else is held to his own
  if (!contains(rest, "filter(") || !icontains_any(rest, {"=user", "= user", "request.user"})) return;
  for (const Node b : body(rows).all("if_statement")) {
    const Node asked = b.child("condition"), then = b.child("consequence");
    Node rank;
    for (const Node c : asked.all("comparison_operator"))
      if (c.has_token("==") && has_word(dotted(c.first()), {"role", "type", "kind"}) && !staff_word(c.code())) rank = c;
    if (asked.is("comparison_operator") && asked.has_token("==") &&
        has_word(dotted(asked.first()), {"role", "type", "kind"}) && !staff_word(asked.code()))
      rank = asked;
    if (!rank || function_around(b) != rows) continue;
    const auto given = then.all("return_statement");
    if (given.empty() || !contains(given.front().code(), ".objects") ||
        icontains_any(given.front().code(), {"filter(", "exclude(", "none(", "user", "is_published", "public"}))
      continue;
    auto& f = file.hit("AZ-001", given.front());
    f.title = "Whoever has the rank " + std::string(literal(rank.children().back()).value_or("named here")) +
              " sees everybody's records, and the others their own";
    f.confidence = proof::Confidence::medium;
    return;
  }
}

}  // namespace

void read_shown_serializers(File& file) {
  if (!file.imports_from("rest_framework")) return;
  auto& notes = file.project.notes<Shown>();
  for (const Node cls : file.tree.all("class_definition")) {
    const auto bases = bases_of(cls);
    if (any_base(bases, {"ModelSerializer"})) read_serializer(file, cls, notes);
    if (!icontains(cls.child("superclasses").code(), "view")) continue;
    read_view(cls, notes);
    judge_rows(file, cls);
  }
}

void judge_shown_serializers(const Project& project, Sink& sink) {
  const auto& notes = project.notes<Shown>();
  for (const Shown::Field& f : notes.fields) {
    if (!notes.filled.contains(f.serializer)) continue;
    // Stops: an order that its buyer marks as paid by the door that was made for changing the address.
    auto& told = sink.find("AZ-007", f.at.at, f.at.shown);
    told.title = "The client may write the field " + f.name + ": the serializer made for showing is filled, too";
    told.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

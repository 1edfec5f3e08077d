// Quantities and amounts of a client's that are reckoned with and never asked whether they are negative.
#include "audit/source/python_quantities.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_client.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct QuantityNotes {
  struct Use {
    std::string field;  // of a body, when it is one's
    Spot spot;
    bool moves = false;  // a balance, and not only a price
  };
  std::vector<Use> uses;
  std::set<std::string> bounded, open;  // fields of bodies and models, with and without a lower bound
};

bool counts(std::string_view name) {
  return has_word(name, {"quantity", "qty", "amount", "count", "units", "tickets", "seats", "nights", "shares", "bet",
                         "stake", "copies", "guests", "persons"}) &&
         !has_word(name, {"id", "max", "min", "total", "paid", "at", "stock"});
}

bool priced(const Code& code) {
  return has_word(code, {"price", "cost", "rate", "fee", "unit_price", "amount", "per"});
}

bool kept(Node left) {
  return left.is("attribute") &&
         has_word(left.child("attribute").text(),
                  {"balance", "stock", "quantity", "wallet", "credits", "points", "inventory", "coins", "funds"});
}

// Somewhere it is held against zero or one, or made positive.
bool asked(const File& file, Node f, std::string_view name) {
  for (const Node c : f.all("comparison_operator")) {
    const Code code = c.code();
    if (!has_token(code, name) || !(contains(code, "<") || contains(code, ">") || contains(code, " in "))) continue;
    if (has_token(code, "0") || has_token(code, "1") || contains(code, " in ") || icontains(code, "min")) return true;
  }
  for (const Call* c : file.calls_in(f))
    if (has_token(c->node.child("arguments").code(), name) &&
        (c->name == "abs" || c->name == "max" ||
         has_word(last(c->name), {"validate", "positive", "check", "clean", "range"})))
      return true;
  return false;
}

// What a number is known by: its own name, or the field of a body.
std::string known_by(Node n) {
  n = unwrap(n);
  if (n.is("identifier")) return std::string(n.text());
  if (n.is("attribute")) return std::string(n.child("attribute").text());
  if (n.is("subscript")) return literal(n.child("subscript")).value_or("");
  if (const auto c = as_call(n)) {
    if (last(c->name) == "get") return literal(c->arg(0)).value_or("");
    if (c->name == "int" || c->name == "float" || last(c->name) == "Decimal") return known_by(c->arg(0));
  }
  return {};
}

// int(request.form["quantity"]) -> request.form["quantity"]
Node bare(Node n) {
  n = unwrap(n);
  for (int depth = 0; depth < 4; ++depth) {
    const auto c = as_call(n);
    if (!c || !c->arg(0) ||
        (c->name != "int" && c->name != "float" && c->name != "round" && c->name != "str" &&
         last(c->name) != "Decimal"))
      break;
    n = unwrap(c->arg(0));
  }
  return n;
}

// The client's number: what it is called there, or nothing.
std::string sent_number(Node f, Node n) {
  n = bare(n);
  const std::string name = known_by(n);
  if (name.empty()) return {};
  if (n.is("identifier"))  // n = int(request.form["quantity"])
    for (const Node a : f.all("assignment")) {
      if (a.begin() >= n.begin() || a.child("left").text() != n.text()) continue;
      const Node given = bare(a.child("right"));
      if ((counts(name) || counts(known_by(given))) && taint(given) == Taint::yes) return name;
    }
  return counts(name) && taint(n) == Taint::yes ? name : std::string();
}

void read_function(const File& file, Node f, QuantityNotes& notes) {
  if (icontains_any(f.code(), {"is_valid(", "cleaned_data", "validated_data", "validate_on_submit"})) return;
  QuantityNotes::Use found;
  const auto use = [&](Node at, Node number, bool moves) {
    if (found.spot.at.line > 0) return;
    const Node n = unwrap(number);
    if (asked(file, f, n.is("identifier") ? n.text() : std::string_view(known_by(n)))) return;
    found.spot = {place(file.path, at.line()), file.shown(at)};
    found.moves = moves;
    if (n.is("attribute")) found.field = known_by(n);
  };
  for (const Node b : body(f).all("binary_operator")) {
    if (!b.has_token("*")) continue;
    for (const auto& [one, other] : {std::pair{"left", "right"}, std::pair{"right", "left"}})
      if (!sent_number(f, b.child(one)).empty() && priced(b.child(other).code())) use(b, b.child(one), false);
  }
  for (const Node a : body(f).all("augmented_assignment"))
    if (kept(a.child("left")) && (a.has_token("-=") || a.has_token("+=")) && !sent_number(f, a.child("right")).empty())
      use(a, a.child("right"), true);
  for (const Node a : body(f).all("assignment")) {
    const Node right = unwrap(a.child("right"));
    if (kept(a.child("left")) && right.is("binary_operator") && (right.has_token("-") || right.has_token("+")) &&
        !sent_number(f, right.child("right")).empty())
      use(a, right.child("right"), true);
  }
  if (found.spot.at.line > 0) notes.uses.push_back(std::move(found));
}

// quantity: int = Field(gt=0), PositiveIntegerField(): what keeps it from being negative.
void read_fields(const File& file, QuantityNotes& notes) {
  for (const Node cls : file.tree.all("class_definition"))
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment") || !counts(a.child("left").text())) continue;
      const std::string field(a.child("left").text());
      const Code code = a.code();
      const bool bound =
          icontains_any(code, {"gt=", "ge=", "positive", "conint", "confloat", "condecimal", "min_value",
                               "minvaluevalidator", "naturalnumber", "numberrange"}) ||
          icontains_any(cls.code(), {"validator(\"" + field, "validator('" + field, "validate_" + field});
      (bound ? notes.bounded : notes.open).insert(field);
    }
}

}  // namespace

void read_python_quantities(File& file) {
  auto& notes = file.project.notes<QuantityNotes>();
  read_fields(file, notes);
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) read_function(file, f, notes);
}

void judge_python_quantities(const Project& project, Sink& sink) {
  const auto& notes = project.notes<QuantityNotes>();
  for (const QuantityNotes::Use& u : notes.uses) {
    if (!u.field.empty() && (notes.bounded.contains(u.field) || !notes.open.contains(u.field))) continue;
    const bool told = std::any_of(sink.findings().begin(), sink.findings().end(), [&](const proof::Finding& f) {
      return f.id == "PAY-001" && !f.locations.empty() && f.locations.front().path == u.spot.at.path &&
             std::abs(f.locations.front().line - u.spot.at.line) <= 2;
    });
    if (told) continue;
    // Stops: minus three of the dear thing, which pay for the rest of the cart, and minus a hundred sent to a friend.
    auto& f = sink.find("PAY-001", u.spot.at, u.spot.shown);
    f.title = u.moves ? "An amount of the client's may be negative, and is taken from a balance"
                      : "A quantity of the client's may be negative, and lowers what is paid";
    if (!u.moves) f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

#include "audit/source/shaped_quantities.h"

#include <algorithm>
#include <map>
#include <optional>

#include "audit/source/door_heads.h"
#include "audit/source/money_words.h"
#include "audit/source/python_client.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct ShapedQuantities {
  std::vector<Spot> shapes;                  // where a quantity is taken without a lower bound
  std::optional<Spot> priced;                // price * item.quantity
  std::map<std::string, Spot> open_columns;  // of Django's models, by field
  std::set<std::string> bounded_columns, serialized;
  struct Part {
    Spot at;
    std::string part, whole;  // Variant.objects.get(pk=…) beside get_object_or_404(Product, …)
  };
  std::vector<Part> parts;
  std::map<std::string, std::set<std::string>> hangs_on;  // a model -> the models its keys point to
  std::set<std::string> with_price;                       // models that have a price
};

bool counted(std::string_view name) {
  return quantity(name) && has_word(name, {"quantity", "qty", "units", "tickets", "menge", "cantidad", "quantidade",
                                           "anzahl", "quantite", "seats", "nights", "pieces"});
}

bool price(const Code& code) {
  return code.size() < 200 &&
         has_word(code, {"price", "cost", "rate", "fee", "preis", "precio", "preco", "prix", "cents"});
}

bool lower_bound(const Code& code) {
  return icontains_any(code, {"positive", "min(", "gt=", "ge=", "gt(", "gte(", "nonnegative", "conint", "minimum",
                              "minvalue", "min_value", "natural", "range(", "min:", "literal(", "enum("});
}

// price * item.quantity, item["quantity"] * product.price
void note_priced(const File& file, ShapedQuantities& notes) {
  if (notes.priced) return;
  const auto number = [](Node n) {
    n = unwrap(n);
    if (const auto c = as_call(n);
        c && !c->args.empty() && has_word(last(c->name), {"number", "int", "decimal", "parse"}))
      n = unwrap(c->arg(0));
    if (n.any_of("subscript", "subscript_expression"))
      return literal(n.child("index") ? n.child("index") : n.child("subscript")).value_or("");
    return n.any_of("identifier", "attribute", "member_expression") ? std::string(last(dotted(n))) : std::string();
  };
  for (const char* type : {"binary_operator", "binary_expression"})
    for (const Node b : file.tree.all(type))
      if (b.has_token("*"))
        for (const auto& [one, other] : {std::pair{"left", "right"}, std::pair{"right", "left"}})
          if (counted(number(b.child(one))) && price(b.child(other).code())) {
            notes.priced = Spot{place(file.path, b.line()), file.shown(b)};
            return;
          }
}

bool for_answers(std::string_view name) {
  return has_word(name, {"out", "response", "read", "db", "public", "detail", "result", "admin", "stock", "inventory",
                         "product", "list", "summary", "view", "entity", "model", "restock"});
}

// class LineIn(BaseModel): quantity: int
void note_python(const File& file, ShapedQuantities& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    const Code bases = cls.child("superclasses").code();
    const bool django = icontains_any(bases, {"models.model"});
    const bool body_shape = icontains_any(bases, {"basemodel", "schema"}) && !icontains(bases, "serializer");
    const bool serializer = icontains(bases, "serializer");
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!a.is("assignment")) continue;
      const std::string field(a.child("left").text());
      if (django) {
        const Code right = a.child("right").code();
        if (contains(right, "ForeignKey(") || contains(right, "OneToOneField("))
          if (const auto c = as_call(a.child("right")); c && !c->args.empty())
            notes.hangs_on[name].insert(literal(c->arg(0)).value_or(std::string(last(dotted(c->arg(0))))));
        if (has_word(field, {"price", "cost", "adjustment", "surcharge", "extra"})) notes.with_price.insert(name);
        if (counted(field)) {
          const bool plain = contains(right, "IntegerField(") && !contains(right, "Positive") && !lower_bound(right);
          if (plain)
            notes.open_columns.emplace(field, Spot{place(file.path, a.line()), file.shown(a)});
          else
            notes.bounded_columns.insert(field);
        }
        continue;
      }
      if (!counted(field) || for_answers(name) || (!body_shape && !serializer)) continue;
      const bool checked = icontains_any(
          cls.code(), {"validator(\"" + field, "validator('" + field, "validate_" + field, "def validate("});
      if (checked || lower_bound(a.code())) {
        notes.bounded_columns.insert(field);
        continue;
      }
      const bool number =
          body_shape ? icontains_any(a.child("type").code(), {"int", "float", "decimal"})
                     : icontains_any(a.child("right").code(), {"integerfield(", "floatfield(", "decimalfield("});
      if (number && !icontains(a.code(), "read_only"))
        notes.shapes.push_back({place(file.path, a.line()), file.shown(a)});
    }
    // fields = ["product", "quantity"]
    if (serializer && !icontains(cls.code(), "read_only_fields = fields"))
      for (const Node a : cls.all("assignment"))
        if (a.child("left").text() == "fields")
          for (const Node text : a.child("right").all("string"))
            if (const auto field = literal(text); field && counted(*field)) notes.serialized.insert(*field);
  }
  // cart.add(product, quantity=int(request.POST["quantity"]))
  if (icontains_any(file.code(), {"cart", "basket", "order"}))
    for (const Node f : file.tree.all("function_definition")) {
      if (function_around(f) || icontains_any(f.code(), {"is_valid(", "cleaned_data", "validated_data"})) continue;
      for (const Call* c : file.calls_in(body(f))) {
        if (!has_word(c->name, {"cart", "basket", "order", "carrito"}) ||
            !has_word(last(c->name), {"add", "update", "set", "change", "create"}))
          continue;
        const auto raw = [&](Node n) {
          n = unwrap(n);
          const auto number = as_call(n);
          if (!number || (number->name != "int" && number->name != "float")) return false;
          return taint(unwrap(number->arg(0))) == Taint::yes && icontains_any(n.code(), {"quantity", "qty", "count"});
        };
        const bool sent = std::any_of(c->args.begin(), c->args.end(), raw) ||
                          std::any_of(c->keywords.begin(), c->keywords.end(),
                                      [&](const auto& k) { return counted(k.first) && raw(k.second); });
        if (sent) notes.shapes.push_back({place(file.path, c->line()), file.shown(c->node)});
      }
    }
  // product = get_object_or_404(Product, pk=…); variant = get_object_or_404(Variant, pk=request.POST["variant"])
  for (const Node f : file.tree.all("function_definition")) {
    if (!icontains_any(f.code(), {"request"}) || function_around(f) ||
        !icontains_any(f.code(), {"objects.", "_or_404"}))
      continue;
    std::vector<std::pair<std::string, const Call*>> found;
    for (const Call* c : file.calls_in(body(f))) {
      if (last(c->name) == "get_object_or_404" && c->arg(0).is("identifier"))
        found.emplace_back(c->arg(0).text(), c);
      else if (c->name.ends_with(".objects.get") || c->name.ends_with(".objects.filter"))
        found.emplace_back(c->name.substr(0, c->name.find('.')), c);
    }
    for (const auto& [part, c] : found) {
      const bool by_id = std::any_of(c->keywords.begin(), c->keywords.end(), [](const auto& k) {
        return (k.first == "pk" || k.first == "id" || k.first == "pk__in" || k.first == "id__in") &&
               (taint(unwrap(k.second)) == Taint::yes || k.second.is("identifier"));
      });
      if (!by_id || c->keywords.size() > 1) continue;
      for (const auto& [whole, other] : found)
        if (whole != part && other->node.begin() < c->node.begin() && notes.parts.size() < 50)
          notes.parts.push_back({{place(file.path, c->line()), file.shown(c->node)}, part, whole});
    }
    // No later line holds the one against the other: variant.product != product
    const Code code = f.code();
    std::erase_if(notes.parts, [&](const ShapedQuantities::Part& p) {
      return p.at.at.path == file.path && p.at.at.line >= f.line() && p.at.at.line <= f.end_line() &&
             (icontains(code, "." + text::to_lower(p.whole) + "_id") ||
              icontains(code, "." + text::to_lower(p.whole) + " ") ||
              icontains(code, "." + text::to_lower(p.whole) + "."));
    });
  }
}

std::string decorators_of(Node field) {
  std::string out;
  for (const Node d : field.children())
    if (d.is("decorator")) out += d.code();
  for (Node d = field.previous(); d.is("decorator"); d = d.previous()) out += d.code();
  return out;
}

// quantity: z.number(); @IsNumber() quantity: number
void note_script(const File& file, ShapedQuantities& notes) {
  if (client_file(file) || has_word(file.path, {"admin", "product", "products", "inventory", "stock"})) return;
  for (const Node p : file.tree.all("pair")) {
    const std::string_view key = p.child("key").text();
    const Node value = p.child("value");
    const Code code = value.code();
    if (!counted(key) || code.size() > 300 || lower_bound(code)) continue;
    const bool schema =
        icontains_any(code, {"z.number(", "z.coerce.number(", "joi.number(", "yup.number(", "v.number("}) ||
        (unwrap(value).is("object") &&
         icontains_any(code, {"type: 'integer'", "type: \"integer\"", "type: 'number'", "type: \"number\""}) &&
         p.above("pair").child("key").text() == "properties");
    // What the code takes apart later refines it.
    if (!schema || icontains_any(code, {"refine", "transform", "output"})) continue;
    notes.shapes.push_back({place(file.path, p.line()), file.shown(p)});
  }
  for (const Node field : file.tree.all("public_field_definition")) {
    if (!counted(field.child("name").text())) continue;
    const Node cls = field.above("class_declaration");
    const std::string_view name = cls.child("name").text();
    if ((!name.ends_with("Dto") && !name.ends_with("DTO") && !name.ends_with("Input")) || for_answers(name)) continue;
    const std::string said = decorators_of(field);
    if (!icontains_any(said, {"isnumber", "isint", "isoptional", "isnotempty"}) ||
        icontains_any(said, {"@min(", "ispositive", "@isin(", "@validate"}))
      continue;
    notes.shapes.push_back({place(file.path, field.line()), file.shown(field)});
  }
}

}  // namespace

void read_shaped_quantities(File& file) {
  if (has_word(file.path, {"test", "tests", "seed", "seeds", "mock", "mocks", "migrations"})) return;
  auto& notes = file.project.notes<ShapedQuantities>();
  const Code code = file.code();
  const bool counts = icontains_any(code, {"quantity", "qty", "units", "tickets", "menge", "cantidad", "quantidade",
                                           "anzahl", "quantite", "seats", "nights", "pieces"});
  if (counts && (file.tree.python() || !client_file(file))) note_priced(file, notes);
  if (file.tree.python()) {
    if (counts || icontains_any(code, {"models.model", "_or_404", ".objects."})) note_python(file, notes);
  } else if (counts) {
    note_script(file, notes);
  }
}

void judge_shaped_quantities(const Project& project, Sink& sink) {
  const auto& notes = project.notes<ShapedQuantities>();
  const bool known = std::any_of(sink.findings().begin(), sink.findings().end(), [](const proof::Finding& f) {
    return f.id == "PAY-001" && icontains_any(f.title, {"quantity", "quantities", "negative"});
  });
  std::vector<Spot> shapes = notes.shapes;
  for (const std::string& field : notes.serialized)
    if (const auto it = notes.open_columns.find(field);
        it != notes.open_columns.end() && !notes.bounded_columns.contains(field))
      shapes.push_back(it->second);
  if (notes.priced && !shapes.empty() && !known) {
    // Stops: minus three of the dear thing, which pay for the rest of the cart.
    auto& f = sink.find("PAY-001", shapes.front().at, shapes.front().shown);
    f.title = "A quantity of the client's may be negative or nothing, and lowers what is paid";
    f.severity = proof::Severity::medium;
    f.confidence = proof::Confidence::medium;
    for (std::size_t i = 1; i < shapes.size() && i < 5; ++i) {
      f.locations.push_back(shapes[i].at);
      f.evidence.push_back(shapes[i].shown);
    }
    f.locations.push_back(notes.priced->at);
    f.evidence.push_back(notes.priced->shown);
  }
  for (const auto& p : notes.parts) {
    const auto it = notes.hangs_on.find(p.part);
    if (it == notes.hangs_on.end() || !it->second.contains(p.whole) || !notes.with_price.contains(p.part)) continue;
    // Stops: the dear thing in the variant of a cheap one.
    auto& f = sink.find("PAY-001", p.at.at, p.at.shown);
    f.title = "A variant of any other product may be chosen, with that one's price";
    f.confidence = proof::Confidence::medium;
    f.impact = "The variant is looked up by its id alone: the price of the cheapest one there is buys everything.";
    f.fix = "Look the variant up among those of the product: get_object_or_404(Variant, pk=…, product=product).";
    break;
  }
}

}  // namespace gatehouse::audit::source

// What Django's views sell: plans that are on as soon as somebody asks for them, balances and stocks in steps.
#include "audit/source/django_purchases.h"

#include <algorithm>

#include "audit/source/python.h"
#include "audit/source/python_class.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct PurchaseNotes {
  std::set<std::string> active_by_default;  // models of subscriptions
  bool priced = false;                      // something in this project has a price
  struct Sale {
    std::string serializer, model;  // one of them
    Spot spot;
  };
  std::vector<Sale> sales;
};

bool subscription(std::string_view name) {
  return has_word(name, {"subscription", "membership", "enrollment", "enrolment", "usersubscription", "userplan"}) &&
         !has_word(name, {"plan", "type", "history", "log"});
}

void read_model(Node cls, PurchaseNotes& notes) {
  if (!any_base(bases_of(cls), {"Model"})) return;
  for (const Node s : body(cls).children()) {
    const Node a = s.is("expression_statement") ? s.first() : Node();
    const auto made = a.is("assignment") ? as_call(unwrap(a.child("right"))) : std::nullopt;
    if (!made) continue;
    const std::string_view field = a.child("left").text();
    if (has_word(field, {"price", "amount", "cost", "fee"})) notes.priced = true;
    const Node fallback = made->keyword("default");
    if (!subscription(cls.child("name").text()) || !fallback) continue;
    const auto said = literal(fallback);
    const std::string value = text::to_lower(said ? *said : std::string(last(dotted(fallback))));
    if ((field == "status" && value == "active") || (field == "is_active" && fallback.is("true")) ||
        (field == "active" && fallback.is("true")))
      notes.active_by_default.emplace(cls.child("name").text());
  }
}

// The money is asked for somewhere here, or nobody but staff gets this far.
bool weighed(const Code& code) {
  return icontains_any(code, {"stripe", "paypal", "razorpay", "paystack", "payment", "charge", "checkout", "invoice",
                              "isadmin", "is_staff", "is_superuser", "staff_member", "trial", "free",
                              "status=", "is_active=", "price == 0", "pending"});
}

void read_view(const File& file, Node cls, PurchaseNotes& notes) {
  const auto bases = bases_of(cls);
  if (!any_base(bases, {"CreateAPIView", "ModelViewSet", "CreateModelMixin", "CreateView"}) || weighed(cls.code()))
    return;
  const Node serializer = attribute(cls, "serializer_class"), model = attribute(cls, "model");
  const Node given = serializer ? serializer : model;
  if (!given) return;
  PurchaseNotes::Sale sale;
  (serializer ? sale.serializer : sale.model) = std::string(last(dotted(given.child("right"))));
  const Node perform = method(cls, "perform_create");
  const Node at = perform ? perform : cls;
  sale.spot = {place(file.path, at.line()), file.shown(at)};
  notes.sales.push_back(std::move(sale));
}

// Subscription.objects.create(user=request.user, plan=plan)
void read_function(const File& file, Node f, PurchaseNotes& notes) {
  const Node cls = f.above("class_definition");
  if (!contains(f.child("parameters").code(), "request") || weighed(f.code()) ||
      icontains_any(cls.child("name").text(), {"admin", "webhook"}) ||
      icontains_any(function_name(f), {"webhook", "admin"}))
    return;
  for (const Node b : attribute(cls, "permission_classes").all("identifier"))
    if (icontains(b.text(), "admin")) return;
  for (const Call* c : file.calls_in(body(f))) {
    const std::string_view m = last(c->name);
    if ((m != "create" && m != "get_or_create" && m != "update_or_create") || !contains(c->name, ".objects.")) continue;
    const std::string model(last(c->name.substr(0, c->name.find(".objects"))));
    if (!subscription(model)) continue;
    notes.sales.push_back({"", model, {place(file.path, c->line()), file.shown(c->node)}});
    return;
  }
}

bool kept(Node left) {
  return left.is("attribute") &&
         has_word(left.child("attribute").text(),
                  {"balance", "credits", "stock", "wallet", "coins", "inventory", "points", "seats", "remaining",
                   "left", "uses", "stock_quantity", "available"}) &&
         !dotted(left).starts_with("self.");
}

// Stops: two requests at once that sell the last piece twice, or spend the same credit.
void judge_steps(File& file) {
  if (icontains_any(file.path, {"commands/", "seed", "script"})) return;
  for (const Node f : file.tree.all("function_definition")) {
    const Code code = f.code();
    if (icontains_any(code, {"select_for_update", "F(", "f(\"", "serializable", "lock("}) || !contains(code, ".save("))
      continue;
    Node found;
    for (const Node a : f.all("augmented_assignment"))
      if (!found && a.has_token("-=") && kept(a.child("left"))) found = a;
    for (const Node a : f.all("assignment"))
      if (!found && kept(a.child("left")) &&
          contains(a.child("right").code(), std::string(a.child("left").text()) + " - "))
        found = a;
    if (!found) continue;
    file.hit("PAY-004", found);
    return;
  }
}

}  // namespace

void read_django_purchases(File& file) {
  if (!icontains_any(file.code(), {"django", "rest_framework"})) return;
  auto& notes = file.project.notes<PurchaseNotes>();
  for (const Node cls : file.tree.all("class_definition")) {
    read_model(cls, notes);
    read_view(file, cls, notes);
  }
  for (const Node f : file.tree.all("function_definition"))
    if (!function_around(f)) read_function(file, f, notes);
  judge_steps(file);
}

void judge_django_purchases(const PythonNotes& python, const Project& project, Sink& sink) {
  const auto& notes = project.notes<PurchaseNotes>();
  if (!notes.priced) return;
  for (const PurchaseNotes::Sale& s : notes.sales) {
    std::string model = s.model;
    if (const auto it = python.serializers.find(s.serializer); it != python.serializers.end()) model = it->second.model;
    if (!notes.active_by_default.contains(model)) continue;
    // Stops: the dearest plan for the asking.
    auto& f = sink.find("PAY-002", s.spot.at, s.spot.shown);
    f.title = "A subscription is on as soon as somebody asks for it (" + model + " is active by default)";
    f.confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

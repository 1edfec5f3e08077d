#include "audit/source/unheld_limits.h"

#include <algorithm>
#include <optional>

#include "audit/source/data.h"
#include "audit/source/money_words.h"
#include "audit/source/schema.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

struct UnheldLimits {
  bool coupon_limit = false;           // a coupon has a column that limits its uses
  bool coupon_counted = false;         // … and something counts them
  std::optional<Spot> coupon_applied;  // where one is looked up to be used
  bool stock = false;                  // a product has a stock and a price
  bool stock_lowered = false;
  std::optional<Spot> ordered;    // where an order is made
  std::optional<Spot> clash;      // validate(): if Booking.objects.filter(…).exists(): raise
  bool held = false;              // a lock or a constraint of the database
  bool order_total = false;       // an order keeps its sum
  std::optional<Spot> bare_line;  // a line of an order that keeps no price
};

bool coupon(std::string_view name) {
  return has_word(name, {"coupon", "coupons", "promo", "promocode", "promocodes", "voucher", "vouchers", "promotion",
                         "discountcode", "discountcodes", "giftcode"}) ||
         (has_word(name, {"discount", "referral"}) && has_word(name, {"code", "codes"}));
}

bool use_limit(std::string_view column) {
  const std::string low = folded(column);
  return low == "maxuses" || low == "usagelimit" || low == "maxusage" || low == "uselimit" || low == "maxredemptions" ||
         low == "limit" || low == "maxusagecount" || low == "usesremaining" || low == "remaininguses" ||
         low == "redemptionlimit" || low == "maxuse" || low == "uselimitperuser" || low == "peruserlimit";
}

bool stock_word(std::string_view name) {
  return has_word(name, {"stock", "inventory", "countinstock", "instock", "bestand", "estoque"}) &&
         !has_word(name, {"is", "in", "low", "status", "threshold", "alert", "market", "photo", "reorder", "min"});
}

// Lines in which a number of uses is raised, or a stock lowered.
void note_lines(const File& file, UnheldLimits& notes) {
  const Code code = file.code();
  const bool coupons = !notes.coupon_counted && icontains_any(code, {"coupon", "promo", "voucher", "discount"});
  const bool stocks = !notes.stock_lowered && icontains_any(code, {"stock", "inventory", "bestand", "estoque"});
  if (!coupons && !stocks) return;
  for (const std::string_view line : text::split(code, '\n')) {
    if (line.size() > 600) continue;
    if (coupons &&
        has_word(line, {"used", "uses", "usage", "usages", "redeemed", "redemptions", "redemption", "count", "usedby",
                        "limit", "couponusage", "remaining", "isused", "couponuse"}) &&
        icontains_any(line, {"+=", "increment", "$inc", "$push", "$addtoset", " + 1", "-=", "- 1", "decrement",
                             "create(", "insert(", ".add(", "= true", ": true", "=true", "f(\"", "f('"}))
      notes.coupon_counted = true;
    if (stocks && has_word(line, {"stock", "inventory", "countinstock", "instock", "bestand", "estoque"}) &&
        (icontains_any(line, {"-=", "decrement", "$inc", " - ", "-item", "-qty", "-quantity", "reserve", "reduce",
                              "decrease", "deduct", "update_stock", "updatestock", "adjust"})))
      notes.stock_lowered = true;
  }
}

void note_python(const File& file, UnheldLimits& notes) {
  for (const Node cls : file.tree.all("class_definition")) {
    const std::string name(cls.child("name").text());
    const Code bases = cls.child("superclasses").code();
    const bool model = icontains_any(bases, {"model", "base", "document", "sqlmodel"}) &&
                       !icontains_any(bases, {"basemodel", "serializer", "form", "admin", "view"});
    bool order_sum = false;
    bool stock = false, price = false, line_price = false, product = false, order = false, count = false;
    for (const Node s : body(cls).children()) {
      const Node a = s.is("expression_statement") ? s.first() : Node();
      if (!model || !a.is("assignment")) continue;
      const std::string field(a.child("left").text());
      if (coupon(name) && use_limit(field)) notes.coupon_limit = true;
      stock = stock || stock_word(field);
      price = price || has_word(field, {"price"});
      line_price =
          line_price || has_word(field, {"price", "amount", "total", "subtotal", "cost", "cents", "rate", "paid"});
      order_sum = order_sum || has_word(field, {"total", "amount", "subtotal", "sum", "price"});
      product = product || has_word(field, {"product", "book", "variant", "article", "dish"});
      order = order || has_word(field, {"order"});
      count = count || has_word(field, {"quantity", "qty"});
    }
    notes.stock = notes.stock || (stock && price);
    notes.order_total = notes.order_total || (has_word(name, {"order", "orders", "purchase", "sale"}) && order_sum);
    if (has_word(name, {"item", "items", "line", "orderitem", "detail", "product"}) && order && product && count &&
        !line_price && !has_word(name, {"cart"}) && !notes.bare_line)
      notes.bare_line = Spot{place(file.path, cls.line()), file.shown(cls)};
    // def validate(self, attrs): if Booking.objects.filter(…).exists(): raise …
    for (const Node f : cls.all("function_definition")) {
      const std::string called(f.child("name").text());
      if ((called != "validate" && called != "clean") || notes.clash || !contains(f.code(), ".exists()")) continue;
      bool booked = false;
      for (const Call* c : file.calls_in(f))
        booked = booked ||
                 (contains(c->name, ".objects") && bookable(std::string_view(c->name).substr(0, c->name.find('.'))));
      for (const Node b : f.all("if_statement"))
        if (booked && contains(b.child("condition").code(), "exist") &&
            contains(b.child("consequence").code(), "raise"))
          notes.clash = Spot{place(file.path, b.line()), file.shown(b)};
    }
  }
  for (const Call& c : file.calls) {
    const std::string root(std::string_view(c.name).substr(0, c.name.find('.')));
    const bool admin = has_word(file.path, {"admin", "management", "seed"});
    if (admin) continue;
    if (!notes.coupon_applied &&
        ((c.name.ends_with(".objects.get") && coupon(root)) ||
         (last(c.name) == "get_object_or_404" && c.arg(0).is("identifier") && coupon(c.arg(0).text())) ||
         (last(c.name) == "query" && c.arg(0).is("identifier") && coupon(c.arg(0).text()))))
      notes.coupon_applied = Spot{place(file.path, c.line()), file.shown(c.node)};
    const bool creates = (c.name.ends_with(".objects.create") && has_word(root, {"order", "purchase"})) ||
                         ((c.name == "Order" || c.name == "OrderItem" || c.name == "Purchase") && !c.keywords.empty());
    if (creates && !notes.ordered) notes.ordered = Spot{place(file.path, c.line()), file.shown(c.node)};
  }
}

void note_script(const File& file, UnheldLimits& notes) {
  if (client_file(file)) return;
  // new mongoose.Schema({ usageLimit: Number }): where the schema's reader does not look.
  if (has_word(file.path, {"coupon", "coupons", "promo", "voucher", "vouchers"}) ||
      icontains(file.code(), "couponschema"))
    if (icontains(file.code(), "schema("))
      for (const Node p : file.tree.all("pair"))
        if (use_limit(p.child("key").text())) notes.coupon_limit = true;
  if (has_word(file.path, {"admin", "seed", "seeds", "scripts"})) return;
  for (const char* type : {"function_declaration", "arrow_function", "function_expression", "method_definition"})
    for (const Node f : file.tree.all(type)) {
      if ((function_around(f) && !f.is("method_definition")) || (notes.ordered && notes.coupon_applied)) continue;
      if (!icontains_any(f.code(), {"coupon", "promo", "voucher", "discount", "order", "purchase"})) continue;
      for (const Touch& t : touches(file, f)) {
        if (t.kind == Touch::Kind::one && coupon(t.record) && !notes.coupon_applied &&
            !has_word(function_name(f), {"update", "delete", "remove", "edit", "create", "admin"}))
          notes.coupon_applied = Spot{place(file.path, t.call.line()), file.shown(t.call)};
        // razorpay.orders.create() is the provider's order, and sells nothing yet.
        const bool own = !icontains_any(t.call.code().substr(0, 60),
                                        {"razorpay", "paypal", "stripe", "instance.", "client.", "rzp"});
        if (t.kind == Touch::Kind::create && own && has_word(t.record, {"order", "orderitem", "purchase"}) &&
            !notes.ordered)
          notes.ordered = Spot{place(file.path, t.call.line()), file.shown(t.call)};
      }
    }
}

}  // namespace

void read_unheld_limits(File& file) {
  if (has_word(file.path, {"test", "tests", "mock", "mocks"})) return;
  auto& notes = file.project.notes<UnheldLimits>();
  const Code code = file.code();
  const bool page = !file.tree.python() && client_file(file);
  if (!page) {
    notes.held = notes.held || icontains_any(code, {"select_for_update", "exclusionconstraint", "excludeconstraint",
                                                    "uniqueconstraint", "unique_together", "exclude using",
                                                    "with_for_update", "serializable"});
    note_lines(file, notes);
  }
  if (!icontains_any(code, {"coupon", "promo", "voucher", "discount", "stock", "inventory", "order", "purchase",
                            "booking", "reserv", "appointment"}))
    return;
  if (file.tree.python())
    note_python(file, notes);
  else
    note_script(file, notes);
}

void judge_unheld_limits(const Project& project, Sink& sink) {
  const auto& notes = project.notes<UnheldLimits>();
  const auto& schema = project.notes<Schema>();
  const auto told = [&](std::string_view id, std::initializer_list<std::string_view> words) {
    return std::any_of(sink.findings().begin(), sink.findings().end(),
                       [&](const proof::Finding& f) { return f.id == id && icontains_any(f.title, words); });
  };
  bool limit = notes.coupon_limit, stock = notes.stock;
  for (const auto& [name, record] : schema.records) {
    const auto any = [&](auto of) { return std::any_of(record.columns.begin(), record.columns.end(), of); };
    limit = limit || (coupon(name) && any(use_limit));
    stock = stock || (any(stock_word) && any([](std::string_view c) { return has_word(c, {"price"}); }));
  }
  if (limit && notes.coupon_applied && !notes.coupon_counted && !told("PAY-004", {"coupon", "code"})) {
    // Stops: a code for one that everybody uses.
    auto& f = sink.find("PAY-004", notes.coupon_applied->at, notes.coupon_applied->shown);
    f.title = "A coupon's uses are limited, and nothing ever counts them";
    f.confidence = proof::Confidence::medium;
    f.impact = "One code, meant for one or a few, lowers every order of everybody for as long as it is valid.";
    f.fix = "Count the use where the order is made, in one statement that asks for uses left, and note who used it.";
  }
  if (stock && notes.ordered && !notes.stock_lowered) {
    // Stops: selling a thousand times what is there once.
    auto& f = sink.find("PAY-004", notes.ordered->at, notes.ordered->shown);
    f.title = "A stock is kept, and no order ever lowers it";
    f.confidence = proof::Confidence::medium;
    f.impact = "The same piece is sold and paid again and again; the shop learns of it when it has nothing to send.";
    f.fix =
        "Lower the stock with the order, in one statement that asks for enough of it, and refuse when none changed.";
  }
  if (notes.clash && !notes.held && !told("PAY-004", {"slot", "place", "book", "room", "date", "seat", "taken"})) {
    // Stops: one room for two guests who asked in the same second.
    auto& f = sink.find("PAY-004", notes.clash->at, notes.clash->shown);
    f.title = "Whether it is still free is asked first and written afterwards, with nothing that holds it in between";
    f.confidence = proof::Confidence::medium;
    f.impact = "Two requests at once both find it free, and both are booked and paid.";
    f.fix =
        "Let the database refuse the second: an exclusion or unique constraint, or a lock on the row that is booked.";
  }
  if (notes.bare_line && !notes.order_total) {
    auto& f = sink.find("PAY-001", notes.bare_line->at, notes.bare_line->shown);
    f.title = "An order keeps no price of what was bought: yesterday's sales follow today's price";
    f.severity = proof::Severity::low;
    f.confidence = proof::Confidence::medium;
    f.impact = "Totals, refunds and what sellers earned change whenever a price is changed.";
    f.fix = "Write the price into the line when the order is made, and reckon with that one.";
  }
}

}  // namespace gatehouse::audit::source

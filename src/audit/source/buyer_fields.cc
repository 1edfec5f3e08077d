#include "audit/source/buyer_fields.h"

#include "audit/source/money_words.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

constexpr std::size_t kMost = 40;

// Fields that providers hand back as they were filled: PayFast, PayPal, PayU, Lemon Squeezy, PayHere, SSLCommerz.
bool handed_back(std::string_view key) {
  const std::string k = folded(key);
  if (k.starts_with("customstr") || k.starts_with("customint") || k.starts_with("custom_")) return true;
  if (k.size() == 4 && k.starts_with("udf")) return true;
  if (k.starts_with("value") && key.size() == 7 && key[5] == '_') return true;  // value_a
  return k == "mpaymentid" || k == "custom1" || k == "custom2" || k == "itemnumber" || k == "passthrough" ||
         k == "externalreference";
}

// It says who somebody is, or what a thing is called; no row is found by that.
bool no_key(Node value) {
  value = unwrap(value);
  if (!value.any_of("member_expression", "identifier", "subscript_expression")) return false;
  const std::string name = dotted(value);
  return has_word(last(name), {"name", "firstname", "lastname", "email", "phone", "title", "description", "notes"}) &&
         !has_word(last(name), {"id", "ref", "reference", "number"});
}

}  // namespace

void read_buyer_fields(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"custom_str", "custom_int", "custom_1", "custom1", "udf1", "udf2", "udf3", "value_a",
                            "m_payment_id", "item_number", "passthrough", "external_reference"}))
    return;
  auto& notes = file.project.notes<BuyerFields>();
  for (const Node p : file.tree.all("pair")) {
    const std::string key = literal(p.child("key")).value_or(std::string(p.child("key").text()));
    if (!handed_back(key) || notes.written.size() >= kMost) continue;
    notes.written.insert(key);
    notes.checkout = true;
    if (no_key(p.child("value"))) notes.names.emplace(key, Spot{place(file.path, p.line()), file.shown(p)});
  }
  for (const char* type : {"jsx_attribute", "string"})  // <input name="custom_str1">, form.append("custom_str1", …)
    for (const Node s : file.tree.all(type)) {
      const std::string said = literal(s).value_or("");
      if (handed_back(said) && s.parent().any_of("jsx_attribute", "arguments") && notes.written.size() < kMost &&
          !has_word(last(as_call(s.parent().parent()).value_or(Call{}).name), {"get"}))
        notes.written.insert(said);
    }
  for (const Node d : file.tree.all("variable_declarator")) {
    const Node value = unwrap(d.child("value"));
    const std::string_view name = d.child("name").text();
    if (notes.read.size() >= kMost || !has_word(name, {"id"})) continue;
    std::string key;
    if (value.is("member_expression")) key = std::string(value.child("property").text());
    if (value.is("subscript_expression")) key = literal(value.child("index")).value_or("");
    if (const auto c = as_call(value); c && last(c->name) == "get") key = literal(c->arg(0)).value_or("");
    if (handed_back(key)) notes.read.emplace(key, Spot{place(file.path, d.line()), file.shown(d)});
  }
}

// Stops: money that is taken, and an order that is never found.
void judge_buyer_fields(const Project& project, Sink& sink) {
  const auto& notes = project.notes<BuyerFields>();
  if (!notes.checkout) return;
  for (const auto& [key, at] : notes.read) {
    const auto filled = notes.names.find(key);
    if (filled == notes.names.end() && notes.written.contains(key)) continue;
    const Spot& where = filled != notes.names.end() ? filled->second : at;
    auto& f = sink.find("PAY-008", where.at, where.shown);
    f.title = filled != notes.names.end()
                  ? "The webhook takes " + text::printable(key) + " for an id, and the checkout puts a name into it"
                  : "The webhook looks into " + text::printable(key) + ", which no checkout fills";
    if (filled == notes.names.end()) continue;
    f.locations.push_back(at.at);
    f.evidence.push_back(at.shown);
  }
}

}  // namespace gatehouse::audit::source

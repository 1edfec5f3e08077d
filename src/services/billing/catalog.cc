#include "services/billing/catalog.h"

#include <algorithm>

namespace gatehouse::services::billing {
namespace {

bool has(const std::vector<std::string>& all, std::string_view id) {
  return std::find(all.begin(), all.end(), id) != all.end();
}

bool flag(const json::Value& v, std::string_view name) {
  const json::Value* m = v.find(name);
  return m && m->boolean().value_or(false);
}

// The members that people may see, as they came. Stops: private metadata in the answer of a public list.
json::Value copy_of(const json::Value& v, std::initializer_list<std::string_view> names) {
  json::Value out{json::Object{}};
  for (std::string_view name : names)
    if (const json::Value* m = v.find(name)) out.set(name, *m);
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ",") + n;
  return out;
}

}  // namespace

const Price* ForSale::price(std::string_view id) const {
  for (const Price& p : prices)
    if (p.id == id) return &p;
  return nullptr;
}

const Product* ForSale::product(std::string_view id) const {
  for (const Product& p : products)
    if (p.id == id) return &p;
  return nullptr;
}

ForSale for_sale(const BillingConfig& config, const json::Array& products, const json::Array& prices,
                 std::int64_t now) {
  ForSale out;
  out.read_at = now;
  std::vector<std::string> of_prices;
  for (const json::Value& v : prices) {
    Price p;
    p.id = std::string(v.string_at("id").value_or(""));
    p.product = std::string(v.string_at("product").value_or(""));
    if (p.id.empty() || (!has(config.prices, p.id) && !has(config.products, p.product))) continue;
    p.currency = std::string(v.string_at("currency").value_or(""));
    p.active = flag(v, "active");
    p.recurring = v.string_at("type") == "recurring";
    if (const json::Value* amount = v.find("unit_amount")) p.amount = amount->integer();
    p.shown =
        copy_of(v, {"id", "object", "active", "billing_scheme", "created", "currency", "livemode", "lookup_key",
                    "nickname", "product", "recurring", "tax_behavior", "type", "unit_amount", "unit_amount_decimal"});
    of_prices.push_back(p.product);
    out.prices.push_back(std::move(p));
  }
  for (const json::Value& v : products) {
    Product p;
    p.id = std::string(v.string_at("id").value_or(""));
    if (p.id.empty() || (!has(config.products, p.id) && !has(of_prices, p.id))) continue;
    p.active = flag(v, "active");
    std::vector<std::string> names;
    if (const json::Value* metadata = v.find("metadata"))
      names = entitlement_names(metadata->string_at("entitlements").value_or(""));
    for (const auto& [id, to] : config.entitlements)
      if (id == p.id)
        for (const std::string& n : to)
          if (!has(names, n)) names.push_back(n);
    p.entitlements = joined(names);
    p.shown = copy_of(v, {"id", "object", "active", "created", "default_price", "description", "images", "livemode",
                          "marketing_features", "name", "type", "unit_label", "updated", "url"});
    json::Value list{json::Array{}};
    for (const std::string& n : names) list.push(n);
    p.shown.set("entitlements", std::move(list));
    out.products.push_back(std::move(p));
  }
  return out;
}

}  // namespace gatehouse::services::billing

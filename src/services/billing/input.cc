#include "services/billing/input.h"

#include <algorithm>

#include "base/text.h"
#include "gate/origin.h"
#include "gate/query.h"

namespace gatehouse::services::billing {
namespace {

constexpr std::size_t kLargestBody = 16 * 1024;
constexpr std::size_t kMostItems = 20;
constexpr http::FieldName kContentType{"Content-Type"}, kIdempotencyKey{"Idempotency-Key"};

constexpr std::string_view kOthersCustomer[] = {"customer",
                                                "customer_id",
                                                "customer_account",
                                                "customer_email",
                                                "customerId",
                                                "customer_details",
                                                "client_reference_id",
                                                "metadata",
                                                "user",
                                                "user_id",
                                                "userId",
                                                "email",
                                                "on_behalf_of",
                                                "transfer_data"};
constexpr std::string_view kOwnAmount[] = {"amount",
                                           "currency",
                                           "unit_amount",
                                           "unit_amount_decimal",
                                           "price_data",
                                           "discounts",
                                           "application_fee_amount",
                                           "trial_period_days",
                                           "trial_end",
                                           "coupon"};

bool listed(std::string_view name, auto&& names) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

tl::unexpected<Problem> invalid(std::string why) { return fail(Source::client, "invalid_body", std::move(why)); }

}  // namespace

bool is_stripe_id(std::string_view s, std::string_view prefix) {
  return s.starts_with(prefix) && s.size() > prefix.size() && s.size() <= 255 &&
         std::all_of(s.begin(), s.end(),
                     [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-'; });
}

Task<Result<json::Value>> read_request(gate::Exchange& x, std::vector<std::string_view> allowed) {
  auto reading = gate::read_body(x, kLargestBody);
  Result<std::string_view> bytes = co_await reading;
  if (!bytes) co_return fail(std::move(bytes.error()));
  if (bytes->empty()) co_return json::Value(json::Object{});
  std::string_view type = x.request.fields.get(kContentType).value_or("");
  type = text::trim(type.substr(0, type.find(';')));
  if (!text::iequals(type, "application/json"))
    co_return fail(Source::client, "unsupported_media_type", "the body is not application/json");
  auto body = json::parse(*bytes, {8, kLargestBody, false});
  if (!body) co_return invalid(body.error().detail);
  if (!body->is_object()) co_return invalid("the body is no object");
  for (const auto& [name, value] : body->object()) {
    if (listed(name, allowed)) continue;
    // Stops: paying for, or as, somebody else; paying what one likes.
    if (listed(name, kOthersCustomer))
      co_return fail(Source::client, "billing_customer", "the body has `" + text::printable(name, 40) + "`");
    if (listed(name, kOwnAmount))
      co_return fail(Source::client, "billing_amount", "the body has `" + text::printable(name, 40) + "`");
    co_return invalid("unknown member `" + text::printable(name, 40) + "`");
  }
  co_return body;
}

Result<std::optional<std::string>> text_member(const json::Value& body, std::string_view name) {
  const json::Value* v = body.find(name);
  if (!v) return std::optional<std::string>();
  auto s = v->string();
  if (!s || s->size() > 2000) return invalid("`" + std::string(name) + "` is no text, or too long");
  return std::optional<std::string>(std::string(*s));
}

Result<std::vector<Item>> read_items(const json::Value& body, std::int64_t most) {
  std::vector<Item> items;
  auto one = [&](const json::Value& v, bool nested) -> Result<void> {
    if (nested)
      for (const auto& [name, value] : v.object()) {
        if (listed(name, kOwnAmount))
          return fail(Source::client, "billing_amount", "an item has `" + text::printable(name, 40) + "`");
        if (name != "price" && name != "quantity") return invalid("unknown member of an item");
      }
    const auto price = v.string_at("price");
    if (!price || !is_stripe_id(*price, "price_")) return invalid("`price` is no id of a price");
    Item item{std::string(*price), 1};
    if (const json::Value* quantity = v.find("quantity")) {
      auto n = quantity->integer();
      if (!n || *n < 1 || *n > most) return invalid("`quantity` is no whole number from 1 to " + std::to_string(most));
      item.quantity = *n;
    }
    for (const Item& other : items)
      if (other.price == item.price) return invalid("a price stands twice");
    items.push_back(std::move(item));
    return {};
  };
  const json::Value* list = body.find("items");
  if (!list) {
    if (auto r = one(body, false); !r) return fail(std::move(r.error()));
    return items;
  }
  if (body.find("price") || body.find("quantity")) return invalid("either `items` or `price`");
  if (!list->is_array() || list->array().empty() || list->array().size() > kMostItems)
    return invalid("`items` is no list of 1 to " + std::to_string(kMostItems));
  for (const json::Value& v : list->array()) {
    if (!v.is_object()) return invalid("an item is no object");
    if (auto r = one(v, true); !r) return fail(std::move(r.error()));
  }
  return items;
}

Result<Page> read_page(gate::Exchange& x, std::initializer_list<std::string_view> allowed) {
  Page page;
  auto bad = [](std::string_view name) {
    return fail(Source::client, "bad_query", "the parameter `" + text::printable(name, 40) + "` is not acceptable");
  };
  gate::QueryReader reader(x.request.has_query ? x.request.query : std::string_view(), x.arena);
  std::vector<std::string_view> seen;
  for (gate::QueryPair p;;) {
    const auto next = reader.next(p);
    if (next == gate::QueryReader::Next::end) break;
    if (next == gate::QueryReader::Next::bad) return bad("?");
    if (!listed(p.name, allowed) || listed(p.name, seen)) return bad(p.name);
    seen.push_back(p.name);
    if (p.name == "active") {
      if (p.value != "true" && p.value != "false") return bad(p.name);
      page.active = p.value == "true";
    } else if (p.name == "limit") {
      auto n = text::parse_u64(p.value);
      if (!n || *n < 1 || *n > 100) return bad(p.name);
      page.limit = static_cast<std::int64_t>(*n);
    } else {
      if (!is_stripe_id(p.value, "")) return bad(p.name);
      (p.name == "product"          ? page.product
       : p.name == "starting_after" ? page.after
       : p.name == "session"        ? page.session
                                    : page.before) = std::string(p.value);
    }
  }
  if (!page.after.empty() && !page.before.empty()) return bad("ending_before");
  return page;
}

Result<std::string> idempotency_key(const gate::Exchange& x) {
  const auto key = x.request.fields.get(kIdempotencyKey);
  if (!key || key->empty()) return std::string();
  if (x.request.fields.count(kIdempotencyKey) > 1 || key->size() > 255)
    return invalid("Idempotency-Key is too long, or comes twice");
  for (char c : *key)
    if (c < 0x20 || c > 0x7e) return invalid("Idempotency-Key has bytes that are not visible ASCII");
  return std::string(*key);
}

}  // namespace gatehouse::services::billing

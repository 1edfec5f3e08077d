// What a person asked for, read strictly: a body or a query with known members only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "gate/exchange.h"

namespace gatehouse::services::billing {

struct Item {
  std::string price;
  std::int64_t quantity = 1;
};

// A JSON object of at most 16 KiB; no body is an empty one. Problems (Source::client): unsupported_media_type,
// invalid_body (no object, an unknown member), and for what nobody may choose: billing_customer (customer,
// customer_email, client_reference_id, metadata …), billing_amount (amount, currency, unit_amount, price_data …).
Task<Result<json::Value>> read_request(gate::Exchange& x, std::vector<std::string_view> allowed);

// `price` and `quantity`, or `items`: [{price, quantity}]; one to 20 different prices, 1 to `most` pieces each.
Result<std::vector<Item>> read_items(const json::Value& body, std::int64_t most);

// The member as text, or nothing. Problem invalid_body when it is something else or longer than 2000 bytes.
Result<std::optional<std::string>> text_member(const json::Value& body, std::string_view name);

struct Page {
  std::optional<bool> active;
  std::string product, after, before, session;
  std::int64_t limit = 10;
};
// active, product, limit (1 to 100), starting_after, ending_before, session: those in `allowed`. Problem bad_query.
Result<Page> read_page(gate::Exchange& x, std::initializer_list<std::string_view> allowed);

// 1 to 255 bytes of letters, digits, '_' and '-' after `prefix`.
bool is_stripe_id(std::string_view s, std::string_view prefix);

// The Idempotency-Key field: empty when absent. Problem invalid_body beyond 255 visible characters.
Result<std::string> idempotency_key(const gate::Exchange& x);

}  // namespace gatehouse::services::billing

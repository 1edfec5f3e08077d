// What is for sale: the account's products and prices, narrowed to the list, kept for a while.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "services/billing/config.h"

namespace gatehouse::services::billing {

struct Product {
  std::string id, entitlements;
  bool active = false;
  json::Value shown;  // what people may see of it: no private metadata
};

struct Price {
  std::string id, product, currency;
  bool active = false, recurring = false;
  std::optional<std::int64_t> amount;  // smallest unit; nothing for tiers and custom amounts
  json::Value shown;
};

// One reading of the account. Immutable; newest first, as Stripe lists.
struct ForSale {
  std::vector<Product> products;
  std::vector<Price> prices;
  std::int64_t read_at = 0;                       // unix seconds
  const Price* price(std::string_view id) const;  // null: not on the list
  const Product* product(std::string_view id) const;
};

// Makes a reading from the account's lists: what [billing] lists, and nothing else.
ForSale for_sale(const BillingConfig& config, const json::Array& products, const json::Array& prices, std::int64_t now);

// The kept reading, and who may refresh it. Safe from several threads.
class CatalogCache {
 public:
  std::shared_ptr<const ForSale> kept() const {
    std::lock_guard lock(mutex_);
    return kept_;
  }
  void keep(std::shared_ptr<const ForSale> reading) {
    std::lock_guard lock(mutex_);
    kept_ = std::move(reading);
  }
  // True for one caller until `until` (unix seconds): the others use what is kept.
  bool take_turn(std::int64_t now, std::int64_t until) {
    std::int64_t busy = busy_until_.load();
    return busy <= now && busy_until_.compare_exchange_strong(busy, until);
  }
  void end_turn(std::int64_t next) { busy_until_.store(next); }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ForSale> kept_;
  std::atomic<std::int64_t> busy_until_{0};
};

}  // namespace gatehouse::services::billing

// [billing]: whose Stripe account, what is for sale, where people may come back to, and which desks stand where.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/conf/form.h"
#include "kit/mount.h"

namespace gatehouse::services::billing {

// What a person may ask for. Each stands where [billing.endpoints] puts it, and nowhere else.
enum class Endpoint : unsigned char {
  products,
  prices,
  customer,
  checkout,
  portal,
  subscriptions,
  payment_intents,
  setup_intents,
  ephemeral_keys,
  orders,
  entitlements,
  confirm,
  count_
};
constexpr std::size_t kEndpoints = static_cast<std::size_t>(Endpoint::count_);
std::string_view name_of(Endpoint e);  // as a key of the table: "payment_intents"

struct BillingConfig {
  bool on = false;  // the table was written
  conf::SecretRef secret_key;
  conf::ServerUrl api{"https", "api.stripe.com", 443, "https://api.stripe.com"};
  std::string ca_file;
  std::string account;  // Stripe-Account
  std::string webhook = "stripe";
  conf::Place webhook_place;
  std::vector<std::string> prices, products;  // for sale; a product stands for all its active prices
  std::vector<conf::WebOrigin> return_origins;
  std::array<std::string, kEndpoints> paths;  // empty: not mounted
  std::array<conf::Place, kEndpoints> places;
  // Product (or price) to what it entitles to, beside `entitlements` in the product's own metadata.
  std::vector<std::pair<std::string, std::vector<std::string>>> entitlements;
  Duration timeout{std::chrono::seconds(10)};
  Duration cache{std::chrono::minutes(1)};  // of products and prices
  Duration stale{std::chrono::hours(24)};   // how much longer the cached ones serve while Stripe is away
  Duration past_due_grace{std::chrono::hours(72)};
  std::int64_t retries = 2;
  std::int64_t max_quantity = 100;
  conf::Rate reads{120, std::chrono::minutes(1)}, writes{20, std::chrono::minutes(1)};  // a person
  bool manual_confirmation = false;
  conf::Place place;
};

void describe(conf::Form& f, BillingConfig& c);

// What contradicts the mode.
void check(const BillingConfig& c, const gate::GateConfig& gate, conf::Findings& findings);

// A path that [billing.endpoints] mounts, with the rate of its class as control tables.
struct Mounted {
  kit::MountedPath at;
  std::string tables;
};
std::vector<Mounted> mounted(const BillingConfig& c);

// Which endpoint a route of ours is, by its mounted path ("=/billing/prices").
Endpoint endpoint_at(const BillingConfig& c, std::string_view path);

// "pro, export" as a list; letters, digits and -_.: only, at most 64 bytes each. Others are left out.
std::vector<std::string> entitlement_names(std::string_view text);

// May a person be sent there after paying? An absolute address of a listed origin: at most 2000 visible ASCII bytes, no
// backslash, no user name. Stops: a checkout of ours that hands people over to somebody else's page.
bool may_return_to(const BillingConfig& c, std::string_view url);

}  // namespace gatehouse::services::billing

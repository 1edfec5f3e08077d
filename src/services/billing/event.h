// What a verified event of Stripe says, read strictly from its payload (API 2026-10-28.endive).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "services/billing/order_state.h"

namespace gatehouse::services::billing {

// What is told about an order.
struct OrderNews {
  Trigger trigger = Trigger::opened;
  // How the order is found: by our own id first (in metadata, which only we write), then by these.
  std::string order, session, payment_intent, subscription, customer;
  std::optional<std::int64_t> amount;  // paid, in the smallest unit
  std::string currency;
};

// Money of a payment that went back.
struct RefundNews {
  std::string payment_intent, customer, order;  // order: our own id, where the charge carries it
  std::int64_t amount_refunded = 0;             // all together
  bool all = false;
};

// A dispute as its object shows it.
struct DisputeNews {
  std::string id, payment_intent, status;
};

// The whole state of a subscription, as its object shows it.
struct SubscriptionNews {
  std::string id, customer, status, order;
  std::vector<std::string> products, prices;
  std::int64_t period_end = 0, trial_end = 0, cancel_at = 0;  // unix seconds; 0: none
  bool cancel_at_period_end = false;
  bool removed = false;         // customer.subscription.deleted
  std::string previous_status;  // what the event says it was before; empty: not changed
};

// An invoice of a subscription: paid, or not.
struct InvoiceNews {
  bool paid = false;
  bool base = false;      // pays for a whole period, not for a change within one
  std::int64_t made = 0;  // unix seconds
  std::string id, subscription, order, customer, payment_intent, reason;
  std::optional<std::int64_t> amount;
  std::string currency;
};

struct StripeEvent {
  std::string id, type, account;
  std::int64_t created = 0;
  bool livemode = false;
  std::optional<OrderNews> order;
  std::optional<RefundNews> refund;
  std::optional<DisputeNews> dispute;
  std::optional<SubscriptionNews> subscription;
  std::optional<InvoiceNews> invoice;
  std::string settled_invoice, settling_intent;  // invoice_payment.paid: which payment settled which invoice
  bool trial_ends_soon = false;
  // A product's metadata, when the event is about one.
  std::string product;
  std::optional<std::string> product_entitlements;
  std::string deleted_customer;
  bool concerns_us() const {
    return order || refund || dispute || subscription || invoice || !settled_invoice.empty() || !product.empty() ||
           !deleted_customer.empty();
  }
};

// Ids are at most 255 bytes of letters, digits, '_' and '-'; anything else is as if it were absent. Problem code
// bad_event (Source::client): no JSON, no event, a v2 thin event, or an object that its type does not have.
Result<StripeEvent> read_event(std::string_view payload);

// The same from objects fetched from the API, for reconciling.
std::optional<OrderNews> news_of_session(const json::Value& session);
std::optional<OrderNews> news_of_intent(const json::Value& intent);
SubscriptionNews news_of_subscription(const json::Value& subscription);
std::optional<RefundNews> news_of_charge(const json::Value& charge);
std::optional<DisputeNews> news_of_dispute(const json::Value& dispute);
std::optional<InvoiceNews> news_of_invoice(const json::Value& invoice);

}  // namespace gatehouse::services::billing

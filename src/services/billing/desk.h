// The desk: answers who is signed in about what is for sale, what he bought and what he may have, and asks Stripe on
// his behalf. Who he is comes from the pipeline; nothing of it from the request.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gate/origin.h"
#include "services/billing/billing.h"
#include "services/billing/input.h"

namespace gatehouse::services::billing {

// Whose request it is. The pipeline knows him by then.
Person person_of(const gate::Exchange& x);

// What Stripe says, as what we say: an object that is missing is a fault of our records, not of the request.
Problem outward(Problem p);

class BillingDesk final : public gate::Origin {
 public:
  explicit BillingDesk(std::shared_ptr<Billing> billing) : billing_(std::move(billing)) {}
  std::string_view name() const override { return "billing"; }
  // Problem codes are refusals (gate/code.h): unauthenticated, invalid_body, unsupported_media_type, bad_query,
  // billing_customer, billing_price, billing_amount, billing_return_url, not_found, conflict, idempotency_mismatch,
  // payment_declined, payment_unavailable, upstream_refused, overloaded.
  Task<Result<http::Response>> answer(gate::Exchange& x) const override;

 private:
  // What a person wants to buy, judged against the list.
  struct Wanted {
    std::vector<Item> items;
    std::vector<const Price*> prices;  // in the order of items; they live in `catalog`
    std::shared_ptr<const ForSale> catalog;
    bool recurring = false;
    std::int64_t amount = 0;
    std::string currency, text, entitlements;
  };
  using Answer = Result<http::Response>;

  Task<Answer> products(gate::Exchange& x) const;
  Task<Answer> prices(gate::Exchange& x) const;
  Task<Answer> customer(gate::Exchange& x) const;
  Task<Answer> checkout(gate::Exchange& x) const;
  Task<Answer> portal(gate::Exchange& x) const;
  Task<Answer> list_subscriptions(gate::Exchange& x) const;
  Task<Answer> subscribe(gate::Exchange& x) const;
  Task<Answer> cancel(gate::Exchange& x) const;
  Task<Answer> pay(gate::Exchange& x) const;
  Task<Answer> keep_means(gate::Exchange& x) const;
  Task<Answer> ephemeral_key(gate::Exchange& x) const;
  Task<Answer> orders(gate::Exchange& x) const;
  Task<Answer> entitlements(gate::Exchange& x) const;
  Task<Answer> confirm(gate::Exchange& x) const;

  Task<Result<json::Value>> call(gate::Exchange& x, Call c) const;
  Task<Result<std::vector<json::Value>>> all_of(gate::Exchange& x, std::string path) const;
  Task<Result<std::shared_ptr<const ForSale>>> catalog(gate::Exchange& x) const;
  // The customer of who is signed in, made when there is none.
  Task<Result<std::string>> customer_id(gate::Exchange& x) const;
  // The same without making one: empty when there is none.
  Task<Result<std::string>> known_customer(gate::Exchange& x) const;
  Task<Result<Wanted>> wanted(gate::Exchange& x, const json::Value& body) const;
  // Writes the order down, for the customer of who asks, before Stripe hears of it. The same Idempotency-Key gives the
  // same order, for the customer that it began with.
  Task<Result<Order>> begin_order(gate::Exchange& x, std::string_view kind, const Wanted& w) const;
  // The object that Stripe makes for an order: `c` with its customer, once however often it is sent. A refusal abandons
  // the order.
  Task<Result<json::Value>> make_for(gate::Exchange& x, const Order& order, Call c) const;
  // The object that Stripe makes for the customer of who asks.
  Task<Result<json::Value>> make_for_customer(gate::Exchange& x, Call c) const;
  // What Stripe said about it. A refusal abandons it; silence leaves it to events and reconciling.
  Task<Result<void>> opened(gate::Exchange& x, Order order, std::string session, std::string intent,
                            std::string subscription) const;
  Task<Problem> not_opened(gate::Exchange& x, Order order, Problem why) const;

  std::shared_ptr<Billing> billing_;
};

}  // namespace gatehouse::services::billing

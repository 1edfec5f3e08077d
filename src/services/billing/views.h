// What people see of our records and of Stripe's objects.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "gate/exchange.h"
#include "services/billing/orders_store.h"

namespace gatehouse::services::billing {

json::Value shown(const Order& o);
json::Value shown(const Subscription& s);
json::Value shown(const Transition& t);
// A subscription as Stripe's API gave it: no metadata, no customer.
json::Value shown_subscription(const json::Value& subscription);

// A JSON answer in the exchange's arena, never cached.
http::Response json_answer(gate::Exchange& x, const json::Value& v, int status = 200);

// {"object":"list","url":…,"has_more":…,"data":[…]}
json::Value list_of(std::string_view url, json::Value data, bool has_more);

}  // namespace gatehouse::services::billing

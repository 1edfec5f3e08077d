// One call of Stripe's API as bytes, and what its answer means: no network here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::services::billing {

// The version that our reading of objects was written for; sent with every call.
inline constexpr std::string_view kApiVersion = "2026-10-28.endive";

struct Call {
  std::string method = "GET";  // GET, POST or DELETE
  std::string path;            // "/v1/customers"
  json::Value params{json::Object{}};
  std::string idempotency_key;  // for POST; at most 255 characters
  std::string version;          // in place of kApiVersion (ephemeral keys of a mobile SDK)
};

struct Composed {
  std::string method, path, query, body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// `account`: of a connected account, or empty. Headers hold the key: they are for the wire alone.
Composed compose(const Call& call, const Secret& key, std::string_view account);

// What came back.
struct Answered {
  int status = 0;
  std::string body;
  std::string request_id;    // Request-Id
  std::string should_retry;  // Stripe-Should-Retry
  std::string retry_after;   // Retry-After, seconds
};

// Is the same call worth sending again (with the same idempotency key)? Stripe's own word goes first; else 409 (another
// call holds the lock), 429 and 5xx are.
bool worth_retrying(const Answered& a);
// How long to wait before try number `retry` (from 1): half a second doubling to 5 s, times 1/2 … 1 by `chance`
// (0 … 255), and no less than Retry-After says (at most 10 s of it).
Duration pause_before(int retry, std::uint8_t chance, std::string_view retry_after);

// The object of a 2xx, or a Problem with Source::origin:
//   payment_declined      402: the card was refused
//   stripe_missing        404 or code resource_missing: there is no such object
//   payment_unavailable   429, 5xx, a lock that did not go away, an answer that cannot be read
//   upstream_refused      everything else: our key, our parameters, our permissions
// The detail names call, status, Stripe's type, code and parameter and its request id, for the record. Stripe's own
// message is left out of it: it may repeat what a person typed, or a part of the key.
Result<json::Value> judge(const Call& call, const Answered& a);

// The permission that a restricted key lacks, when that is why a call was refused ("rak_customer_write"); else empty.
std::string missing_permission(const Answered& a);

}  // namespace gatehouse::services::billing

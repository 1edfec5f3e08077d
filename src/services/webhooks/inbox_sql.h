// What the parts of the inbox's store share: small questions, and the order of a key. For their sources alone.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "services/webhooks/inbox_store.h"

namespace gatehouse::services::webhooks::sql {

// One number, when there is a row.
Result<std::optional<std::int64_t>> number(Transaction& t, std::string_view sql, std::initializer_list<Param> params);

// The same, without how many rows it changed.
Result<void> nothing(Result<std::int64_t> changed);

// When an event of this key may go: now, or (kNever) once the one before it has ended.
Result<std::int64_t> turn(Transaction& t, std::string_view endpoint, const std::optional<std::string>& order_key,
                          std::int64_t now);

// Lets the oldest waiting event of a key go, whose turn has come. An event in its pause keeps the others waiting.
Result<void> next_of_key(Transaction& t, std::string_view endpoint, std::string_view order_key, std::int64_t now);

// Endpoint and key of an event, for whoever must let the next one go.
struct Chain {
  std::string endpoint;
  std::optional<std::string> order_key;
  State state = State::pending;
};
Result<std::optional<Chain>> chain_of(Transaction& t, std::int64_t seq);

}  // namespace gatehouse::services::webhooks::sql

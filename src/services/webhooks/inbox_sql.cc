#include "services/webhooks/inbox_sql.h"

namespace gatehouse::services::webhooks::sql {

Result<std::optional<std::int64_t>> number(Transaction& t, std::string_view sql, std::initializer_list<Param> params) {
  std::optional<std::int64_t> value;
  auto done = t.query(sql, params, [&](const Row& r) {
    if (!r.null(0)) value = r.integer(0);
    return false;
  });
  if (!done) return fail(std::move(done.error()));
  return value;
}

Result<void> nothing(Result<std::int64_t> r) {
  if (!r) return fail(std::move(r.error()));
  return {};
}

Result<std::int64_t> turn(Transaction& t, std::string_view endpoint, const std::optional<std::string>& order_key,
                          std::int64_t now) {
  if (!order_key) return now;
  auto before = number(t,
                       "SELECT seq FROM webhook_event WHERE state = 0 AND endpoint = $1 AND order_key = $2 "
                       "AND order_key IS NOT NULL LIMIT 1",
                       {endpoint, *order_key});
  if (!before) return fail(std::move(before.error()));
  return *before ? kNever : now;
}

Result<void> next_of_key(Transaction& t, std::string_view endpoint, std::string_view order_key, std::int64_t now) {
  return nothing(
      t.run("UPDATE webhook_event SET next_at = $3 WHERE next_at = 9223372036854775807 AND seq = "
            "(SELECT min(seq) FROM webhook_event WHERE state = 0 AND endpoint = $1 AND order_key = $2 "
            "AND order_key IS NOT NULL)",
            {endpoint, order_key, now}));
}

Result<std::optional<Chain>> chain_of(Transaction& t, std::int64_t seq) {
  std::optional<Chain> found;
  auto done = t.query("SELECT endpoint, order_key, state FROM webhook_event WHERE seq = $1", {seq}, [&](const Row& r) {
    found.emplace();
    found->endpoint = r.string(0);
    if (!r.null(1)) found->order_key = r.string(1);
    found->state = static_cast<State>(r.integer(2));
    return false;
  });
  if (!done) return fail(std::move(done.error()));
  return found;
}

}  // namespace gatehouse::services::webhooks::sql

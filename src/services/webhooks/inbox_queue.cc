// The inbox's store as a queue: what is due, who has it, and how it ended.
#include "services/webhooks/inbox_sql.h"
#include "services/webhooks/inbox_store.h"

namespace gatehouse::services::webhooks {

using sql::chain_of;
using sql::next_of_key;
using sql::nothing;
using sql::number;
using sql::turn;

Result<std::vector<Claimed>> InboxStore::claim(Transaction& t, std::string_view endpoint, std::string_view owner,
                                               std::int64_t now, std::int64_t lease_ms, std::int64_t most,
                                               std::size_t bytes) {
  std::vector<Claimed> all;
  std::size_t held = 0;
  auto read = t.query(
      "SELECT e.seq, e.event_id, e.type, e.content_type, e.created, e.received, e.attempts, e.first_try, e.done, "
      "e.sealed_by, b.body FROM webhook_event e LEFT JOIN webhook_body b ON b.seq = e.seq "
      "WHERE e.state = 0 AND e.endpoint = $1 AND e.next_at <= $2 ORDER BY e.next_at, e.seq LIMIT $3",
      {endpoint, now, most}, [&](const Row& r) {
        if (!all.empty() && held + r.text(10).size() > bytes) return false;
        held += r.text(10).size();
        all.push_back({r.integer(0), r.string(1), r.string(2), r.string(3), r.integer(4), r.integer(5), r.integer(6),
                       r.integer(7), r.integer(8), r.string(10), r.string(9)});
        return true;
      });
  if (!read) return fail(std::move(read.error()));
  for (const Claimed& c : all) {
    auto leased =
        t.run("UPDATE webhook_event SET owner = $2, next_at = $3 WHERE seq = $1", {c.seq, owner, now + lease_ms});
    if (!leased) return fail(std::move(leased.error()));
  }
  return all;
}

Result<std::int64_t> InboxStore::next_due(Transaction& t, std::string_view endpoint) {
  auto due = number(t, "SELECT min(next_at) FROM webhook_event WHERE state = 0 AND endpoint = $1", {endpoint});
  if (!due) return fail(std::move(due.error()));
  return due->value_or(kNever);
}

Result<void> InboxStore::mark_done(Transaction& t, std::int64_t seq, std::string_view owner, std::int64_t done) {
  return nothing(
      t.run("UPDATE webhook_event SET done = $3 WHERE seq = $1 AND owner = $2 AND state = 0", {seq, owner, done}));
}

Result<void> InboxStore::end(Transaction& t, std::int64_t seq, std::string_view owner, State state, std::int64_t now,
                             std::int64_t status, std::string_view error) {
  auto changed = t.run(
      "UPDATE webhook_event SET state = $3, ended = $4, attempts = attempts + 1, owner = NULL, last_status = $5, "
      "last_error = $6 WHERE seq = $1 AND owner = $2 AND state = 0",
      {seq, owner, static_cast<int>(state), now, status, error});
  if (!changed) return fail(std::move(changed.error()));
  if (*changed == 0) return {};
  auto chain = chain_of(t, seq);
  if (!chain) return fail(std::move(chain.error()));
  if (*chain && (*chain)->order_key) return next_of_key(t, (*chain)->endpoint, *(*chain)->order_key, now);
  return {};
}

Result<void> InboxStore::try_again(Transaction& t, std::int64_t seq, std::string_view owner, std::int64_t now,
                                   std::int64_t next_at, std::int64_t status, std::string_view error) {
  return nothing(
      t.run("UPDATE webhook_event SET next_at = $4, attempts = attempts + 1, owner = NULL, last_status = $5, "
            "last_error = $6, first_try = CASE WHEN first_try = 0 THEN $3 ELSE first_try END "
            "WHERE seq = $1 AND owner = $2 AND state = 0",
            {seq, owner, now, next_at, status, error}));
}

Result<void> InboxStore::give_back(Transaction& t, std::int64_t seq, std::string_view owner, std::int64_t now) {
  return nothing(
      t.run("UPDATE webhook_event SET next_at = $3, owner = NULL WHERE seq = $1 AND owner = $2 AND state = 0",
            {seq, owner, now}));
}

Result<std::int64_t> InboxStore::release_others(Transaction& t, std::string_view owner, std::int64_t now) {
  return t.run(
      "UPDATE webhook_event SET next_at = $2, owner = NULL WHERE owner IS NOT NULL AND owner <> $1 AND state = 0",
      {owner, now});
}

Result<std::int64_t> InboxStore::wake(Transaction& t, std::string_view endpoint, const Horizon& h, std::int64_t now,
                                      std::int64_t most) {
  std::int64_t woken = 0;
  // Stored, or given back, by a clock that ran ahead: what nobody tried yet waits for nothing but its turn.
  auto part = t.run(
      "UPDATE webhook_event SET next_at = $2 WHERE seq IN (SELECT seq FROM webhook_event WHERE state = 0 AND "
      "endpoint = $1 AND next_at > $3 AND next_at < 9223372036854775807 AND attempts = 0 AND owner IS NULL LIMIT $4)",
      {endpoint, now, now + h.slack, most});
  if (!part) return part;
  woken += *part;
  // Tried by such a clock: no pause is longer than the longest, no lease than a lease, and no span began in the future.
  part = t.run(
      "UPDATE webhook_event SET next_at = $2, first_try = CASE WHEN first_try > $2 THEN $2 ELSE first_try END WHERE "
      "seq "
      "IN (SELECT seq FROM webhook_event WHERE state = 0 AND endpoint = $1 AND next_at > $3 AND next_at < "
      "9223372036854775807 AND owner IS NULL LIMIT $4)",
      {endpoint, now, now + h.longest_pause + h.slack, most});
  if (!part) return part;
  woken += *part;
  part = t.run(
      "UPDATE webhook_event SET next_at = $2 WHERE seq IN (SELECT seq FROM webhook_event WHERE state = 0 AND endpoint "
      "= "
      "$1 AND next_at > $3 AND next_at < 9223372036854775807 AND owner IS NOT NULL LIMIT $4)",
      {endpoint, now + h.lease, now + h.lease + h.slack, most});
  if (!part) return part;
  return woken + *part;
}

Result<bool> InboxStore::replay(Transaction& t, std::int64_t seq, std::int64_t now) {
  auto there = body(t, seq);
  if (!there) return fail(std::move(there.error()));
  auto chain = chain_of(t, seq);
  if (!chain) return fail(std::move(chain.error()));
  if (!*there || !*chain) return false;
  if ((*chain)->state == State::pending) {
    auto sooner = t.run("UPDATE webhook_event SET next_at = $2 WHERE seq = $1 AND owner IS NULL AND next_at < $3",
                        {seq, now, kNever});
    if (!sooner) return fail(std::move(sooner.error()));
    return true;
  }
  auto next = turn(t, (*chain)->endpoint, (*chain)->order_key, now);
  if (!next) return fail(std::move(next.error()));
  auto changed = t.run(
      "UPDATE webhook_event SET state = 0, attempts = 0, first_try = 0, done = 0, ended = 0, owner = NULL, next_at = "
      "$2, "
      "note = 'replayed' WHERE seq = $1",
      {seq, *next});
  if (!changed) return fail(std::move(changed.error()));
  return true;
}

Result<bool> InboxStore::discard(Transaction& t, std::int64_t seq, std::int64_t now) {
  auto chain = chain_of(t, seq);
  if (!chain) return fail(std::move(chain.error()));
  if (!*chain) return false;
  auto changed = t.run(
      "UPDATE webhook_event SET state = 4, ended = $2, owner = NULL WHERE seq = $1 AND state IN (0, 2, 3)", {seq, now});
  if (!changed) return fail(std::move(changed.error()));
  if (*changed && (*chain)->state == State::pending && (*chain)->order_key)
    if (auto next = next_of_key(t, (*chain)->endpoint, *(*chain)->order_key, now); !next)
      return fail(std::move(next.error()));
  return *changed > 0;
}

}  // namespace gatehouse::services::webhooks

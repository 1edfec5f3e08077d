// What goes from the inbox's store: by age, by size, and by the person whose it is.
#include "services/webhooks/inbox_sql.h"
#include "services/webhooks/inbox_store.h"

namespace gatehouse::services::webhooks {
using sql::number;

Result<std::int64_t> InboxStore::held_bytes(Transaction& t) {
  auto bytes = number(
      t, "SELECT sum(e.size) FROM webhook_event e JOIN webhook_body b ON b.seq = e.seq WHERE e.state IN (1, 4, 5)", {});
  if (!bytes) return fail(std::move(bytes.error()));
  return bytes->value_or(0);
}

Result<std::int64_t> InboxStore::erase_user(Transaction& t, std::string_view user_key, std::int64_t now) {
  std::vector<std::int64_t> all;
  auto read = t.query("SELECT seq FROM webhook_event WHERE user_key = $1 AND user_key IS NOT NULL", {user_key},
                      [&](const Row& r) {
                        all.push_back(r.integer(0));
                        return true;
                      });
  if (!read) return fail(std::move(read.error()));
  for (std::int64_t seq : all) {
    if (auto ended = discard(t, seq, now); !ended) return fail(std::move(ended.error()));
    auto gone = t.run("DELETE FROM webhook_body WHERE seq = $1", {seq});
    auto cleared = gone ? t.run(
                              "UPDATE webhook_event SET user_key = NULL, order_key = NULL, last_error = '', "
                              "note = 'erased' WHERE seq = $1",
                              {seq})
                        : std::move(gone);
    if (!cleared) return fail(std::move(cleared.error()));
  }
  return static_cast<std::int64_t>(all.size());
}

Result<std::int64_t> InboxStore::remove_old(Transaction& t, State state, std::int64_t ended, std::int64_t now,
                                            std::int64_t most) {
  std::vector<std::pair<std::int64_t, bool>> old;
  auto read = t.query(
      "SELECT e.seq, e.remember < $3 FROM webhook_event e WHERE e.state = $1 AND e.state <> 0 AND e.ended < $2 AND "
      "(e.remember < $3 OR EXISTS (SELECT 1 FROM webhook_body b WHERE b.seq = e.seq)) LIMIT $4",
      {static_cast<int>(state), ended, now, most}, [&](const Row& r) {
        old.emplace_back(r.integer(0), r.integer(1) != 0);
        return true;
      });
  if (!read) return fail(std::move(read.error()));
  for (const auto& [seq, whole] : old) {
    auto gone = t.run("DELETE FROM webhook_body WHERE seq = $1", {seq});
    if (gone && whole) gone = t.run("DELETE FROM webhook_anomaly WHERE event = $1", {seq});
    if (gone && whole) gone = t.run("DELETE FROM webhook_event WHERE seq = $1", {seq});
    if (!gone) return fail(std::move(gone.error()));
  }
  return static_cast<std::int64_t>(old.size());
}

Result<std::int64_t> InboxStore::remove_bodies(Transaction& t, std::int64_t most) {
  std::vector<std::int64_t> old;
  std::int64_t bytes = 0;
  for (State state : {State::skipped, State::discarded, State::delivered}) {
    auto read = t.query(
        "SELECT e.seq, e.size FROM webhook_event e JOIN webhook_body b ON b.seq = e.seq WHERE e.state = $1 AND "
        "e.state <> 0 ORDER BY e.ended LIMIT $2",
        {static_cast<int>(state), most - static_cast<std::int64_t>(old.size())}, [&](const Row& r) {
          old.push_back(r.integer(0));
          bytes += r.integer(1);
          return true;
        });
    if (!read) return fail(std::move(read.error()));
  }
  for (std::int64_t seq : old)
    if (auto gone = t.run("DELETE FROM webhook_body WHERE seq = $1", {seq}); !gone)
      return fail(std::move(gone.error()));
  return bytes;
}

}  // namespace gatehouse::services::webhooks

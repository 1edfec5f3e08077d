#include "services/webhooks/inbox_store.h"

#include <array>

#include "services/webhooks/inbox_sql.h"

namespace gatehouse::services::webhooks {
namespace {

using sql::number;

constexpr std::array<std::string_view, 6> kStates{"pending",     "delivered", "dead",
                                                  "quarantined", "discarded", "skipped"};
constexpr std::int64_t kAnomaliesKept = 5;  // of one event; more are only counted
constexpr int kTypesKept = 8;               // of one body that came under several types

// `state` stands in the statements as a number, so that the partial indexes serve them: 0 pending, 1 delivered …
const std::vector<Migration>& steps() {
  static const std::vector<Migration> kSteps = {
      {1,
       "events",
       {"CREATE TABLE webhook_event ("
        "seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, endpoint TEXT NOT NULL, event_id TEXT NOT NULL, "
        "type TEXT NOT NULL, content_type TEXT NOT NULL, digest BYTEA NOT NULL, by_digest BIGINT NOT NULL, "
        "created BIGINT NOT NULL, received BIGINT NOT NULL, remember BIGINT NOT NULL, state BIGINT NOT NULL, "
        "order_key TEXT, user_key TEXT, sealed_by TEXT NOT NULL, size BIGINT NOT NULL, "
        "attempts BIGINT NOT NULL DEFAULT 0, first_try BIGINT NOT NULL DEFAULT 0, next_at BIGINT NOT NULL, "
        "owner TEXT, done BIGINT NOT NULL DEFAULT 0, ended BIGINT NOT NULL DEFAULT 0, "
        "last_status BIGINT NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', "
        "anomalies BIGINT NOT NULL DEFAULT 0, UNIQUE (endpoint, event_id))",
        // Apart from its event: what is delivered is written once and read once, while its event changes often.
        "CREATE TABLE webhook_body (seq BIGINT NOT NULL PRIMARY KEY, body BYTEA NOT NULL)",
        "CREATE TABLE webhook_anomaly (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event BIGINT NOT NULL, "
        "digest BYTEA NOT NULL, size BIGINT NOT NULL, received BIGINT NOT NULL)",
        "CREATE INDEX webhook_due ON webhook_event (endpoint, next_at, seq) WHERE state = 0",
        "CREATE INDEX webhook_chain ON webhook_event (endpoint, order_key, seq) "
        "WHERE state = 0 AND order_key IS NOT NULL",
        "CREATE INDEX webhook_digest ON webhook_event (endpoint, digest) WHERE by_digest = 1",
        "CREATE INDEX webhook_ended ON webhook_event (state, ended) WHERE state <> 0",
        "CREATE INDEX webhook_owner ON webhook_event (owner) WHERE owner IS NOT NULL",
        "CREATE INDEX webhook_user ON webhook_event (user_key) WHERE user_key IS NOT NULL"}}};
  return kSteps;
}

Result<Arrival> again(Transaction& t, const NewEvent& e, std::int64_t seq, bool same) {
  if (same) return Arrival::duplicate;
  auto counted =
      number(t, "UPDATE webhook_event SET anomalies = anomalies + 1 WHERE seq = $1 RETURNING anomalies", {seq});
  if (!counted) return fail(std::move(counted.error()));
  if (*counted && **counted <= kAnomaliesKept) {
    auto kept = t.run("INSERT INTO webhook_anomaly (event, digest, size, received) VALUES ($1, $2, $3, $4)",
                      {seq, Bytes{e.digest}, e.size, e.received});
    if (!kept) return fail(std::move(kept.error()));
  }
  return Arrival::anomaly;
}

// Under which name an event's key stands. Seal keys blind a key each in its own way: while an event of the same key
// waits under another of its names, this one waits behind it.
// Stops: a rotated seal key that lets later events of a customer overtake earlier ones.
Result<std::optional<std::string>> name_of_key(Transaction& t, const NewEvent& e) {
  std::optional<std::string> name = e.order_key;
  if (!name || e.order_key_names.empty()) return name;
  std::int64_t newest = 0;
  auto look = [&](const std::string& candidate) -> Result<void> {
    auto waits = number(t,
                        "SELECT max(seq) FROM webhook_event WHERE state = 0 AND endpoint = $1 AND order_key = $2 AND "
                        "order_key IS NOT NULL",
                        {e.endpoint, candidate});
    if (!waits) return fail(std::move(waits.error()));
    if (waits->value_or(0) > newest) {
      newest = **waits;
      name = candidate;
    }
    return {};
  };
  if (auto r = look(*e.order_key); !r) return fail(std::move(r.error()));
  for (const std::string& other : e.order_key_names)
    if (auto r = look(other); !r) return fail(std::move(r.error()));
  return name;
}

}  // namespace

std::string_view text(State state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<State> state_of(std::string_view name) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == name) return static_cast<State>(i);
  return std::nullopt;
}

Result<void> InboxStore::migrate(Db& db) { return db.migrate("webhooks", steps()); }

Result<Arrival> InboxStore::add(Transaction& t, const NewEvent& e) {
  State state = e.state;
  std::string_view note = e.note;
  if (e.by_digest) {
    int others = 0;
    bool same = false;
    auto asked = t.query(
        "SELECT type FROM webhook_event WHERE by_digest = 1 AND endpoint = $1 AND digest = $2 AND remember > $3",
        {e.endpoint, Bytes{e.digest}, e.received}, [&](const Row& r) {
          same = r.text(0) == e.type || ++others >= kTypesKept;
          return !same;
        });
    if (!asked) return fail(std::move(asked.error()));
    if (same) return Arrival::duplicate;
    if (others > 0 && state == State::pending) {
      state = State::quarantined;
      note =
          "an equal body came under another type, and the type is not signed; replay it when both are true, or give "
          "each type an endpoint of its own";
    }
  }
  auto order_key = name_of_key(t, e);
  if (!order_key) return fail(std::move(order_key.error()));
  auto next = state == State::pending ? sql::turn(t, e.endpoint, *order_key, e.received) : Result<std::int64_t>(0);
  if (!next) return fail(std::move(next.error()));
  auto seq = number(
      t,
      "INSERT INTO webhook_event (endpoint, event_id, type, content_type, digest, by_digest, created, received, "
      "remember, state, order_key, user_key, sealed_by, size, next_at, ended, note) VALUES ($1, $2, $3, $4, $5, $6, "
      "$7, "
      "$8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (endpoint, event_id) DO NOTHING RETURNING seq",
      {e.endpoint, e.id, e.type, e.content_type, Bytes{e.digest}, e.by_digest ? 1 : 0, e.created, e.received,
       e.remember, static_cast<int>(state), *order_key, e.user_key, e.sealed_by, e.size, *next,
       state == State::pending ? 0 : e.received, note});
  if (!seq) return fail(std::move(seq.error()));
  if (*seq) {
    auto kept = t.run("INSERT INTO webhook_body (seq, body) VALUES ($1, $2)", {**seq, Bytes{e.body}});
    if (!kept) return fail(std::move(kept.error()));
    return state == State::quarantined ? Arrival::quarantined : Arrival::fresh;
  }
  std::int64_t known = 0;
  bool same = false;
  auto found = t.query("SELECT seq, digest FROM webhook_event WHERE endpoint = $1 AND event_id = $2",
                       {e.endpoint, e.id}, [&](const Row& r) {
                         known = r.integer(0);
                         same = r.text(1) == e.digest;
                         return false;
                       });
  if (!found) return fail(std::move(found.error()));
  return again(t, e, known, same);
}

}  // namespace gatehouse::services::webhooks

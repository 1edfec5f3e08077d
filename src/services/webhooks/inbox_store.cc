#include "services/webhooks/inbox_store.h"

#include <array>

namespace gatehouse::services::webhooks {
namespace {

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

constexpr std::string_view kColumns =
    "seq, endpoint, event_id, type, content_type, state, created, received, ended, next_at, attempts, last_status, "
    "anomalies, size, last_error, note, COALESCE(order_key, ''), COALESCE(owner, '')";

EventRow row_of(const Row& r) {
  EventRow e;
  e.seq = r.integer(0);
  e.endpoint = r.string(1);
  e.id = r.string(2);
  e.type = r.string(3);
  e.content_type = r.string(4);
  e.state = static_cast<State>(r.integer(5));
  e.created = r.integer(6);
  e.received = r.integer(7);
  e.ended = r.integer(8);
  e.next_at = r.integer(9);
  e.attempts = r.integer(10);
  e.last_status = r.integer(11);
  e.anomalies = r.integer(12);
  e.size = r.integer(13);
  e.last_error = r.string(14);
  e.note = r.string(15);
  e.order_key = r.string(16);
  e.owner = r.string(17);
  return e;
}

// One number, when there is a row.
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

// When an event of this key may go: now, or once the one before it has ended.
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

// The oldest waiting event of a key whose turn has come. An event in its pause keeps the others waiting.
Result<void> next_of_key(Transaction& t, std::string_view endpoint, std::string_view order_key, std::int64_t now) {
  return nothing(
      t.run("UPDATE webhook_event SET next_at = $3 WHERE next_at = 9223372036854775807 AND seq = "
            "(SELECT min(seq) FROM webhook_event WHERE state = 0 AND endpoint = $1 AND order_key = $2 "
            "AND order_key IS NOT NULL)",
            {endpoint, order_key, now}));
}

// Endpoint and key of an event, for whoever must let the next one go.
struct Chain {
  std::string endpoint;
  std::optional<std::string> order_key;
  State state = State::pending;
};
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

}  // namespace

std::string_view text(State state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<State> state_of(std::string_view name) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == name) return static_cast<State>(i);
  return std::nullopt;
}

json::Value to_json(const EventRow& e) {
  json::Value v;
  v.set("seq", e.seq).set("endpoint", e.endpoint).set("id", e.id).set("type", e.type).set("state", text(e.state));
  v.set("created", e.created).set("received_ms", e.received).set("size", e.size).set("attempts", e.attempts);
  if (e.ended) v.set("ended_ms", e.ended);
  if (e.state == State::pending)
    v.set("next_ms", e.next_at == kNever ? json::Value() : json::Value(e.next_at)).set("leased", !e.owner.empty());
  if (e.last_status) v.set("last_status", e.last_status);
  if (!e.last_error.empty()) v.set("last_error", e.last_error);
  if (!e.note.empty()) v.set("note", e.note);
  if (!e.order_key.empty()) v.set("order_key", e.order_key);
  if (e.anomalies) v.set("anomalies", e.anomalies);
  return v;
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
  auto next = state == State::pending ? turn(t, e.endpoint, e.order_key, e.received) : Result<std::int64_t>(0);
  if (!next) return fail(std::move(next.error()));
  auto seq = number(
      t,
      "INSERT INTO webhook_event (endpoint, event_id, type, content_type, digest, by_digest, created, received, "
      "remember, state, order_key, user_key, sealed_by, size, next_at, ended, note) VALUES ($1, $2, $3, $4, $5, $6, "
      "$7, "
      "$8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (endpoint, event_id) DO NOTHING RETURNING seq",
      {e.endpoint, e.id, e.type, e.content_type, Bytes{e.digest}, e.by_digest ? 1 : 0, e.created, e.received,
       e.remember, static_cast<int>(state), e.order_key, e.user_key, e.sealed_by, e.size, *next,
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

Result<std::vector<EventRow>> InboxStore::list(Transaction& t, const Filter& f) {
  std::string sql = "SELECT " + std::string(kColumns) + " FROM webhook_event WHERE 1 = 1";
  std::vector<Param> params;
  auto and_ = [&](std::string_view condition, Param p) {
    params.push_back(p);
    sql += " AND " + std::string(condition) + std::to_string(params.size());
  };
  std::string prefix, beyond;
  if (!f.endpoint.empty()) and_("endpoint = $", f.endpoint);
  if (!f.id.empty()) and_("event_id = $", f.id);
  if (f.state) and_("state = $", static_cast<int>(*f.state));
  if (f.type.ends_with('*')) {
    prefix = f.type.substr(0, f.type.size() - 1);
    beyond = prefix + "\xf4\x8f\xbf\xbf";  // the last code point: every text that begins with the prefix is below
    and_("type >= $", prefix);
    and_("type <= $", beyond);
  } else if (!f.type.empty()) {
    and_("type = $", f.type);
  }
  if (f.since) and_("received >= $", f.since);
  if (f.until) and_("received < $", f.until);
  if (f.after) and_("seq > $", f.after);
  if (f.from) and_("seq >= $", f.from);
  if (f.to) and_("seq <= $", f.to);
  sql += f.after || f.from ? " ORDER BY seq LIMIT $" : " ORDER BY seq DESC LIMIT $";
  params.push_back(f.limit);
  sql += std::to_string(params.size());
  std::vector<EventRow> all;
  auto read = t.query(sql, std::span<const Param>(params), [&](const Row& r) {
    all.push_back(row_of(r));
    return true;
  });
  if (!read) return fail(std::move(read.error()));
  return all;
}

Result<std::optional<EventRow>> InboxStore::find(Transaction& t, std::int64_t seq) {
  Filter f;
  f.from = f.to = seq;
  f.limit = 1;
  auto rows = list(t, f);
  if (!rows) return fail(std::move(rows.error()));
  if (rows->empty()) return std::optional<EventRow>();
  return std::optional(std::move(rows->front()));
}

Result<std::optional<InboxStore::Body>> InboxStore::body(Transaction& t, std::int64_t seq) {
  std::optional<Body> found;
  auto read =
      t.query("SELECT b.body, e.sealed_by FROM webhook_body b JOIN webhook_event e ON e.seq = b.seq WHERE b.seq = $1",
              {seq}, [&](const Row& r) {
                found = Body{r.string(0), r.string(1)};
                return false;
              });
  if (!read) return fail(std::move(read.error()));
  return found;
}

Result<std::vector<Count>> InboxStore::counts(Transaction& t) {
  std::vector<Count> all;
  auto read = t.query(
      "SELECT endpoint, state, count(*), COALESCE(sum(size), 0), COALESCE(min(received), 0) FROM webhook_event "
      "GROUP BY endpoint, state ORDER BY endpoint, state",
      {}, [&](const Row& r) {
        all.push_back({r.string(0), static_cast<State>(r.integer(1)), r.integer(2), r.integer(3), r.integer(4)});
        return true;
      });
  if (!read) return fail(std::move(read.error()));
  return all;
}

Result<InboxStore::Waiting> InboxStore::waiting(Transaction& t) {
  Waiting w;
  auto pending =
      t.query("SELECT endpoint, count(*) FROM webhook_event WHERE state = 0 GROUP BY endpoint", {}, [&](const Row& r) {
        w.pending[r.string(0)] = r.integer(1);
        return true;
      });
  if (!pending) return fail(std::move(pending.error()));
  auto ended = t.query("SELECT state, count(*) FROM webhook_event WHERE state IN (2, 3) AND state <> 0 GROUP BY state",
                       {}, [&](const Row& r) {
                         (r.integer(0) == 2 ? w.dead : w.quarantined) = r.integer(1);
                         return true;
                       });
  if (!ended) return fail(std::move(ended.error()));
  return w;
}

Result<std::int64_t> InboxStore::held_bytes(Transaction& t) {
  auto bytes =
      number(t, "SELECT sum(e.size) FROM webhook_event e JOIN webhook_body b ON b.seq = e.seq WHERE e.state = 1", {});
  if (!bytes) return fail(std::move(bytes.error()));
  return bytes->value_or(0);
}

Result<json::Value> InboxStore::anomalies(Transaction& t, std::int64_t limit) {
  json::Value all{json::Array{}};
  auto read = t.query(
      "SELECT a.event, e.endpoint, e.event_id, a.size, a.received FROM webhook_anomaly a "
      "JOIN webhook_event e ON e.seq = a.event ORDER BY a.seq DESC LIMIT $1",
      {limit}, [&](const Row& r) {
        json::Value v;
        v.set("seq", r.integer(0)).set("endpoint", r.text(1)).set("id", r.text(2));
        v.set("size", r.integer(3)).set("received_ms", r.integer(4));
        all.push(std::move(v));
        return true;
      });
  if (!read) return fail(std::move(read.error()));
  return all;
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
  return true;
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
  auto read = t.query(
      "SELECT e.seq, e.size FROM webhook_event e JOIN webhook_body b ON b.seq = e.seq WHERE e.state = 1 "
      "ORDER BY e.ended LIMIT $1",
      {most}, [&](const Row& r) {
        old.push_back(r.integer(0));
        bytes += r.integer(1);
        return true;
      });
  if (!read) return fail(std::move(read.error()));
  for (std::int64_t seq : old)
    if (auto gone = t.run("DELETE FROM webhook_body WHERE seq = $1", {seq}); !gone)
      return fail(std::move(gone.error()));
  return bytes;
}

}  // namespace gatehouse::services::webhooks

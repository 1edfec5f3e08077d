// The inbox's store as its operator sees it: lists, counts, one event.
#include "services/webhooks/inbox_sql.h"
#include "services/webhooks/inbox_store.h"

namespace gatehouse::services::webhooks {
namespace {

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

}  // namespace

json::Value to_json(const EventRow& e) {
  json::Value v;
  v.set("seq", e.seq).set("endpoint", e.endpoint).set("id", e.id).set("type", e.type).set("state", text(e.state));
  v.set("created", e.created).set("received_ms", e.received).set("size", e.size).set("attempts", e.attempts);
  if (e.created)
    v.set("created_ms", e.created * 1000);  // as all times; `created` stays in seconds, as the provider says
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
  if (seq < 1) return std::optional<EventRow>();  // no event has it, and in a filter it means that nothing is asked
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

Result<std::int64_t> InboxStore::behind(Transaction& t, std::int64_t seq) {
  auto first =
      sql::number(t,
                  "SELECT min(f.seq) FROM webhook_event f JOIN webhook_event e ON e.seq = $1 WHERE f.state = 0 "
                  "AND f.endpoint = e.endpoint AND f.order_key = e.order_key AND f.order_key IS NOT NULL AND "
                  "e.next_at = 9223372036854775807 AND e.state = 0",
                  {seq});
  if (!first) return fail(std::move(first.error()));
  const std::int64_t found = first->value_or(0);
  return found == seq ? 0 : found;
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

}  // namespace gatehouse::services::webhooks

// The tables of the inbox: events, their bodies, and what contradicted an earlier event. Times are unix milliseconds.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "store/db.h"

namespace gatehouse::services::webhooks {

enum class State : std::uint8_t { pending, delivered, dead, quarantined, discarded, skipped };
std::string_view text(State state);
std::optional<State> state_of(std::string_view name);

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// An event on its way into the store.
struct NewEvent {
  std::string endpoint, id, type, content_type;
  std::string digest;      // SHA-256 of its content, 32 bytes
  bool by_digest = false;  // equal digests are one event, whatever the id says
  std::int64_t created = 0;
  std::int64_t received = 0;
  std::int64_t remember = 0;  // the id is kept until then
  State state = State::pending;
  std::string note;  // why it is not pending
  std::optional<std::string> order_key, user_key;
  std::vector<std::string> order_key_names;  // the same key as other seal keys blind it, and as it is
  std::string body;                          // sealed when `sealed_by` is set
  std::string sealed_by;                     // name of the key
  std::uint64_t size = 0;                    // of the body as it came
};

enum class Arrival : std::uint8_t { fresh, quarantined, duplicate, anomaly };

// An event as lists show it.
struct EventRow {
  std::int64_t seq = 0;
  std::string endpoint, id, type, content_type;
  State state = State::pending;
  std::int64_t created = 0, received = 0, ended = 0, next_at = 0;
  std::int64_t attempts = 0, last_status = 0, anomalies = 0, size = 0;
  std::string last_error, note, order_key, owner;
};
json::Value to_json(const EventRow& row);

// An event that is ours to deliver until the lease ends.
struct Claimed {
  std::int64_t seq = 0;
  std::string id, type, content_type;
  std::int64_t created = 0, received = 0, attempts = 0, first_try = 0;
  std::int64_t done = 0;  // who has it: handler_bit(), kBackendBit
  std::string body, sealed_by;
};

struct Filter {
  std::string endpoint, type, id;  // type: a pattern, "checkout.*"
  std::optional<State> state;
  std::int64_t since = 0, until = 0;  // received; 0: open
  std::int64_t after = 0;             // seq above this, in rising order; 0: the newest first
  std::int64_t from = 0, to = 0;      // seq, inclusive
  std::int64_t limit = 50;
};

struct Count {
  std::string endpoint;
  State state = State::pending;
  std::int64_t events = 0, bytes = 0, oldest = 0;
};

// Every function is one part of a transaction. Problems are the store's.
class InboxStore {
 public:
  static Result<void> migrate(Db& db);

  // Stores an event once. An event of a busy key waits behind it. Where the id is not signed, an equal body under
  // another type is kept in quarantine: it may be another event, or a captured request under a type of one's choice.
  static Result<Arrival> add(Transaction& t, const NewEvent& e);

  // Up to `most` events of an endpoint that are due, and about `bytes` of bodies (one at least), leased to `owner`.
  static Result<std::vector<Claimed>> claim(Transaction& t, std::string_view endpoint, std::string_view owner,
                                            std::int64_t now, std::int64_t lease_ms, std::int64_t most,
                                            std::size_t bytes);
  // When the next event of an endpoint is due: kNever when none waits.
  static Result<std::int64_t> next_due(Transaction& t, std::string_view endpoint);
  // One listener has it; others are still to come. These four change only what is leased to `owner`.
  static Result<void> mark_done(Transaction& t, std::int64_t seq, std::string_view owner, std::int64_t done);
  // It ended; the next of its key may go. `attempts` counts the last one.
  static Result<void> end(Transaction& t, std::int64_t seq, std::string_view owner, State state, std::int64_t now,
                          std::int64_t status, std::string_view error);
  static Result<void> try_again(Transaction& t, std::int64_t seq, std::string_view owner, std::int64_t now,
                                std::int64_t next_at, std::int64_t status, std::string_view error);
  // Back as it was: nothing was tried.
  static Result<void> give_back(Transaction& t, std::int64_t seq, std::string_view owner, std::int64_t now);
  // Ends the leases of everybody but `owner`, which the caller knows to be the only one alive.
  static Result<std::int64_t> release_others(Transaction& t, std::string_view owner, std::int64_t now);

  // What no sane clock would have made: longer waits than these are ended. In milliseconds.
  struct Horizon {
    std::int64_t longest_pause = 0, lease = 0;
    std::int64_t slack = 2000;  // between the clocks of threads
  };
  // Makes due what was stored, tried or leased while the clock ran ahead, up to three times `most` events at once.
  static Result<std::int64_t> wake(Transaction& t, std::string_view endpoint, const Horizon& h, std::int64_t now,
                                   std::int64_t most);

  static Result<std::vector<EventRow>> list(Transaction& t, const Filter& f);
  static Result<std::optional<EventRow>> find(Transaction& t, std::int64_t seq);
  struct Body {
    std::string bytes, sealed_by;
  };
  static Result<std::optional<Body>> body(Transaction& t, std::int64_t seq);
  static Result<std::vector<Count>> counts(Transaction& t);  // walks every event
  struct Waiting {
    std::map<std::string, std::int64_t> pending;  // by endpoint
    std::int64_t dead = 0, quarantined = 0;
  };
  static Result<Waiting> waiting(Transaction& t);          // walks indexes only
  static Result<std::int64_t> held_bytes(Transaction& t);  // of the bodies of events that nobody waits for
  // Which event one that waits for its turn stands behind: 0 when it does not.
  static Result<std::int64_t> behind(Transaction& t, std::int64_t seq);
  static Result<json::Value> anomalies(Transaction& t, std::int64_t limit);

  // Delivers again what is not pending (and at once what waits for its next try). False: no such event, or its body is
  // gone.
  static Result<bool> replay(Transaction& t, std::int64_t seq, std::int64_t now);
  // Ends what is pending, dead or quarantined. False: there is no such event, or it has ended already.
  static Result<bool> discard(Transaction& t, std::int64_t seq, std::int64_t now);
  // The bodies and keys of a user's events; what was pending is discarded. How many there were.
  static Result<std::int64_t> erase_user(Transaction& t, std::string_view user_key, std::int64_t now);

  // Removes up to `most` events of a state that ended before `ended` (its id is kept as long as it must be remembered).
  static Result<std::int64_t> remove_old(Transaction& t, State state, std::int64_t ended, std::int64_t now,
                                         std::int64_t most);
  // Removes up to `most` bodies of events that nobody waits for: skipped ones first, then discarded, then delivered
  // ones, each the oldest first. How many bytes that were.
  static Result<std::int64_t> remove_bodies(Transaction& t, std::int64_t most);
};

}  // namespace gatehouse::services::webhooks

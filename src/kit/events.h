// Things that happened, told between desks that do not know each other. Who tells and who listens is wired in one
// place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/reactor.h"
#include "net/task.h"

namespace gatehouse::kit {

// A webhook whose signature was verified and which is stored durably. The payload is the provider's, unparsed: its
// bytes are genuine, its content is still to be judged.
struct EventVerified {
  std::string source;         // the endpoint's name: /webhooks/<source> unless its path says otherwise
  std::string provider;       // "stripe", "clerk", …
  std::string id;             // the provider's event id (or the body's digest where it gives none); the same on a retry
  std::string type;           // "checkout.session.completed"; empty when the provider tells none
  std::int64_t created = 0;   // unix seconds, as the provider says; 0: it does not
  std::int64_t received = 0;  // unix seconds, of the first arrival
  std::string payload;        // the raw body
  int attempt = 1;            // of delivering it to this listener
};

// A listener. At least once: the same event may come again (same source and id) after a crash between doing and
// recording, so what it does must be idempotent by (source, id). Events of one ordering key come one after the other.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual std::string_view name() const = 0;  // in records and metrics
  // Done when it returns a value: the event is then never handed to this listener again. A Problem is tried again later
  // with growing pauses; one with Source::client means that this event can never be handled and goes to the dead
  // letters at once. Runs on `reactor`'s thread; the event lives until the task ends.
  virtual Task<Result<void>> handle(const EventVerified& event, net::Reactor& reactor) = 0;
  // Housekeeping, about once an hour, on `reactor`'s thread: what was last handed over before `horizon` (unix seconds)
  // is kept nowhere any more and asked for again by no provider, so whoever remembers events may forget these.
  virtual Task<void> tidy(std::int64_t horizon, net::Reactor& reactor);
};

inline Task<void> EventHandler::tidy(std::int64_t, net::Reactor&) { co_return; }

}  // namespace gatehouse::kit

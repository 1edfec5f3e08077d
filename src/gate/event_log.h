// Business events in the log: one JSON line each, beside the records of requests, written when the thing is durable.
//
// Keys: time, level, event, then what the event brings. The user is hashed as in the records. docs/logging-policy.md
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "gate/log.h"
#include "gate/record.h"

namespace gatehouse::gate {

// Made before there is a log to write to; safe from several threads. Rare: orders, not requests.
class EventLog {
 public:
  EventLog(const Clock& clock, std::string salt) : clock_(clock), salt_(std::move(salt)) {}
  // Where lines go from now on; null: nowhere. The sink must outlive its stay.
  void attach(LogSink* sink);
  // Of the policy that serves. Levels above 1 (info) write no events.
  void configure(const LogConfig& config);
  // `more` is an object whose members are added; `subject` (may be empty) becomes `user`.
  void write(std::string_view event, std::string_view subject, const json::Value& more);

 private:
  const Clock& clock_;
  std::string salt_;
  std::mutex mutex_;
  LogSink* sink_ = nullptr;
  std::unique_ptr<LogSink::Block> block_;
  bool hash_user_ = true, on_ = true;
};

}  // namespace gatehouse::gate

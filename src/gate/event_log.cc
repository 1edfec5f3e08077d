#include "gate/event_log.h"

#include <cstring>
#include <ctime>

#include "base/crypto/digest.h"

namespace gatehouse::gate {
namespace {

std::string time_text(const Clock& clock) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
  const std::time_t seconds = ms / 1000;
  std::tm t{};
  gmtime_r(&seconds, &t);
  char text[40];
  const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
  std::string out(text, n);
  const std::string fraction = std::to_string(1000 + ms % 1000);
  return out + "." + fraction.substr(1) + "Z";
}

}  // namespace

void EventLog::attach(LogSink* sink) {
  std::lock_guard lock(mutex_);
  block_.reset();
  sink_ = sink;
}

void EventLog::configure(const LogConfig& config) {
  std::lock_guard lock(mutex_);
  hash_user_ = config.hash_user;
  on_ = config.level <= 1;
}

void EventLog::write(std::string_view event, std::string_view subject, const json::Value& more) {
  std::lock_guard lock(mutex_);
  if (!sink_ || !on_) return;
  json::Value v;
  v.set("time", time_text(clock_)).set("level", "info").set("event", event);
  if (!subject.empty()) {
    if (hash_user_)
      v.set("user", std::string_view(shortened(crypto::hmac_sha256(salt_, subject))));
    else
      v.set("user", subject.substr(0, 128));
  }
  for (const auto& [name, value] : more.object()) v.set(name, value);
  std::string line = json::write(v) + "\n";
  if (!block_) sink_->exchange(block_);
  if (!block_ || line.size() > LogSink::Block::kSize) return;
  std::memcpy(block_->data.get(), line.data(), line.size());
  block_->used = line.size();
  block_->lines = 1;
  sink_->exchange(block_);
}

}  // namespace gatehouse::gate

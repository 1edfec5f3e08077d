// Where the keys of an issuer come from: fixed by the operator, or fetched, kept fresh and kept through an outage.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/crypto/jwk.h"
#include "base/result.h"

namespace gatehouse::controls::jwt {

// Keys at one moment. The generation is made from the content: the same keys have the same one, in every process.
struct Keys {
  crypto::KeySet set;
  std::uint64_t generation = 0;  // never 0
};

// Safe from several threads.
class KeySource {
 public:
  virtual ~KeySource() = default;
  // What verifies now; null when there is nothing to verify with, and then no token may pass.
  virtual std::shared_ptr<const Keys> keys() const = 0;
  // The generation of keys(), 0 when there are none. One relaxed load: for every request.
  virtual std::uint64_t generation() const = 0;
  // A token names a key that is not here. True when an answer of the issuer is awaited (see asking()).
  virtual bool ask() { return false; }
  virtual bool asking() const { return false; }
  // Why there are no keys, for the record.
  virtual std::string fault() const { return {}; }
};

// Keys that only a new configuration changes.
class FixedKeys final : public KeySource {
 public:
  explicit FixedKeys(std::shared_ptr<const Keys> keys, std::string fault = {})
      : keys_(std::move(keys)), fault_(std::move(fault)) {}
  std::shared_ptr<const Keys> keys() const override { return keys_; }
  std::uint64_t generation() const override { return keys_ ? keys_->generation : 0; }
  std::string fault() const override { return fault_; }

 private:
  std::shared_ptr<const Keys> keys_;
  std::string fault_;
};
// `content` names the keys for their generation. Null when the set is empty.
std::shared_ptr<const Keys> keep_keys(crypto::KeySet set, std::string_view content);

using Fetch = std::function<Result<std::string>(std::string_view url)>;

struct RemoteOptions {
  Duration refresh{std::chrono::minutes(10)};       // between fetches while all is well
  Duration ask_interval{std::chrono::seconds(30)};  // between fetches that unknown kids cause
  Duration stale{std::chrono::hours(24)};           // how long keys outlive the last good answer
};

// The key set at a URL. Between fetches nothing happens; a failed fetch keeps the keys and tries again after 5 s,
// doubling to a minute. An answer without a usable key is an answer: no token passes until there are keys again.
class RemoteKeys final : public KeySource {
 public:
  RemoteKeys(std::string url, RemoteOptions options, const Clock& clock, Fetch fetch);

  std::shared_ptr<const Keys> keys() const override;
  std::uint64_t generation() const override { return generation_.load(std::memory_order_acquire); }
  // Stops: an attacker who invents a kid for every request and makes us flood the issuer. One question an interval.
  bool ask() override;
  bool asking() const override { return asking_.load(std::memory_order_acquire); }
  std::string fault() const override { return status().fault; }

  // Fetches when it is time to, and returns how long to wait until the next look. Blocks in the fetch.
  Duration step();
  // step() until stopped.
  void run(const std::stop_token& stop);

  struct Status {
    std::string url;
    std::size_t keys = 0;
    std::int64_t age_seconds = -1;      // since the last good answer; -1: there was none
    std::string fault;                  // of the last fetch; empty when it was good
    std::vector<std::string> warnings;  // keys that were left out
  };
  Status status() const;

 private:
  void learn(Result<std::string> answer, SteadyTime now);

  const std::string url_;
  const RemoteOptions options_;
  const Clock& clock_;
  const Fetch fetch_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::shared_ptr<const Keys> keys_;
  std::optional<SteadyTime> good_at_, asked_at_;
  SteadyTime due_;
  int failures_ = 0;
  bool wanted_ = false;
  std::string fault_;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<bool> asking_{true};  // until the first answer
};

// All remote key sets of the process, one for each URL, each with a thread of its own that mostly sleeps. It outlives
// reloads; what no policy holds any more stops fetching.
class KeyShelf {
 public:
  KeyShelf(const Clock& clock, Fetch fetch) : clock_(clock), fetch_(std::move(fetch)) {}
  // The source for a URL, made and started when new. With other options than before it is made anew.
  std::shared_ptr<KeySource> take(const std::string& url, const RemoteOptions& options);
  std::vector<RemoteKeys::Status> status() const;

 private:
  struct Entry {
    std::string url;
    RemoteOptions options;
    std::shared_ptr<RemoteKeys> keys;
    std::jthread thread;  // after `keys`: stopped and joined before they go
  };
  const Clock& clock_;
  const Fetch fetch_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace gatehouse::controls::jwt

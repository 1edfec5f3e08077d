#include "controls/jwt/key_source.h"

#include <algorithm>
#include <cstring>

#include "base/crypto/digest.h"

namespace gatehouse::controls::jwt {
namespace {

constexpr Duration kFirstRetry = std::chrono::seconds(5), kLastRetry = std::chrono::minutes(1);

std::uint64_t generation_of(std::string_view content) {
  const auto digest = crypto::sha256(content);
  std::uint64_t n = 0;
  std::memcpy(&n, digest.data(), sizeof(n));
  return n | 1;
}

bool same(const RemoteOptions& a, const RemoteOptions& b) {
  return a.refresh == b.refresh && a.ask_interval == b.ask_interval && a.stale == b.stale;
}

}  // namespace

std::shared_ptr<const Keys> keep_keys(crypto::KeySet set, std::string_view content) {
  if (set.empty()) return nullptr;
  auto keys = std::make_shared<Keys>();
  keys->set = std::move(set);
  keys->generation = generation_of(content);
  return keys;
}

RemoteKeys::RemoteKeys(std::string url, RemoteOptions options, const Clock& clock, Fetch fetch)
    : url_(std::move(url)), options_(options), clock_(clock), fetch_(std::move(fetch)), due_(clock.steady()) {}

std::shared_ptr<const Keys> RemoteKeys::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

bool RemoteKeys::ask() {
  {
    const std::lock_guard lock(mutex_);
    if (asking_.load(std::memory_order_relaxed)) return true;
    const SteadyTime now = clock_.steady();
    if (asked_at_ && now - *asked_at_ < options_.ask_interval) return false;
    asked_at_ = now;
    wanted_ = true;
    asking_.store(true, std::memory_order_release);
  }
  wake_.notify_all();
  return true;
}

Duration RemoteKeys::step() {
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    // Stops: keys that the issuer withdrew living on for as long as an attacker can keep it silent.
    if (keys_ && now - *good_at_ >= options_.stale) {
      keys_ = nullptr;
      generation_.store(0, std::memory_order_release);
    }
    if (now < due_ && !wanted_) return keys_ ? std::min(due_, *good_at_ + options_.stale) - now : due_ - now;
    wanted_ = false;
  }
  Result<std::string> answer = fetch_ ? fetch_(url_) : fail(Source::us, "no_network", "there is no way to fetch it");
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady();
  learn(std::move(answer), now);
  // A question that came during the fetch is answered by the next one.
  asking_.store(wanted_, std::memory_order_release);
  return wanted_ ? Duration::zero() : std::max(due_ - now, Duration::zero());
}

void RemoteKeys::learn(Result<std::string> answer, SteadyTime now) {
  Result<crypto::KeySet> set = fail(Source::origin, "bad_key_set");
  if (answer) set = crypto::KeySet::parse(*answer, crypto::KeyTrust::remote);
  if (!answer || !set) {
    fault_ = (answer ? set.error() : answer.error()).text();
    const Duration wait = kFirstRetry * (1 << std::min(failures_, 6));
    ++failures_;
    due_ = now + std::min(wait, kLastRetry);
    return;
  }
  failures_ = 0;
  good_at_ = now;
  due_ = now + options_.refresh;
  keys_ = keep_keys(std::move(*set), *answer);
  generation_.store(keys_ ? keys_->generation : 0, std::memory_order_release);
  fault_ = keys_ ? "" : "the key set holds no usable key; an issuer that signs with a shared secret lists none";
}

void RemoteKeys::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Duration wait = step();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, wait, [this] { return wanted_; });
  }
}

RemoteKeys::Status RemoteKeys::status() const {
  const std::lock_guard lock(mutex_);
  Status s;
  s.url = url_;
  s.fault = fault_;
  if (keys_) {
    s.keys = keys_->set.records().size();
    s.warnings = keys_->set.warnings();
  }
  if (good_at_) s.age_seconds = std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - *good_at_).count();
  return s;
}

std::shared_ptr<KeySource> KeyShelf::take(const std::string& url, const RemoteOptions& options) {
  const std::lock_guard lock(mutex_);
  // What only the shelf holds belongs to a policy that is gone.
  std::erase_if(entries_, [&](const auto& e) {
    return e->keys.use_count() == 1 && !(e->url == url && same(e->options, options));
  });
  for (const auto& e : entries_)
    if (e->url == url && same(e->options, options)) return e->keys;
  auto entry = std::make_unique<Entry>();
  entry->url = url;
  entry->options = options;
  entry->keys = std::make_shared<RemoteKeys>(url, options, clock_, fetch_);
  entry->thread = std::jthread([keys = entry->keys.get()](const std::stop_token& stop) { keys->run(stop); });
  entries_.push_back(std::move(entry));
  return entries_.back()->keys;
}

std::vector<RemoteKeys::Status> KeyShelf::status() const {
  const std::lock_guard lock(mutex_);
  std::vector<RemoteKeys::Status> all;
  for (const auto& e : entries_) all.push_back(e->keys->status());
  return all;
}

}  // namespace gatehouse::controls::jwt

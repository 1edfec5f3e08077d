// Sessions and subjects that are refused from now on, whatever their tokens say.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "gate/identity.h"

namespace gatehouse::gate {

// One line of the list.
struct Revocation {
  enum class Kind : std::uint8_t {
    session,         // this session, whenever its tokens were issued
    subject,         // everything of this subject
    subject_before,  // tokens of this subject issued at `before` or earlier: all sessions of a user
    everything       // every token issued at `before` or earlier: all must sign in again
  } kind = Kind::session;
  std::string value;         // session or subject; empty for everything
  std::int64_t before = 0;   // unix seconds
  std::int64_t expires = 0;  // unix seconds; 0: until lifted
  std::int64_t made = 0;     // unix seconds
  std::string reason;        // for people
};
std::string_view text(Revocation::Kind kind);  // "session", "subject", "subject-before", "everything"
std::optional<Revocation::Kind> revocation_kind(std::string_view text);
json::Value to_json(const Revocation& r);
std::optional<Revocation> revocation_from(const json::Value& v);  // what to_json() wrote, and nothing else

// Shared by all threads; it belongs to the wiring and outlives every policy. With a file it survives a restart: one
// line of JSON for each change, 0600, written through to the disk before add() or lift() answers.
class Revocations {
 public:
  static constexpr std::size_t kMost = 1'000'000;  // entries; beyond, add() fails and says so

  // Kept in memory only, until open().
  explicit Revocations(const Clock& clock) : clock_(clock) {}
  ~Revocations();
  Revocations(const Revocations&) = delete;
  Revocations& operator=(const Revocations&) = delete;

  // Reads `file` (made when absent) and keeps it from now on. A last line cut short by a crash is dropped; any other
  // line that does not read is a problem, and the program must not start. What has expired is cleared away. Problem
  // codes: store_unreadable, store_damaged, store_unwritable.
  Result<void> open(const std::string& file);

  // Blocks until the disk has it when there is a file: not for a reactor thread under load. Those who ask meanwhile do
  // not wait.
  // Problem codes: bad_value, store_full, store_unwritable (then nothing changed).
  Result<void> add(Revocation r);
  // Takes back; false when it was not there.
  Result<bool> lift(Revocation::Kind kind, std::string_view value);
  // The live ones, in no order.
  std::vector<Revocation> list() const;

  // Is this principal turned away? One load when nothing is revoked.
  bool refuses(const Principal& p) const { return any_.load(std::memory_order_acquire) && look(p); }
  // Grows with every change: what a cache of verdicts compares.
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
  };
  using Entries = std::unordered_map<std::string, Revocation, Hash, std::equal_to<>>;

  bool look(const Principal& p) const;
  bool live(const Revocation& r) const { return r.expires == 0 || r.expires > clock_.unix_seconds(); }
  bool holds(Revocation::Kind kind, std::string_view value, std::int64_t issued_at) const;
  Entries& entries(Revocation::Kind kind) { return entries_[static_cast<std::size_t>(kind)]; }
  const Entries& entries(Revocation::Kind kind) const { return entries_[static_cast<std::size_t>(kind)]; }
  std::size_t size() const;
  void drop_expired();
  bool apply(std::string_view line);
  Result<void> append(const std::string& line);
  Result<void> rewrite();
  void changed();

  const Clock& clock_;
  std::mutex writing_;               // one change at a time, the disk included
  mutable std::shared_mutex mutex_;  // the entries; never held while the disk is waited for
  Entries entries_[4];
  std::string file_;
  int fd_ = -1;
  std::atomic<bool> any_ = false;
  std::atomic<std::uint64_t> epoch_ = 0;
};

}  // namespace gatehouse::gate

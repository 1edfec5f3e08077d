// The keys that sign identity assertions: kept in files, turned in time, published with an overlap.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto/key.h"
#include "base/result.h"

namespace gatehouse::controls::identity_out {

struct Signer {
  crypto::SigningKey key;
  std::string kid;           // RFC 7638 thumbprint
  std::int64_t created = 0;  // unix seconds
};

// Ed25519 keys, one file each (0600, named by the second of its making) in a folder of their own. A new key is
// published for an hour before it signs, and an old one for a day after it last signed, so that a backend that keeps
// the key set for some minutes never meets a signature it cannot verify. Safe from several threads.
class AssertionKeys {
 public:
  static constexpr std::int64_t kLead = 3600, kAfter = 86400;  // seconds

  AssertionKeys(std::string folder, Duration rotate, const Clock& clock);

  // Reads the folder and makes the first key. May be called again; the keys in use stay when it fails.
  Result<void> open();
  // What signs now; null when there is no key, and then nothing may be asserted. Turns the keys when it is time.
  std::shared_ptr<const Signer> signer();
  // The published set (RFC 7517), oldest key first.
  std::string key_set();

 private:
  Result<void> load();
  Result<void> make(std::int64_t now);
  void turn(std::int64_t now);
  std::size_t current(std::int64_t now) const;

  const std::string folder_;
  const std::int64_t rotate_;  // seconds
  const Clock& clock_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const Signer>> keys_;  // by age, oldest first
  std::string published_;                            // written once a change; empty: not yet
};

}  // namespace gatehouse::controls::identity_out

// The record: one JSON line for each request, written once, at the end, from typed facts.
//
// Keys: time, level, id, client, method, route, path, status, code, control, detail, place, bytes, received, ms,
// upstream, upstream_ms, upstream_status, upstream_error, auditor, user, protocol, host, observed, dropped, trace.
// No bodies, no cookies, no tokens. Control bytes and non-ASCII are escaped. docs/logging-policy.md
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/digest.h"
#include "gate/config.h"
#include "gate/exchange.h"
#include "gate/log.h"

namespace gatehouse::gate {

// Sixteen hex digits of a keyed hash: enough to follow one user through a log, too little to find out who it is.
// Held here and not in a string, which would be one byte too short to keep it off the heap.
struct ShortHash {
  std::array<char, 16> text{};
  operator std::string_view() const { return {text.data(), text.size()}; }  // NOLINT: implicit by design
};

ShortHash shortened(const crypto::Digest<32>& hash);

class Recorder {
 public:
  // `salt` makes the short hashes of users and addresses useless elsewhere.
  Recorder(const LogConfig& config, std::string_view salt);
  // `wall_ms` is the coarse wall time of the end.
  void write(LogBuffer& log, const Exchange& x, const Ending& ending, std::uint64_t received, std::int64_t wall_ms,
             SteadyTime now) const;

 private:
  bool redacted(std::string_view name) const;
  char* query(char* at, char* end, std::string_view query) const;
  ShortHash short_hash(std::string_view value) const;
  LogConfig config_;
  crypto::HmacSha256Key salt_;
};

}  // namespace gatehouse::gate

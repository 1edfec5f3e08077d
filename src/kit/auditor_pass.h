// The pass of an auditor: a header that the owner of a site signs on the requests of his own audit.
//
//   X-Gatehouse-Auditor: v1;t=1790000000;e=1790000060;n=<32 hex digits>;s=<64 hex digits>
//
// `t` and `e` are seconds since 1970, `n` is used once, and `s` is HMAC-SHA-256 under a key that both sides were given,
// over version, host, times and number. A pass is good for one request to one host, ten minutes at most.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/entropy.h"
#include "base/secret.h"

namespace gatehouse::kit {

inline constexpr std::string_view kAuditorHeader = "X-Gatehouse-Auditor";
inline constexpr std::int64_t kAuditorLongest = 600;  // seconds from `t` to `e`
inline constexpr std::int64_t kAuditorSkew = 60;      // seconds that the auditor's clock may be ahead
inline constexpr std::size_t kAuditorKeyBytes = 32;   // the shortest key

// What the text says. Views into it.
struct AuditorPass {
  std::int64_t issued = 0, expires = 0;
  std::string_view nonce, signature;
};
// One form only, at most 200 bytes: no blanks, no other order, lower-case hex, times without leading zeros.
std::optional<AuditorPass> parse_pass(std::string_view text);

// A pass for one request to `host` (lower case, without port or brackets). `lifetime` in seconds, at most
// kAuditorLongest.
std::string make_pass(const Secret& key, std::string_view host, std::int64_t now, std::int64_t lifetime,
                      Entropy& entropy);

enum class PassVerdict : unsigned char { good, malformed, expired, forged };
// `good` still has to be new: whoever accepts a pass remembers its nonce until it expires.
PassVerdict judge_pass(const AuditorPass& pass, const Secret& key, std::string_view host, std::int64_t now);

// The host of an authority as a pass binds it: lower case, without port and brackets.
std::string pass_host(std::string_view authority);

}  // namespace gatehouse::kit

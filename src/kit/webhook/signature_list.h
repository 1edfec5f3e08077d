// The signature headers, each read by one strict grammar: nothing is trimmed, skipped or repaired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kit/webhook/config.h"
#include "kit/webhook/verdict.h"

namespace gatehouse::kit::webhook {

inline constexpr std::size_t kMaxSignatureHeader = 4096;  // bytes
inline constexpr std::size_t kMaxSignatures = 16;
inline constexpr std::size_t kMaxEd25519 = 4;  // of them; each costs as much as a hundred of the others

template <class T>
using Read = tl::expected<T, Refused>;

// One signature that the sender offers, decoded.
struct Candidate {
  enum class Kind : std::uint8_t { hmac, ed25519, plain } kind = Kind::hmac;
  std::string bytes;
};

struct SignatureList {
  std::string_view timestamp;  // its digits; empty where the header carries none
  std::vector<Candidate> candidates;
  bool other_versions = false;  // there were signatures of versions that are not verified here
};

// Stripe's "t=…,v1=…,v1=…" (separator ',', "t", "v1") and Paddle's "ts=…;h1=…" (';', "ts", "h1"): lower-case hex of
// SHA-256. The time exactly once; other keys are skipped.
struct PairSyntax {
  char separator;
  std::string_view time_key, signature_key;
};
inline constexpr PairSyntax kStripePairs{',', "t", "v1"};
inline constexpr PairSyntax kPaddlePairs{';', "ts", "h1"};
Read<SignatureList> read_pairs(std::string_view header, const PairSyntax& syntax);

// Standard Webhooks' "v1,BASE64 v1a,BASE64": v1 is HMAC-SHA256, v1a Ed25519, others are skipped. `comma_joined`:
// Supabase writes ", " between them.
Read<SignatureList> read_versions(std::string_view header, bool comma_joined);

// One signature after a fixed prefix: "sha256=HEX", "v0=HEX", BASE64. `size`: bytes of the decoded signature.
Read<SignatureList> read_single(std::string_view header, std::string_view prefix, SignatureEncoding encoding,
                                std::size_t size);

// 1 to 12 digits without leading zeros, nothing else: unix seconds.
std::optional<std::int64_t> read_timestamp(std::string_view digits);

}  // namespace gatehouse::kit::webhook

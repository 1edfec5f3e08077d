#include "kit/auditor_pass.h"

#include <algorithm>

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::kit {
namespace {

constexpr std::size_t kLongestText = 200;

bool lower_hex(std::string_view s, std::size_t size) {
  return s.size() == size &&
         std::all_of(s.begin(), s.end(), [](char c) { return text::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

// "t=1790000000" -> 1790000000
std::optional<std::int64_t> time_of(std::string_view part, std::string_view name) {
  if (!part.starts_with(name) || part.size() > name.size() + 11) return std::nullopt;
  part.remove_prefix(name.size());
  if (part.empty() || part.front() == '0') return std::nullopt;
  const auto n = text::parse_u64(part);
  if (!n) return std::nullopt;
  return static_cast<std::int64_t>(*n);
}

std::string signature_of(const Secret& key, std::string_view host, std::int64_t issued, std::int64_t expires,
                         std::string_view nonce) {
  // No part holds a line break, so no two passes sign the same text.
  crypto::HmacSha256Stream mac(key.reveal());
  mac.add("gatehouse-auditor-v1\n");
  mac.add(host);
  mac.add("\n" + std::to_string(issued) + "\n" + std::to_string(expires) + "\n");
  mac.add(nonce);
  return text::hex(mac.finish().view());
}

}  // namespace

std::optional<AuditorPass> parse_pass(std::string_view text) {
  if (text.size() > kLongestText || !text.starts_with("v1;")) return std::nullopt;
  const auto parts = text::split(text, ';');
  if (parts.size() != 5 || !parts[3].starts_with("n=") || !parts[4].starts_with("s=")) return std::nullopt;
  const auto issued = time_of(parts[1], "t="), expires = time_of(parts[2], "e=");
  AuditorPass pass{0, 0, parts[3].substr(2), parts[4].substr(2)};
  if (!issued || !expires || !lower_hex(pass.nonce, 32) || !lower_hex(pass.signature, 64)) return std::nullopt;
  pass.issued = *issued;
  pass.expires = *expires;
  return pass;
}

std::string make_pass(const Secret& key, std::string_view host, std::int64_t now, std::int64_t lifetime,
                      Entropy& entropy) {
  const std::int64_t expires = now + std::min(lifetime, kAuditorLongest);
  const auto bytes = entropy.bytes<16>();
  const std::string nonce = text::hex(std::span<const std::uint8_t>(bytes));
  return "v1;t=" + std::to_string(now) + ";e=" + std::to_string(expires) + ";n=" + nonce +
         ";s=" + signature_of(key, host, now, expires, nonce);
}

PassVerdict judge_pass(const AuditorPass& pass, const Secret& key, std::string_view host, std::int64_t now) {
  // Stops: an empty key of a site that was never given one, under which anybody can sign.
  if (key.size() < kAuditorKeyBytes) return PassVerdict::forged;
  if (!equal_constant_time(pass.signature, signature_of(key, host, pass.issued, pass.expires, pass.nonce)))
    return PassVerdict::forged;
  // Stops: a pass that was found in a log or a history and is shown again.
  if (pass.expires < now || pass.issued > now + kAuditorSkew || pass.expires < pass.issued ||
      pass.expires - pass.issued > kAuditorLongest)
    return PassVerdict::expired;
  return PassVerdict::good;
}

std::string pass_host(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return text::to_lower(authority.substr(1, end == authority.npos ? end : end - 1));
  }
  return text::to_lower(authority.substr(0, authority.rfind(':')));
}

}  // namespace gatehouse::kit

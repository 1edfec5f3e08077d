#include "kit/webhook/signature_list.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::kit::webhook {
namespace {

constexpr std::size_t kMaxItems = 32;

tl::unexpected<Refused> refuse(Reason reason, std::string detail) {
  return tl::unexpected<Refused>(Refused{reason, std::move(detail)});
}

bool is_name(std::string_view s) {
  return !s.empty() && s.size() <= 16 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || text::is_digit(c); });
}

bool is_visible(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// Stops: two spellings of one signature (hex in either case), which would be two keys wherever signatures are logged
// or compared as text.
std::optional<std::string> lower_hex(std::string_view s) {
  if (std::any_of(s.begin(), s.end(), [](char c) { return c >= 'A' && c <= 'F'; })) return std::nullopt;
  return text::unhex(s);
}

std::optional<std::string> decode(std::string_view s, SignatureEncoding encoding) {
  switch (encoding) {
    case SignatureEncoding::hex:
      return lower_hex(s);
    case SignatureEncoding::base64:
      return text::unbase64(s);
    case SignatureEncoding::base64url:
      return text::unbase64url(s);
  }
  return std::nullopt;
}

// Stops: headers made to cost one HMAC comparison after the other, or memory.
Read<void> check_size(std::string_view header) {
  if (header.size() > kMaxSignatureHeader)
    return refuse(Reason::header_too_long, std::to_string(header.size()) + " bytes of signature header");
  return {};
}

}  // namespace

std::optional<std::int64_t> read_timestamp(std::string_view digits) {
  // Stops: a zero moved from the end of a body into the time behind it, under one signature.
  if (digits.size() > 12 || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  const auto n = text::parse_u64(digits);
  if (!n) return std::nullopt;
  return static_cast<std::int64_t>(*n);
}

Read<SignatureList> read_pairs(std::string_view header, const PairSyntax& syntax) {
  if (auto ok = check_size(header); !ok) return tl::unexpected(std::move(ok.error()));
  SignatureList list;
  std::size_t items = 0;
  for (const std::string_view item : text::split(header, syntax.separator)) {
    if (++items > kMaxItems) return refuse(Reason::too_many_signatures, "more than 32 items");
    const std::size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    if (equals == item.npos || !is_name(name)) return refuse(Reason::header_malformed, "an item is no name=value");
    const std::string_view value = item.substr(equals + 1);
    if (name == syntax.time_key) {
      if (!list.timestamp.empty()) return refuse(Reason::header_malformed, "two times");
      if (!read_timestamp(value))
        return refuse(Reason::timestamp_malformed, "the time is not 1 to 12 digits without leading zeros");
      list.timestamp = value;
    } else if (name == syntax.signature_key) {
      auto bytes = lower_hex(value);
      if (!bytes || bytes->size() != 32)
        return refuse(Reason::header_malformed, "a signature is not 64 lower-case hexadecimal digits");
      if (list.candidates.size() == kMaxSignatures) return refuse(Reason::too_many_signatures, "more than 16");
      list.candidates.push_back({Candidate::Kind::hmac, std::move(*bytes)});
    } else {
      if (!is_visible(value)) return refuse(Reason::header_malformed, "an item has no plain value");
      list.other_versions = true;
    }
  }
  if (list.timestamp.empty()) return refuse(Reason::header_malformed, "no time");
  return list;
}

Read<SignatureList> read_versions(std::string_view header, bool comma_joined) {
  if (auto ok = check_size(header); !ok) return tl::unexpected(std::move(ok.error()));
  SignatureList list;
  const auto items = text::split(header, ' ');
  std::size_t asymmetric = 0;
  if (items.size() > kMaxSignatures) return refuse(Reason::too_many_signatures, "more than 16");
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::string_view item = items[i];
    if (comma_joined && i + 1 < items.size() && item.ends_with(',')) item.remove_suffix(1);
    const std::size_t comma = item.find(',');
    const std::string_view version = item.substr(0, comma);
    if (comma == item.npos || !is_name(version)) return refuse(Reason::header_malformed, "an item is no version,value");
    const std::string_view value = item.substr(comma + 1);
    const bool ed25519 = version == "v1a";
    if (ed25519 && ++asymmetric > kMaxEd25519) return refuse(Reason::too_many_signatures, "more than 4 of Ed25519");
    if (version != "v1" && !ed25519) {
      if (!is_visible(value)) return refuse(Reason::header_malformed, "an item has no plain value");
      list.other_versions = true;
      continue;
    }
    auto bytes = text::unbase64(value);
    if (!bytes || bytes->size() != (ed25519 ? 64u : 32u))
      return refuse(Reason::header_malformed, "a signature is not padded base64 of the right length");
    list.candidates.push_back({ed25519 ? Candidate::Kind::ed25519 : Candidate::Kind::hmac, std::move(*bytes)});
  }
  return list;
}

Read<SignatureList> read_single(std::string_view header, std::string_view prefix, SignatureEncoding encoding,
                                std::size_t size) {
  if (auto ok = check_size(header); !ok) return tl::unexpected(std::move(ok.error()));
  if (!header.starts_with(prefix))
    return refuse(Reason::header_malformed, "the signature does not begin with " + std::string(prefix));
  auto bytes = decode(header.substr(prefix.size()), encoding);
  if (!bytes || bytes->size() != size)
    return refuse(Reason::header_malformed,
                  "the signature is not " + std::to_string(size) + " bytes, strictly encoded");
  SignatureList list;
  list.candidates.push_back({Candidate::Kind::hmac, std::move(*bytes)});
  return list;
}

}  // namespace gatehouse::kit::webhook

#include "kit/webhook/hmac.h"

#include "base/crypto/digest.h"

namespace gatehouse::kit::webhook {

std::string joined(std::span<const std::string_view> pieces) {
  std::string out;
  std::size_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  out.reserve(size);
  for (const auto piece : pieces) out += piece;
  return out;
}

std::string hmac(HmacAlgorithm algorithm, std::string_view key, std::span<const std::string_view> pieces) {
  switch (algorithm) {
    case HmacAlgorithm::sha256: {
      crypto::HmacSha256Stream stream(key);
      for (const auto piece : pieces) stream.add(piece);
      return std::string(stream.finish().view());
    }
    case HmacAlgorithm::sha1:
      return std::string(crypto::hmac_sha1(key, joined(pieces)).view());
    case HmacAlgorithm::sha384:
      return std::string(crypto::hmac_sha384(key, joined(pieces)).view());
    case HmacAlgorithm::sha512:
      break;
  }
  return std::string(crypto::hmac_sha512(key, joined(pieces)).view());
}

}  // namespace gatehouse::kit::webhook

#include "kit/sealing.h"

#include "base/crypto/aead.h"
#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::kit {

Result<KeyRing> KeyRing::build(const std::vector<std::string>& texts) {
  KeyRing ring;
  for (const std::string& t : texts) {
    auto raw = text::unbase64(t);
    if (!raw || raw->size() != crypto::kAeadKey)
      return fail(Source::us, "bad_secret", "a sealing key is 32 bytes in base64; make one: openssl rand -base64 32");
    // One key, one purpose: what names, seals and blinds are three keys derived from it.
    Key k;
    k.name = text::hex(crypto::hmac_sha256(*raw, "gatehouse key name").view().substr(0, 4));
    k.seal = Secret(crypto::hmac_sha256(*raw, "gatehouse seal").view());
    k.blind = Secret(crypto::hmac_sha256(*raw, "gatehouse blind").view());
    for (const Key& other : ring.keys_)
      if (other.name == k.name) return fail(Source::us, "bad_secret", "a sealing key is listed twice");
    ring.keys_.push_back(std::move(k));
  }
  return ring;
}

KeyRing::Sealed KeyRing::seal(std::string_view context, std::string_view plain, Entropy& entropy) const {
  const Key& k = keys_.front();
  return {crypto::aead_seal(k.seal.reveal(), context, plain, entropy), k.name};
}

std::optional<std::string> KeyRing::open(std::string_view key, std::string_view context,
                                         std::string_view sealed) const {
  for (const Key& k : keys_)
    if (k.name == key) return crypto::aead_open(k.seal.reveal(), context, sealed);
  return std::nullopt;
}

std::vector<std::string> KeyRing::blind(std::string_view value) const {
  std::vector<std::string> all;
  for (const Key& k : keys_) all.push_back(text::hex(crypto::hmac_sha256(k.blind.reveal(), value).view()));
  return all;
}

}  // namespace gatehouse::kit

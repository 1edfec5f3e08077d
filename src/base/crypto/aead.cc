#include "base/crypto/aead.h"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace gatehouse::crypto {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* bytes(std::string& s, std::size_t at) { return reinterpret_cast<unsigned char*>(s.data()) + at; }
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

}  // namespace

std::string aead_seal(std::string_view key, std::string_view context, std::string_view plain, Entropy& entropy) {
  if (key.size() != kAeadKey) throw std::logic_error("an AES-256 key has 32 bytes");
  std::string out(kAeadNonce + plain.size() + kAeadTag, '\0');
  entropy.fill({bytes(out, 0), kAeadNonce});
  Context c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  bool good =
      c && EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(out, 0)) == 1 &&
      EVP_EncryptUpdate(c.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(c.get(), bytes(out, kAeadNonce), &n, bytes(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(c.get(), bytes(out, kAeadNonce + plain.size()), &n) == 1 &&
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kAeadTag),
                          bytes(out, kAeadNonce + plain.size())) == 1;
  if (!good) throw std::runtime_error("AES-256-GCM failed");
  return out;
}

std::optional<std::string> aead_open(std::string_view key, std::string_view context, std::string_view sealed) {
  if (key.size() != kAeadKey || sealed.size() < kAeadNonce + kAeadTag) return std::nullopt;
  std::string_view cipher = sealed.substr(kAeadNonce, sealed.size() - kAeadNonce - kAeadTag);
  std::string tag(sealed.substr(sealed.size() - kAeadTag));
  std::string out(cipher.size(), '\0');
  unsigned char end[16];
  Context c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  bool good = c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, bytes(key), bytes(sealed)) == 1 &&
              EVP_DecryptUpdate(c.get(), nullptr, &n, bytes(context), static_cast<int>(context.size())) == 1 &&
              EVP_DecryptUpdate(c.get(), bytes(out, 0), &n, bytes(cipher), static_cast<int>(cipher.size())) == 1 &&
              EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kAeadTag), tag.data()) == 1 &&
              EVP_DecryptFinal_ex(c.get(), end, &n) == 1;
  if (!good) return std::nullopt;
  return out;
}

}  // namespace gatehouse::crypto

#include "base/entropy.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

namespace gatehouse {

void SystemEntropy::fill(std::span<std::uint8_t> out) {
  // Stops: predictable ids and keys. Without randomness nothing here is safe, so there is no way to go on.
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

BufferedEntropy::~BufferedEntropy() { OPENSSL_cleanse(block_.data(), block_.size()); }

void BufferedEntropy::fill(std::span<std::uint8_t> out) {
  if (out.size() > block_.size()) return source_.fill(out);
  if (block_.size() - used_ < out.size()) {
    source_.fill(block_);
    used_ = 0;
  }
  std::memcpy(out.data(), block_.data() + used_, out.size());
  OPENSSL_cleanse(block_.data() + used_, out.size());
  used_ += out.size();
}

}  // namespace gatehouse

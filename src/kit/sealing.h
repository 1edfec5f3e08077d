// A ring of keys that seal what lies on the disk: the first seals, all of them open, so that keys can be changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::kit {

// Built once, then only read: safe to use from several threads.
class KeyRing {
 public:
  // Each text is 32 bytes in base64. Problem code "bad_secret": the detail holds no part of a key.
  static Result<KeyRing> build(const std::vector<std::string>& texts);
  bool empty() const { return keys_.empty(); }

  struct Sealed {
    std::string bytes;
    std::string key;  // the name of the key: to be kept beside the bytes
  };
  // `context` is bound to it (where it belongs), so that sealed values cannot be exchanged for each other.
  Sealed seal(std::string_view context, std::string_view plain, Entropy& entropy) const;
  // Nothing when the key is not in the ring, or a bit was changed.
  std::optional<std::string> open(std::string_view key, std::string_view context, std::string_view sealed) const;
  // A value that cannot be guessed back from its name without the key: one for each key of the ring, the first first.
  std::vector<std::string> blind(std::string_view value) const;

 private:
  struct Key {
    std::string name;  // eight hexadecimal digits, made from the key
    Secret seal, blind;
  };
  std::vector<Key> keys_;
};

}  // namespace gatehouse::kit

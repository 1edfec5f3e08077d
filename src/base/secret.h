// Bytes that must not be seen: they do not print, compare in constant time and wipe themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatehouse {

// Holds key material, tokens and passwords. There is no operator<<, no conversion to a string and no copy;
// `reveal()` is the one greppable door out. Moved-from and destroyed secrets are wiped.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // A deliberate second owner (for example one key in two rings).
  Secret clone() const { return Secret(bytes_); }

  // The bytes, for the cryptographic call that needs them. Never log, never store in a plain string.
  std::string_view reveal() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  void wipe() noexcept;
  std::string bytes_;
};

// Equal content, in time that depends only on the lengths.
bool equal_constant_time(std::string_view a, std::string_view b);
inline bool operator==(const Secret& a, const Secret& b) { return equal_constant_time(a.reveal(), b.reveal()); }

template <class Stream>
Stream& operator<<(Stream&, const Secret&) = delete;  // Stops: a secret in a log line. It does not compile.

}  // namespace gatehouse

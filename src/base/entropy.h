// Randomness as a parameter.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace gatehouse {

// Unpredictable bytes. Failure to obtain them ends the process: no caller can go on safely.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  template <std::size_t N>
  std::array<std::uint8_t, N> bytes() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
};

// The operating system's generator through OpenSSL. Safe from several threads.
class SystemEntropy final : public Entropy {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

// SystemEntropy drawn in blocks, for one thread's hot path (request ids, nonces). Not shared between threads.
class BufferedEntropy final : public Entropy {
 public:
  explicit BufferedEntropy(Entropy& source) : source_(source) {}
  ~BufferedEntropy() override;
  void fill(std::span<std::uint8_t> out) override;

 private:
  Entropy& source_;
  std::array<std::uint8_t, 4096> block_{};
  std::size_t used_ = sizeof(block_);
};

// Repeats 00 01 02 … from a seed: for tests only.
class CountingEntropy final : public Entropy {
 public:
  explicit CountingEntropy(std::uint8_t seed = 0) : next_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (auto& b : out) b = next_++;
  }

 private:
  std::uint8_t next_;
};

}  // namespace gatehouse

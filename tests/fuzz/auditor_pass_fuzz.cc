// The auditor's pass: whatever a client sends, it is read in bounds, and good only when it was signed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "kit/auditor_pass.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  static const Secret key("0123456789abcdef0123456789abcdef");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)kit::pass_host(text);
  if (const auto pass = kit::parse_pass(text)) {
    if (pass->nonce.size() != 32 || pass->signature.size() != 64) std::abort();
    if (kit::judge_pass(*pass, Secret(), "app.example.com", 1790000000) == kit::PassVerdict::good) std::abort();
    (void)kit::judge_pass(*pass, key, "app.example.com", 1790000000);
  }
  return 0;
}

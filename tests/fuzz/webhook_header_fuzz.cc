// Whatever stands in a signature header: reading ends, what comes out is bounded and whole, and it has one spelling.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "kit/webhook/signature_list.h"

namespace {

using namespace gatehouse::kit::webhook;  // NOLINT: a test program

void check(bool holds) {
  if (!holds) std::abort();
}

void check(const Read<SignatureList>& list, std::size_t shared_size) {
  if (!list) return check(status(list.error().reason) == 400);
  check(list->candidates.size() <= kMaxSignatures);
  for (const Candidate& c : list->candidates)
    check(c.bytes.size() == (c.kind == Candidate::Kind::ed25519 ? 64 : shared_size));
}

void check_pairs(std::string_view header, const PairSyntax& syntax) {
  const auto list = read_pairs(header, syntax);
  check(list, 32);
  if (!list) return;
  check(read_timestamp(list->timestamp).has_value());
  std::string again(syntax.time_key);
  again.append("=").append(list->timestamp);
  for (const Candidate& c : list->candidates)
    again.append(1, syntax.separator).append(syntax.signature_key).append("=").append(gatehouse::text::hex(c.bytes));
  const auto second = read_pairs(again, syntax);
  check(second && second->candidates.size() == list->candidates.size() && second->timestamp == list->timestamp);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view header(reinterpret_cast<const char*>(data), size);
  check_pairs(header, kStripePairs);
  check_pairs(header, kPaddlePairs);
  check(read_versions(header, false), 32);
  check(read_versions(header, true), 32);
  for (const auto encoding : {SignatureEncoding::hex, SignatureEncoding::base64, SignatureEncoding::base64url}) {
    const auto one = read_single(header, "v0=", encoding, 32);
    check(one, 32);
    if (!one) continue;
    const std::string& bytes = one->candidates[0].bytes;
    const std::string spelt = encoding == SignatureEncoding::hex      ? gatehouse::text::hex(bytes)
                              : encoding == SignatureEncoding::base64 ? gatehouse::text::base64(bytes)
                                                                      : gatehouse::text::base64url(bytes);
    check(header == "v0=" + spelt);
  }
  return 0;
}

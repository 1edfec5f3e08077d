// What a request claims: these signatures, over these bytes, at this time. Gathered by each provider's rule before
// anything is proved.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kit/webhook/form_parameters.h"
#include "kit/webhook/rules.h"
#include "kit/webhook/scheme.h"
#include "kit/webhook/signature_list.h"

namespace gatehouse::kit::webhook {

struct Claim {
  std::vector<Candidate> candidates;
  HmacAlgorithm algorithm = HmacAlgorithm::sha256;
  // What is signed: one of `heads`, then `parts`, nothing between. Views into the request, the rules and `held`.
  std::vector<std::string_view> heads{std::string_view()};
  std::vector<std::string_view> parts;
  std::string held;
  std::optional<std::int64_t> timestamp;  // when the signature covers it
  std::string_view id;                    // from a header; empty: none
  bool id_signed = false;
  std::optional<std::string> body_sha256;  // twilio: the body's digest, which stands in the signed address
  std::optional<FormParameters> form;      // twilio
};

Read<Claim> claim_of(const Rules& rules, const Incoming& request);

// The one value of a header, or nothing when it is absent. Repeated: refused.
Read<std::optional<std::string_view>> lone(const http::Fields& fields, std::string_view name);

// 1 to 256 visible ASCII bytes.
bool is_plain_id(std::string_view s);

}  // namespace gatehouse::kit::webhook

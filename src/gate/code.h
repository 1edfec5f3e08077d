// The refusal codes: stable API, one table, one meaning each. docs/refusals.md is generated from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::gate {

enum class Code : std::uint8_t {
  none,
  // canonical
  bad_request,
  bad_path,
  bad_host,
  bad_header,
  bad_query,
  // limits
  timeout,
  too_large,
  too_many_connections,
  overloaded,
  // routing
  not_found,
  method_not_allowed,
  denied_route,
  // transport
  https_required,
  // cors, rates
  cors_origin,
  rate_limited,
  banned,
  // identity
  unauthenticated,
  token_invalid,
  token_expired,
  identity_unavailable,
  session_expired,
  revoked,
  // cross-site writes
  csrf_site,
  csrf_origin,
  csrf_token,
  // access
  forbidden,
  not_owner,
  step_up_required,
  // bodies
  invalid_body,
  unsupported_media_type,
  unsafe_markup,
  idempotency_mismatch,
  // responses and origins
  response_blocked,
  upstream_error,
  upstream_timeout,
  upstream_unreachable,
  internal,
  // services
  webhook_malformed,
  bad_signature,
  store_unavailable,
  conflict,
  not_configured,
  upstream_refused,
  billing_customer,
  billing_price,
  billing_amount,
  billing_return_url,
  payment_declined,
  payment_unavailable,
  count_
};

struct CodeInfo {
  Code code;
  std::string_view text;     // what the envelope carries
  int status;                // what the client gets
  std::string_view message;  // one calm sentence for a person; no detail
  std::string_view meaning;  // for docs/refusals.md: when it happens
  std::string_view remedy;   // for `gatehouse why`
};

const CodeInfo& info(Code code);
std::span<const CodeInfo> all_codes();
Code code_of(std::string_view text);  // none when unknown

}  // namespace gatehouse::gate

// How one webhook endpoint verifies what it receives: the part of [webhooks.endpoint.NAME] that belongs to the
// signature.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/conf/form.h"
#include "kit/webhook/provider.h"

namespace gatehouse::kit::webhook {

enum class HmacAlgorithm : std::uint8_t { sha1, sha256, sha384, sha512 };
enum class SignatureEncoding : std::uint8_t { hex, base64, base64url };

struct SchemeConfig {
  Provider provider = Provider::stripe;
  std::vector<conf::SecretRef> secrets;  // any of them verifies; the first signs what signs once
  Duration tolerance{};                  // either way; zero: the provider's own
  std::string public_url;                // twilio, and generic-hmac that signs {url}: the address the sender was given
  bool request_query = false;            // twilio: the query comes from the request instead of public_url
  std::string static_header;             // supabase database hooks: a header that carries the secret itself

  // generic-hmac only.
  std::string header;  // where the signature stands
  HmacAlgorithm algorithm = HmacAlgorithm::sha256;
  SignatureEncoding encoding = SignatureEncoding::hex;
  std::string prefix;               // before the signature, for example "sha256="
  std::string content = "{body}";   // what is signed; see SignedContent (signed_content.h)
  std::string timestamp_header;     // unix seconds; required by {timestamp} in `content`
  std::string id_header, id_field;  // the event's id: a header, or a dotted path into the JSON body
  std::string type_header, type_field;
};

// The keys of the scheme inside [webhooks.endpoint.NAME]; the caller describes its own keys in the same table. What is
// valid and unsafe is refused: no secret, a wide tolerance, a scheme that does not sign the body.
void describe(conf::Form& form, SchemeConfig& config);

// Why what this endpoint accepts proves less than a signature over body and time, as one sentence for `check`; empty
// when it proves as much.
std::string_view weakness(const SchemeConfig& config);

}  // namespace gatehouse::kit::webhook

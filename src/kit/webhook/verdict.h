// What verifying a webhook request came to.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/crypto/digest.h"

namespace gatehouse::kit::webhook {

// Where the id of an event was found, and so what it is worth.
enum class IdFrom : std::uint8_t {
  signed_header,    // the signature covers it
  body,             // the signature covers it
  unsigned_header,  // whoever holds an old request can send it again under another id: look at the digest too
  content,          // the provider has none that survives a retry: "sha256:" and the digest of what is signed
};
std::string_view text(IdFrom from);  // "signed_header"

// A request that the holder of a secret signed, about now, for this body.
struct Accepted {
  std::string id;    // 1 to 256 visible ASCII bytes
  std::string type;  // of the event; empty when the provider tells none. At most 256 bytes of UTF-8, no control bytes
  IdFrom id_from = IdFrom::content;
  bool type_signed = false;
  std::optional<std::int64_t> timestamp;  // unix seconds of this sending, when the scheme signs it
  std::optional<std::int64_t> created;    // unix seconds of the event itself, when the body tells them
  // SHA-256 of what names the event's content: the raw body (Twilio: address and sorted parameters).
  crypto::Digest<32> digest{};
  // How long the provider may repeat this event: remember id (and digest) for longer. Zero: it never repeats, and two
  // equal requests are two events.
  std::chrono::seconds retry_window{};
  std::optional<bool> livemode;          // stripe: real money or not
  std::optional<std::string> challenge;  // slack: answer 200 with this as text/plain; it is no event
  bool weak = false;                     // a static header, not a signature over this body

  // Stops: a captured request replayed under a fresh id where the signature does not cover the id. Two requests are
  // one event also when their digests are equal.
  bool same_by_digest() const { return id_from == IdFrom::unsigned_header; }
};

// Stable reasons; each has one status. Nothing of the request is in the reason.
enum class Reason : std::uint8_t {
  // 400: the request does not have the form of the scheme.
  header_missing,    // a header that belongs to the signature: time, id
  header_repeated,   // two fields of one name
  header_malformed,  // the signature header does not parse
  header_too_long,
  too_many_signatures,
  timestamp_malformed,
  id_malformed,
  content_encoded,      // Content-Encoding: what was signed is not what a reader would see
  form_malformed,       // twilio: parameters that do not parse, or too many
  query_mismatch,       // twilio: another query than the configured address has
  body_hash_malformed,  // twilio: bodySHA256
  // 401: nobody who holds a secret signed this, now.
  signature_missing,
  no_known_version,  // only signatures of versions that are not verified here
  signature_mismatch,
  body_mismatch,  // twilio: the body is not the one whose hash was signed
  timestamp_too_old,
  timestamp_too_new,
};
std::string_view text(Reason reason);  // "timestamp_too_old"
int status(Reason reason);             // 400 or 401

struct Refused {
  Reason reason;
  std::string detail;  // for the record only, never sent
  int status() const { return webhook::status(reason); }
};

using Verdict = std::variant<Accepted, Refused>;

}  // namespace gatehouse::kit::webhook

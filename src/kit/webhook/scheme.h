// One provider's signature scheme with its secrets: verifies what arrives, signs what we send ourselves.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "kit/webhook/config.h"
#include "kit/webhook/verdict.h"
#include "net/http/message.h"

namespace gatehouse::kit::webhook {

// A request as received. Views only; nothing in it has been decoded or parsed.
struct Incoming {
  const http::Fields& fields;
  std::string_view query;  // without '?'
  std::string_view body;   // all of it
  std::int64_t now = 0;    // unix seconds
};

// An event to be signed: a test event, or one that is delivered onwards.
struct Outgoing {
  std::string_view id;    // standard-webhooks family: no '.'; where a provider keeps it in the body it is not used
  std::string_view type;  // for providers that name it in a header
  std::int64_t timestamp = 0;
  std::string_view body;
  std::string_view content_type = "application/json";  // twilio: a form, or JSON
};

struct Signed {
  std::vector<std::pair<std::string, std::string>> headers;  // Content-Type is the caller's
  std::string query;                                         // twilio: the query of the address, without '?'
};

// Safe to use from several threads.
class Scheme {
 public:
  // `secrets` are the values behind config.secrets, in that order. Problem code "bad_secret" (none, empty, blanks
  // around it, not of the provider's form) or "bad_scheme"; the detail tells the remedy and holds no secret.
  static Result<Scheme> build(const SchemeConfig& config, std::vector<Secret> secrets);
  Scheme(Scheme&&) noexcept;
  Scheme& operator=(Scheme&&) noexcept;
  ~Scheme();

  // The body is hashed and, only when the signature holds, read for id and type.
  Verdict verify(const Incoming& request) const;
  // Problem code "cannot_sign" when there are public keys only, or the id cannot stand in a header.
  Result<Signed> sign(const Outgoing& event) const;

  Provider provider() const;

 private:
  struct Impl;
  explicit Scheme(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gatehouse::kit::webhook

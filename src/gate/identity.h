// Who a request acts for, once a filter has proved it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace gatehouse::gate {

// How the proof travelled: decides whether a cross-site page could have sent it.
enum class Credential : std::uint8_t { none, bearer, cookie, session, api_key };

// A verified principal. Immutable once made; caches share it.
struct Principal {
  std::string subject;  // `sub`
  std::string issuer;   // `iss`
  std::string session;  // `sid` or `session_id`; empty when the issuer gives none
  std::vector<std::string> roles;
  std::int64_t expires = 0;  // unix seconds, skew not added
  std::int64_t issued_at = 0;
  json::Value claims;  // the whole verified payload
  // The claim at a dotted path ("o.id", "app_metadata.role"), or null pointer. A member whose name itself holds dots
  // is found too, and goes first.
  const json::Value* claim(std::string_view path) const;
};

// Does the claim name the same thing as `text`? Only a string or a whole number does, byte for byte; a missing or empty
// one never.
bool claim_is(const json::Value* claim, std::string_view text);

struct Identity {
  Credential credential = Credential::none;
  std::shared_ptr<const Principal> principal;
  // What the person paid for, sorted, when a service told it; null: unknown.
  std::shared_ptr<const std::vector<std::string>> entitlements = {};
  bool known() const { return principal != nullptr; }
  std::string_view subject() const { return principal ? std::string_view(principal->subject) : std::string_view(); }
};

}  // namespace gatehouse::gate

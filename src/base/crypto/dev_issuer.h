// The issuer of development tokens: one local key, believed only in development mode.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::crypto {

// RFC 6761 §6.4: names under .invalid never resolve, so nobody can come to own this issuer.
inline constexpr std::string_view kDevIssuer = "https://dev.gatehouse.invalid";
inline constexpr std::string_view kDevAudience = "gatehouse-dev";
inline std::string dev_key_path(std::string_view state_dir) { return std::string(state_dir) + "/dev-token-key.pem"; }

}  // namespace gatehouse::crypto

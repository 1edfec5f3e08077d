// HMAC over pieces, by any of the algorithms.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kit/webhook/config.h"

namespace gatehouse::kit::webhook {

// The MAC of the pieces, one after the other.
std::string hmac(HmacAlgorithm algorithm, std::string_view key, std::span<const std::string_view> pieces);

std::string joined(std::span<const std::string_view> pieces);

}  // namespace gatehouse::kit::webhook

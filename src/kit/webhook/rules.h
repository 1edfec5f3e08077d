// A scheme's configuration, resolved once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kit/webhook/config.h"
#include "kit/webhook/keys.h"
#include "kit/webhook/signed_content.h"

namespace gatehouse::kit::webhook {

struct Rules {
  SchemeConfig config;
  std::int64_t tolerance = 0;  // seconds
  std::vector<Key> keys;
  SignedContent content;          // generic-hmac
  std::vector<std::string> urls;  // the public address without query, in every spelling of its port
  std::string url_query;          // its query, without '?'

  bool is_static() const { return !config.static_header.empty(); }
};

// Problem codes as Scheme::build.
Result<Rules> resolve(const SchemeConfig& config, std::span<const Secret> secrets);

// The spellings of an address that one sender or another signs: as written, and with the scheme's own port where none
// is written, and without the port that is. `url` has no query.
std::vector<std::string> port_spellings(std::string_view url);

std::size_t digest_size(HmacAlgorithm algorithm);

}  // namespace gatehouse::kit::webhook

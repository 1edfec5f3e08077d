// Who sends webhooks, and what each vendor's scheme signs, names and retries.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::kit::webhook {

enum class Provider : std::uint8_t {
  stripe,
  svix,
  clerk,  // sent by Svix
  standard_webhooks,
  github,
  supabase,  // auth hooks; database hooks are unsigned and carry a static header (SchemeConfig::static_header)
  paddle,
  lemonsqueezy,
  shopify,
  slack,
  twilio,
  generic_hmac,
};
inline constexpr int kProviders = 12;

struct ProviderTraits {
  Provider provider;
  std::string_view name;   // as configuration and commands write it: "standard-webhooks"
  std::string_view title;  // as people write it: "Standard Webhooks"
  std::string_view signature_header;
  std::chrono::seconds tolerance;     // default difference of clocks, either way; zero: the scheme signs no time
  std::chrono::seconds retry_window;  // how long the vendor repeats an event that was not answered 2xx
  bool signs_time;
};

const ProviderTraits& traits(Provider provider);
std::span<const ProviderTraits> all_providers();
std::optional<Provider> provider_of(std::string_view name);

}  // namespace gatehouse::kit::webhook

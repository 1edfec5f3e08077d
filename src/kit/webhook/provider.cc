#include "kit/webhook/provider.h"

#include <array>

namespace gatehouse::kit::webhook {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kNoTime{0};

// In the order of the enum. A retry window is the vendor's whole schedule, rounded up.
constexpr std::array<ProviderTraits, kProviders> kTable{{
    {Provider::stripe, "stripe", "Stripe", "Stripe-Signature", seconds(300), hours(72), true},
    {Provider::svix, "svix", "Svix", "svix-signature", seconds(300), hours(28), true},
    {Provider::clerk, "clerk", "Clerk", "svix-signature", seconds(300), hours(28), true},
    {Provider::standard_webhooks, "standard-webhooks", "Standard Webhooks", "webhook-signature", seconds(300),
     hours(76), true},
    {Provider::github, "github", "GitHub", "X-Hub-Signature-256", kNoTime, hours(72), false},
    {Provider::supabase, "supabase", "Supabase", "webhook-signature", seconds(300), minutes(5), true},
    {Provider::paddle, "paddle", "Paddle", "Paddle-Signature", seconds(30), hours(72), true},
    {Provider::lemonsqueezy, "lemonsqueezy", "Lemon Squeezy", "X-Signature", kNoTime, hours(24), false},
    {Provider::shopify, "shopify", "Shopify", "X-Shopify-Hmac-SHA256", kNoTime, hours(48), false},
    {Provider::slack, "slack", "Slack", "X-Slack-Signature", seconds(300), hours(2), true},
    {Provider::twilio, "twilio", "Twilio", "X-Twilio-Signature", kNoTime, hours(4), false},
    {Provider::generic_hmac, "generic-hmac", "generic HMAC", "", seconds(300), hours(72), false},
}};

}  // namespace

const ProviderTraits& traits(Provider provider) { return kTable[static_cast<std::size_t>(provider)]; }

std::span<const ProviderTraits> all_providers() { return kTable; }

std::optional<Provider> provider_of(std::string_view name) {
  for (const ProviderTraits& t : kTable)
    if (t.name == name) return t.provider;
  return std::nullopt;
}

}  // namespace gatehouse::kit::webhook

// Test events in the shape of each provider, for `webhooks test` and for tests. They are signed like any other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kit/webhook/config.h"

namespace gatehouse::kit::webhook {

struct SampleWish {
  std::string_view type;    // empty: one that is usual for the provider
  std::string_view unique;  // letters and digits; goes into the ids, so that two samples are two events
  std::string_view user;    // empty: "user_test"; stands where the provider's events carry whose they are
  std::int64_t now = 0;     // unix seconds
  bool livemode = false;    // stripe
};

struct Sample {
  std::string id;  // for Outgoing::id; where the provider keeps it in the body, what stands there
  std::string type;
  std::string body;
  std::string content_type;
};

Sample sample_of(const SchemeConfig& config, const SampleWish& wish);

}  // namespace gatehouse::kit::webhook

// The door for webhooks: reads the raw body, verifies it before anything parses it, and answers 200 only when the event
// is on the disk.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gate/origin.h"
#include "services/webhooks/endpoint.h"
#include "store/db.h"

namespace gatehouse::services::webhooks {

class Receiver final : public gate::Origin {
 public:
  using Endpoints = std::map<std::string, std::shared_ptr<const Endpoint>, std::less<>>;  // by path
  struct Setup {
    Db& db;
    Fast& fast;
    std::function<void(const std::string& endpoint)> arrived;  // from any thread
  };
  Receiver(Setup setup, Endpoints endpoints) : setup_(std::move(setup)), endpoints_(std::move(endpoints)) {}
  std::string_view name() const override { return "webhooks"; }
  // 200, also for what was there already. Refusals: rate_limited (with Retry-After), unsupported_media_type, too_large,
  // webhook_malformed (400), bad_signature (401), store_unavailable (503: the sender comes again).
  Task<Result<http::Response>> answer(gate::Exchange& x) const override;

 private:
  Task<Result<http::Response>> take(gate::Exchange& x, std::shared_ptr<const Endpoint> e) const;
  Setup setup_;
  Endpoints endpoints_;
};

}  // namespace gatehouse::services::webhooks

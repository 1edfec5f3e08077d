// Gatehouse's side of Stripe's API: the only place that holds the secret key.
#pragma once

#include <memory>
#include <string>

#include "base/entropy.h"
#include "net/http/client.h"
#include "net/reactor.h"
#include "services/billing/call.h"

namespace gatehouse::services::billing {

struct StripeSetup {
  Secret key;
  std::string account;    // a connected account's id, or empty
  std::string authority;  // the Host field: "api.stripe.com"
  std::string origin;     // "https://api.stripe.com": for calls that block
  std::string ca_file;    // the system's roots when empty
  int retries = 2;
  Duration total{std::chrono::seconds(25)};  // all tries and pauses of one call
};

// Immutable; shared by all threads.
class StripeClient {
 public:
  explicit StripeClient(StripeSetup setup) : setup_(std::move(setup)) {}

  // Over this thread's kept connections. Retries as worth_retrying says, and after a broken connection: every POST
  // carries an idempotency key, so nothing is done twice. Problems: those of judge(); payment_unavailable when nobody
  // answers in time.
  Task<Result<json::Value>> call(Call call, http::ClientPool& pool, net::Reactor& reactor, Entropy& entropy) const;

  // The same on one connection of its own, for commands: it blocks.
  Result<json::Value> call_now(const Call& call, const Clock& clock) const;
  // One try, as it came back. Problems: those of BlockingClient.
  Result<Answered> ask_now(const Call& call, const Clock& clock) const;

  bool live() const;        // the key's mode
  bool restricted() const;  // rk_…
  const StripeSetup& setup() const { return setup_; }

 private:
  Task<Result<Answered>> once(const Composed& composed, http::ClientPool& pool, net::Reactor& reactor,
                              SteadyTime deadline) const;
  StripeSetup setup_;
};

}  // namespace gatehouse::services::billing

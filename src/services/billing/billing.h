// The Stripe service, opened: what its desk, its listener and its filter share.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kit/events.h"
#include "services/billing/catalog.h"
#include "services/billing/config.h"
#include "services/billing/entitled.h"
#include "services/billing/ledger.h"
#include "services/billing/stripe_client.h"
#include "store/db.h"

namespace gatehouse::services::billing {

struct BillingSetup {
  BillingConfig config;
  Secret key;
  Db& db;
  std::size_t pool = 0;  // Stripe's place in gate::Worker::upstreams
  bool development = false;
  // Takes a business event (LOG-3): one call a durable change, from any thread.
  std::function<void(const Happened&)> log = {};
  // Survive a reload; made new when absent.
  std::shared_ptr<EntitledCache> entitled = {};
};

class Billing {
 public:
  // Brings the tables up to date; blocks. Problem codes: key_form (no sk_ or rk_ key), manual_confirmation (outside
  // development), and those of Db::migrate.
  static Result<std::shared_ptr<Billing>> open(BillingSetup setup);

  const BillingConfig& config() const { return setup_.config; }
  const StripeClient& stripe() const { return stripe_; }
  Db& db() const { return setup_.db; }
  const LedgerRules& rules() const { return rules_; }
  CatalogCache& catalog() { return catalog_; }
  const std::shared_ptr<EntitledCache>& entitled() const { return setup_.entitled; }
  std::size_t pool() const { return setup_.pool; }
  std::int64_t grace() const {
    return std::chrono::duration_cast<std::chrono::seconds>(setup_.config.past_due_grace).count();
  }

  // Logs what became durable, and has the people it concerns asked about anew.
  void announce(const std::vector<Happened>& all) const;

  // Runs `work(Ledger&) -> Result<T>` in one transaction and announces what happened in it when it is durable.
  template <class F>
  Task<std::invoke_result_t<F&, Ledger&>> write(net::Reactor& reactor, std::int64_t now, F work) {
    auto told = std::make_shared<std::vector<Happened>>();
    // A copy of the rules: the work goes on when its caller has left, and a reload may have taken this away by then.
    auto writing =
        setup_.db.write(reactor, [told, now, rules = rules_, work = std::move(work)](Transaction& t) mutable {
          told->clear();
          Ledger ledger(t, rules, now, *told);
          return work(ledger);
        });
    auto result = co_await writing;
    if (result) announce(*told);
    co_return result;
  }

 private:
  explicit Billing(BillingSetup setup, StripeClient stripe) : setup_(std::move(setup)), stripe_(std::move(stripe)) {}
  BillingSetup setup_;
  StripeClient stripe_;
  LedgerRules rules_;
  CatalogCache catalog_;
};

// Applies verified events: at least once comes in, once goes through.
class BillingEvents final : public kit::EventHandler {
 public:
  explicit BillingEvents(std::shared_ptr<Billing> billing, const Clock& clock)
      : billing_(std::move(billing)), clock_(clock) {}
  std::string_view name() const override { return "billing"; }
  Task<Result<void>> handle(const kit::EventVerified& event, net::Reactor& reactor) override;
  // Forgets which events were applied, and what it knows of other people's payments. What a failing database leaves is
  // tried again the next time.
  Task<void> tidy(std::int64_t horizon, net::Reactor& reactor) override;

 private:
  std::shared_ptr<Billing> billing_;
  const Clock& clock_;
};

// How long a call to Stripe may take at each step, and to which server: for the pools of every thread.
StripeSetup stripe_setup(const BillingConfig& config, Secret key);

}  // namespace gatehouse::services::billing

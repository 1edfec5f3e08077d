#include "services/billing/billing.h"

namespace gatehouse::services::billing {

StripeSetup stripe_setup(const BillingConfig& config, Secret key) {
  StripeSetup s;
  s.key = std::move(key);
  s.account = config.account;
  const bool standard = (config.api.scheme == "https" && config.api.port == 443) ||
                        (config.api.scheme == "http" && config.api.port == 80);
  const std::string host =
      config.api.host.find(':') == std::string::npos ? config.api.host : "[" + config.api.host + "]";
  s.authority = standard ? host : host + ":" + std::to_string(config.api.port);
  s.origin = config.api.scheme + "://" + s.authority;
  s.ca_file = config.ca_file;
  s.retries = static_cast<int>(config.retries);
  s.total = config.timeout * (config.retries + 1);
  return s;
}

Result<std::shared_ptr<Billing>> Billing::open(BillingSetup setup) {
  const std::string_view key = setup.key.reveal();
  if (!key.starts_with("sk_test_") && !key.starts_with("sk_live_") && !key.starts_with("rk_test_") &&
      !key.starts_with("rk_live_"))
    return fail(Source::us, "key_form",
                "billing.secret_key: " + setup.config.secret_key.text() +
                    " holds no secret key of Stripe's; it begins with sk_test_, sk_live_, rk_test_ or rk_live_");
  // Stops: an order confirmed without money on a site where orders mean something.
  if (setup.config.manual_confirmation && !setup.development)
    return fail(Source::us, "manual_confirmation",
                "billing.manual_confirmation: development mode alone may confirm by hand; remove it");
  if (auto ready = setup.db.migrate(kComponent, billing_migrations()); !ready) return fail(std::move(ready.error()));
  if (!setup.entitled) setup.entitled = std::make_shared<EntitledCache>();
  StripeClient stripe(stripe_setup(setup.config, setup.key.clone()));
  std::shared_ptr<Billing> b(new Billing(std::move(setup), std::move(stripe)));
  b->rules_.live = b->stripe_.live();
  b->rules_.account = b->setup_.config.account;
  b->rules_.entitlements = b->setup_.config.entitlements;
  return b;
}

void Billing::announce(const std::vector<Happened>& all) const {
  for (const Happened& h : all) {
    setup_.entitled->forget(h.person);
    if (setup_.log) setup_.log(h);
  }
}

Task<Result<void>> BillingEvents::handle(const kit::EventVerified& event, net::Reactor& reactor) {
  // Stops: a payment that nobody applied counted as delivered. As a dead letter it is seen, and can be replayed.
  if (event.provider != "stripe" || event.source != billing_->config().webhook)
    co_return fail(Source::client, "wrong_endpoint",
                   "billing hears the endpoint that [billing] webhook names: " + billing_->config().webhook);
  auto read = read_event(event.payload);
  if (!read) co_return fail(std::move(read.error()));
  auto applying = billing_->write(reactor, clock_.unix_seconds(),
                                  [source = event.source, e = std::move(*read)](Ledger& ledger) -> Result<bool> {
                                    if (auto r = ledger.apply(source, e); !r) return fail(std::move(r.error()));
                                    return true;
                                  });
  Result<bool> applied = co_await applying;
  if (!applied) co_return fail(std::move(applied.error()));
  co_return Result<void>();
}

Task<void> BillingEvents::tidy(std::int64_t horizon, net::Reactor& reactor) {
  constexpr std::int64_t kBatch = 500;
  for (std::int64_t removed = kBatch; removed >= kBatch;) {
    auto removing = billing_->db().write(reactor, [horizon](Transaction& t) -> Result<std::int64_t> {
      auto events = OrdersStore(t).forget_events(horizon, kBatch);
      if (!events) return events;
      auto facts = PaymentsStore(t).remove_strangers(horizon, kBatch);
      if (!facts) return facts;
      return *events + *facts;
    });
    Result<std::int64_t> n = co_await removing;
    if (!n) co_return;
    removed = *n;
  }
}

}  // namespace gatehouse::services::billing

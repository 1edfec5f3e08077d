#include "app/desks.h"

#include <algorithm>

#include "services/billing/desk.h"
#include "services/webhooks/inbox.h"

namespace gatehouse::app {

controls::ServiceRoute routed(const kit::MountedPath& at, std::string_view tables) {
  controls::ServiceRoute r;
  r.config.name = at.service + " " + (at.path.starts_with('=') ? at.path.substr(1) : at.path);
  r.config.path = at.path;
  r.config.methods = at.methods;
  r.config.desk = at.service;
  r.config.body_limit = at.body_limit;
  r.config.machines = at.entry == kit::Entry::machine;
  r.config.place = at.place;
  r.tables = at.entry == kit::Entry::signed_in ? "[access]\nallow = \"signed_in\"\n" : "[access]\nallow = \"public\"\n";
  // Programs that prove themselves by a signature send no cookie that could act for somebody.
  if (at.entry == kit::Entry::machine)
    r.tables +=
        "[csrf]\ncookieless = true\n"
        "[rate_limit]\nenabled = false\nreason = \"the desk keeps its own rate: its callers come from a few "
        "addresses\"\n";
  r.tables += tables;
  return r;
}

namespace {

using services::billing::Billing;

// Stripe as one more server that every thread keeps connections to.
Result<gate::UpstreamRuntime> stripe_server(const services::billing::BillingConfig& config) {
  gate::UpstreamRuntime r;
  r.config.name = "stripe";
  r.config.servers = {config.api};
  r.config.ca_file = config.ca_file;
  r.config.first_byte = r.config.gap = config.timeout;
  r.config.connect = std::min<Duration>(config.timeout, std::chrono::seconds(5));
  r.health = std::make_shared<http::ServerHealth>(1);
  if (config.api.scheme == "https") {
    auto context = net::tls::ClientContext::make(config.ca_file);
    if (!context) return fail(std::move(context.error()));
    r.tls = std::move(*context);
  }
  return r;
}

// LOG-3: what became of an order, for whoever reads the log.
void log_business(gate::EventLog& log, const services::billing::Happened& h) {
  json::Value more{json::Object{}};
  if (!h.order.empty()) more.set("order", h.order);
  if (!h.subscription.empty()) more.set("subscription", h.subscription);
  more.set("state", h.state);
  if (h.amount > 0) more.set("amount", h.amount).set("currency", h.currency);
  more.set("cause", h.cause);
  log.write(h.what, h.person.subject, more);
}

Result<void> open_billing(const services::billing::BillingConfig& config, const controls::Site& site,
                          std::size_t first_upstream, Backstage& backstage, gate::EventLog& events, Desks& desks) {
  auto key = site.secret(config.secret_key);
  if (!key) return fail(std::move(key.error()));
  auto db = backstage.db();
  if (!db) return fail(std::move(db.error()));
  auto server = stripe_server(config);
  if (!server) return fail(std::move(server.error()));
  services::billing::BillingSetup setup{config, Secret(*key), **db};
  setup.pool = first_upstream + desks.upstreams.size();
  setup.development = site.config.mode == gate::Mode::development;
  setup.log = [&events](const services::billing::Happened& h) { log_business(events, h); };
  setup.entitled = std::static_pointer_cast<services::billing::EntitledCache>(
      site.keep("billing.entitled", [] { return std::make_shared<services::billing::EntitledCache>(); }));
  auto entitled = setup.entitled;
  auto billing = Billing::open(std::move(setup));
  if (!billing) return fail(std::move(billing.error()));
  desks.upstreams.push_back(std::move(*server));
  desks.origins["billing"] = std::make_shared<services::billing::BillingDesk>(*billing);
  desks.handlers["billing"] = std::make_shared<services::billing::BillingEvents>(*billing, site.clock);
  desks.filters.push_back(
      [db = *db, entitled, grace = (*billing)->grace()](const gate::RouteConfig& route, controls::Builder& builder) {
        if (route.desk.empty())
          builder.add(gate::Step::verify, std::make_unique<services::billing::EntitledFilter>(*db, entitled, grace));
      });
  return {};
}

namespace webhooks = services::webhooks;

// The inbox is made when the first configuration asks for one, and lives on when a later one does not: what it holds is
// delivered by whoever still listens.
Result<void> open_webhooks(const webhooks::Config& config, const controls::Site& site, Backstage& backstage,
                           Desks& desks) {
  auto inbox = backstage.inbox();
  if (!config.configured() && !inbox) return {};
  auto db = backstage.db();
  if (!db) return fail(std::move(db.error()));
  if (!inbox) {
    Background& background = backstage.background();
    auto opened = webhooks::Inbox::open({**db, site.fast, site.clock, site.entropy, background.reactor(),
                                         background.resolver(), backstage.state_dir()});
    if (!opened) return fail(std::move(opened.error()));
    inbox = std::move(*opened);
    backstage.set_inbox(inbox);
    site.metrics("webhooks", [inbox] { return inbox->metric_lines(); });
  }
  auto prepared = inbox->prepare(config, site.config.mode, site.secret, desks.handlers);
  if (!prepared) return fail(std::move(prepared.error()));
  desks.origins["webhooks"] = prepared->origin;
  auto kept = std::make_shared<webhooks::Inbox::Prepared>(std::move(*prepared));
  desks.adopted.push_back([inbox, kept] { inbox->adopt(std::move(*kept)); });
  return {};
}

}  // namespace

Result<Desks> open_desks(const ServiceConfigs& services, const controls::Site& site, std::size_t first_upstream,
                         Backstage& backstage, gate::EventLog& events) {
  Desks desks;
  if (services.billing.on)
    if (auto r = open_billing(services.billing, site, first_upstream, backstage, events, desks); !r)
      return fail(std::move(r.error()));
  if (auto r = open_webhooks(services.webhooks, site, backstage, desks); !r) return fail(std::move(r.error()));
  return desks;
}

}  // namespace gatehouse::app

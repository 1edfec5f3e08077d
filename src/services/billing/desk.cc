#include "services/billing/desk.h"

#include <algorithm>

#include "base/crypto/digest.h"
#include "base/text.h"
#include "gate/route.h"
#include "services/billing/views.h"

namespace gatehouse::services::billing {
namespace {

constexpr int kMostPages = 50;  // of 100, of products or prices

std::int64_t seconds(Duration d) { return std::chrono::duration_cast<std::chrono::seconds>(d).count(); }

// Pieces with a byte between them that none of them can hold.
template <class... S>
std::string digest_of(const S&... parts) {
  std::string all;
  ((all += std::string_view(parts), all += '\0'), ...);
  return text::hex(crypto::sha256(all).view());
}

}  // namespace

Person person_of(const gate::Exchange& x) { return {x.identity.principal->issuer, x.identity.principal->subject}; }

Problem outward(Problem p) {
  if (p.code == "stripe_missing") p.code = "upstream_refused";
  return p;
}

Task<Result<http::Response>> BillingDesk::answer(gate::Exchange& x) const {
  // The pipeline has refused whoever is not signed in; this is the second lock on the same door.
  if (!x.identity.known() || x.identity.subject().empty() || !x.route)
    co_return fail(Source::client, "unauthenticated", "billing without an identity");
  const bool get = x.request.method == http::Method::get || x.request.method == http::Method::head;
  Task<Answer> work;
  switch (endpoint_at(billing_->config(), x.route->config.path)) {
    case Endpoint::products:
      work = products(x);
      break;
    case Endpoint::prices:
      work = prices(x);
      break;
    case Endpoint::customer:
      work = customer(x);
      break;
    case Endpoint::checkout:
      work = checkout(x);
      break;
    case Endpoint::portal:
      work = portal(x);
      break;
    case Endpoint::subscriptions:
      work = get ? list_subscriptions(x) : x.request.method == http::Method::del ? cancel(x) : subscribe(x);
      break;
    case Endpoint::payment_intents:
      work = pay(x);
      break;
    case Endpoint::setup_intents:
      work = keep_means(x);
      break;
    case Endpoint::ephemeral_keys:
      work = ephemeral_key(x);
      break;
    case Endpoint::orders:
      work = orders(x);
      break;
    case Endpoint::entitlements:
      work = entitlements(x);
      break;
    case Endpoint::confirm:
      work = confirm(x);
      break;
    case Endpoint::count_:
      co_return fail(Source::us, "not_configured", "the route is of no endpoint");
  }
  Answer done = co_await work;
  // A store that cannot take anything in is for later, not a fault of the request.
  if (!done && done.error().source == Source::store)
    co_return fail(Problem{Source::us, "overloaded", "the database: " + done.error().text(), nullptr});
  co_return done;
}

Task<Result<json::Value>> BillingDesk::call(gate::Exchange& x, Call c) const {
  http::ClientPool& pool = *x.worker.upstreams[billing_->pool()];
  auto asking = billing_->stripe().call(std::move(c), pool, x.worker.reactor, x.worker.entropy);
  Result<json::Value> answer = co_await asking;
  co_return answer;
}

Task<Result<std::vector<json::Value>>> BillingDesk::all_of(gate::Exchange& x, std::string path) const {
  std::vector<json::Value> all;
  std::string after;
  for (int page = 0; page < kMostPages; ++page) {
    Call c;
    c.path = path;
    c.params.set("limit", 100);
    if (!after.empty()) c.params.set("starting_after", after);
    auto asking = call(x, std::move(c));
    Result<json::Value> answer = co_await asking;
    if (!answer) co_return fail(std::move(answer.error()));
    const json::Value* data = answer->find("data");
    if (!data) co_return fail(Source::origin, "payment_unavailable", path + ": no list");
    for (const json::Value& v : data->array()) all.push_back(v);
    const json::Value* more = answer->find("has_more");
    if (!more || !more->boolean().value_or(false) || data->array().empty()) break;
    after = std::string(data->array().back().string_at("id").value_or(""));
    if (after.empty()) break;
  }
  co_return all;
}

Task<Result<std::shared_ptr<const ForSale>>> BillingDesk::catalog(gate::Exchange& x) const {
  const BillingConfig& config = billing_->config();
  CatalogCache& cache = billing_->catalog();
  std::shared_ptr<const ForSale> kept = cache.kept();
  const std::int64_t now = x.unix_now;
  if (kept && now - kept->read_at <= seconds(config.cache)) co_return kept;
  const bool usable = kept && now - kept->read_at <= seconds(config.cache + config.stale);
  // One of all who find it old asks; the others go on with what there is.
  if (usable && !cache.take_turn(now, now + seconds(config.timeout) + 1)) co_return kept;
  auto asking_products = all_of(x, "/v1/products");
  Result<std::vector<json::Value>> products = co_await asking_products;
  Result<std::vector<json::Value>> prices = fail(Source::us, "internal");
  if (products) {
    auto asking_prices = all_of(x, "/v1/prices");
    prices = co_await asking_prices;
  }
  if (!products || !prices) {
    cache.end_turn(now + 5);
    if (usable) co_return kept;
    co_return fail(outward(std::move(products ? prices.error() : products.error())));
  }
  auto read = std::make_shared<const ForSale>(for_sale(config, *products, *prices, now));
  cache.keep(read);
  cache.end_turn(0);
  // What events of subscriptions will be read by.
  std::vector<std::pair<std::string, std::string>> entitles;
  for (const Product& p : read->products) entitles.emplace_back(p.id, p.entitlements);
  auto writing =
      billing_->write(x.worker.reactor, now, [entitles = std::move(entitles), now](Ledger& l) -> Result<bool> {
        for (const auto& [id, names] : entitles)
          if (auto r = l.store().put_product(id, names, now); !r) return fail(std::move(r.error()));
        return true;
      });
  Result<bool> written = co_await writing;
  if (!written) co_return fail(std::move(written.error()));
  co_return read;
}

Task<Result<std::string>> BillingDesk::known_customer(gate::Exchange& x) const {
  auto reading = billing_->db().read(
      x.worker.reactor, [person = person_of(x)](Transaction& t) { return OrdersStore(t).customer(person); });
  Result<Customer> known = co_await reading;
  if (!known) co_return fail(std::move(known.error()));
  co_return known->id;
}

Task<Result<std::string>> BillingDesk::customer_id(gate::Exchange& x) const {
  const Person person = person_of(x);
  auto reading =
      billing_->db().read(x.worker.reactor, [person](Transaction& t) { return OrdersStore(t).customer(person); });
  Result<Customer> known = co_await reading;
  if (!known) co_return fail(std::move(known.error()));
  if (!known->id.empty()) co_return known->id;

  Call c;
  c.method = "POST";
  c.path = "/v1/customers";
  json::Value metadata;
  metadata.set("user_id", person.subject).set("issuer", person.issuer);
  c.params.set("metadata", std::move(metadata));
  const json::Value* email = x.identity.principal->claim("email");
  const json::Value* verified = x.identity.principal->claim("email_verified");
  // Stops: an address that nobody proved to own getting somebody else's receipts.
  if (email && email->is_string() && email->string()->size() <= 512 && verified && verified->boolean().value_or(false))
    c.params.set("email", *email);
  // The same for everybody who asks for this person at once, so that Stripe makes one customer.
  c.idempotency_key =
      "gatehouse-customer-" + digest_of(person.issuer, person.subject, std::to_string(known->generation),
                                        billing_->config().account, json::write(c.params));
  auto asking = call(x, std::move(c));
  Result<json::Value> made = co_await asking;
  if (!made) co_return fail(outward(std::move(made.error())));
  const std::string id(made->string_at("id").value_or(""));
  if (!is_stripe_id(id, "cus_")) co_return fail(Source::origin, "payment_unavailable", "a customer without an id");
  auto keeping = billing_->write(x.worker.reactor, x.unix_now,
                                 [person, generation = known->generation, id, now = x.unix_now](Ledger& l) {
                                   return l.store().keep_customer(person, generation, id, now);
                                 });
  Result<Customer> kept = co_await keeping;
  if (!kept) co_return fail(std::move(kept.error()));
  if (kept->id.empty()) co_return fail(Source::us, "conflict", "the customer was deleted in the meantime");
  if (kept->id != id) {
    // Another one came first: ours goes, as nothing knows it.
    Call gone;
    gone.method = "DELETE";
    gone.path = "/v1/customers/" + id;
    auto deleting = call(x, std::move(gone));
    Result<json::Value> ignored = co_await deleting;
    static_cast<void>(ignored);
  }
  co_return kept->id;
}

Task<Result<BillingDesk::Wanted>> BillingDesk::wanted(gate::Exchange& x, const json::Value& body) const {
  Wanted w;
  auto items = read_items(body, billing_->config().max_quantity);
  if (!items) co_return fail(std::move(items.error()));
  w.items = std::move(*items);
  auto asking = catalog(x);
  Result<std::shared_ptr<const ForSale>> sale = co_await asking;
  if (!sale) co_return fail(std::move(sale.error()));
  w.catalog = std::move(*sale);
  auto refused = [](const std::string& id, std::string_view why) {
    return fail(Source::client, "billing_price", id + " " + std::string(why));
  };
  std::vector<std::string> names;
  for (const Item& item : w.items) {
    const Price* price = w.catalog->price(item.price);
    if (!price) co_return refused(item.price, "is not on the list");
    if (!price->active) co_return refused(item.price, "is not active");
    if (w.prices.empty()) {
      w.recurring = price->recurring;
      w.currency = price->currency;
    } else if (price->recurring != w.recurring || price->currency != w.currency) {
      co_return refused(item.price, "does not go with the others in one order");
    }
    w.prices.push_back(price);
    if (price->amount && (*price->amount < 0 || *price->amount > 99'999'999'999))
      co_return refused(item.price, "has an amount beyond Stripe's");
    w.amount += price->amount.value_or(0) * item.quantity;
    w.text += (w.text.empty() ? "" : ", ") + item.price + " x" + std::to_string(item.quantity);
    if (const Product* product = w.catalog->product(price->product))
      for (std::string& n : entitlement_names(product->entitlements)) names.push_back(std::move(n));
    for (const auto& [id, to] : billing_->config().entitlements)
      if (id == item.price) names.insert(names.end(), to.begin(), to.end());
  }
  for (const std::string& n : names) w.entitlements += (w.entitlements.empty() ? "" : ",") + n;
  co_return w;
}

Task<Result<Order>> BillingDesk::begin_order(gate::Exchange& x, std::string_view kind, const Wanted& w) const {
  auto asking_customer = customer_id(x);
  Result<std::string> customer = co_await asking_customer;
  if (!customer) co_return fail(std::move(customer.error()));
  Order o;
  o.person = person_of(x);
  o.kind = std::string(kind);
  o.items = w.text;
  o.entitlements = w.entitlements;
  o.customer = std::move(*customer);
  o.currency = w.currency;
  o.amount = w.amount;
  o.created = o.updated = x.unix_now;
  auto key = idempotency_key(x);
  if (!key) co_return fail(std::move(key.error()));
  o.id =
      "ord_" + (key->empty() ? text::hex(x.worker.entropy.bytes<16>())
                             : digest_of(o.person.issuer, o.person.subject, x.route->config.path, *key).substr(0, 32));
  auto writing = billing_->write(x.worker.reactor, x.unix_now,
                                 [o, cause = "request " + std::string(x.id)](Ledger& l) { return l.begin(o, cause); });
  Result<Order> begun = co_await writing;
  co_return begun;
}

Task<Result<void>> BillingDesk::opened(gate::Exchange& x, Order order, std::string session, std::string intent,
                                       std::string subscription) const {
  auto writing = billing_->write(x.worker.reactor, x.unix_now,
                                 [id = order.id, session, intent, subscription, now = x.unix_now,
                                  cause = "request " + std::string(x.id)](Ledger& l) -> Result<bool> {
                                   OrderNews news;
                                   news.trigger = Trigger::opened;
                                   news.order = id;
                                   news.session = session;
                                   news.subscription = subscription;
                                   auto known = l.store().order(id);
                                   if (!known) return fail(std::move(known.error()));
                                   if (!*known) return fail(Source::us, "internal", "the order is gone");
                                   // An app's intent says nothing but its id; the ledger asks more of intents that come
                                   // alone.
                                   if ((*known)->payment_intent.empty() && !intent.empty()) {
                                     (*known)->payment_intent = intent;
                                     if (auto r = l.store().update_order(**known, now); !r)
                                       return fail(std::move(r.error()));
                                   }
                                   if (auto r = l.order_news(news, cause, now); !r) return fail(std::move(r.error()));
                                   return true;
                                 });
  Result<bool> done = co_await writing;
  if (!done) co_return fail(std::move(done.error()));
  co_return Result<void>();
}

Task<Problem> BillingDesk::not_opened(gate::Exchange& x, Order order, Problem why) const {
  // When Stripe only did not answer, it may have heard us: the order waits.
  if (why.code == "payment_unavailable") co_return outward(std::move(why));
  const bool no_customer = why.code == "stripe_missing" && why.detail.find("param=customer") != std::string::npos;
  auto writing = billing_->write(x.worker.reactor, x.unix_now,
                                 [order, no_customer, now = x.unix_now,
                                  cause = "request " + std::string(x.id)](Ledger& l) mutable -> Result<bool> {
                                   if (no_customer)
                                     if (auto r = l.store().forget_customer(order.customer); !r)
                                       return fail(std::move(r.error()));
                                   auto known = l.store().order(order.id);
                                   if (!known) return fail(std::move(known.error()));
                                   if (*known)
                                     if (auto r = l.move(**known, Trigger::refused, cause, now); !r)
                                       return fail(std::move(r.error()));
                                   return true;
                                 });
  Result<bool> done = co_await writing;
  if (!done) co_return done.error();
  // The next try makes a new customer.
  if (no_customer) why.code = "payment_unavailable";
  if (why.detail.find("type=idempotency_error") != std::string::npos)
    why = {Source::client, "idempotency_mismatch", why.detail, nullptr};
  co_return outward(std::move(why));
}

}  // namespace gatehouse::services::billing

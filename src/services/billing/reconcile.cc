#include "services/billing/reconcile.h"

#include <algorithm>
#include <set>

namespace gatehouse::services::billing {
namespace {

constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kBatch = 200;
constexpr std::int64_t kMostDisputes = 10'000;  // open at once
constexpr std::string_view kCause = "reconcile";
constexpr std::string_view kDryRun = "dry_run";

Call get(std::string path) {
  Call c;
  c.path = std::move(path);
  return c;
}

class Reconciling {
 public:
  Reconciling(Db& db, const LedgerRules& rules, const ReconcileOptions& options,
              const std::function<Result<json::Value>(const Call&)>& ask)
      : db_(db), rules_(rules), options_(options), ask_(ask) {}

  Result<Reconciled> run() {
    std::string after;
    for (;;) {
      auto page =
          db_.read_now([&](Transaction& t) { return OrdersStore(t).orders(nullptr, std::nullopt, after, kBatch); });
      if (!page) return fail(std::move(page.error()));
      for (const Order& o : *page) {
        const bool young = o.created >= options_.since && entitles(o.state);
        if (!pending(o.state) && !young) continue;
        ++out_.orders;
        if (auto r = order(o); !r) return fail(std::move(r.error()));
      }
      if (page->size() < static_cast<std::size_t>(kBatch)) break;
      after = page->back().id;
    }
    auto all = db_.read_now([&](Transaction& t) { return OrdersStore(t).subscriptions(nullptr, 1'000'000); });
    if (!all) return fail(std::move(all.error()));
    for (const Subscription& s : *all) {
      if (s.status == "canceled" || s.status == "incomplete_expired") continue;
      ++out_.subscriptions;
      if (auto r = subscription(s); !r) return fail(std::move(r.error()));
    }
    if (auto r = begun_outside(); !r) return fail(std::move(r.error()));
    if (auto r = money_back(); !r) return fail(std::move(r.error()));
    return std::move(out_);
  }

 private:
  // One transaction with the ledger; without `apply` it is undone, and what it would have done is kept.
  Result<void> change(const std::function<Result<void>(Ledger&)>& work) {
    std::vector<Happened> told;
    auto done = db_.write_now([&](Transaction& t) -> Result<bool> {
      Ledger ledger(t, rules_, options_.now, told);
      if (auto r = work(ledger); !r) return fail(std::move(r.error()));
      if (!options_.apply) return fail(Source::us, kDryRun);
      return true;
    });
    if (!done && done.error().code != kDryRun) return fail(std::move(done.error()));
    for (Happened& h : told) {
      // What was undone may come to light once more from the other side.
      const bool said = std::any_of(out_.differences.begin(), out_.differences.end(), [&](const Happened& d) {
        return d.what == h.what && d.order == h.order && d.state == h.state;
      });
      if (options_.apply || !said) out_.differences.push_back(std::move(h));
    }
    return {};
  }

  void cannot(const std::string& id, const Problem& why) { out_.unknown.push_back(id + ": " + why.text()); }

  // The object that Stripe has for an order, found by its id or, when the answer was lost, in the customer's list.
  Result<json::Value> object_of(const Order& o, const std::string& path, const std::string& id) {
    if (!id.empty()) return ask_(get(path + "/" + id));
    if (o.customer.empty()) return json::Value();
    Call c = get(path);
    c.params.set("customer", o.customer).set("limit", 100);
    if (path == "/v1/subscriptions") c.params.set("status", "all");
    auto list = ask_(c);
    if (!list) return list;
    if (const json::Value* data = list->find("data"))
      for (const json::Value& v : data->array()) {
        const json::Value* metadata = v.find("metadata");
        if (metadata && metadata->string_at("order_id") == o.id) return v;
      }
    return json::Value();
  }

  Result<void> order(const Order& o) {
    if (pending(o.state)) {
      // A subscription is begun by a checkout or directly: whichever Stripe has.
      std::string path = o.kind == "intent" ? "/v1/payment_intents" : "/v1/checkout/sessions";
      auto found = object_of(o, path, o.kind == "intent" ? o.payment_intent : o.session);
      if (found && found->is_null() && o.kind == "subscription")
        found = object_of(o, path = "/v1/subscriptions", o.subscription);
      if (!found && found.error().code != "stripe_missing") return cannot(o.id, found.error()), Result<void>();
      if (!found || found->is_null()) {
        // Stripe keeps idempotency keys for a day: until then a second try may still find what the first one made.
        if (o.created + kDay > options_.now) return {};
        return change([&](Ledger& l) -> Result<void> {
          auto known = l.store().order(o.id);
          if (!known) return fail(std::move(known.error()));
          return *known ? l.move(**known, o.state == State::creating ? Trigger::refused : Trigger::expired, kCause,
                                 options_.now)
                        : Result<void>();
        });
      }
      if (auto r = change([&, path](Ledger& l) { return told_of(l, o, *found, path); }); !r) return r;
      auto news = path == "/v1/checkout/sessions" ? news_of_session(*found) : std::nullopt;
      return news ? missing_subscription(o, news->subscription) : Result<void>();
    }
    return missing_subscription(o, o.subscription);
  }

  // Everything of a list that Stripe made since `since`, page by page.
  Result<void> each(const std::string& path, const std::string& expand,
                    const std::function<Result<void>(const json::Value&)>& one) {
    std::string after;
    for (;;) {
      Call c = get(path);
      json::Value from;
      from.set("gte", options_.since);
      c.params.set("limit", 100).set("created", std::move(from));
      if (!after.empty()) c.params.set("starting_after", after);
      if (!expand.empty()) {
        json::Value list{json::Array{}};
        list.push(expand);
        c.params.set("expand", std::move(list));
      }
      auto page = ask_(c);
      if (!page) return cannot(path, page.error()), Result<void>();
      const json::Value* data = page->find("data");
      if (!data || data->array().empty()) return {};
      for (const json::Value& v : data->array())
        if (auto r = one(v); !r) return r;
      const json::Value* more = page->find("has_more");
      after = std::string(data->array().back().string_at("id").value_or(""));
      if (!more || !more->boolean().value_or(false) || after.empty()) return {};
    }
  }

  // Subscriptions of our people that no order of ours began, and no event told us about.
  Result<void> begun_outside() {
    return each("/v1/subscriptions", "", [&](const json::Value& v) -> Result<void> {
      const SubscriptionNews news = news_of_subscription(v);
      auto stranger = db_.read_now([&](Transaction& t) -> Result<bool> {
        OrdersStore store(t);
        auto known = store.subscription(news.id);
        if (!known) return fail(std::move(known.error()));
        if (*known) return true;
        auto owner = store.person_of(news.customer);
        if (!owner) return fail(std::move(owner.error()));
        return !*owner;
      });
      if (!stranger) return fail(std::move(stranger.error()));
      if (*stranger || news.id.empty()) return {};
      ++out_.subscriptions;
      Subscription s;
      s.id = news.id;
      s.order = news.order;
      return subscription(s);
    });
  }

  // Money that went back: what Stripe has since `since`, whatever it was paid for, and how disputes stand that we know
  // as open, however old.
  Result<void> money_back() {
    auto refunds = each("/v1/refunds", "data.charge", [&](const json::Value& v) -> Result<void> {
      const json::Value* charge = v.find("charge");
      auto news = charge && charge->is_object() ? news_of_charge(*charge) : std::nullopt;
      if (!news) return {};
      ++out_.refunds;
      return change([&](Ledger& l) { return l.refund_news(*news, kCause, options_.now); });
    });
    if (!refunds) return refunds;
    std::set<std::string> seen;
    auto dispute = [&](const json::Value& v) -> Result<void> {
      auto news = news_of_dispute(v);
      if (!news || !seen.insert(news->id).second) return {};
      ++out_.disputes;
      return change([&](Ledger& l) { return l.dispute_news(*news, kCause, options_.now); });
    };
    if (auto r = each("/v1/disputes", "", dispute); !r) return r;
    auto open = db_.read_now([](Transaction& t) { return PaymentsStore(t).open_disputes(kMostDisputes); });
    if (!open) return fail(std::move(open.error()));
    for (const Dispute& d : *open) {
      if (seen.contains(d.id)) continue;
      auto found = ask_(get("/v1/disputes/" + d.id));
      if (!found) {
        cannot(d.id, found.error());
        continue;
      }
      if (auto r = dispute(*found); !r) return r;
    }
    return {};
  }

  // A subscription that no event told us about.
  Result<void> missing_subscription(const Order& o, const std::string& id) {
    if (id.empty()) return {};
    auto known = db_.read_now([&](Transaction& t) { return OrdersStore(t).subscription(id); });
    if (!known) return fail(std::move(known.error()));
    if (*known) return {};
    Subscription s;
    s.id = id;
    s.order = o.id;
    return subscription(s);
  }

  Result<void> told_of(Ledger& l, const Order& o, const json::Value& v, const std::string& path) {
    std::optional<OrderNews> news;
    if (path == "/v1/checkout/sessions") news = news_of_session(v);
    if (path == "/v1/payment_intents") news = news_of_intent(v);
    if (path == "/v1/subscriptions") {
      if (auto r = l.subscription_news(news_of_subscription(v), kCause, options_.now, true); !r) return r;
    }
    OrderNews opened;
    opened.order = o.id;
    opened.trigger = Trigger::opened;
    const std::string id(v.string_at("id").value_or(""));
    if (path == "/v1/checkout/sessions") opened.session = id;
    if (path == "/v1/subscriptions") opened.subscription = id;
    if (path == "/v1/payment_intents" && o.payment_intent.empty()) {
      auto known = l.store().order(o.id);
      if (!known) return fail(std::move(known.error()));
      if (*known) {
        (*known)->payment_intent = id;
        if (auto r = l.store().update_order(**known, options_.now); !r) return r;
        if (auto r = l.move(**known, Trigger::opened, kCause, options_.now); !r) return r;
      }
    } else if (path != "/v1/payment_intents") {
      if (auto r = l.order_news(opened, kCause, options_.now); !r) return r;
    }
    return news ? l.order_news(*news, kCause, options_.now) : Result<void>();
  }

  Result<void> subscription(const Subscription& s) {
    Call c = get("/v1/subscriptions/" + s.id);
    json::Value expand{json::Array{}};
    expand.push("latest_invoice.payments");
    c.params.set("expand", std::move(expand));
    auto found = ask_(c);
    if (!found) return cannot(s.id, found.error()), Result<void>();
    SubscriptionNews news = news_of_subscription(*found);
    if (news.order.empty()) news.order = s.order;
    return change([&](Ledger& l) -> Result<void> {
      if (auto r = l.subscription_news(news, kCause, options_.now, true); !r) return r;
      const json::Value* invoice = found->find("latest_invoice");
      auto paid = invoice && invoice->is_object() ? news_of_invoice(*invoice) : std::nullopt;
      if (!paid || !paid->paid || paid->subscription != s.id) return {};
      // The subscription's own word about which order it is of; an invoice keeps the one of the day it was made.
      paid->order = news.order;
      paid->customer = news.customer;
      return l.invoice_news(*paid, kCause, options_.now);
    });
  }

  Db& db_;
  const LedgerRules& rules_;
  ReconcileOptions options_;
  const std::function<Result<json::Value>(const Call&)>& ask_;
  Reconciled out_;
};

}  // namespace

Result<Reconciled> reconcile(Db& db, const LedgerRules& rules, const ReconcileOptions& options,
                             const std::function<Result<json::Value>(const Call&)>& ask) {
  return Reconciling(db, rules, options, ask).run();
}

}  // namespace gatehouse::services::billing

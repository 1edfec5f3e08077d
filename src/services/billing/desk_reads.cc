// The answers that change nothing.
#include <algorithm>

#include "services/billing/desk.h"
#include "services/billing/views.h"

namespace gatehouse::services::billing {
namespace {

// One page of what `keep` lets through, by cursor over ids as Stripe's own lists go.
template <class T>
Result<json::Value> page_of(const std::vector<T>& all, const Page& page, std::string_view url,
                            const std::function<bool(const T&)>& keep) {
  std::vector<const T*> chosen;
  for (const T& t : all)
    if (keep(t)) chosen.push_back(&t);
  std::size_t begin = 0, end = chosen.size();
  bool more = false;
  const auto limit = static_cast<std::size_t>(page.limit);
  if (!page.after.empty() || !page.before.empty()) {
    const std::string& cursor = page.after.empty() ? page.before : page.after;
    auto at = std::find_if(chosen.begin(), chosen.end(), [&](const T* t) { return t->id == cursor; });
    if (at == chosen.end()) return fail(Source::client, "bad_query", "the cursor is not in the list");
    const auto index = static_cast<std::size_t>(at - chosen.begin());
    if (page.after.empty()) {
      end = index;
      more = end > limit;
      begin = more ? end - limit : 0;
    } else {
      begin = index + 1;
    }
  }
  if (page.before.empty()) {
    more = end - begin > limit;
    end = std::min(end, begin + limit);
  }
  json::Value data{json::Array{}};
  for (std::size_t i = begin; i < end; ++i) data.push(chosen[i]->shown);
  return list_of(url, std::move(data), more);
}

}  // namespace

Task<BillingDesk::Answer> BillingDesk::products(gate::Exchange& x) const {
  auto page = read_page(x, {"active", "limit", "starting_after", "ending_before"});
  if (!page) co_return fail(std::move(page.error()));
  auto asking = catalog(x);
  Result<std::shared_ptr<const ForSale>> sale = co_await asking;
  if (!sale) co_return fail(std::move(sale.error()));
  auto list = page_of<Product>((*sale)->products, *page, x.request.path,
                               [&](const Product& p) { return !page->active || p.active == *page->active; });
  if (!list) co_return fail(std::move(list.error()));
  co_return json_answer(x, *list);
}

Task<BillingDesk::Answer> BillingDesk::prices(gate::Exchange& x) const {
  auto page = read_page(x, {"active", "product", "limit", "starting_after", "ending_before"});
  if (!page) co_return fail(std::move(page.error()));
  auto asking = catalog(x);
  Result<std::shared_ptr<const ForSale>> sale = co_await asking;
  if (!sale) co_return fail(std::move(sale.error()));
  auto list = page_of<Price>((*sale)->prices, *page, x.request.path, [&](const Price& p) {
    return (!page->active || p.active == *page->active) && (page->product.empty() || p.product == page->product);
  });
  if (!list) co_return fail(std::move(list.error()));
  co_return json_answer(x, *list);
}

Task<BillingDesk::Answer> BillingDesk::list_subscriptions(gate::Exchange& x) const {
  if (auto page = read_page(x, {}); !page) co_return fail(std::move(page.error()));
  auto knowing = known_customer(x);
  Result<std::string> customer = co_await knowing;
  if (!customer) co_return fail(std::move(customer.error()));
  json::Value data{json::Array{}};
  bool more = false;
  if (!customer->empty()) {
    Call c;
    c.path = "/v1/subscriptions";
    c.params.set("customer", *customer).set("status", "all").set("limit", 100);
    auto asking = call(x, std::move(c));
    Result<json::Value> list = co_await asking;
    if (!list && list.error().code != "stripe_missing") co_return fail(std::move(list.error()));
    const json::Value* all = list ? list->find("data") : nullptr;
    if (all)
      for (const json::Value& s : all->array()) data.push(shown_subscription(s));
    const json::Value* has_more = list ? list->find("has_more") : nullptr;
    more = has_more && has_more->boolean().value_or(false);
  }
  co_return json_answer(x, list_of(x.request.path, std::move(data), more));
}

Task<BillingDesk::Answer> BillingDesk::orders(gate::Exchange& x) const {
  auto page = read_page(x, {"limit", "starting_after", "session"});
  if (!page) co_return fail(std::move(page.error()));
  auto reading = billing_->db().read(
      x.worker.reactor, [person = person_of(x), page = *page](Transaction& t) -> Result<std::vector<Order>> {
        OrdersStore store(t);
        if (page.session.empty()) return store.orders(&person, std::nullopt, page.after, page.limit + 1);
        std::vector<Order> one;
        auto found = store.order_by_session(page.session);
        if (!found) return fail(std::move(found.error()));
        // Stops: reading somebody else's order by the session in a success address.
        if (*found && (*found)->person.subject == person.subject && (*found)->person.issuer == person.issuer)
          one.push_back(**found);
        return one;
      });
  Result<std::vector<Order>> all = co_await reading;
  if (!all) co_return fail(std::move(all.error()));
  const auto limit = static_cast<std::size_t>(page->limit);
  json::Value data{json::Array{}};
  for (std::size_t i = 0; i < std::min(limit, all->size()); ++i) data.push(shown((*all)[i]));
  co_return json_answer(x, list_of(x.request.path, std::move(data), all->size() > limit));
}

Task<BillingDesk::Answer> BillingDesk::entitlements(gate::Exchange& x) const {
  if (auto page = read_page(x, {}); !page) co_return fail(std::move(page.error()));
  auto reading = billing_->db().read(
      x.worker.reactor, [person = person_of(x), now = x.unix_now, grace = billing_->grace()](Transaction& t) {
        return OrdersStore(t).entitlements(person, now, grace);
      });
  Result<std::vector<std::string>> names = co_await reading;
  if (!names) co_return fail(std::move(names.error()));
  json::Value list{json::Array{}};
  for (const std::string& n : *names) list.push(n);
  json::Value v;
  v.set("object", "entitlements").set("entitlements", std::move(list));
  co_return json_answer(x, v);
}

}  // namespace gatehouse::services::billing

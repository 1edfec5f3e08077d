#include "services/billing/config.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::services::billing {
namespace {

using conf::Form;

struct Known {
  std::string_view name, doc;
  std::string_view methods;  // separated by blanks
  bool writes;
};

constexpr std::array<Known, kEndpoints> kKnown = {{
    {"products", "GET: what is for sale", "GET", false},
    {"prices", "GET: at which prices; active, product, limit, starting_after, ending_before", "GET", false},
    {"customer", "POST: the customer of who is signed in, made when missing", "POST", true},
    {"checkout", "POST: a checkout session and its order", "POST", true},
    {"portal", "POST: a session of Stripe's billing portal", "POST", true},
    {"subscriptions", "GET and POST; DELETE below it by id", "GET POST", true},
    {"payment_intents", "POST: a payment of a listed price, for apps", "POST", true},
    {"setup_intents", "POST: a means of payment kept for later", "POST", true},
    {"ephemeral_keys", "POST: a short-lived key for Stripe's mobile SDKs", "POST", true},
    {"orders", "GET: the orders of who is signed in", "GET", false},
    {"entitlements", "GET: what he paid for", "GET", false},
    {"confirm", "POST, development only: confirm an order by hand", "POST", true},
}};

constexpr std::size_t index(Endpoint e) { return static_cast<std::size_t>(e); }

bool is_id(std::string_view s, std::string_view prefix) {
  return s.starts_with(prefix) && s.size() > prefix.size() && s.size() <= 255 &&
         std::all_of(s.begin(), s.end(), [](char c) { return text::is_alpha(c) || text::is_digit(c) || c == '_'; });
}

void check_ids(Form& f, std::string_view key, const std::vector<std::string>& ids, std::string_view prefix) {
  for (const std::string& id : ids)
    if (!is_id(id, prefix))
      f.bad(key, "`" + text::printable(id, 60) + "` is no id of Stripe's",
            "copy it from the dashboard; it begins with " + std::string(prefix));
}

void judge(Form& f, const BillingConfig& c) {
  if (!c.secret_key.set() && !f.faulty("secret_key") && !f.has("secret_key"))
    f.report(conf::Severity::error, "missing_key", "secret_key", "billing has no key to Stripe",
             "add secret_key = { env = \"STRIPE_SECRET_KEY\" }");
  if (c.api.scheme == "unix" || (c.api.scheme == "http" && !c.api.loopback()))
    f.unsafe("api", "the secret key would travel in the clear", "write https://api.stripe.com");
  check_ids(f, "prices", c.prices, "price_");
  check_ids(f, "products", c.products, "prod_");
  if (!c.account.empty()) check_ids(f, "account", {c.account}, "acct_");
  const bool sells = !c.paths[index(Endpoint::checkout)].empty() ||
                     !c.paths[index(Endpoint::payment_intents)].empty() ||
                     !c.paths[index(Endpoint::subscriptions)].empty();
  if (sells && c.prices.empty() && c.products.empty() && !f.faulty("prices") && !f.faulty("products"))
    f.report(conf::Severity::error, "missing_key", "prices", "nothing is for sale: every checkout would be refused",
             "list what people may buy: prices = [\"price_…\"] or products = [\"prod_…\"]");
  const bool returns = !c.paths[index(Endpoint::checkout)].empty() || !c.paths[index(Endpoint::portal)].empty();
  if (returns && c.return_origins.empty() && !f.faulty("return_origins"))
    f.report(conf::Severity::error, "missing_key", "return_origins", "nobody could come back from paying",
             "list your own pages' origins: return_origins = [\"https://app.example.com\"]");
  for (const conf::WebOrigin& o : c.return_origins)
    if (o.scheme() == "http" && o.host() != "localhost" && o.host() != "127.0.0.1" && o.host() != "[::1]" &&
        o.host() != "::1")
      f.unsafe("return_origins", "`" + o.text() + "` would bring people back in the clear", "write https://");
  if (c.manual_confirmation != !c.paths[index(Endpoint::confirm)].empty())
    f.bad("manual_confirmation", "confirming by hand needs both manual_confirmation = true and endpoints.confirm",
          "remove both: a verified webhook confirms");
}

}  // namespace

std::string_view name_of(Endpoint e) { return kKnown[index(e)].name; }

void describe(Form& f, BillingConfig& c) {
  f.secret({"secret_key", "Stripe's secret key; a restricted key (rk_…) that may do only what is needed is best"},
           c.secret_key);
  std::vector<conf::ServerUrl> api{c.api};
  f.servers({"api", "Where Stripe's API stands"}, api);
  f.field({"ca_file", "Roots to verify it by; the system's when empty"}, c.ca_file);
  f.field({"account", "Act for this connected account (acct_…)"}, c.account);
  f.field({"webhook", "Name of the webhook endpoint whose events confirm orders"}, c.webhook);
  f.field({"prices", "Prices that people may buy"}, c.prices);
  f.field({"products", "Products of which people may buy every active price"}, c.products);
  f.origins({"return_origins", "Where people may come back to from paying"}, c.return_origins);
  f.table({"endpoints", "Where each desk stands; one that is not listed does not exist"}, [&](Form& t) {
    for (std::size_t i = 0; i < kEndpoints; ++i) {
      t.field({kKnown[i].name, kKnown[i].doc}, c.paths[i]);
      if (!t.reading()) continue;
      c.places[i] = t.place(kKnown[i].name);
      const std::string& path = c.paths[i];
      if (!path.empty() && (path.front() != '/' || path.size() < 2 || path.back() == '/' ||
                            path.find_first_of("{}=") != path.npos || !gate::path_fault(path).empty()))
        t.bad(kKnown[i].name, "`" + text::printable(path, 80) + "` is no path of a desk",
              "write it whole and without parameters: \"/billing/" + std::string(kKnown[i].name) + "\"");
    }
  });
  f.entries({"entitles", "What a product (prod_…) or price (price_…) entitles to, beside its metadata `entitlements`"},
            [&](Form& t, std::string_view name) {
              std::vector<std::string> to;
              t.field(conf::required("to", "Names, as the backend reads them"), to);
              if (!t.reading()) return;
              for (const std::string& e : to)
                if (entitlement_names(e) != std::vector<std::string>{e})
                  t.bad("to", "`" + text::printable(e, 60) + "` is no name of an entitlement",
                        "letters, digits and -_.: only");
              c.entitlements.emplace_back(std::string(name), std::move(to));
            });
  f.duration({"timeout", "Longest wait for an answer of Stripe"}, c.timeout, std::chrono::seconds(1),
             std::chrono::seconds(80));
  f.duration({"cache", "How long products and prices are kept"}, c.cache, Duration::zero(), std::chrono::hours(24));
  f.duration({"stale", "How much longer the kept ones serve while Stripe is away"}, c.stale, Duration::zero(),
             std::chrono::hours(24 * 30));
  f.duration({"past_due_grace", "How long a failed renewal keeps what was paid for before"}, c.past_due_grace,
             Duration::zero(), std::chrono::hours(24 * 60));
  f.field({"retries", "How often a call that failed in passing is sent again"}, c.retries, 0, 5);
  f.field({"max_quantity", "Most pieces of one price in an order"}, c.max_quantity, 1, 1000000);
  f.rate({"reads", "How often one person may read"}, c.reads);
  f.rate({"writes", "How often one person may order, change or cancel"}, c.writes);
  f.field({"manual_confirmation", "Development only: an order can be confirmed without a payment"},
          c.manual_confirmation);
  if (!f.reading()) return;
  c.on = true;
  c.place = f.place();
  c.webhook_place = f.has("webhook") ? f.place("webhook") : c.place;
  if (api.size() == 1)
    c.api = api[0];
  else
    f.bad("api", "one address is needed", "write api = \"https://api.stripe.com\"");
  judge(f, c);
}

void check(const BillingConfig& c, const gate::GateConfig& gate, conf::Findings& findings) {
  // Stops: an order confirmed without money on a site where orders mean something.
  if (c.manual_confirmation && gate.mode != gate::Mode::development)
    findings.add({conf::Severity::error, "unsafe", c.place, "billing.manual_confirmation",
                  "development mode alone may confirm orders by hand",
                  "remove manual_confirmation and endpoints.confirm: a verified webhook confirms"});
}

std::vector<Mounted> mounted(const BillingConfig& c) {
  std::vector<Mounted> all;
  for (std::size_t i = 0; i < kEndpoints; ++i) {
    if (c.paths[i].empty()) continue;
    Mounted m;
    m.at.service = "billing";
    m.at.path = "=" + c.paths[i];
    for (std::string_view method : text::split(kKnown[i].methods, ' ')) m.at.methods.emplace_back(method);
    m.at.entry = kit::Entry::signed_in;
    m.at.body_limit = 16 * 1024;
    m.at.place = c.places[i];
    const std::string rate = conf::format_rate(kKnown[i].writes ? c.writes : c.reads);
    const std::string kind = kKnown[i].writes ? "billing-write" : "billing-read";
    m.tables = "[[rate_limit.rule]]\nname = \"" + kind + "\"\nrate = \"" + rate + "\"\nkey = \"user\"\nshared = \"" +
               kind + "\"\n";
    all.push_back(m);
    if (static_cast<Endpoint>(i) != Endpoint::subscriptions) continue;
    m.at.path = "=" + c.paths[i] + "/{id}";
    m.at.methods = {"DELETE"};
    all.push_back(std::move(m));
  }
  return all;
}

Endpoint endpoint_at(const BillingConfig& c, std::string_view path) {
  if (path.starts_with('=')) path.remove_prefix(1);
  if (path.ends_with("/{id}")) path.remove_suffix(5);
  for (std::size_t i = 0; i < kEndpoints; ++i)
    if (!c.paths[i].empty() && c.paths[i] == path) return static_cast<Endpoint>(i);
  return Endpoint::count_;
}

std::vector<std::string> entitlement_names(std::string_view list) {
  std::vector<std::string> all;
  for (std::string_view part : text::split(list, ',')) {
    part = text::trim(part);
    const bool good = !part.empty() && part.size() <= 64 && std::all_of(part.begin(), part.end(), [](char c) {
      return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
    });
    if (good && std::find(all.begin(), all.end(), part) == all.end()) all.emplace_back(part);
  }
  return all;
}

bool may_return_to(const BillingConfig& c, std::string_view url) {
  if (url.size() > 2000) return false;
  for (char ch : url)
    if (static_cast<unsigned char>(ch) <= 0x20 || static_cast<unsigned char>(ch) >= 0x7f || ch == '\\') return false;
  for (const conf::WebOrigin& o : c.return_origins) {
    if (!url.starts_with(o.text())) continue;
    const std::string_view rest = url.substr(o.text().size());
    // Stops: https://app.example.com.evil.example and https://app.example.com@evil.example.
    if (rest.empty() || rest.front() == '/' || rest.front() == '?' || rest.front() == '#') return true;
  }
  return false;
}

}  // namespace gatehouse::services::billing

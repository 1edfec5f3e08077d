#include "app/billing_command.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <ostream>
#include <sstream>

#include "app/admin_command.h"
#include "app/sections.h"
#include "base/text.h"
#include "controls/catalog.h"
#include "controls/startup/secret_source.h"
#include "services/billing/billing.h"
#include "services/billing/reconcile.h"
#include "services/billing/views.h"
#include "store/sqlite/sqlite_db.h"

namespace gatehouse::app {
namespace {

using namespace services::billing;

// What the configuration says about billing, with the key when it is asked for.
struct Opened {
  BillingConfig config;
  std::string state_dir;
  std::unique_ptr<StripeClient> stripe;
  std::unique_ptr<Db> db;
};

int say(World& world, int code, std::string_view what) {
  world.err << "gatehouse billing: " << what << "\n";
  return code;
}

// kOk, or the exit code after a word about why not.
int open(const Arguments& arguments, World& world, bool with_stripe, bool with_db, Opened& out) {
  const std::string file = arguments.value_or("config", "gatehouse.toml");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return say(world, kIncomplete, text::printable(file, 300) + " cannot be read; name it with --config FILE");
  controls::Catalog catalog = controls::catalog();
  ServiceConfigs services;
  conf::Findings findings;
  auto policy = controls::load(text.str(), file, catalog, world.clock, findings, sections(services));
  if (findings.has_errors()) {
    world.err << conf::render_text(findings, false);
    return say(world, kUsage, "the configuration has findings; `gatehouse check` explains them");
  }
  if (!services.billing.on) return say(world, kUsage, text::printable(file, 300) + " has no [billing] table");
  out.config = services.billing;
  out.state_dir = policy.config.state_dir;
  if (with_stripe) {
    auto key = controls::startup::SystemSecrets(world.variable).read(out.config.secret_key);
    if (!key) return say(world, kUsage, key.error().detail);
    out.stripe = std::make_unique<StripeClient>(stripe_setup(out.config, key->bytes.clone()));
    const bool production = policy.config.mode == gate::Mode::production;
    // Stops: repairing the orders of one world by the other's.
    if (production != out.stripe->live())
      return say(world, kUsage,
                 production ? "the key is a test key, and this is production"
                            : "the key is a live key, and this is development");
  }
  if (with_db) {
    const std::string name = out.state_dir + "/gatehouse.db";
    if (::access(name.c_str(), F_OK) != 0)
      return say(world, kIncomplete,
                 text::printable(name, 300) +
                     " does not exist: nothing was ordered yet, or "
                     "state_dir is another one seen from here");
    auto db = store::open_sqlite({.file = name});
    if (!db) return say(world, kIncomplete, db.error().text());
    out.db = std::move(*db);
    if (auto ready = out.db->migrate(kComponent, billing_migrations()); !ready)
      return say(world, kIncomplete, ready.error().text());
  }
  return kOk;
}

bool json_wanted(const Arguments& arguments, World& world, int& code) {
  const std::string format = arguments.value_or("format", "text");
  code = format == "text" || format == "json" ? kOk : say(world, kUsage, "--format is text or json");
  return format == "json";
}

// ---- billing check

// A call that needs one permission and changes nothing: it reads one thing, or names what does not exist.
struct Need {
  Endpoint endpoint;
  std::string_view permission, method, path;
  std::string_view customer = "";  // the parameter that names nobody
};
constexpr std::string_view kNobody = "cus_gatehouse_check";
constexpr Need kNeeds[] = {
    {Endpoint::products, "products read", "GET", "/v1/products"},
    {Endpoint::prices, "prices read", "GET", "/v1/prices"},
    {Endpoint::customer, "customers write", "POST", "/v1/customers/cus_gatehouse_check"},
    {Endpoint::checkout, "checkout sessions write", "POST", "/v1/checkout/sessions/cs_gatehouse_check/expire"},
    {Endpoint::checkout, "checkout sessions read (reconcile)", "GET", "/v1/checkout/sessions"},
    {Endpoint::checkout, "payment intents read (reconcile)", "GET", "/v1/payment_intents"},
    {Endpoint::checkout, "charges and refunds read (reconcile)", "GET", "/v1/refunds"},
    {Endpoint::checkout, "disputes read (reconcile)", "GET", "/v1/disputes"},
    {Endpoint::portal, "billing portal write", "POST", "/v1/billing_portal/sessions", kNobody},
    {Endpoint::subscriptions, "subscriptions write", "POST", "/v1/subscriptions/sub_gatehouse_check"},
    {Endpoint::payment_intents, "payment intents write", "POST", "/v1/payment_intents/pi_gatehouse_check/cancel"},
    {Endpoint::setup_intents, "setup intents write", "POST", "/v1/setup_intents", kNobody},
    {Endpoint::ephemeral_keys, "ephemeral keys write", "POST", "/v1/ephemeral_keys", kNobody},
};

bool needed(const BillingConfig& c, Endpoint e) {
  auto on = [&](Endpoint one) { return !c.paths[static_cast<std::size_t>(one)].empty(); };
  const bool sells = on(Endpoint::checkout) || on(Endpoint::subscriptions) || on(Endpoint::payment_intents);
  // Whatever sells looks up prices and makes customers, also where no path shows them.
  if (e == Endpoint::products || e == Endpoint::prices) return on(e) || sells;
  if (e == Endpoint::customer)
    return on(e) || sells || on(Endpoint::portal) || on(Endpoint::setup_intents) || on(Endpoint::ephemeral_keys);
  return on(e);
}

int check(const Arguments& arguments, World& world) {
  int code = kOk;
  const bool as_json = json_wanted(arguments, world, code);
  if (code != kOk) return code;
  Opened o;
  if (code = open(arguments, world, true, false, o); code != kOk) return code;
  json::Value rows{json::Array{}};
  bool missing = false;
  auto row = [&](std::string_view state, std::string_view what, std::string_view remedy) {
    missing |= state != "ok" && state != "note";
    json::Value v;
    v.set("state", state).set("what", what);
    if (!remedy.empty()) v.set("remedy", remedy);
    rows.push(v);
    if (as_json) return;
    world.out << "  " << state << std::string(state.size() < 8 ? 8 - state.size() : 0, ' ') << what << "\n";
    if (!remedy.empty()) world.out << "          remedy: " << remedy << "\n";
  };
  if (!as_json)
    world.out << "key: " << o.config.secret_key.text() << ", " << (o.stripe->live() ? "live" : "test") << ", "
              << (o.stripe->restricted() ? "restricted" : "unrestricted") << "\n";
  if (!o.stripe->restricted())
    row("note", "the key may do everything that the account can",
        "make a restricted key (rk_…) with the permissions below and use it instead");
  for (const Need& n : kNeeds) {
    if (!needed(o.config, n.endpoint)) continue;
    Call c;
    c.method = std::string(n.method);
    c.path = std::string(n.path);
    if (n.method == "GET") c.params.set("limit", 1);
    if (!n.customer.empty()) c.params.set("customer", n.customer);
    auto a = o.stripe->ask_now(c, world.clock);
    if (!a) return say(world, kIncomplete, "Stripe cannot be asked: " + a.error().text());
    if (a->status >= 500 || a->status == 429)
      return say(world, kIncomplete, "Stripe answers " + std::to_string(a->status) + "; try again later");
    if (a->status == 401) {
      row("refused", n.permission, "Stripe does not know the key: copy it again from the dashboard");
      break;
    }
    if (a->status != 403) {
      row("ok", n.permission, "");
      continue;
    }
    const std::string lacks = missing_permission(*a);
    row("missing", std::string(n.permission) + (lacks.empty() ? "" : " (" + lacks + ")"),
        "give it to the key in Stripe's dashboard; endpoints." + std::string(name_of(n.endpoint)) + " needs it");
  }
  auto listed = [&](std::string_view path, const std::string& id) {
    Call c;
    c.path = std::string(path) + id;
    auto v = o.stripe->call_now(c, world.clock);
    const json::Value* active = v ? v->find("active") : nullptr;
    if (!v)
      row("missing", id, "Stripe has no such thing in this account and mode: " + v.error().detail);
    else if (!active || !active->boolean().value_or(false))
      row("inactive", id, "activate it in the dashboard, or take it off the list");
    else
      row("ok", id, "");
  };
  if (!missing) {
    for (const std::string& id : o.config.prices) listed("/v1/prices/", id);
    for (const std::string& id : o.config.products) listed("/v1/products/", id);
  }
  if (as_json) {
    json::Value v;
    v.set("live", o.stripe->live()).set("restricted", o.stripe->restricted()).set("ok", !missing);
    v.set("checks", std::move(rows));
    world.out << json::write(v, 2) << "\n";
  }
  return missing ? kFindings : kOk;
}

// ---- billing orders

std::string money(std::int64_t amount, const std::string& currency) {
  return std::to_string(amount) + (currency.empty() ? "" : " " + currency);
}

int show_order(const std::string& id, bool as_json, Opened& o, World& world) {
  struct Whole {
    std::optional<Order> order;
    std::vector<Transition> steps;
    std::optional<Subscription> subscription;
  };
  auto read = o.db->read_now([&](Transaction& t) -> Result<Whole> {
    OrdersStore store(t);
    Whole w;
    auto order = store.order(id);
    if (!order) return fail(std::move(order.error()));
    w.order = std::move(*order);
    if (!w.order) return w;
    auto steps = store.transitions(id);
    if (!steps) return fail(std::move(steps.error()));
    w.steps = std::move(*steps);
    if (w.order->subscription.empty()) return w;
    auto subscription = store.subscription(w.order->subscription);
    if (!subscription) return fail(std::move(subscription.error()));
    w.subscription = std::move(*subscription);
    return w;
  });
  if (!read) return say(world, kIncomplete, read.error().text());
  if (!read->order) return say(world, kFindings, "there is no order " + text::printable(id, 80));
  const Order& order = *read->order;
  if (as_json) {
    json::Value v = shown(order), steps{json::Array{}};
    v.set("issuer", order.person.issuer).set("user", order.person.subject).set("customer", order.customer);
    for (const Transition& t : read->steps) steps.push(shown(t));
    v.set("transitions", std::move(steps));
    if (read->subscription) v.set("subscription", shown(*read->subscription));
    world.out << json::write(v, 2) << "\n";
    return kOk;
  }
  world.out << order.id << "  " << name_of(order.state) << "  " << money(order.amount, order.currency)
            << (order.amount_refunded > 0 ? ", " + std::to_string(order.amount_refunded) + " of it refunded" : "")
            << "\n"
            << "  for " << text::printable(order.person.subject) << " of " << text::printable(order.person.issuer)
            << ", customer " << order.customer << "\n  " << order.kind << ": " << order.items << "\n";
  for (const std::string* part : {&order.session, &order.payment_intent, &order.subscription})
    if (!part->empty()) world.out << "  " << *part << "\n";
  if (read->subscription)
    world.out << "  subscription is " << read->subscription->status
              << (read->subscription->cancel_at_period_end ? ", ends " + utc_text(read->subscription->period_end) : "")
              << "\n";
  for (const Transition& t : read->steps)
    world.out << "  " << utc_text(t.at) << "  " << name_of(t.from) << " -> " << name_of(t.to) << "  by " << t.trigger
              << ", " << text::printable(t.cause) << "\n";
  return kOk;
}

int orders(const Arguments& arguments, World& world) {
  int code = kOk;
  const bool as_json = json_wanted(arguments, world, code);
  if (code != kOk) return code;
  const auto& words = arguments.words();
  const std::string what = words.empty() ? "list" : words[0];
  if ((what != "list" && what != "show") || (what == "show") != (words.size() == 2))
    return say(world, kUsage, "write `billing orders list` or `billing orders show ORDER`");
  std::optional<State> state;
  if (auto wanted = arguments.value("state")) {
    state = state_named(*wanted);
    if (!state) return say(world, kUsage, "there is no state `" + text::printable(*wanted, 40) + "`");
  }
  auto limit = text::parse_u64(arguments.value_or("limit", "50"));
  if (!limit || *limit < 1 || *limit > 10000) return say(world, kUsage, "--limit is a number from 1 to 10000");
  Opened o;
  if (code = open(arguments, world, false, true, o); code != kOk) return code;
  if (what == "show") return show_order(words[1], as_json, o, world);
  auto all = o.db->read_now([&](Transaction& t) {
    return OrdersStore(t).orders(nullptr, state, arguments.value_or("after", ""), static_cast<std::int64_t>(*limit));
  });
  if (!all) return say(world, kIncomplete, all.error().text());
  if (as_json) {
    json::Value list{json::Array{}};
    for (const Order& order : *all) {
      json::Value v = shown(order);
      v.set("user", order.person.subject);
      list.push(std::move(v));
    }
    json::Value v;
    v.set("orders", std::move(list));
    world.out << json::write(v, 2) << "\n";
    return kOk;
  }
  for (const Order& order : *all)
    world.out << order.id << "  " << utc_text(order.created) << "  " << name_of(order.state) << "  "
              << money(order.amount, order.currency) << "  " << text::printable(order.person.subject, 60) << "  "
              << order.items << "\n";
  if (all->empty()) world.out << "no orders\n";
  return kOk;
}

// ---- billing reconcile

int reconcile(const Arguments& arguments, World& world) {
  int code = kOk;
  const bool as_json = json_wanted(arguments, world, code);
  if (code != kOk) return code;
  auto since = conf::parse_duration(arguments.value_or("since", "30d"));
  if (!since) return say(world, kUsage, "--since is a duration such as 30d");
  Opened o;
  if (code = open(arguments, world, true, true, o); code != kOk) return code;
  LedgerRules rules{o.stripe->live(), o.config.account, o.config.entitlements};
  ReconcileOptions options;
  options.apply = arguments.has("apply");
  options.now = world.clock.unix_seconds();
  options.since = options.now - std::chrono::duration_cast<std::chrono::seconds>(*since).count();
  auto done = services::billing::reconcile(*o.db, rules, options,
                                           [&](const Call& c) { return o.stripe->call_now(c, world.clock); });
  if (!done) return say(world, kIncomplete, done.error().text());
  if (as_json) {
    json::Value differences{json::Array{}}, unknown{json::Array{}}, v;
    for (const Happened& h : done->differences) {
      json::Value one;
      one.set("order", h.order).set("subscription", h.subscription).set("what", h.what).set("state", h.state);
      differences.push(std::move(one));
    }
    for (const std::string& u : done->unknown) unknown.push(u);
    v.set("orders", done->orders).set("subscriptions", done->subscriptions).set("refunds", done->refunds);
    v.set("disputes", done->disputes).set("applied", options.apply);
    v.set("differences", std::move(differences)).set("unknown", std::move(unknown));
    world.out << json::write(v, 2) << "\n";
  } else {
    for (const Happened& h : done->differences)
      world.out << (options.apply ? "repaired  " : "differs   ") << (h.order.empty() ? h.subscription : h.order) << "  "
                << h.what << ", now " << h.state << "\n";
    for (const std::string& u : done->unknown) world.out << "unknown   " << text::printable(u, 300) << "\n";
    world.out << done->orders << " orders, " << done->subscriptions << " subscriptions, " << done->refunds
              << " refunds and " << done->disputes << " disputes compared, " << done->differences.size()
              << (options.apply ? " repaired\n" : " different\n");
    if (!options.apply && !done->differences.empty())
      world.out << "Nothing was changed; `gatehouse billing reconcile --apply` repairs.\n";
  }
  if (!done->unknown.empty()) return kIncomplete;
  return options.apply || done->differences.empty() ? kOk : kFindings;
}

}  // namespace

std::vector<Command> billing_commands() {
  const Option config{"config", 'c', "FILE", "The configuration; gatehouse.toml when not given"};
  const Option format{"format", 0, "FORMAT", "text or json"};
  std::vector<Command> all;
  all.push_back(
      {"billing check",
       "Ask Stripe what the key may do, and whether what is for sale exists",
       "",
       0,
       0,
       {config, format},
       "Each permission that the mounted endpoints need is tried by a call that changes nothing: it reads one "
       "thing,\nor names what does not exist.\n\n"
       "example: gatehouse billing check -c gatehouse.toml\n\n"
       "exit codes: 0 all is there, 1 something is missing, 2 usage or configuration, 3 Stripe was not "
       "reached\n",
       check});
  all.push_back({"billing orders",
                 "List orders, or show one with everything that happened to it",
                 "[list | show ORDER]",
                 0,
                 2,
                 {config,
                  {"state", 0, "STATE", "Only orders in this state: paid, open, disputed …"},
                  {"limit", 0, "N", "At most so many; 50 when not given"},
                  {"after", 0, "ORDER", "Go on after this one"},
                  format},
                 "Reads the database in state_dir, whether or not gatehouse runs.\n\n"
                 "examples:\n  gatehouse billing orders list --state paid --limit 20\n"
                 "  gatehouse billing orders show ord_0f3a… --format json\n\n"
                 "exit codes: 0 printed, 1 there is no such order, 2 usage or configuration, 3 the database cannot be "
                 "read\n",
                 orders});
  all.push_back(
      {"billing reconcile",
       "Compare orders, subscriptions, refunds and disputes with Stripe's own, and repair",
       "",
       0,
       0,
       {config,
        {"apply", 0, "", "Repair; without it only the differences are printed"},
        {"since", 0, "DURATION", "How far back paid orders, refunds and disputes are looked at; 30d when not given"},
        format},
       "For events that never came and calls whose answer was lost. Every repair is written down with the "
       "order, by\n`reconcile`. It runs beside a serving gatehouse.\n\n"
       "examples:\n  gatehouse billing reconcile\n  gatehouse billing reconcile --apply --since 7d\n\n"
       "exit codes: 0 all agrees (or was repaired), 1 there are differences, 2 usage or configuration, "
       "3 something could\nnot be looked at\n",
       reconcile});
  return all;
}

}  // namespace gatehouse::app

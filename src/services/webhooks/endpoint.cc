#include "services/webhooks/endpoint.h"

#include <algorithm>

#include "base/crypto/digest.h"
#include "base/text.h"

namespace gatehouse::services::webhooks {
namespace {

using kit::webhook::Scheme;

constexpr std::int64_t kDay = 24 * 3600 * 1000;

Problem at(const EndpointConfig& c, Problem p) {
  p.detail = "webhooks.endpoint." + c.name + ": " + p.detail;
  return p;
}

std::optional<bool> expected_livemode(Livemode wanted, gate::Mode mode) {
  switch (wanted) {
    case Livemode::live:
      return true;
    case Livemode::test:
      return false;
    case Livemode::any:
      return std::nullopt;
    case Livemode::by_mode:
      break;
  }
  // Stops: an event of the test mode, which anybody with a test key can cause, granting what costs money.
  return mode == gate::Mode::production ? std::optional(true) : std::nullopt;
}

// Why the body does not fit, or nothing.
std::string fault(const Endpoint& e, std::string_view type, const json::Value& body) {
  for (const Endpoint::Ready& r : e.rules) {
    if (!type_fits(r.rule.types, type)) continue;
    auto value = r.pointer.text_in(body);
    if (!value) return r.rule.pointer + " is missing or empty";
    const auto& known = r.rule.values;
    if (!known.empty() && std::find(known.begin(), known.end(), *value) == known.end())
      return r.rule.pointer + " has a value that is not listed";
  }
  return {};
}

Result<Scheme> deliveries(const EndpointConfig& c, const EndpointParts& parts) {
  auto secret = parts.secret(c.deliver_secret);
  if (!secret) return fail(std::move(secret.error()));
  kit::webhook::SchemeConfig scheme;
  scheme.provider = kit::webhook::Provider::standard_webhooks;
  scheme.secrets = {c.deliver_secret};
  std::vector<Secret> values;
  values.emplace_back(*secret);
  return Scheme::build(scheme, std::move(values));
}

}  // namespace

std::int64_t handler_bit(std::string_view name) {
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a: the same on every machine and in every version
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return std::int64_t{1} << (hash % 62);
}

Result<std::shared_ptr<const Endpoint>> build(const EndpointConfig& c, const EndpointParts& parts) {
  std::vector<Secret> secrets;
  for (const conf::SecretRef& r : c.scheme.secrets) {
    auto value = parts.secret(r);
    if (!value) return fail(std::move(value.error()));
    secrets.emplace_back(*value);
  }
  auto scheme = Scheme::build(c.scheme, std::move(secrets));
  if (!scheme) return fail(at(c, std::move(scheme.error())));
  auto e = std::make_shared<Endpoint>(
      Endpoint{c, std::move(*scheme), parts.counters, parts.ring, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}});
  e->rate = {c.rate.period / c.rate.count, std::min<std::uint32_t>(c.rate.count, 1000)};
  if (c.scheme.provider == kit::webhook::Provider::stripe) e->livemode = expected_livemode(c.livemode, parts.mode);
  e->production = parts.mode == gate::Mode::production;
  for (const std::string& p : c.order_by) e->order_by.push_back(*Pointer::parse(p));
  if (!c.user_key.empty()) e->user_key = Pointer::parse(c.user_key);
  for (const Rule& r : c.rules) e->rules.push_back({r, *Pointer::parse(r.pointer)});
  std::int64_t bits = 0;
  for (const std::string& name : c.handle) {
    const std::int64_t bit = handler_bit(name);
    if (bits & bit) return fail(at(c, {Source::us, "handler_twice", "`handle` names " + name + " twice", nullptr}));
    bits |= bit;
    auto handler = parts.handler(name);
    if (!handler) return fail(at(c, {Source::us, "unknown_handler", "there is no handler " + name, nullptr}));
    e->handlers.push_back(std::move(handler));
  }
  if (!c.deliver_to.empty()) {
    auto url = http::Url::parse(c.deliver_to);
    if (!url) return fail(at(c, std::move(url.error())));
    e->url = std::move(*url);
    auto outgoing = deliveries(c, parts);
    if (!outgoing) return fail(at(c, std::move(outgoing.error())));
    e->outgoing = std::move(*outgoing);
    if (e->url->tls) {
      auto context = net::tls::ClientContext::make(c.ca_file);
      if (!context) return fail(at(c, std::move(context.error())));
      e->tls = std::move(*context);
    }
  }
  return std::shared_ptr<const Endpoint>(std::move(e));
}

NewEvent judge(const Endpoint& e, const kit::webhook::Accepted& a, std::string_view body, std::string_view content_type,
               std::int64_t now, Entropy& entropy) {
  NewEvent n;
  n.endpoint = e.config.name;
  n.id = a.id;
  n.type = a.type;
  n.content_type = content_type;
  n.digest = a.digest.view();
  n.by_digest = a.same_by_digest();
  n.created = a.timestamp.value_or(0);
  n.received = now;
  n.size = body.size();
  auto window = std::chrono::duration_cast<std::chrono::milliseconds>(a.retry_window).count();
  n.remember = now + window + (window > 0 ? kDay : 0);
  if (window == 0) {  // two equal requests are two events: the id must not make them one
    auto salt = entropy.bytes<8>();
    n.id += ":" + text::hex(salt);
  }

  bool reads = !e.order_by.empty() || e.user_key || !e.rules.empty();
  auto parsed = reads ? json::parse(body) : Result<json::Value>(json::Value());
  if (!parsed) {
    n.state = State::quarantined;
    n.note = "the body is no JSON that one reader and the next understand alike: " + parsed.error().detail;
  } else {
    for (const Pointer& p : e.order_by)
      if (auto key = p.text_in(*parsed)) {
        n.order_key = std::move(key);
        break;
      }
    if (e.user_key) n.user_key = e.user_key->text_in(*parsed);
    if (std::string why = fault(e, a.type, *parsed); !why.empty()) {
      n.state = State::quarantined;
      n.note = std::move(why);
    }
  }
  if (e.livemode && a.livemode != e.livemode) {
    n.state = State::quarantined;
    n.note = !a.livemode   ? "an event that does not say whether it is live"
             : *a.livemode ? "a live event where only test events count"
                           : "a test event where only live events count";
  }
  if (n.state == State::pending && (!type_fits(e.config.types, a.type) || e.listeners() == 0)) n.state = State::skipped;

  if (e.ring->empty()) {
    n.body = body;
    return n;
  }
  auto sealed = e.ring->seal(seal_context(n.endpoint, n.id), body, entropy);
  n.body = std::move(sealed.bytes);
  n.sealed_by = std::move(sealed.key);
  // Stops: what is sealed standing in the clear beside it.
  if (n.user_key) n.user_key = e.ring->blind(*n.user_key).front();
  if (n.order_key) {
    n.order_key_names = e.ring->blind(*n.order_key);
    n.order_key_names.push_back(std::exchange(*n.order_key, n.order_key_names.front()));
    n.order_key_names.erase(n.order_key_names.begin());
  }
  return n;
}

std::vector<std::string> user_keys(const kit::KeyRing& ring, std::string_view user) {
  auto all = ring.blind(user);
  all.emplace_back(user);  // stored before sealing was turned on
  return all;
}

std::string seal_context(std::string_view endpoint, std::string_view id) {
  return "webhook " + std::string(endpoint) + " " + std::string(id);
}

}  // namespace gatehouse::services::webhooks

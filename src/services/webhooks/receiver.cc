#include "services/webhooks/receiver.h"

#include <algorithm>
#include <chrono>

#include "base/crypto/digest.h"
#include "gate/render.h"
#include "net/reactor.h"

namespace gatehouse::services::webhooks {
namespace {

constexpr http::FieldName kContentType{"Content-Type"};

// JSON of any kind, or a form: what some provider sends. Parameters may follow.
bool is_known_type(std::string_view value) {
  std::string_view type = text::trim(value.substr(0, value.find(';')));
  return text::iequals(type, "application/json") || text::iequals(type, "application/x-www-form-urlencoded") ||
         (type.size() > 5 && text::istarts_with(type, "application/") &&
          text::iequals(type.substr(type.size() - 5), "+json"));
}

Fast::RateKey rate_key(const Endpoint& e, std::string_view address) {
  auto digest = crypto::sha256("webhooks " + e.config.name + " " + std::string(address));
  Fast::RateKey key{};
  for (std::size_t i = 0; i < 8; ++i) {
    key.high = key.high << 8 | digest[i];
    key.low = key.low << 8 | digest[8 + i];
  }
  return key;
}

// 429 with when to come again: senders that honour it lose no try, and the others back off as they do.
http::Response come_later(gate::Exchange& x, Duration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  gate::Refusal refusal{gate::Code::rate_limited, "more events from one address than the endpoint's rate"};
  refusal.headers.retry_after = static_cast<std::int32_t>(std::clamp<std::int64_t>(seconds, 1, 86400));
  x.facts.code = refusal.code;
  x.facts.detail = refusal.detail;
  return gate::render(x, refusal);
}

http::Response reply(gate::Exchange& x, std::string_view type, std::string_view body) {
  http::Response r(x.arena);
  r.fields.add(http::FieldName("Cache-Control"), "no-store");
  if (!body.empty()) r.fields.add(kContentType, type);
  r.bytes = body;
  return r;
}

}  // namespace

Task<Result<http::Response>> Receiver::answer(gate::Exchange& x) const {
  auto found = endpoints_.find(x.request.path);
  if (found == endpoints_.end()) co_return fail(Source::client, "not_found", "no endpoint stands here");
  std::shared_ptr<const Endpoint> e = found->second;
  Counters& c = *e->counters;
  // This machine's own programs are not counted: tests, tunnels of development, a relay beside us.
  if (!x.client.address.loopback()) {
    auto asking = setup_.fast.take(rate_key(*e, x.client.text), e->rate, x.now);
    RateDecision decision;
    if (asking.ready())
      decision = asking.take();
    else
      decision = co_await asking.task();
    if (!decision.allowed) {
      count(c.turned_away);
      co_return come_later(x, decision.retry_after);
    }
  }
  auto taking = take(x, e);
  auto answer = co_await taking;
  if (!answer) {
    const std::string_view code = answer.error().code;
    if (code == "webhook_malformed")
      count(c.malformed);
    else if (code == "bad_signature")
      count(c.unsigned_);
    else if (answer.error().source == Source::store)
      count(c.not_stored);
    else
      count(c.turned_away);
  }
  co_return answer;
}

Task<Result<http::Response>> Receiver::take(gate::Exchange& x, std::shared_ptr<const Endpoint> e) const {
  auto type = x.request.fields.get(kContentType);
  if (!type || !is_known_type(*type) || x.request.fields.count(kContentType) != 1)
    co_return fail(Source::client, "unsupported_media_type", "webhooks are JSON or a form");
  auto reading = gate::read_body(x, static_cast<std::size_t>(e->config.body_limit));
  auto body = co_await reading;
  if (!body) co_return fail(std::move(body.error()));

  auto verdict = e->scheme.verify({x.request.fields, x.request.query, *body, x.unix_now});
  if (auto* refused = std::get_if<kit::webhook::Refused>(&verdict)) {
    std::string detail = std::string(kit::webhook::text(refused->reason)) + ": " + refused->detail;
    co_return fail(Source::client, refused->status() == 400 ? "webhook_malformed" : "bad_signature", std::move(detail));
  }
  auto& accepted = std::get<kit::webhook::Accepted>(verdict);
  if (accepted.challenge) co_return reply(x, "text/plain", x.arena.copy(*accepted.challenge));

  NewEvent event = judge(*e, accepted, *body, *type, x.worker.reactor.unix_ms(), x.worker.entropy);
  const State state = event.state;
  auto storing =
      setup_.db.write(x.worker.reactor, [kept = std::move(event)](Transaction& t) { return InboxStore::add(t, kept); });
  auto stored = co_await storing;
  // Stops: an event acknowledged and lost. Without a durable copy the sender is told to come again.
  if (!stored) co_return fail(Source::store, "store_unavailable", stored.error().text());
  Counters& c = *e->counters;
  switch (*stored) {
    case Arrival::fresh:
      count(c.fresh);
      if (state == State::pending) setup_.arrived(e->config.name);
      break;
    case Arrival::quarantined:
      count(c.quarantined);
      break;
    case Arrival::duplicate:
      count(c.duplicates);
      break;
    case Arrival::anomaly:
      count(c.anomalies);
      break;
  }
  // Twilio would read a body as instructions for the call.
  if (e->scheme.provider() == kit::webhook::Provider::twilio) co_return reply(x, "", "");
  co_return reply(x, "application/json", "{\"received\":true}\n");
}

}  // namespace gatehouse::services::webhooks

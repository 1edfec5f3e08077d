#include "services/billing/stripe_client.h"

#include <thread>

#include "net/http/blocking_client.h"

namespace gatehouse::services::billing {
namespace {

constexpr std::size_t kLargestAnswer = 8u << 20;

constexpr http::FieldName kRequestId{"Request-Id"}, kShouldRetry{"Stripe-Should-Retry"}, kRetryAfter{"Retry-After"};

std::string text_of(const http::Fields& fields, const http::FieldName& name) {
  return std::string(fields.get(name).value_or(""));
}

Problem unavailable(const Call& call, const Problem& why) {
  return {Source::origin, "payment_unavailable", call.method + " " + call.path + ": " + why.text(), nullptr};
}

}  // namespace

bool StripeClient::live() const { return setup_.key.reveal().find("_live_") == 2; }
bool StripeClient::restricted() const { return setup_.key.reveal().starts_with("rk_"); }

Task<Result<Answered>> StripeClient::once(const Composed& composed, http::ClientPool& pool, net::Reactor& reactor,
                                          SteadyTime deadline) const {
  Arena arena;
  http::Fields fields(arena);
  for (const auto& [name, value] : composed.headers) fields.add(std::string_view(name), std::string_view(value));
  http::ClientRequest request;
  request.method = composed.method;
  request.path = composed.path;
  request.query = composed.query;
  request.has_query = !composed.query.empty();
  request.host = setup_.authority;
  request.fields = &fields;
  request.bytes = composed.body;
  request.may_retry = composed.method == "GET";
  auto sending = pool.send(request, arena);
  Result<http::ClientAnswer> sent = co_await sending;
  if (!sent) co_return fail(std::move(sent.error()));
  Answered a;
  a.status = sent->response.status;
  a.request_id = text_of(sent->response.fields, kRequestId);
  a.should_retry = text_of(sent->response.fields, kShouldRetry);
  a.retry_after = text_of(sent->response.fields, kRetryAfter);
  a.body = std::string(sent->response.bytes);
  while (sent->response.stream) {
    auto reading = sent->response.stream->read();
    Result<std::string_view> piece = co_await reading;
    if (!piece) co_return fail(std::move(piece.error()));
    if (piece->empty()) break;
    // Stops: an answer that fills the memory, and one that trickles for ever.
    if (a.body.size() + piece->size() > kLargestAnswer)
      co_return fail(Source::origin, "too_large", "the answer is larger than any of Stripe's");
    a.body += *piece;
    if (reactor.now() > deadline) co_return fail(Source::origin, "upstream_timeout", "the answer takes too long");
  }
  co_return a;
}

Task<Result<json::Value>> StripeClient::call(Call call, http::ClientPool& pool, net::Reactor& reactor,
                                             Entropy& entropy) const {
  const Composed composed = compose(call, setup_.key, setup_.account);
  const SteadyTime deadline = reactor.now() + setup_.total;
  for (int tried = 0;; ++tried) {
    auto asking = once(composed, pool, reactor, deadline);
    Result<Answered> a = co_await asking;
    const bool again = tried < setup_.retries && (!a || worth_retrying(*a));
    const Duration pause = pause_before(tried + 1, entropy.bytes<1>()[0], a ? a->retry_after : std::string());
    if (!again || reactor.now() + pause >= deadline) {
      if (!a) co_return fail(unavailable(call, a.error()));
      co_return judge(call, *a);
    }
    net::Sleep waiting(reactor, reactor.now() + pause);
    co_await waiting;
  }
}

Result<Answered> StripeClient::ask_now(const Call& call, const Clock& clock) const {
  const Composed composed = compose(call, setup_.key, setup_.account);
  http::BlockingOptions options;
  options.max_body = kLargestAnswer;
  options.total = setup_.total;
  options.ca_file = setup_.ca_file;
  http::BlockingRequest request;
  request.method = composed.method;
  request.url = setup_.origin + composed.path + (composed.query.empty() ? "" : "?" + composed.query);
  request.headers = composed.headers;
  request.body = composed.body;
  auto answer = http::BlockingClient(clock, options).send(request);
  if (!answer) return fail(std::move(answer.error()));
  return Answered{answer->status, std::move(answer->body), std::string(answer->header("request-id")),
                  std::string(answer->header("stripe-should-retry")), std::string(answer->header("retry-after"))};
}

Result<json::Value> StripeClient::call_now(const Call& call, const Clock& clock) const {
  for (int tried = 0;; ++tried) {
    Result<Answered> a = ask_now(call, clock);
    if (tried >= setup_.retries || (a && !worth_retrying(*a))) {
      if (!a) return fail(unavailable(call, a.error()));
      return judge(call, *a);
    }
    std::this_thread::sleep_for(pause_before(tried + 1, 128, a ? a->retry_after : std::string()));
  }
}

}  // namespace gatehouse::services::billing

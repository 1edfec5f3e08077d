#include "services/billing/call.h"

#include <algorithm>

#include "base/text.h"
#include "services/billing/form.h"

namespace gatehouse::services::billing {
namespace {

constexpr std::size_t kLargestAnswer = 8u << 20;

// A word of Stripe's, fit for the record.
std::string word(const json::Value* error, std::string_view name) {
  auto s = error ? error->string_at(name) : std::nullopt;
  return s ? " " + std::string(name) + "=" + text::printable(*s, 60) : std::string();
}

}  // namespace

Composed compose(const Call& call, const Secret& key, std::string_view account) {
  Composed c;
  c.method = call.method;
  c.path = call.path;
  std::string form = encode_form(call.params);
  if (call.method == "POST")
    c.body = std::move(form);
  else
    c.query = std::move(form);
  c.headers.emplace_back("Accept", "application/json");
  c.headers.emplace_back("Authorization", "Bearer " + std::string(key.reveal()));
  c.headers.emplace_back("Stripe-Version", call.version.empty() ? std::string(kApiVersion) : call.version);
  c.headers.emplace_back("User-Agent", "gatehouse");
  if (!account.empty()) c.headers.emplace_back("Stripe-Account", std::string(account));
  if (call.method == "POST") {
    c.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    if (!call.idempotency_key.empty()) c.headers.emplace_back("Idempotency-Key", call.idempotency_key);
  }
  return c;
}

bool worth_retrying(const Answered& a) {
  if (a.should_retry == "true") return true;
  if (a.should_retry == "false") return false;
  return a.status == 409 || a.status == 429 || a.status >= 500;
}

Duration pause_before(int retry, std::uint8_t chance, std::string_view retry_after) {
  using std::chrono::milliseconds;
  const std::int64_t whole = std::min<std::int64_t>(500LL << std::clamp(retry - 1, 0, 10), 5000);
  Duration pause = milliseconds(std::max<std::int64_t>(500, whole / 2 + whole / 2 * chance / 255));
  if (auto told = text::parse_u64(retry_after); told && *told <= 10)
    pause = std::max<Duration>(pause, std::chrono::seconds(static_cast<std::int64_t>(*told)));
  return pause;
}

Result<json::Value> judge(const Call& call, const Answered& a) {
  std::string detail = call.method + " " + call.path + " " + std::to_string(a.status);
  auto value = json::parse(a.body, {32, kLargestAnswer, false});
  if (a.status >= 200 && a.status < 300) {
    if (value && value->is_object()) return value;
    return fail(Source::origin, "payment_unavailable", detail + ": the answer cannot be read");
  }
  const json::Value* error = value ? value->find("error") : nullptr;
  detail += word(error, "type") + word(error, "code") + word(error, "decline_code") + word(error, "param");
  if (!a.request_id.empty()) detail += " " + text::printable(a.request_id, 40);
  const std::string_view code = error ? error->string_at("code").value_or("") : std::string_view();
  if (a.status == 404 || code == "resource_missing") return fail(Source::origin, "stripe_missing", std::move(detail));
  if (a.status == 402) return fail(Source::origin, "payment_declined", std::move(detail));
  if (a.status == 409 || a.status == 429 || a.status >= 500 || code == "rate_limit" || code == "lock_timeout")
    return fail(Source::origin, "payment_unavailable", std::move(detail));
  return fail(Source::origin, "upstream_refused", std::move(detail));
}

std::string missing_permission(const Answered& a) {
  if (a.status != 403) return {};
  auto value = json::parse(a.body);
  const json::Value* error = value ? value->find("error") : nullptr;
  const std::string message(error ? error->string_at("message").value_or("") : std::string_view());
  const std::size_t at = message.find("rak_");
  if (at == message.npos) return {};
  std::size_t end = at;
  while (end < message.size() && (text::is_alpha(message[end]) || message[end] == '_')) ++end;
  return message.substr(at, end - at);
}

}  // namespace gatehouse::services::billing

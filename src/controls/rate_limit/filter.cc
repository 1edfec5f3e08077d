#include "controls/rate_limit/filter.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"

namespace gatehouse::controls::rate_limit {
namespace {

constexpr http::FieldName kCookie{"cookie"}, kRateLimit{"RateLimit"}, kPolicy{"RateLimit-Policy"};

std::array<std::uint8_t, 16> bytes_of(const Sip128& d) {
  std::array<std::uint8_t, 16> out;
  for (std::size_t i = 0; i < 8; ++i) {
    out[i] = static_cast<std::uint8_t>(d.low >> (8 * i));
    out[8 + i] = static_cast<std::uint8_t>(d.high >> (8 * i));
  }
  return out;
}

template <std::size_t N>
std::string_view view(const std::array<std::uint8_t, N>& a) {
  return {reinterpret_cast<const char*>(a.data()), a.size()};
}

// The one cookie of that name; empty when there is none or when two would let the client choose.
std::string_view cookie(const http::Fields& fields, std::string_view name) {
  std::string_view found;
  int count = 0;
  for (const http::Field& f : fields) {
    if (!f.is(kCookie)) continue;
    for (std::string_view rest = f.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view piece = text::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (piece.size() <= name.size() || piece[name.size()] != '=' || !piece.starts_with(name)) continue;
      found = piece.substr(name.size() + 1);
      ++count;
    }
  }
  return count == 1 ? found : std::string_view();
}

std::int64_t whole_seconds(Duration d) {
  const std::int64_t ns = d.count(), second = 1'000'000'000;
  return ns <= 0 ? 0 : (ns - 1) / second + 1;
}

// The n-th request of a window that takes `most` and ends after `left`.
RateDecision of_quota(std::uint64_t n, std::uint64_t most, Duration left) {
  RateDecision d;
  d.allowed = n <= most;
  d.remaining = d.allowed ? static_cast<std::uint32_t>(most - n) : 0;
  d.retry_after = d.allowed ? Duration::zero() : left;
  d.reset = left;
  return d;
}

Task<RateDecision> of_quota_later(Soon<std::uint64_t> count, std::uint64_t most, Duration left) {
  const std::uint64_t n = co_await count.task();
  co_return of_quota(n, most, left);
}

class Number {
 public:
  explicit Number(std::int64_t n) : end_(std::to_chars(text_.data(), text_.data() + text_.size(), n).ptr) {}
  operator std::string_view() const {  // NOLINT(google-explicit-constructor): a text in all but name
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }

 private:
  std::array<char, 24> text_;
  char* end_;
};

}  // namespace

Counted counted(const Rule& rule, std::string_view scope, const SipKey& process_key) {
  Counted c;
  c.rule = rule;
  if (rule.rate.count > 0) {
    c.spec.interval = std::max(Duration(1), rule.rate.period / rule.rate.count);
    const std::int64_t burst = rule.burst > 0 ? rule.burst : rule.rate.count;
    c.spec.burst =
        static_cast<std::uint32_t>(std::min<std::int64_t>(burst, std::numeric_limits<std::int32_t>::max()) - 1);
  }
  if (rule.quota.count > 0)
    c.quota_period =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(rule.quota.period).count());
  // No part of the configuration holds a newline, so no two rules make the same id.
  const std::string id =
      rule.shared.empty() ? "route\n" + std::string(scope) + "\n" + rule.name : "shared\n" + rule.shared;
  c.by_address = bytes_of(siphash128(process_key, id + "\naddress"));
  c.by_text = bytes_of(siphash128(process_key, id + "\ntext"));
  auto member = [&](const conf::Rate& r) {
    const std::int64_t w =
        std::max<std::int64_t>(1, std::chrono::duration_cast<std::chrono::seconds>(r.period).count());
    c.policy +=
        (c.policy.empty() ? "\"" : ", \"") + rule.name + "\";q=" + std::to_string(r.count) + ";w=" + std::to_string(w);
  };
  if (rule.rate.count > 0) member(rule.rate);
  if (rule.quota.count > 0) member(rule.quota);
  return c;
}

RateLimitFilter::RateLimitFilter(std::vector<Counted> rules, Fast& fast, const RateLimitSettings& settings)
    : rules_(std::move(rules)),
      fast_(fast),
      exempt_(settings.exempt),
      exempt_loopback_(settings.exempt_loopback),
      tell_(settings.tell) {
  for (Counted& c : rules_) c.tell = tell_ == Tell::always || (tell_ == Tell::limited && !c.general);
}

bool RateLimitFilter::exempt(const Counted& c, const gate::Exchange& x) const {
  if (c.rule.key != Key::address) return false;
  // The owner's audit asks a lot; what a route states of its own it must meet like everybody.
  if (c.general && x.auditor) return true;
  // Stops: an address that a header claims being taken for this machine's own, and a client going uncounted because its
  // proxy named it in words that tell no address. Only the socket's other end, for itself, is exempt.
  if (c.general && exempt_loopback_ && x.client.address == x.client.peer && !x.client.unreadable &&
      (x.client.trusted_peer || x.client.peer.local_socket || x.client.peer.loopback()))
    return true;
  return std::any_of(exempt_.begin(), exempt_.end(), [&](const conf::Cidr& n) { return x.client.address.in(n); });
}

bool RateLimitFilter::applies(const Counted& c, const gate::Exchange& x) const {
  if (c.rule.who == Who::anonymous && x.identity.known()) return false;
  if (c.rule.who == Who::signed_in && !x.identity.known()) return false;
  const auto counts = [&](std::string_view method) {
    return std::find(c.rule.methods.begin(), c.rule.methods.end(), method) != c.rule.methods.end();
  };
  // Stops: HEAD, for which a backend does all the work of a GET, going uncounted.
  if (!c.rule.methods.empty() && !counts(x.request.method_name) &&
      !(x.request.method == http::Method::head && counts("GET")))
    return false;
  return !exempt(c, x);
}

Fast::RateKey RateLimitFilter::key(const Counted& c, const gate::Exchange& x) const {
  auto as_key = [](const Sip128& d) { return Fast::RateKey{d.high, d.low}; };
  std::string_view subject;
  switch (c.rule.key) {
    case Key::address:
      break;
    case Key::route:
      return as_key(siphash128(c.by_text, {}));
    case Key::user:
      // The same subject at two issuers is two people.
      if (x.identity.known()) {
        const auto person = bytes_of(siphash128(c.by_text, x.identity.principal->subject));
        return as_key(siphash128(person, x.identity.principal->issuer));
      }
      break;
    case Key::header: {
      const http::FieldName name(std::string_view(c.rule.key_name));
      if (x.request.fields.count(name) == 1) subject = *x.request.fields.get(name);
      break;
    }
    case Key::cookie:
      subject = cookie(x.request.fields, c.rule.key_name);
      break;
  }
  if (!subject.empty()) return as_key(siphash128(c.by_text, subject));
  // Stops: leaving the header, the cookie or the sign-in out to be counted nowhere.
  return as_key(siphash128(c.by_address, view(x.client.address.client_prefix().bytes)));
}

Soon<RateDecision> RateLimitFilter::ask(const Counted& c, const gate::Exchange& x, bool quota) const {
  const Fast::RateKey k = key(c, x);
  if (!quota) return fast_.take(k, c.spec, x.now);

  const std::int64_t window = x.unix_now / c.quota_period, end = (window + 1) * c.quota_period;
  std::array<std::uint8_t, 25> name;
  name[0] = 'q';
  for (std::size_t i = 0; i < 8; ++i) {
    name[1 + i] = static_cast<std::uint8_t>(k.low >> (8 * i));
    name[9 + i] = static_cast<std::uint8_t>(k.high >> (8 * i));
    name[17 + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(window) >> (8 * i));
  }
  Soon<std::uint64_t> count = fast_.count(view(name), WallTime(std::chrono::seconds(end)));
  const std::uint64_t allowed = c.rule.quota.count;
  const Duration left = std::chrono::seconds(end - x.unix_now);
  if (count.ready()) return of_quota(count.take(), allowed, left);
  return of_quota_later(std::move(count), allowed, left);
}

std::optional<gate::Verdict> RateLimitFilter::judge(const Counted& c, gate::Exchange& x, const RateDecision& d) const {
  const std::int64_t reset = whole_seconds(d.allowed ? d.reset : std::max(d.reset, d.retry_after));
  if (tell_ != Tell::never && (c.tell || !d.allowed)) {
    const std::string_view comma = x.rate_limit.empty() || !d.allowed ? "" : ", ";
    const std::string_view before = d.allowed ? x.rate_limit : std::string_view();
    x.rate_limit = x.arena.join(before, comma, "\"", c.rule.name, "\";r=", Number(d.remaining), ";t=", Number(reset));
    const std::string_view policy = d.allowed ? x.rate_limit_policy : std::string_view();
    if (policy.empty())
      x.rate_limit_policy = c.policy;
    else if (policy.find(c.policy) == std::string_view::npos)
      x.rate_limit_policy = x.arena.join(policy, ", ", c.policy);
  }
  if (d.allowed) return std::nullopt;
  gate::Refusal refusal{gate::Code::rate_limited, "rule ", {}};
  refusal.detail.append(c.rule.name);
  refusal.headers.retry_after =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(whole_seconds(d.retry_after), 1, 31 * 86400));
  return gate::Verdict(refusal);
}

bool RateLimitFilter::next(Turn& turn, const gate::Exchange& x) const {
  for (;; turn.index = 0, turn.quotas = true) {
    for (; turn.index < rules_.size(); ++turn.index) {
      const Counted& c = rules_[turn.index];
      if ((turn.quotas ? c.quota_period > 0 : c.spec.interval > Duration::zero()) && applies(c, x)) return true;
    }
    if (turn.quotas) return false;
  }
}

gate::Outcome RateLimitFilter::request(gate::Exchange& x) const {
  for (Turn turn; next(turn, x); ++turn.index) {
    const Counted& c = rules_[turn.index];
    Soon<RateDecision> answer = ask(c, x, turn.quotas);
    if (!answer.ready()) return wait(x, turn, std::move(answer));
    if (auto verdict = judge(c, x, answer.take())) return std::move(*verdict);
  }
  return gate::Verdict(gate::Pass{});
}

// The same walk, for a store that is somewhere else.
Task<gate::Verdict> RateLimitFilter::wait(gate::Exchange& x, Turn turn, Soon<RateDecision> first) const {
  Soon<RateDecision> answer = std::move(first);
  for (;;) {
    const Counted& c = rules_[turn.index];
    RateDecision d;
    if (answer.ready())
      d = answer.take();
    else
      d = co_await answer.task();
    if (auto verdict = judge(c, x, d)) co_return std::move(*verdict);
    ++turn.index;
    if (!next(turn, x)) co_return gate::Pass{};
    answer = ask(rules_[turn.index], x, turn.quotas);
  }
}

gate::Outcome RateLimitFields::response(gate::Exchange& x, http::Response& out) const {
  if (!x.rate_limit.empty()) {
    out.fields.set(kPolicy, x.rate_limit_policy);
    out.fields.set(kRateLimit, x.rate_limit);
  }
  return gate::Verdict(gate::Pass{});
}

}  // namespace gatehouse::controls::rate_limit

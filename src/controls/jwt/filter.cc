#include "controls/jwt/filter.h"

#include "gate/cookies.h"
#include "net/reactor.h"

namespace gatehouse::controls::jwt {
namespace {

constexpr http::FieldName kAuthorization{"authorization"};
constexpr http::FieldName kApiKey{"apikey"};
constexpr Duration kLongestWait = std::chrono::seconds(6);  // a fetch may take 5
constexpr Duration kLook = std::chrono::milliseconds(20);
constexpr std::int32_t kRetryAfter = 5;

// RFC 6750 §3.
constexpr std::string_view kChallenge = "Bearer";
constexpr std::string_view kInvalid = "Bearer error=\"invalid_token\"";
constexpr std::string_view kExpired = "Bearer error=\"invalid_token\", error_description=\"The token expired\"";

gate::Refusal refuse(gate::Code code, const gate::Detail& detail) {
  gate::Refusal r{code, detail, {}};
  if (code == gate::Code::identity_unavailable)
    r.headers.retry_after = kRetryAfter;
  else if (code == gate::Code::token_expired)
    r.headers.www_authenticate = kExpired;
  else if (code == gate::Code::unauthenticated)
    r.headers.www_authenticate = kChallenge;
  else
    r.headers.www_authenticate = kInvalid;
  return r;
}
gate::Refusal refuse(const Judgement& j) { return refuse(j.code, j.detail); }

gate::Verdict pass() { return gate::Pass{}; }

void sign_in(gate::Exchange& x, gate::Credential credential, std::shared_ptr<const gate::Principal> principal) {
  x.identity.credential = credential;
  x.identity.principal = std::move(principal);
  x.cookie_credential = x.cookie_credential || credential == gate::Credential::cookie;
}

}  // namespace

gate::Outcome JwtFilter::request(gate::Exchange& x) const {
  if (cookies_.accepted.empty()) drop_cookies(x);
  Bearer bearer;
  std::string_view fault;
  switch (read_authorization(x.request.fields, bearer.token, fault)) {
    case Presented::malformed:
      return gate::Verdict(refuse(gate::Code::token_invalid, fault));
    case Presented::token:
      bearer.present = true;
      break;
    case Presented::none:
      break;
  }
  if (preset_ == Preset::supabase) {
    // Stops: the key that may do everything, sent by whoever found it in a bundle.
    if (bearer.token.starts_with("sb_secret_") || x.request.fields.get(kApiKey).value_or("").starts_with("sb_secret_"))
      return gate::Verdict(refuse(gate::Code::token_invalid, "a secret key of the project came in from outside"));
    // Its own client sends the public key as a bearer token while nobody is signed in.
    if (bearer.token.starts_with("sb_publishable_")) bearer.present = false;
  }
  if (auto verdict = decide(x, bearer, false)) return std::move(*verdict);
  return wait(x, bearer);
}

Task<gate::Verdict> JwtFilter::wait(gate::Exchange& x, Bearer bearer) const {
  const SteadyTime end = x.worker.clock.steady() + kLongestWait;
  KeySource& source = main_->source();
  while (source.asking() && x.worker.clock.steady() < end) {
    net::Sleep pause(x.worker.reactor, x.worker.clock.steady() + kLook);
    co_await pause;
  }
  auto verdict = decide(x, bearer, true);
  co_return std::move(*verdict);
}

bool JwtFilter::worth_waiting(const Judgement& j) const {
  if (j.kind != Judgement::Kind::no_keys && !j.unknown_key) return false;
  return main_ != nullptr && main_->source().ask();
}

std::optional<Judgement> JwtFilter::judge(std::string_view token, std::int64_t now) const {
  if (dev_) {
    if (const auto jws = crypto::parse_jws(token); jws && jws->header.kid == dev_->kid)
      return dev_->verifier->judge(token, now);
    if (!main_) return std::nullopt;
  }
  return main_->judge(token, now);
}

std::optional<gate::Verdict> JwtFilter::decide(gate::Exchange& x, const Bearer& bearer, bool last) const {
  if (!bearer.present) return decide_cookie(x, last);
  std::optional<Judgement> j = judge(bearer.token, x.unix_now);
  if (!j) return pass();
  switch (j->kind) {
    case Judgement::Kind::signed_out:
      // The backend must not read as signed in what is signed out here.
      x.request.fields.remove(kAuthorization);
      return decide_cookie(x, last);
    case Judgement::Kind::valid:
      if (!cookies_.accepted.empty())
        if (auto refusal = match_cookie(x, *j->principal)) return gate::Verdict(*refusal);
      sign_in(x, gate::Credential::bearer, std::move(j->principal));
      return pass();
    default:
      if (!last && worth_waiting(*j)) return std::nullopt;
      return gate::Verdict(refuse(*j));
  }
}

// With a bearer token that acts, a cookie must not name somebody else, and one that is not good goes no further.
std::optional<gate::Refusal> JwtFilter::match_cookie(gate::Exchange& x, const gate::Principal& bearer) const {
  for (const std::string& name : cookies_.accepted) {
    const std::size_t spellings = gate::count_cookies(x.request.fields, name);
    if (spellings == 0) continue;
    const CookieValue cookie = read_cookie(x.request.fields, name);
    const auto j = cookie.exact == 1 && spellings == 1 ? judge(cookie.value, x.unix_now) : std::nullopt;
    // Stops: a gate that reads the header and a backend that reads the cookie, each serving another person.
    if (j && j->kind == Judgement::Kind::valid && j->principal->subject != bearer.subject)
      return refuse(gate::Code::token_invalid, "header and cookie name different subjects");
    if (!j || j->kind != Judgement::Kind::valid) gate::remove_cookies(x.request.fields, {&name, 1});
  }
  return std::nullopt;
}

std::optional<gate::Verdict> JwtFilter::decide_cookie(gate::Exchange& x, bool last) const {
  if (cookies_.accepted.empty()) return pass();
  for (const std::string& name : cookies_.signed_out)
    if (read_cookie(x.request.fields, name).value == "0") {
      gate::remove_cookies(x.request.fields, cookies_.accepted);
      return pass();
    }
  std::optional<Judgement> best;
  const std::string* best_name = nullptr;
  for (const std::string& name : cookies_.accepted) {
    const std::size_t spellings = gate::count_cookies(x.request.fields, name);
    if (spellings == 0) continue;
    const CookieValue cookie = read_cookie(x.request.fields, name);
    // Stops: a cookie planted by a sibling domain beside the real one, and spellings that only the backend reads.
    if (cookie.exact != 1 || spellings != 1)
      return gate::Verdict(refuse(gate::Code::token_invalid, "the cookie is there more than once"));
    std::optional<Judgement> j = judge(cookie.value, x.unix_now);
    if (!j) continue;
    if (!last && worth_waiting(*j)) return std::nullopt;
    const bool good = j->kind == Judgement::Kind::valid;
    const bool best_good = best && best->kind == Judgement::Kind::valid;
    const bool better = !best || (good && (!best_good || j->principal->issued_at > best->principal->issued_at));
    const std::string* loser = better ? best_name : &name;
    if (loser != nullptr) gate::remove_cookies(x.request.fields, {loser, 1});
    if (better) best = std::move(j), best_name = &name;
  }
  if (!best) return pass();
  if (best->kind == Judgement::Kind::valid) {
    sign_in(x, gate::Credential::cookie, std::move(best->principal));
    return pass();
  }
  if (best->kind == Judgement::Kind::signed_out || best->code == gate::Code::token_expired) {
    gate::remove_cookies(x.request.fields, {best_name, 1});
    return pass();
  }
  return gate::Verdict(refuse(*best));
}

void JwtFilter::drop_cookies(gate::Exchange& x) const {
  // Stops: a cookie that a cross-site page makes the browser send, on a route where only the header may act.
  gate::remove_cookies(x.request.fields, cookies_.dropped);
  std::vector<std::string> names;
  for (const std::string& prefix : cookies_.prefixes) cookie_names(x.request.fields, prefix, names);
  if (!names.empty()) gate::remove_cookies(x.request.fields, names);
}

}  // namespace gatehouse::controls::jwt

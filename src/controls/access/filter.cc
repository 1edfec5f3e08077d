#include "controls/access/filter.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "gate/method_override.h"
#include "gate/query.h"

namespace gatehouse::controls::access {
namespace {

using gate::Code;
using gate::Principal;
using gate::Refusal;
using Answer = std::optional<Refusal>;  // nothing: it holds

Refusal refuse(Code code, std::string_view why, std::string_view what = {}) {
  Refusal r{code, why, {}};
  r.detail.append(what);
  return r;
}

bool has_role(const Principal& p, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& role) {
    return std::find(p.roles.begin(), p.roles.end(), role) != p.roles.end();
  });
}

// The one value of a path parameter, decoded once; empty when it does not decode to one segment.
std::string_view path_value(gate::Exchange& x, std::string_view name) {
  const std::string_view raw = x.parameter(name);
  std::string_view value = raw;
  if (raw.find('%') != std::string_view::npos) {
    const auto decoded = text::percent_decode(raw);
    value = decoded ? x.arena.copy(*decoded) : std::string_view();
  }
  // Stops: an id that the backend splits where we do not, on routes that keep %2F and ; as they are.
  return value.find_first_of("/\\;") == std::string_view::npos ? value : std::string_view();
}

// The one value of a query parameter; empty when it is missing, repeated or can be read in two ways.
std::string_view query_value(gate::Exchange& x, std::string_view name) {
  gate::QueryReader reader(x.request.query, x.arena);
  gate::QueryPair pair;
  std::string_view found;
  int count = 0;
  for (;;) {
    const auto next = reader.next(pair);
    if (next == gate::QueryReader::Next::bad) return {};
    if (next == gate::QueryReader::Next::end) break;
    if (!gate::aliases_parameter(pair.name, name)) continue;
    // Stops: parameter pollution, where we judge one copy and the backend takes the other.
    if (++count > 1 || pair.name != name || pair.plus) return {};
    found = pair.value;
  }
  return found;
}

Answer judge_owner(gate::Exchange& x, const Owner& owner) {
  const Principal& p = *x.identity.principal;
  if (has_role(p, owner.except_roles)) return {};
  const std::string_view value = owner.path.empty() ? query_value(x, owner.query) : path_value(x, owner.path);
  // Stops: reading somebody else's record by writing its id.
  if (gate::claim_is(p.claim(owner.claim), value)) return {};
  return refuse(Code::not_owner,
                owner.path.empty() ? "query parameter is not the claim " : "path parameter is not the claim ",
                owner.claim);
}

// What a signed-in request must satisfy beside being signed in.
Answer judge_requirements(gate::Exchange& x, const Requirements& r) {
  const Principal& p = *x.identity.principal;
  if (!r.roles.empty() && !has_role(p, r.roles)) return refuse(Code::forbidden, "none of the roles of this route");
  for (const ClaimRule& c : r.claims)
    if (!holds(p.claim(c.claim), c.values)) return refuse(Code::forbidden, "claim ", c.claim);
  if (r.owner.set())
    if (auto answer = judge_owner(x, r.owner)) return answer;
  if (r.step_up.set() && !satisfies(r.step_up, p, x.unix_now))
    return refuse(Code::step_up_required,
                  r.step_up.second_factor ? "a second factor is needed" : "the sign-in is too old");
  return {};
}

bool names(const MethodRule& rule, std::string_view method) {
  // Stops: HEAD as a way around what is asked of GET.
  if (method == "HEAD") method = "GET";
  return std::find(rule.methods.begin(), rule.methods.end(), method) != rule.methods.end();
}

// Ages of the sign-in in seconds; nothing when the token does not tell.
struct SignIn {
  std::optional<std::int64_t> age, second_factor_age;
  bool second_factor = false;
};

// What an amr entry (RFC 8176, Supabase) says of a second factor.
bool is_second_factor(std::string_view method) {
  constexpr std::string_view kMethods[] = {"mfa",      "otp",      "totp",         "hwk",      "swk",
                                           "webauthn", "mfa/totp", "mfa/webauthn", "mfa/phone"};
  return std::find(std::begin(kMethods), std::end(kMethods), method) != std::end(kMethods);
}

SignIn sign_in_of(const Principal& p, std::int64_t now) {
  SignIn s;
  auto younger = [](std::optional<std::int64_t>& age, std::int64_t candidate) {
    if (candidate >= 0 && (!age || candidate < *age)) age = candidate;
  };
  // Clerk: minutes since each factor when the token was made; -1: never.
  if (const json::Value* fva = p.claims.find("fva"); fva && fva->array().size() == 2 && p.issued_at > 0) {
    const std::int64_t since = std::max<std::int64_t>(0, now - p.issued_at);
    const auto first = fva->array()[0].integer(), second = fva->array()[1].integer();
    constexpr std::int64_t kMost = 100ll * 366 * 24 * 60;
    if (first && *first >= 0 && *first < kMost) younger(s.age, *first * 60 + since);
    if (second && *second >= 0 && *second < kMost) {
      s.second_factor = true;
      younger(s.age, *second * 60 + since);
      younger(s.second_factor_age, *second * 60 + since);
    }
  }
  if (const json::Value* at = p.claims.find("auth_time"))
    if (auto seconds = at->integer(); seconds && *seconds > 0 && *seconds <= now + 60)
      younger(s.age, std::max<std::int64_t>(0, now - *seconds));
  if (const json::Value* amr = p.claims.find("amr"))
    for (const json::Value& entry : amr->array()) {
      const std::string_view method = entry.string().value_or(entry.string_at("method").value_or(""));
      const bool second = is_second_factor(method);
      s.second_factor |= second;
      const json::Value* stamp = entry.find("timestamp");
      const auto seconds = stamp ? stamp->integer() : std::nullopt;
      if (!seconds || *seconds <= 0 || *seconds > now + 60) continue;
      younger(s.age, std::max<std::int64_t>(0, now - *seconds));
      if (second) younger(s.second_factor_age, std::max<std::int64_t>(0, now - *seconds));
    }
  if (const auto aal = p.claims.string_at("aal"); aal && (*aal == "aal2" || *aal == "aal3")) s.second_factor = true;
  return s;
}

}  // namespace

bool satisfies(const StepUp& wanted, const Principal& p, std::int64_t now) {
  const SignIn s = sign_in_of(p, now);
  if (wanted.second_factor && !s.second_factor) return false;
  if (wanted.max_age <= Duration::zero()) return true;
  // A second factor that tells its own time must itself be fresh.
  const auto& age = wanted.second_factor && s.second_factor_age ? s.second_factor_age : s.age;
  return age && std::chrono::seconds(*age) <= wanted.max_age;
}

bool holds(const json::Value* claim, const std::vector<std::string>& values) {
  if (claim == nullptr || claim->is_null()) return false;
  // Only asked to be there: false is not there.
  if (values.empty()) return claim->boolean().value_or(true);
  auto one = [&](const json::Value& v) {
    return std::any_of(values.begin(), values.end(), [&](const std::string& wanted) {
      if (auto b = v.boolean()) return wanted == (*b ? "true" : "false");
      return gate::claim_is(&v, wanted);
    });
  };
  return claim->is_array() ? std::any_of(claim->array().begin(), claim->array().end(), one) : one(*claim);
}

AccessFilter::AccessFilter(const AccessSettings& settings, const gate::Revocations* revoked)
    : settings_(settings), revoked_(revoked) {}

gate::Outcome AccessFilter::request(gate::Exchange& x) const { return judge(x); }

gate::Verdict AccessFilter::judge(gate::Exchange& x) const {
  if (revoked_ && x.identity.known() && revoked_->refuses(*x.identity.principal))
    return refuse(Code::revoked, "the session or subject stands on the list of the revoked");

  if (!settings_.rules.empty()) gate::drop_method_overrides(x.request.fields);
  Allow allow = settings_.base.allow;
  bool overridden = false;
  for (const MethodRule& rule : settings_.rules)
    if (rule.allow_written && names(rule, x.request.method_name)) {
      allow = rule.allow;
      overridden = true;
    }
  if (allow == Allow::everybody) return gate::Pass{};
  if (allow == Allow::nobody)
    return refuse(Code::denied_route, overridden ? "closed for this method" : "no statement who may use this route");
  if (!x.identity.known()) {
    Refusal r{Code::unauthenticated, "no identity", {}};
    r.headers.www_authenticate = "Bearer";
    return r;
  }
  if (auto answer = judge_requirements(x, settings_.base)) return *answer;
  for (const MethodRule& rule : settings_.rules)
    if (names(rule, x.request.method_name))
      if (auto answer = judge_requirements(x, rule)) return *answer;
  return gate::Pass{};
}

}  // namespace gatehouse::controls::access

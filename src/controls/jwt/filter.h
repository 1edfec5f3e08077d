// Finds out who a request acts for, from a bearer token or, where the route accepts one, from a cookie.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controls/jwt/credential.h"
#include "controls/jwt/verifier.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::jwt {

struct CookieRules {
  std::vector<std::string> accepted;    // cookies that may carry a token here; of several the newest token wins
  std::vector<std::string> dropped;     // removed upstream: they are no credential here
  std::vector<std::string> prefixes;    // cookies whose names begin so are removed too
  std::vector<std::string> signed_out;  // cookies whose value "0" says that nobody is signed in (Clerk)
};

struct DevIssuer {
  std::string kid;  // tokens of this key are development tokens
  std::unique_ptr<const Verifier> verifier;
};

// It demands nothing: `access` does. But a bad credential that is presented is refused, on public routes too. Only an
// expired cookie is not: browsers send those by themselves, so it is removed and the request goes on as nobody's.
class JwtFilter final : public gate::Filter {
 public:
  // `main` may be absent in development mode, where the local issuer alone is believed and what other tokens mean is
  // the backend's affair.
  JwtFilter(Preset preset, std::unique_ptr<const Verifier> main, std::optional<DevIssuer> dev, CookieRules cookies)
      : preset_(preset), main_(std::move(main)), dev_(std::move(dev)), cookies_(std::move(cookies)) {}

  std::string_view name() const override { return "jwt"; }
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  struct Bearer {
    bool present = false;
    std::string_view token;
  };
  // Nothing means: the issuer was asked for new keys, wait for its answer. Never nothing when `last`.
  std::optional<gate::Verdict> decide(gate::Exchange& x, const Bearer& bearer, bool last) const;
  std::optional<gate::Verdict> decide_cookie(gate::Exchange& x, bool last) const;
  Task<gate::Verdict> wait(gate::Exchange& x, Bearer bearer) const;
  // The verdict on one token; nothing when none of our issuers can have made it (development only).
  std::optional<Judgement> judge(std::string_view token, std::int64_t now) const;
  bool worth_waiting(const Judgement& j) const;
  void drop_cookies(gate::Exchange& x) const;
  std::optional<gate::Refusal> match_cookie(gate::Exchange& x, const gate::Principal& bearer) const;

  Preset preset_;
  std::unique_ptr<const Verifier> main_;
  std::optional<DevIssuer> dev_;
  CookieRules cookies_;
};

}  // namespace gatehouse::controls::jwt

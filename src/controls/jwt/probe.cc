#include "base/text.h"
#include "controls/jwt/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::jwt {
namespace {

struct Forgery {
  std::string_view what;
  std::string token;
};

// Tokens that nobody signed. A site that verifies turns all of them away.
std::vector<Forgery> forgeries() {
  const std::string claims = text::base64url(R"({"sub":"gatehouse-probe","exp":4102444800,"iat":1700000000})");
  const auto token = [&](std::string_view header, std::string_view signature) {
    return text::base64url(header) + "." + claims + "." + std::string(signature);
  };
  return {{"garbage", "gatehouse-probe"},
          {"a token with alg none", token(R"({"alg":"none","typ":"JWT"})", "")},
          {"a token with alg nOnE", token(R"({"alg":"nOnE","typ":"JWT"})", "")},
          {"an unsigned HS256 token", token(R"({"alg":"HS256","typ":"JWT"})", "")},
          {"an RS256 token with a made-up signature", token(R"({"alg":"RS256","typ":"JWT"})", std::string(342, 'A'))},
          {"an ES256 token with an all-zero signature", token(R"({"alg":"ES256","typ":"JWT"})", std::string(86, 'A'))}};
}

bool turned_away(int status) { return status == 401 || status == 403; }

// The site, or what stands before it, could not say: too many requests, no backend, no keys to verify with.
bool says_nothing(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

proof::Observation forged_tokens(proof::Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no path is known that needs sign-in");
  const std::string& path = paths.front();
  proof::Sent bare;
  bare.path = path;
  const auto without = site.send(bare);
  if (!without) return proof::unanswered(without.error());
  if (!turned_away(without->status))
    return proof::unknown("without a token " + path + " answered " + std::to_string(without->status) +
                          ", so it does not show whether tokens are verified");
  std::string unjudged;  // goes on: another forgery may be let in
  for (const Forgery& f : forgeries()) {
    proof::Sent ask;
    ask.path = path;
    ask.headers = {{"Authorization", "Bearer " + f.token}};
    const auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (says_nothing(seen->status)) {
      unjudged = std::string(f.what) + " was answered with " + std::to_string(seen->status);
      continue;
    }
    if (seen->status >= 500)
      return proof::broken(kCard, "AU-003", site, path,
                           std::string(f.what) + " made the site fail: " + std::to_string(seen->status));
    if (!turned_away(seen->status) && seen->status != 400)
      return proof::broken(kCard, "AU-003", site, path,
                           std::string(f.what) + " was answered with " + std::to_string(seen->status));
  }
  if (!unjudged.empty()) return proof::unknown(unjudged + ", which does not show whether tokens are verified");
  return proof::holds("Forged and unsigned tokens are turned away.");
}

constexpr proof::Probe kProbes[] = {{"AU-003", "jwt", false, forged_tokens}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::jwt

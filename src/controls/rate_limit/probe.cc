#include "base/text.h"
#include "controls/rate_limit/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::rate_limit {
namespace {

// Twelve sign-ins with wrong passwords are more than a person types in a minute and fewer than any lock-out.
constexpr int kTries = 12;

proof::Sent wrong_sign_in(const std::string& path) {
  proof::Sent s;
  s.method = "POST";
  s.path = path;
  s.headers = {{"Content-Type", "application/json"}};
  s.body = R"({"username":"gatehouse-probe","email":"gatehouse-probe@example.invalid","password":"not-a-password"})";
  return s;
}

// Knocks until the site has had enough. `last` is the final answer.
Result<bool> refused_after(proof::Target& site, const std::string& path, proof::Seen& last, int& tries) {
  for (tries = 1; tries <= kTries; ++tries) {
    auto seen = site.send(wrong_sign_in(path));
    if (!seen) return fail(seen.error());
    last = *seen;
    if (last.status == 429) return true;
  }
  return false;
}

proof::Finding finding(std::string id, std::string title, proof::Severity severity) {
  proof::Finding f = proof::from_card(kCard, std::move(id));
  f.title = std::move(title);
  f.severity = severity;
  return f;
}

proof::Observation sign_in(proof::Target& site) {
  const auto paths = site.paths("sign_in");
  if (paths.empty()) return proof::unknown("no sign-in path is known; name one with the kind sign_in");
  proof::Seen last;
  int tries = 0;
  auto refused = refused_after(site, paths[0], last, tries);
  if (!refused) return proof::unanswered(refused.error());
  if (*refused) return proof::holds("Sign-in is limited: refused at try " + std::to_string(tries) + ".");
  if (last.status == 404 || last.status == 405)
    return proof::unknown(paths[0] + " does not take sign-ins: status " + std::to_string(last.status));
  return proof::broken(finding("RL-001", "Passwords can be tried without limit", proof::Severity::high), site, paths[0],
                       std::to_string(kTries) + " wrong sign-ins in a row, the last answered " +
                           std::to_string(last.status) + "; no 429");
}

proof::Observation spoofed_address(proof::Target& site) {
  const auto paths = site.paths("sign_in");
  if (paths.empty()) return proof::unknown("no sign-in path is known; name one with the kind sign_in");
  proof::Seen last;
  int tries = 0;
  auto refused = refused_after(site, paths[0], last, tries);
  if (!refused) return proof::unanswered(refused.error());
  if (!*refused) return proof::unknown("sign-in is not limited, so there is no limit to escape");
  for (const char* name : {"X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "Forwarded"}) {
    auto ask = wrong_sign_in(paths[0]);
    ask.headers.emplace_back(name, std::string_view(name) == "Forwarded" ? "for=198.51.100.77" : "198.51.100.77");
    auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (seen->status != 429)
      return proof::broken(
          finding("RL-003", "The limit follows an address that the client writes itself", proof::Severity::high), site,
          paths[0],
          "refused with 429, and answered " + std::to_string(seen->status) + " once " + name +
              " named another address");
  }
  return proof::holds("A forged client address does not escape the limit.");
}

proof::Observation retry_after(proof::Target& site) {
  const auto paths = site.paths("sign_in");
  if (paths.empty()) return proof::unknown("no sign-in path is known; name one with the kind sign_in");
  proof::Seen last;
  int tries = 0;
  auto refused = refused_after(site, paths[0], last, tries);
  if (!refused) return proof::unanswered(refused.error());
  if (!*refused) return proof::unknown("sign-in is not limited, so there is no refusal to look at");
  if (text::parse_u64(last.header("retry-after")).value_or(0) > 0)
    return proof::holds("A 429 says when to come back: Retry-After " + last.header("retry-after") + ".");
  return proof::broken(finding("RL-005", "A 429 does not say when to come back", proof::Severity::info), site, paths[0],
                       "429 without a Retry-After in seconds");
}

constexpr proof::Probe kProbes[] = {
    {"RL-001", "rate_limit", true, sign_in},
    {"RL-003", "rate_limit", true, spoofed_address},
    {"RL-005", "rate_limit", true, retry_after},
};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::rate_limit

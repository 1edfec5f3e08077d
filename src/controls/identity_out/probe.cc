#include "controls/identity_out/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::identity_out {
namespace {

// Names under which backends commonly believe a gate, and ours.
constexpr std::string_view kNames[] = {"X-Gatehouse-User",    "x_gatehouse_user",    "X-User-Id",
                                       "X-Forwarded-User",    "X-Remote-User",       "Remote-User",
                                       "X-Auth-Request-User", "X-Authenticated-User"};

bool turned_away(int status) { return status == 401 || status == 403; }

// What is closed without a credential must stay closed with a made-up identity.
proof::Observation spoofed_identity(proof::Target& site) {
  const auto paths = site.paths("protected");
  if (paths.empty()) return proof::unknown("no path is known that needs sign-in");
  const std::string& path = paths.front();
  proof::Sent ask;
  ask.path = path;
  const auto without = site.send(ask);
  if (!without) return proof::unanswered(without.error());
  if (!turned_away(without->status))
    return proof::unknown("without a credential " + path + " answered " + std::to_string(without->status));
  for (std::string_view name : kNames) {
    ask.headers = {{std::string(name), "admin"}};
    const auto seen = site.send(ask);
    if (!seen) return proof::unanswered(seen.error());
    if (seen->status < 400)
      return proof::broken(kCard, "AU-004", site, path,
                           "with " + std::string(name) + ": admin it answered " + std::to_string(seen->status));
  }
  return proof::holds("Identity headers of a client open nothing.");
}

constexpr proof::Probe kProbes[] = {{"AU-004", "identity_out", false, spoofed_identity}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::identity_out

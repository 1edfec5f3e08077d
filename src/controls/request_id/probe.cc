#include "controls/request_id/card.h"
#include "proof/observe.h"

namespace gatehouse::controls::request_id {
namespace {

constexpr std::string_view kForged = "forged-by-client-000";

// Two answers, two ids; and an id of ours is not taken over.
proof::Observation look(proof::Target& site) {
  proof::Sent ask;
  ask.path = proof::page_of(site);
  ask.headers = {{"X-Request-Id", std::string(kForged)}};
  auto first = site.send(ask), second = site.send(ask);
  if (!first) return proof::unanswered(first.error());
  if (!second) return proof::unanswered(second.error());
  std::string a = first->header("x-request-id"), b = second->header("x-request-id");
  auto bad = [&](std::string evidence) { return proof::broken(kCard, "ERR-004", site, ask.path, std::move(evidence)); };
  if (a.empty() || b.empty()) return bad("the answer has no X-Request-Id");
  if (a == kForged || b == kForged) return bad("the site took over the id that the client sent");
  if (a == b) return bad("two requests got the same id");
  return proof::holds("Every answer carries its own request id, and a client's id is not believed.");
}

constexpr proof::Probe kProbes[] = {{"ERR-004", "request_id", false, look}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::request_id

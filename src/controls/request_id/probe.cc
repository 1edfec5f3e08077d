#include "controls/request_id/card.h"

namespace gatehouse::controls::request_id {
namespace {

constexpr std::string_view kForged = "forged-by-client-000";

// Two answers, two ids; and an id of ours is not taken over.
proof::Observation look(proof::Target& site) {
  proof::Sent ask;
  ask.headers = {{"X-Request-Id", std::string(kForged)}};
  auto first = site.send(ask), second = site.send(ask);
  proof::Observation seen;
  if (!first || !second) {
    seen.not_checked = "the site did not answer: " + (first ? second : first).error().text();
    return seen;
  }
  std::string a = first->header("x-request-id"), b = second->header("x-request-id");
  auto bad = [&](std::string evidence) {
    proof::Finding f = proof::from_card(kCard, "ERR-004");
    f.confidence = proof::Confidence::high;
    f.locations.push_back({"", 0, 0, std::string(site.url()) + "/"});
    f.evidence.push_back(std::move(evidence));
    seen.holds = proof::Holds::no;
    seen.findings.push_back(std::move(f));
  };
  if (a.empty() || b.empty()) return bad("the answer has no X-Request-Id"), seen;
  if (a == kForged || b == kForged) return bad("the site took over the id that the client sent"), seen;
  if (a == b) return bad("two requests got the same id"), seen;
  seen.holds = proof::Holds::yes;
  seen.positives.push_back("Every answer carries its own request id, and a client's id is not believed.");
  return seen;
}

constexpr proof::Probe kProbes[] = {{"ERR-004", "request_id", false, look}};

}  // namespace

std::span<const proof::Probe> probe_list() { return kProbes; }

}  // namespace gatehouse::controls::request_id

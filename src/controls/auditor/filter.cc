#include "controls/auditor/filter.h"

#include <string>

#include "gate/names.h"
#include "kit/auditor_pass.h"

namespace gatehouse::controls::auditor {
namespace {

gate::Verdict pass() { return gate::Pass{}; }

void settle(gate::Exchange& x, std::uint64_t uses) {
  // Stops: a pass read off the wire or out of a log, shown a second time.
  x.auditor = uses == 1;
  x.facts.auditor = x.auditor ? "verified" : "replayed";
}

std::string_view word(kit::PassVerdict v) {
  switch (v) {
    case kit::PassVerdict::good:
      return "verified";
    case kit::PassVerdict::expired:
      return "expired";
    case kit::PassVerdict::malformed:
      return "malformed";
    case kit::PassVerdict::forged:
      break;
  }
  return "forged";
}

}  // namespace

gate::Outcome AuditorFilter::request(gate::Exchange& x) const {
  std::string_view value;
  // Stops: a pass that the backend, its log or whoever stands behind could show to us in our auditor's name.
  const std::size_t count = x.request.fields.remove_if([&value](const http::Field& f) {
    if (!gate::folded_equal(f.name, kit::kAuditorHeader)) return false;
    value = f.value;
    return true;
  });
  if (count == 0) return pass();
  const auto said = count == 1 ? kit::parse_pass(value) : std::nullopt;
  const auto verdict = said ? kit::judge_pass(*said, *key_, kit::pass_host(x.request.authority), x.unix_now)
                            : kit::PassVerdict::malformed;
  if (verdict != kit::PassVerdict::good) {
    x.facts.auditor = word(verdict);
    return pass();
  }
  const std::string seen = "auditor\n" + std::string(said->nonce);
  Soon<std::uint64_t> uses = fast_.count(seen, WallTime(std::chrono::seconds(said->expires + 1)));
  if (!uses.ready()) return wait(x, std::move(uses));
  settle(x, uses.take());
  return pass();
}

Task<gate::Verdict> AuditorFilter::wait(gate::Exchange& x, Soon<std::uint64_t> uses) const {
  Soon<std::uint64_t> later = std::move(uses);
  const std::uint64_t n = co_await later.task();
  settle(x, n);
  co_return gate::Pass{};
}

}  // namespace gatehouse::controls::auditor

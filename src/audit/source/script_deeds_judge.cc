// Which deeds of a route's functions nobody may do who stands before it.
#include <algorithm>

#include "audit/source/schema.h"
#include "audit/source/script_deeds.h"

namespace gatehouse::audit::source {

namespace {

// The flow and those it calls, two calls down.
void along(const Flows& flows, const Flow& flow, std::vector<const Flow*>& out, int depth = 0) {
  out.push_back(&flow);
  if (depth >= 2) return;
  for (const Step& s : flow.steps) {
    if (s.touch || --flows.credit < 0 || out.size() > 40) continue;
    for (const Flow* f : meant_by(flows, s.callee))
      if (std::find(out.begin(), out.end(), f) == out.end()) along(flows, *f, out, depth + 1);
  }
}

bool makes_record(const std::vector<const Flow*>& all) {
  return std::any_of(all.begin(), all.end(), [](const Flow* f) {
    return std::any_of(f->steps.begin(), f->steps.end(),
                       [](const Step& s) { return s.touch == Touch::Kind::create && s.record != "token"; });
  });
}

}  // namespace

bool opens_account(const Flows& flows, const Flow& flow) {
  std::vector<const Flow*> all;
  along(flows, flow, all);
  return std::any_of(all.begin(), all.end(), [](const Flow* f) { return f->tries; }) ||
         (!makes_record(all) &&
          std::any_of(all.begin(), all.end(), [](const Flow* f) { return f->sets_password.has_value(); }));
}

void judge_deeds(const Flows& flows, const Schema& schema, const DeedRoute& route, Sink& sink) {
  if (route.flow == nullptr) return;
  std::vector<const Flow*> all;
  along(flows, *route.flow, all);
  const auto any = [&](bool Flow::* what) {
    return std::any_of(all.begin(), all.end(), [&](const Flow* f) { return f->*what; });
  };
  const bool proves = any(&Flow::proves), hashes = any(&Flow::hashes), ranks = any(&Flow::ranks);
  const auto sets = std::find_if(all.begin(), all.end(), [](const Flow* f) { return f->sets_password.has_value(); });
  const bool makes = makes_record(all);
  if (sets != all.end() && !proves && !makes && !route.privileged && !route.admin) {
    if (!route.guarded) {
      // Stops: somebody who knows an address of a mail and takes the account that belongs to it.
      sink.find("AU-006", (*sets)->sets_password->at, (*sets)->sets_password->shown);
    } else if (!ranks) {
      sink.find("AU-008", (*sets)->sets_password->at, (*sets)->sets_password->shown);
    }
  }
  const Flow& own = *route.flow;
  if (own.keeps_plain && !hashes && !(route.hooked && own.keeps_plain_by_save)) {
    auto& f = sink.find("DJ-030", own.keeps_plain->at, own.keeps_plain->shown);
    f.title = "A password is kept as it was typed";
    f.severity = proof::Severity::high;
  }
  if (const auto whole = whole_write(flows, own, kBody); whole && !hashes && !route.hooked) {
    const Record* r = schema.of(whole->step->record);
    const bool kept =
        r != nullptr && r->person &&
        std::any_of(r->columns.begin(), r->columns.end(), [](const std::string& c) { return c == "password"; });
    // Stops: a password that everybody reads who sees the database.
    if (kept) {
      auto& f = sink.find("DJ-030", whole->at.at, whole->at.shown);
      f.title = "A password is kept as it was typed";
      f.severity = proof::Severity::high;
      f.locations.push_back(whole->step->at.at);
      f.evidence.push_back(whole->step->at.shown);
    }
  }
  // Stops: an order over a cent, whichever layer writes it down.
  if (const auto sum = money_write(flows, own, kClient | kBody);
      sum && !route.privileged && !route.admin && !route.webhook) {
    static constexpr std::string_view kSold[] = {"order",     "booking",     "payment", "purchase",
                                                 "orderitem", "reservation", "checkout"};
    const bool here = sum->step->at.at.path == own.at.at.path;  // its own lines are read where they stand
    if (!here && std::find(std::begin(kSold), std::end(kSold), sum->step->record) != std::end(kSold)) {
      auto& f = sink.find("PAY-001", sum->at.at, sum->at.shown);
      f.locations.push_back(sum->step->at.at);
      f.evidence.push_back(sum->step->at.shown);
    }
  }
  if (own.grants && !route.privileged && !route.admin) {
    auto& f = sink.find("AZ-007", own.grants->at.at, own.grants->at.shown);
    f.title = "The client may write the field " + own.grants->column;
  }
  if (own.pays && !route.privileged && !route.admin && !route.webhook) {
    auto& f = sink.find("PAY-002", own.pays->at.at, own.pays->at.shown);
    if (!own.pays->column.empty()) f.title = "The client says by how much its " + own.pays->column + " grows";
  }
}

}  // namespace gatehouse::audit::source

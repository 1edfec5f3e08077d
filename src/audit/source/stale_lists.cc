#include "audit/source/stale_lists.h"

#include "audit/source/browser_data.h"
#include "audit/source/data.h"
#include "audit/source/script.h"
#include "base/text.h"

namespace gatehouse::audit::source {

using namespace syntax;

namespace {

bool asks_state(const Code& condition) {
  return icontains_any(condition, {"status", "state", "ispaid", "is_paid", "paidat", "paid_at", "paid"});
}

// update({ status: "cancelled" }), data: { status: Status.EXPIRED }: it ends what somebody may have paid meanwhile.
bool ends_it(Node call) {
  for (const Node p : call.child("arguments").all("pair")) {
    if (!has_word(p.child("key").text(), {"status", "state"})) continue;
    const Node value = unwrap(p.child("value"));
    const std::string said = literal(value).value_or(std::string(last(dotted(value))));
    if (icontains_any(said, {"cancel", "expire", "abort", "release", "failed", "timeout", "void"})) return true;
  }
  return false;
}

}  // namespace

// Stops: a payment that arrives between the two steps, for a booking that is cancelled all the same.
void judge_stale_lists(File& file) {
  const Code code = file.code();
  if (!icontains_any(code, {"cancelled", "canceled", "cancel_", "expired", "timed_out", "released"}) ||
      !icontains_any(code, {"pending", "unpaid", "awaiting"}) ||
      !icontains_any(code, {"booking", "order", "reserv", "appointment", "purchase", "checkout", "enroll", "pedido"}))
    return;
  if (client_file(file)) return;
  const auto all = touches(file, file.tree.root());
  for (const Touch& list : all) {
    if (list.kind != Touch::Kind::list || !asks_state(list.condition) ||
        !icontains_any(list.condition, {"pending", "unpaid", "awaiting", "false", "null"}) ||
        !purchase_record(list.record))
      continue;
    const Node f = function_around(list.call);
    for (const Touch& t : all) {
      if (t.kind != Touch::Kind::change || t.record != list.record || t.call.begin() < list.call.end() ||
          (f && !t.call.inside(f)) || asks_state(t.condition) || !icontains(t.condition, "id") || !ends_it(t.call))
        continue;
      auto& found = file.hit("PAY-004", t.call);
      found.title = "What was read as unpaid is cancelled without asking again";
      found.impact = "Who pays between the two steps has paid for something that is cancelled.";
      found.fix = "Write only where the status is still the one that was read: update … where id = … and status = …";
      also(found, file, list.call);
      return;
    }
  }
}

}  // namespace gatehouse::audit::source

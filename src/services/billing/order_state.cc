#include "services/billing/order_state.h"

namespace gatehouse::services::billing {
namespace {

constexpr std::array<std::string_view, kStates> kStateNames = {
    "creating", "open", "processing", "paid",   "partially_refunded", "refunded",
    "disputed", "lost", "expired",    "failed", "canceled",           "abandoned"};
constexpr std::array<std::string_view, kTriggers> kTriggerNames = {
    "opened",   "refused",         "processing", "paid",     "payment_failed", "expired",
    "canceled", "refunded_partly", "refunded",   "disputed", "dispute_won",    "dispute_lost"};

using enum State;

// A row a state, a column a trigger, in the order of the enums. Money proves more than words: `paid` leads out of every
// state that merely gave up waiting. What was taken back stays taken back, however late an older event comes.
constexpr State kTable[kStates][kTriggers] = {
    // opened   refused    processing  paid      payment_failed  expired   canceled
    // refunded_partly     refunded    disputed  dispute_won         dispute_lost
    /* creating */
    {open, abandoned, processing, paid, failed, expired, canceled,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* open */
    {open, open, processing, paid, failed, expired, canceled,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* processing */
    {processing, processing, processing, paid, failed, processing, canceled,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* paid */
    {paid, paid, paid, paid, paid, paid, paid,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* partially_refunded */
    {partially_refunded, partially_refunded, partially_refunded, partially_refunded, partially_refunded,
     partially_refunded, partially_refunded,  //
     partially_refunded, refunded, disputed, partially_refunded, lost},
    /* refunded */
    {refunded, refunded, refunded, refunded, refunded, refunded, refunded,  //
     refunded, refunded, refunded, refunded, lost},
    /* disputed */
    {disputed, disputed, disputed, disputed, disputed, disputed, disputed,  //
     disputed, refunded, disputed, paid, lost},
    /* lost */
    {lost, lost, lost, lost, lost, lost, lost,  //
     lost, lost, lost, paid, lost},
    /* expired */
    {expired, expired, processing, paid, expired, expired, expired,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* failed */
    {failed, failed, failed, paid, failed, failed, failed,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* canceled */
    {canceled, canceled, canceled, paid, canceled, canceled, canceled,  //
     partially_refunded, refunded, disputed, paid, lost},
    /* abandoned */
    {open, abandoned, processing, paid, failed, expired, canceled,  //
     partially_refunded, refunded, disputed, paid, lost},
};

}  // namespace

std::string_view name_of(State s) { return kStateNames[static_cast<std::size_t>(s)]; }
std::string_view name_of(Trigger t) { return kTriggerNames[static_cast<std::size_t>(t)]; }

std::optional<State> state_named(std::string_view name) {
  for (std::size_t i = 0; i < kStates; ++i)
    if (kStateNames[i] == name) return static_cast<State>(i);
  return std::nullopt;
}

State next(State s, Trigger t) { return kTable[static_cast<std::size_t>(s)][static_cast<std::size_t>(t)]; }

}  // namespace gatehouse::services::billing

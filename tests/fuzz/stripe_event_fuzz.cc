// Whatever a payload holds, reading it ends, says why not, or gives ids that cannot break out of where they are put;
// and nothing but a proof becomes `paid`.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "services/billing/event.h"

namespace {

void plain(std::string_view id) {
  if (id.size() > 255) std::abort();
  for (char c : id)
    if (!gatehouse::text::is_alpha(c) && !gatehouse::text::is_digit(c) && c != '_' && c != '-') std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::services::billing;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  auto e = read_event(payload);
  if (!e) {
    if (e.error().code != "bad_event") std::abort();
    return 0;
  }
  if (e->id.empty() || e->type.empty()) std::abort();
  plain(e->id);
  plain(e->account);
  plain(e->product);
  plain(e->deleted_customer);
  plain(e->settled_invoice);
  plain(e->settling_intent);
  if (e->order) {
    for (std::string_view id :
         {e->order->order, e->order->session, e->order->payment_intent, e->order->subscription, e->order->customer})
      plain(id);
    const bool proof = payload.find("paid") != payload.npos || payload.find("succeeded") != payload.npos ||
                       payload.find("no_payment_required") != payload.npos || payload.find("\\u") != payload.npos;
    if (e->order->trigger == Trigger::paid && !proof) std::abort();
  }
  if (e->refund) {
    for (std::string_view id : {e->refund->payment_intent, e->refund->customer, e->refund->order}) plain(id);
    if (e->refund->payment_intent.empty() || e->refund->amount_refunded <= 0) std::abort();
  }
  if (e->dispute) {
    plain(e->dispute->id);
    plain(e->dispute->payment_intent);
    if (e->dispute->id.empty() || e->dispute->payment_intent.empty() || e->dispute->status.empty()) std::abort();
  }
  if (e->invoice) {
    plain(e->invoice->id);
    plain(e->invoice->subscription);
    plain(e->invoice->payment_intent);
    if (e->invoice->id.empty()) std::abort();
    if (e->invoice->subscription.empty()) std::abort();
  }
  if (e->subscription) {
    plain(e->subscription->id);
    for (const auto& id : e->subscription->products) plain(id);
    for (const auto& id : e->subscription->prices) plain(id);
  }
  return 0;
}

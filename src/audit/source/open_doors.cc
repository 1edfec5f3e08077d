#include "audit/source/open_doors.h"

#include "audit/syntax/code.h"

namespace gatehouse::audit::source {

using syntax::has_word;

bool for_strangers(std::string_view name) {
  return has_word(name,
                  {"contact",      "booking", "bookings",  "book",       "appointment", "appointments", "reservation",
                   "reservations", "reserve", "waitlist",  "newsletter", "subscribe",   "subscribers",  "lead",
                   "leads",        "inquiry", "inquiries", "enquiry",    "enquiries",   "feedback",     "apply",
                   "application",  "rsvp",    "guest",     "comment",    "comments",    "review",       "reviews",
                   "report",       "vote",    "survey",    "quote",      "order",       "orders",       "submit",
                   "submission",   "donate",  "charge",    "checkout",   "payment",     "payments"}) &&
         !has_word(name, {"webhook", "webhooks", "verify", "verification", "success", "cancel", "callback", "status",
                          "refund", "admin", "confirm", "update", "delete", "login", "unsubscribe", "cron", "hook"});
}

bool starts_payments(std::string_view name) {
  return has_word(name, {"charge", "checkout", "payment", "payments", "donate", "razorpay"});
}

void tell_claimed_limit(const Spot& at, Sink& sink) {
  auto& f = sink.find("RL-002", at.at, at.shown);
  f.title = "The limit counts what its caller names: another address has another allowance";
  f.impact = "A script takes a new address each time, and sends, books or fills without an end.";
  f.fix = "Count by the address of the network that the platform vouches for, and all calls together.";
  f.confidence = proof::Confidence::medium;
}

void tell_open_door(Recurring& told, Sink& sink, const proof::Location& at, const std::string& shown) {
  if (auto* f = told.find(sink, "RL-002", at, shown)) {
    f->title = "Strangers write as often as they like: no sign-in, no limit, no riddle";
    f->impact = "A script fills the calendar, the table or somebody's inbox, or tries stolen cards.";
    f->fix = "Limit by address, and ask for a proof of being human where nobody signs in.";
    f->confidence = proof::Confidence::medium;
  }
}

}  // namespace gatehouse::audit::source

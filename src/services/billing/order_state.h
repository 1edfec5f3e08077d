// The life of an order, written out whole: what may happen to it, and where that leads.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace gatehouse::services::billing {

enum class State : unsigned char {
  creating,            // ours, before Stripe knows of it
  open,                // waiting for the person to pay
  processing,          // paid by a means that takes days
  paid,                // proved by a verified event
  partially_refunded,  // some of the money went back
  refunded,            // all of it
  disputed,            // the bank asks it back
  lost,                // and got it
  expired,             // nobody paid in time
  failed,              // the slow payment did not arrive
  canceled,            // given up before it was paid
  abandoned,           // Stripe never made it
  count_
};

enum class Trigger : unsigned char {
  opened,           // Stripe has the session, intent or subscription
  refused,          // Stripe would not make it
  processing,       // checkout completed, payment_status unpaid
  paid,             // payment_status paid or no_payment_required, or the intent or invoice succeeded
  payment_failed,   // async_payment_failed
  expired,          // checkout.session.expired
  canceled,         // payment_intent.canceled, a subscription that never began
  refunded_partly,  // charge.refunded, some of it
  refunded,         // charge.refunded, all of it
  disputed,         // charge.dispute.created
  dispute_won,      // charge.dispute.closed
  dispute_lost,
  count_
};

constexpr std::size_t kStates = static_cast<std::size_t>(State::count_);
constexpr std::size_t kTriggers = static_cast<std::size_t>(Trigger::count_);

std::string_view name_of(State s);
std::string_view name_of(Trigger t);
std::optional<State> state_named(std::string_view name);

// Where `t` leads from `s`; `s` itself where it changes nothing, because it came late, twice, or proves nothing there.
State next(State s, Trigger t);

// Does the order entitle to what it is for? Only money that arrived and is still there does.
constexpr bool entitles(State s) { return s == State::paid || s == State::partially_refunded; }
// Can it still become something else by itself, so that reconciling must ask about it?
constexpr bool pending(State s) { return s == State::creating || s == State::open || s == State::processing; }

}  // namespace gatehouse::services::billing

// What a function gives that others pay for: a plan, credits, an order that counts as paid, a place in a course.
// Python and scripts alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

struct Entitlement {
  enum class Kind : unsigned char {
    flag,    // premium = true, status = "paid", plan = …
    counts,  // credits are added: a second time gives twice
    row,     // a row that opens something: an enrolment, a licence
  };
  syntax::Node at;
  Kind kind = Kind::flag;
  std::string what;   // the field, or the record
  bool weak = false;  // "confirmed" of an order: money only where money is spoken of
};

// In the order of the text; at most 40. Of what a failed step gives back nothing is told.
std::vector<Entitlement> entitlements(const File& file, syntax::Node function);

// A name or an address that speaks of paying: "upgrade", "/orders/:id/pay", "zahlung_erfolgreich".
bool about_paying(std::string_view head);
// … of the page that follows a payment.
bool after_paying(std::string_view head);
// A call that asks a payment provider, or proves what it signed.
bool asks_for_proof(std::string_view call);

}  // namespace gatehouse::audit::source

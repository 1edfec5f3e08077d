// What a function gives that others pay for: a plan, credits, an order that counts as paid, a place in a course.
// Python and scripts alike.
#pragma once

#include <optional>
#include <string>
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

}  // namespace gatehouse::audit::source

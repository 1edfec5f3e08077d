// Where a page, an order or a subscription is opened at a payment provider: nothing is paid yet. Python and scripts
// alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// By the last word of its name alone: almost no call goes on to the questions below.
bool may_open_payment(const syntax::Call& c);
// … that is paid once.
bool opens_payment(const syntax::Call& c);
// … again and again; `function` holds the call, and perhaps what it is handed.
bool opens_subscription(const File& file, const syntax::Call& c, syntax::Node function);
// The outermost function around a node; a method of a class stands for itself.
syntax::Node outermost_function(syntax::Node n);

}  // namespace gatehouse::audit::source

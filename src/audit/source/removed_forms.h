// Forms of calls that a newer version of a package refuses, and what it hands over in another form than before.
#pragma once

#include <string>

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// With the version that is asked for this form fails.
proof::Finding& tell_removed(File& file, syntax::Node at, std::string title);

void judge_removed_forms(File& file);   // of a server's scripts
void judge_next_params(File& file);     // Next: what a page, a layout or a route handler is handed
void judge_stripe_periods(File& file);  // Stripe, in both languages

}  // namespace gatehouse::audit::source

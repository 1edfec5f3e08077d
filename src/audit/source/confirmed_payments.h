// Doors at which a client says that it has paid, and shows the provider's number for it: what proves it and what it
// opens stand in services of other files. Python and scripts alike; a single function that does both is receipts.h's.
#pragma once

#include "audit/source/money_map.h"

namespace gatehouse::audit::source {

// What of it `function` does by itself.
void note_confirming(const File& file, syntax::Node function, MoneyFunction& out);
// Once every file was read; after Receipts and the events.
void judge_confirmed_payments(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source

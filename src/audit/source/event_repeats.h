// Events of a payment provider that count once more when they are delivered once more, followed from the door that
// takes them through the functions of other files. Python and scripts alike.
#pragma once

#include "audit/source/money_map.h"

namespace gatehouse::audit::source {

// What of it `function` does by itself.
void note_repeats(const File& file, syntax::Node function, MoneyFunction& out);
// Once every file was read.
void judge_event_repeats(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source

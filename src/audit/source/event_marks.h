// The mark by which an event is known again, and the ways in which it marks nothing: two steps on a cache, an error
// that is taken for "not seen", a mark that could not be written. And events that are answered before anybody has
// handled them, or though their signature does not hold. Python and scripts alike.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

void read_event_marks(File& file);
// `handler` answers a provider's events.
void judge_early_answers(File& file, syntax::Node handler);

}  // namespace gatehouse::audit::source

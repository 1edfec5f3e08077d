// Events that a webhook loses: a failure it keeps to itself, a buyer it does not find, and 200 for all of it. And what
// a handler does through services of other files.
#pragma once

#include "audit/source/file.h"

namespace gatehouse::audit::source {

// Where this function keeps to itself that an event could not be handled, or nothing.
syntax::Node lost_event(const File& file, syntax::Node function);

// try { … a write … } catch that keeps the failure to itself, or nothing.
syntax::Node swallowed_write(const File& file, syntax::Node function);

// A function that is no handler itself, and may be called by one of another file.
void read_webhook_services(File& file);
// A handler that was judged, and what it calls.
void note_webhook_door(File& file, syntax::Node handler);
// Once every file was read.
void judge_webhook_services(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source

// What a webhook does not hear: a write whose error comes back as a value and is dropped, a constraint of any kind that
// is taken for a repeated event, a buyer who is not found, events that are proven and then left lying.
#pragma once

#include "audit/source/data.h"
#include "audit/source/file.h"

namespace gatehouse::audit::source {

// `handler` answers a provider's events, and was proven to.
void judge_silences(File& file, syntax::Node handler);
// The same of functions that handle events for a handler of another file; and payments that are confirmed in the
// buyer's browser and cannot be written down.
void read_silences(File& file);
// supabase-js gives its error back as a value: await supabase.from("orders").update({ … }) throws nothing. The place
// where that error is dropped, or nothing.
syntax::Node dropped_write(const File& file, syntax::Node function, const Touch& touch);

}  // namespace gatehouse::audit::source

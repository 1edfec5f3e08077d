// Work that costs money (models, data bought by the piece) and that some doors do only for those who have credits, a
// plan or a trial: the other doors to it ask for nothing. Python and scripts alike.
#pragma once

#include <string>

#include "audit/source/money_map.h"

namespace gatehouse::audit::source {

// What of it `function` does by itself; `guards`: its decorators and the head of its class.
void note_work(const File& file, syntax::Node function, const std::string& guards, MoneyFunction& out);
// Routes whose guards ask for credits or a plan, and handlers and modules behind them.
void note_asking_routes(const File& file, MoneyMap& map);
// … for all that stands in this file.
bool asks_in_file(const File& file);
// Once every file was read.
void judge_free_work(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source

// Consoles of queues: what waits there is everybody's work, with all that was put into it.
#pragma once

#include "audit/source/script_resolved.h"

namespace gatehouse::audit::source {

void read_queue_doors(File& file);
// A route that tells of the jobs of a queue, to whoever has an account.
void judge_queue_route(const Project& project, const ResolvedRoute& route, bool ranked, Sink& sink);
// app.use("/admin/queues", adapter.getRouter())
void judge_queue_consoles(const Project& project, Sink& sink);

}  // namespace gatehouse::audit::source

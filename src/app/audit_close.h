// `gatehouse audit --close ID`: the policy line into the file, and the proof that it closes what was found.
#pragma once

#include "app/cli.h"
#include "audit/report/render.h"
#include "proof/report.h"

namespace gatehouse::app {

// Prints the line that closes a finding, or puts it into --config and shows what changed. With --prove it probes before
// and after. `report` and `closing` get what was seen, for the report. The command's exit code.
int close_finding(const Arguments& arguments, World& world, proof::Report& report, audit::report::Closing& closing);

}  // namespace gatehouse::app

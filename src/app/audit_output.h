// The report of `gatehouse audit` in the form that was asked for, to the place that was asked for.
#pragma once

#include <string>
#include <string_view>

#include "app/cli.h"
#include "audit/audit.h"
#include "audit/report/render.h"
#include "proof/report.h"

namespace gatehouse::app {

// --format, else the ending of --output, else "text".
std::string audit_format(const Arguments& arguments);
// False, and one line on `err`, when there is no such form.
bool known_audit_format(std::string_view format, World& world);

// "2026-11-22", in UTC.
std::string today(Clock& clock);

// One line on a terminal's `err` that says how far it is; nothing elsewhere. The world must outlive it.
audit::Progress progress_line(World& world, std::string_view what);

// To the file of --output, or to the terminal. False when it cannot be written.
bool deliver(const proof::Report& report, std::string_view format, const audit::report::Context& context,
             const Arguments& arguments, World& world);

}  // namespace gatehouse::app

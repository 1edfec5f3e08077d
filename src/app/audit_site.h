// The live half of `gatehouse audit`: opening a site with its owner's leave, and probing it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/cli.h"
#include "audit/live/site.h"
#include "audit/report/render.h"
#include "base/result.h"
#include "proof/report.h"

namespace gatehouse::app {

// The options that describe a site, for the command's table.
std::vector<Option> site_options();

// Opens the site named by --url (or `url`), proves that it is ours unless it is on this machine.
Result<std::unique_ptr<audit::live::Site>> open_site(const Arguments& arguments, World& world, const std::string& url);

// Runs every probe and adds to the report; the context learns the site's own paths, for the commands to verify.
void audit_site(audit::live::Site& site, const Arguments& arguments, World& world, proof::Report& report,
                audit::report::Context& context);

}  // namespace gatehouse::app

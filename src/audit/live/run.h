// The live audit: every probe of the controls and of the audit itself, once, at one site.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/live/site.h"
#include "proof/report.h"

namespace gatehouse::audit::live {

struct LiveOptions {
  std::string only;  // ids or their beginnings
  std::function<void(std::size_t done, std::size_t all)> progress;
};

// All probes, the controls' first; an id of theirs hides the audit's own probe of that id.
std::vector<proof::Probe> all_probes();
const proof::Probe* probe_for(std::span<const proof::Probe> probes, std::string_view finding_id);

// Looks for paths that need sign-in and for the sign-in itself at the usual places, with safe requests only.
void discover(Site& site);
// Adds what is found to `report`.
void run(Site& site, proof::Report& report, const LiveOptions& options);

}  // namespace gatehouse::audit::live

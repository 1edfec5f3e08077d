// The audit's own questions to a running site; those of the controls come from their catalogue.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proof/probe.h"

namespace gatehouse::audit::live {

std::span<const proof::Probe> page_probes();      // policy, cookies, errors, exposure
std::span<const proof::Probe> exposure_probes();  // files nobody should get
std::span<const proof::Probe> bundle_probes();    // what stands in the code that browsers are given
std::span<const proof::Probe> tls_probes();       // what TLS agrees to, and what goes around it
std::span<const proof::Probe> answer_probes();    // what answers say beside their content
std::span<const proof::Probe> webhook_probes();   // events that nobody signed

// Values of src and href on scripts of an HTML page, of this site only, as paths.
std::vector<std::string> scripts_of(std::string_view html, std::string_view origin);

// Helper for both: a finding of the audit's catalogue at a path.
proof::Finding at_path(std::string_view rule, const proof::Target& site, std::string_view path, std::string evidence);

}  // namespace gatehouse::audit::live

// Every reference resolved and judged, all reasons at once: what `check --env` prints, and what `serve` does before it
// opens a port.
#pragma once

#include "base/conf/finding.h"
#include "controls/policy.h"
#include "controls/startup/secret_source.h"

namespace gatehouse::controls::startup {

// Adds a finding for each secret that is missing, short, guessable, a placeholder, used for two purposes, or made for
// another environment, and for each certificate file that cannot be read. A file that others may read is a warning.
// No finding holds any part of a secret.
void judge(const Policy& policy, const SecretSource& source, conf::Findings& findings);

// Why these bytes are no good secret, as one sentence; empty when they are one. Keys in PEM are not measured.
std::string weakness_of(std::string_view secret);

}  // namespace gatehouse::controls::startup

// The offline database of known vulnerabilities: where it stands, how it gets there.
#pragma once

#include <memory>

#include "app/cli.h"
#include "audit/vulnerabilities.h"

namespace gatehouse::app {

// The file named by --db, else the user's, else none. A file that cannot be used is said, not passed over.
std::shared_ptr<const audit::Vulnerabilities> vulnerabilities(const Arguments& arguments, World& world);

// `gatehouse audit db update --from FILE`. The command's exit code.
int update_vulnerabilities(const Arguments& arguments, World& world);

}  // namespace gatehouse::app

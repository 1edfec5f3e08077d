// What is asked of the whole tree once its files are read.
#pragma once

#include <memory>

#include "audit/check.h"
#include "audit/secrets/engine.h"

namespace gatehouse::audit::secrets {

// One secret under several names, stores of keys, environment files that nothing ignores, and what was seen to be
// right.
std::unique_ptr<Check> tree_check();
// Blobs of the git history that the tree no longer holds.
std::unique_ptr<Check> history_check(std::shared_ptr<Engine> engine);

}  // namespace gatehouse::audit::secrets

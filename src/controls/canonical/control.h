// canonical: one request, read one way. Enforced by net/http/head_parser.h, net/http/chunked.h and
// gate/canonical_path.h; it has no table of its own, and no way to be switched off.
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::canonical {

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::canonical

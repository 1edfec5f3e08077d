// auditor: the owner's own audit, told from an attack by a signed pass.
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::auditor {

struct AuditorSettings : Settings {
  conf::SecretRef key;  // shared with `gatehouse audit`; without one no pass is good
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::auditor

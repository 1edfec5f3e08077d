// One probe of a control, by its id: for the tests of what it tells.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "proof/probe.h"

namespace gatehouse::controls::testing {

// Throws when there is none: a test that misspells an id must not pass.
inline const proof::Probe& probe_of(std::span<const proof::Probe> all, std::string_view id) {
  for (const proof::Probe& p : all)
    if (p.id == id) return p;
  throw std::out_of_range("no such probe: " + std::string(id));
}

}  // namespace gatehouse::controls::testing

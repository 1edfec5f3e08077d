// error_mask: what went wrong inside stays inside.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::error_mask {

struct ErrorMaskSettings : Settings {
  std::vector<std::string> pass_errors;  // media types that pass as they are, unless they carry a trace
  bool show_in_development = false;
  bool keep_bodies = false;  // masked bodies go to state_dir/errors, readable by the owner only
  Duration keep_for{std::chrono::hours(24 * 7)};
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::error_mask

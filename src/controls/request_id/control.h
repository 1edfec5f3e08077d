// request_id: one id from the client's answer to the backend's log.
#pragma once

#include <memory>

#include "controls/control.h"

namespace gatehouse::controls::request_id {

struct RequestIdSettings : Settings {
  bool sampled = true;  // the sampled flag of a trace that begins here
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::request_id

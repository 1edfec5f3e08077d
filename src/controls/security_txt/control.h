// security_txt: whoever finds a fault learns whom to tell (RFC 9116).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"

namespace gatehouse::controls::security_txt {

struct SecurityTxtSettings : Settings {
  std::vector<std::string> contact;  // addresses in the order of preference; without one nothing is published
  std::string policy, encryption, acknowledgments;
  std::vector<std::string> languages;
  Duration valid_for{std::chrono::hours(24 * 90)};
};

std::unique_ptr<const Control> make();

}  // namespace gatehouse::controls::security_txt

// identity_out: the backend learns who is there from us, and from nobody else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controls/control.h"
#include "controls/identity_out/assertion_keys.h"

namespace gatehouse::controls::identity_out {

struct IdentityOutSettings : Settings {
  bool headers = true, assertion = true;
  std::string audience;             // the upstream's name when empty
  std::vector<std::string> claims;  // further claims, copied into the assertion
  Duration lifetime{std::chrono::seconds(60)};
  Duration rotate{std::chrono::hours(24 * 30)};
};

std::unique_ptr<const Control> make();

// The keys of this site, shared by all its routes; their key_set() is what kKeySetPath answers.
std::shared_ptr<AssertionKeys> assertion_keys(const Site& site, Duration rotate);

}  // namespace gatehouse::controls::identity_out

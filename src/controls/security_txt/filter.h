// Answers /.well-known/security.txt from the configuration, on every host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "controls/security_txt/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::security_txt {

inline constexpr std::string_view kPath = "/.well-known/security.txt";

class SecurityTxtFilter final : public gate::Filter {
 public:
  // `hosts`: the public names, each of which is a canonical place of the file (RFC 9116 §2.5.2).
  SecurityTxtFilter(const SecurityTxtSettings& settings, const std::vector<std::string>& hosts, const Clock& clock);
  std::string_view name() const override { return "security_txt"; }
  gate::Outcome request(gate::Exchange& x) const override;

 private:
  std::string lines_;  // all but Expires
  Duration valid_for_;
  const Clock& clock_;
};

}  // namespace gatehouse::controls::security_txt

// Sends plain HTTP to HTTPS (RFC 9110 §15.4.9) and keeps browsers there (RFC 6797).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controls/https_only/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::https_only {

// What Strict-Transport-Security says; absent or malformed values are not valid.
struct Hsts {
  bool valid = false;
  std::uint64_t max_age = 0;
  bool include_subdomains = false, preload = false;
  bool at_least(const Hsts& o) const {
    return valid && max_age >= o.max_age && include_subdomains >= o.include_subdomains && preload >= o.preload;
  }
};
Hsts parse_hsts(std::string_view value);

// A name that browsers may be told to remember: not localhost, not an address, not a name for tests or home networks.
bool is_public_name(std::string_view host);

class HttpsOnlyFilter final : public gate::Filter {
 public:
  HttpsOnlyFilter(const HttpsOnlySettings& settings, const gate::GateConfig& config);
  std::string_view name() const override { return "https_only"; }
  // Plain HTTP: 308 for safe methods, https_required for the others. Development and exempt paths pass.
  gate::Outcome request(gate::Exchange& x) const override;
  // HSTS on every answer over HTTPS for a public name; removed everywhere else.
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  struct Host {
    std::string name;      // as configured
    std::string location;  // "https://name[:port]"
    bool is_public;
  };
  const Host* find(std::string_view authority) const;
  bool exempt(std::string_view path) const;

  std::vector<Host> hosts_;
  std::vector<std::string> exempt_;
  Hsts ours_;
  std::string hsts_;  // ours_, written
};

}  // namespace gatehouse::controls::https_only

// The CORS protocol (Fetch §3.3), answered here: the backend sees no preflight and its own CORS fields never leave.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controls/cors/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::cors {

class CorsFilter final : public gate::Filter {
 public:
  CorsFilter(const CorsSettings& settings, const std::vector<std::string>& route_methods);
  std::string_view name() const override { return "cors"; }
  // Preflights: 204 for the site's own and the listed origins, cors_origin for others. Other requests of a foreign
  // origin: refused when they could change something or open a socket; a safe one passes and cannot be read.
  gate::Outcome request(gate::Exchange& x) const override;
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  enum class Whose { own, listed, foreign };
  Whose judge(const gate::Exchange& x, std::string_view origin, std::string_view& listed) const;
  http::Response preflight(gate::Exchange& x) const;
  void allow(http::Fields& fields, std::string_view origin) const;

  std::vector<std::string> origins_;
  bool any_, credentials_;
  std::string methods_, headers_, expose_, max_age_;
};

}  // namespace gatehouse::controls::cors

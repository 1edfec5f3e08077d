#include "proof/probe.h"

namespace gatehouse::proof {

std::string Seen::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return value;
  return {};
}

bool Seen::has(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return true;
  return false;
}

}  // namespace gatehouse::proof

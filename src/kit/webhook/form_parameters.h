// Form parameters as Twilio signs them: decoded, sorted by name, each once.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kit/webhook/signature_list.h"

namespace gatehouse::kit::webhook {

inline constexpr std::size_t kMaxFormParameters = 512;

// application/x-www-form-urlencoded (WHATWG URL §5.1), read strictly: "name=value" joined by '&', nothing empty, no
// ';', whole percent signs, UTF-8. At most kMaxFormParameters. The result is sorted by name, then value; equal pairs
// are kept once.
class FormParameters {
 public:
  static Read<FormParameters> read(std::string_view body);

  // Names and values one after the other: the tail of what Twilio signs.
  std::string joined() const;
  // The value of a name that stands there once.
  std::optional<std::string_view> get(std::string_view name) const;
  std::size_t size() const { return pairs_.size(); }
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace gatehouse::kit::webhook

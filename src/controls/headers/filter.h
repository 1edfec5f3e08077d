// Sets the security fields of a response and removes those that name the software behind it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controls/headers/control.h"
#include "gate/exchange.h"
#include "gate/filter.h"

namespace gatehouse::controls::headers {

// How two values of one field are compared.
enum class Compare : std::uint8_t { fixed, frame, referrer, opener, resource, permissions, absent };

// The stricter of our value and the backend's, of which one may be empty. Merged values are made in the arena.
std::string_view stricter(Compare how, std::string_view ours, std::string_view theirs, Arena& arena);

// Would a browser read it? One malformed feature makes it ignore the whole field (RFC 9651 §4.2).
bool is_permissions_policy(std::string_view policy);

// Names that tell what stands behind us. Always removed.
extern const std::array<http::FieldName, 22> kTelltales;

class HeadersFilter final : public gate::Filter {
 public:
  explicit HeadersFilter(const HeadersSettings& settings);
  HeadersFilter(const HeadersFilter&) = delete;  // remove_ views extra_
  HeadersFilter& operator=(const HeadersFilter&) = delete;
  std::string_view name() const override { return "headers"; }
  gate::Outcome response(gate::Exchange& x, http::Response& out) const override;

 private:
  struct Rule {
    http::FieldName name;
    std::string value;
    Compare compare;
  };
  static constexpr std::size_t kMaxRules = 9;
  bool concerns(std::uint32_t hash) const { return (concerned_ >> (hash >> 26) & 1) != 0; }

  std::vector<Rule> rules_;
  std::vector<std::string> extra_;  // owns the names of the operator's removals
  std::vector<http::FieldName> remove_;
  std::uint64_t concerned_ = 0;  // one bit for the upper six of each hash we care for: most fields skip
};

}  // namespace gatehouse::controls::headers

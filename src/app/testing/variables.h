// The environment that a command sees in its test.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::app::testing {

using Variables = std::map<std::string, std::string, std::less<>>;

// For World::variable: these, as they are when they are asked for.
inline std::function<std::optional<std::string>(std::string_view)> seen_in(const Variables& all) {
  return [&all](std::string_view name) -> std::optional<std::string> {
    const auto it = all.find(name);
    return it == all.end() ? std::nullopt : std::optional(it->second);
  };
}

}  // namespace gatehouse::app::testing

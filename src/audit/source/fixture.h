// For tests beside the readers: a project in memory, audited, and what was found as "ID:line" or "ID:path:line".
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/audit.h"
#include "audit/source/pack.h"

namespace gatehouse::audit::source::fixture {

using Texts = std::vector<std::pair<std::string, std::string>>;

inline std::vector<std::string> found(Texts texts) {
  const auto files = memory_files(std::move(texts));
  Pack pack;
  add_source(pack);
  std::vector<std::string> out;
  for (const auto& f : audit_source(*files, std::move(pack), {}).findings)
    if (!f.locations.empty())
      out.push_back(f.id + ":" + f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

// "FA-005" anywhere, or "FA-005:routes/users.js:3".
inline bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& f) {
    return one.find(':') == std::string_view::npos ? f.starts_with(std::string(one) + ":") : f == one;
  });
}

}  // namespace gatehouse::audit::source::fixture

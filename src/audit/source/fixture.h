// For tests beside the readers of sources, which run alone here: what they found as "ID:path:line".
#pragma once

#include "audit/source/audited.h"

namespace gatehouse::audit::source::fixture {

using source::Texts;

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

inline bool has(const std::vector<std::string>& all, std::string_view one) { return said(all, one); }

}  // namespace gatehouse::audit::source::fixture

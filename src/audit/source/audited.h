// For tests: a project of a few files, audited by the readers of sources.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "audit/source/pack.h"

namespace gatehouse::audit::source {

// "DJ-012:4" for each finding, in no promised order.
inline std::vector<std::string> audited(std::vector<std::pair<std::string, std::string>> texts) {
  const auto files = memory_files(std::move(texts));
  std::vector<std::string> out;
  for (const auto& f : audit_source(*files, source_pack(), {}).findings)
    out.push_back(f.id + ":" + std::to_string(f.locations.empty() ? 0 : f.locations.front().line));
  return out;
}

// The findings of some ids only, `only` as of --only. What they look like: "EX-021:4" of one file, "src/a.js:3" of
// many.
inline std::vector<std::string> lines_of(std::string path, std::string text, std::string_view only) {
  const auto files = memory_files({{std::move(path), std::move(text)}});
  AuditOptions options;
  options.only = only;
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const auto& f : audit_source(*files, source_pack(), options).findings)
    out.push_back(f.id + ":" + std::to_string(f.locations.front().line));
  return out;
}
inline std::vector<std::string> places_of(std::vector<std::pair<std::string, std::string>> texts,
                                          std::string_view only) {
  const auto files = memory_files(std::move(texts));
  AuditOptions options;
  options.only = only;
  options.now = 1790000000;
  std::vector<std::string> out;
  for (const auto& f : audit_source(*files, source_pack(), options).findings)
    out.push_back(f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

// `one` is an id, or an id and a line.
inline bool said(const std::vector<std::string>& all, std::string_view one) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& f) {
    return one.find(':') == std::string_view::npos ? f.starts_with(std::string(one) + ":") : f == one;
  });
}

}  // namespace gatehouse::audit::source

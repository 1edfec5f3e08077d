// For tests: a project of a few files in memory, audited, and what was found in a form that is easy to compare.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/audit.h"
#include "audit/source/pack.h"

namespace gatehouse::audit::source {

using Texts = std::vector<std::pair<std::string, std::string>>;

// By every reader; `only` as of --only.
inline proof::Report report_of(Texts texts, std::string_view only = {}) {
  AuditOptions options;
  options.only = only;
  options.now = 1790000000;
  return audit_source(*memory_files(std::move(texts)), source_pack(), options);
}

// "DJ-012:4" for each finding, in no promised order.
inline std::vector<std::string> audited(Texts texts, std::string_view only = {}) {
  std::vector<std::string> out;
  for (const auto& f : report_of(std::move(texts), only).findings)
    out.push_back(f.id + ":" + std::to_string(f.locations.empty() ? 0 : f.locations.front().line));
  return out;
}

// The same of one file.
inline std::vector<std::string> lines_of(std::string path, std::string text, std::string_view only) {
  return audited({{std::move(path), std::move(text)}}, only);
}

// "src/a.js:3" for each finding.
inline std::vector<std::string> places_of(Texts texts, std::string_view only) {
  std::vector<std::string> out;
  for (const auto& f : report_of(std::move(texts), only).findings)
    out.push_back(f.locations.front().path + ":" + std::to_string(f.locations.front().line));
  return out;
}

// Some finding has this id, and these words in its title.
inline bool finds(const Texts& texts, std::string_view id, std::string_view title = {}) {
  const auto report = report_of(texts);
  return std::any_of(report.findings.begin(), report.findings.end(),
                     [&](const proof::Finding& f) { return f.id == id && f.title.find(title) != std::string::npos; });
}

// `one` is an id, or all of an entry: "FA-005" anywhere, or "FA-005:3".
inline bool said(const std::vector<std::string>& all, std::string_view one) {
  return std::any_of(all.begin(), all.end(), [&](const std::string& f) {
    return one.find(':') == std::string_view::npos ? f.starts_with(std::string(one) + ":") : f == one;
  });
}

}  // namespace gatehouse::audit::source

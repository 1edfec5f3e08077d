#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "audit/rules/read.h"

namespace gatehouse::audit {

std::vector<Rule> read_folder(const std::string& folder, conf::Findings& findings) {
  namespace fs = std::filesystem;
  std::vector<Rule> out;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml") files.push_back(it->path());
  if (error || files.empty()) {
    findings.add({conf::Severity::error,
                  "no_rules",
                  {folder, 0, 0},
                  "",
                  "no rule file can be read here",
                  "name a folder that holds *.toml"});
    return out;
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& path : files) {
    std::ostringstream text;
    std::ifstream in(path, std::ios::binary);
    if (!(text << in.rdbuf())) {
      findings.add({conf::Severity::error,
                    "unreadable",
                    {path.string(), 0, 0},
                    "",
                    "this file cannot be read",
                    "make it readable, or take it out of the folder"});
      continue;
    }
    for (Rule& r : read_rules(std::move(text).str(), path.string(), findings)) {
      const bool twice = rule(r.finding.id) != nullptr || std::any_of(out.begin(), out.end(), [&](const Rule& o) {
                           return o.finding.id == r.finding.id;
                         });
      if (twice)
        findings.add({conf::Severity::error, "clash", r.place, "rule.id", r.finding.id + " is taken",
                      "choose letters of your own, for example SHOP-001"});
      out.push_back(std::move(r));
    }
  }
  return out;
}

}  // namespace gatehouse::audit

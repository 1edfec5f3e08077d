#include "audit/baseline.h"

#include "base/text.h"

namespace gatehouse::audit {

Baseline parse_baseline(std::string_view text) {
  Baseline out;
  for (std::string_view line : text::split(text, '\n')) {
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    out.emplace(line.substr(0, line.find(' ')));
  }
  return out;
}

std::string write_baseline(const proof::Report& report) {
  std::set<std::string> lines;
  for (const proof::Finding& f : report.findings) {
    std::string where;
    if (!f.locations.empty())
      where = f.locations.front().path.empty() ? f.locations.front().url : f.locations.front().path;
    lines.insert(proof::fingerprint(f) + "  " + f.id + "  " + text::printable(where, 400));
  }
  std::string out = "# Findings that were known when this was written. Remove a line once its finding is mended.\n";
  for (const std::string& l : lines) out += l + "\n";
  return out;
}

}  // namespace gatehouse::audit

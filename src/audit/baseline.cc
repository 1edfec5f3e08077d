#include "audit/baseline.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace gatehouse::audit {
namespace {

constexpr std::size_t kFingerprint = 32;  // lower hex digits

bool fingerprint(std::string_view word) {
  return word.size() == kFingerprint &&
         std::all_of(word.begin(), word.end(), [](char c) { return text::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<Baseline> parse_baseline(std::string_view text) {
  Baseline out;
  std::size_t number = 0;
  for (std::string_view line : text::split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    const std::string_view word = line.substr(0, line.find(' '));
    if (!fingerprint(word))
      return fail(gatehouse::Source::us, "bad_baseline",
                  "line " + std::to_string(number) +
                      " does not begin with a finding's 32 hex digits: " + text::printable(line, 60));
    ++out[std::string(word)];
  }
  return out;
}

std::string write_baseline(const proof::Report& report) {
  std::multiset<std::string> lines;
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

std::vector<const proof::Finding*> new_findings(const proof::Report& report, const Baseline& known) {
  std::vector<const proof::Finding*> out;
  Baseline seen;
  for (const proof::Finding& f : report.findings) {
    const std::string print = proof::fingerprint(f);
    const auto it = known.find(print);
    if (++seen[print] > (it == known.end() ? 0 : it->second)) out.push_back(&f);
  }
  return out;
}

}  // namespace gatehouse::audit

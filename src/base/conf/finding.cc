#include "base/conf/finding.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"

namespace gatehouse::conf {
namespace {

auto order(const Finding& f) { return std::tie(f.place.file, f.place.line, f.place.column); }
bool same(const Finding& a, const Finding& b) {
  return order(a) == order(b) && a.code == b.code && a.key == b.key && a.message == b.message;
}

std::string_view paint(Severity s) {
  switch (s) {
    case Severity::error:
      return "\x1b[1;31m";
    case Severity::warning:
      return "\x1b[1;33m";
    case Severity::note:
      return "\x1b[1;36m";
  }
  return "";
}

}  // namespace

std::string_view text(Severity s) {
  switch (s) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "";
}

void Findings::sort() {
  std::stable_sort(all_.begin(), all_.end(), [](const Finding& a, const Finding& b) { return order(a) < order(b); });
  // One key may be read by several describers; the same complaint at the same place is one finding.
  std::vector<Finding> kept;
  std::size_t group = 0;  // where the findings of this place begin
  for (Finding& f : all_) {
    if (kept.empty() || order(kept.back()) != order(f)) group = kept.size();
    bool said = std::any_of(kept.begin() + static_cast<std::ptrdiff_t>(group), kept.end(),
                            [&](const Finding& k) { return same(k, f); });
    if (!said) kept.push_back(std::move(f));
  }
  all_ = std::move(kept);
}

std::string render_text(const Findings& findings, bool colour) {
  constexpr std::size_t kWide = 2000;
  std::string out;
  for (const Finding& f : findings.all()) {
    if (!f.place.file.empty()) {
      out += text::printable(f.place.file, kWide);
      if (f.place.line > 0) out += ":" + std::to_string(f.place.line);
      if (f.place.line > 0 && f.place.column > 0) out += ":" + std::to_string(f.place.column);
      out += ": ";
    }
    if (colour) out += paint(f.severity);
    out += text(f.severity);
    if (colour) out += "\x1b[0m";
    out += ": ";
    if (!f.key.empty()) out += text::printable(f.key, kWide) + ": ";
    out += text::printable(f.message, kWide) + " [" + f.code + "]\n";
    if (!f.remedy.empty()) out += "  remedy: " + text::printable(f.remedy, kWide) + "\n";
  }
  return out;
}

json::Value render_json(const Findings& findings) {
  json::Array list;
  for (const Finding& f : findings.all()) {
    json::Value v;
    v.set("severity", text(f.severity)).set("code", f.code).set("file", f.place.file);
    v.set("line", f.place.line).set("column", f.place.column).set("key", f.key);
    v.set("message", f.message).set("remedy", f.remedy);
    list.push_back(std::move(v));
  }
  json::Value all;
  all.set("ok", findings.clean()).set("findings", std::move(list));
  return all;
}

}  // namespace gatehouse::conf

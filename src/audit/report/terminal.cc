#include <algorithm>

#include "audit/report/alike.h"
#include "audit/report/render.h"
#include "base/text.h"

namespace gatehouse::audit::report {
namespace {

using proof::Severity;

std::string_view paint(Severity s) {
  switch (s) {
    case Severity::critical:
      return "\x1b[1;37;41m";
    case Severity::high:
      return "\x1b[1;31m";
    case Severity::medium:
      return "\x1b[1;33m";
    case Severity::low:
      return "\x1b[36m";
    case Severity::info:
      return "\x1b[2m";
  }
  return {};
}

constexpr std::size_t kColumns = 80;

// Words behind a label, in lines of a terminal; the further ones stand below the first.
std::string flowed(std::string_view label, std::string_view words) {
  std::string out(label);
  std::size_t column = label.size();
  bool first = true;
  for (std::string_view word : text::split(words, ' ')) {
    const auto width =
        static_cast<std::size_t>(std::count_if(word.begin(), word.end(), [](char c) { return (c & 0xc0) != 0x80; }));
    if (!first && column + 1 + width > kColumns) {
      out += "\n" + std::string(label.size(), ' ');
      column = label.size();
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
    first = false;
  }
  return out + "\n";
}

}  // namespace

std::string terminal(const proof::Report& r, bool colour) {
  const auto in = [&](std::string_view style, std::string words) {
    return colour ? std::string(style) + std::move(words) + "\x1b[0m" : std::move(words);
  };
  std::string out;
  const proof::Summary s = r.summary();
  const proof::Score score = r.score();
  out += in("\x1b[1m", text::printable(r.target, 300)) + "\n";
  out += "  grade " + in("\x1b[1m", score.grade) + " (" + std::to_string(score.points) + " of 100)   ";
  out += std::to_string(s.critical) + " critical, " + std::to_string(s.high) + " high, " + std::to_string(s.medium) +
         " medium, " + std::to_string(s.low) + " low\n";
  const std::string gap = incomplete(r);
  if (!gap.empty()) out += in("\x1b[1;31m", flowed("  ", gap));
  for (const proof::ScoreLine& l : score.sum) out += "    " + std::to_string(l.points) + "  " + l.what + "\n";
  for (const Alike& all : alike(r)) {
    const proof::Finding& f = *all.front();
    out += "\n" + in(paint(f.severity), std::string(proof::text(f.severity))) + "  " + in("\x1b[1m", f.id) + "  " +
           text::printable(f.title, 300) + places_of(all) + "\n";
    constexpr std::size_t kBare = 4;  // places with nothing to show, of one fault
    std::size_t bare = 0;
    for (const Sight& seen : sights(all)) {
      if (seen.evidence.empty() && ++bare > kBare) continue;
      if (!seen.at.empty()) out += "  at " + text::printable(seen.at, 300);
      if (!seen.route.empty()) out += "  (" + text::printable(seen.route, 300) + ")";
      if (!seen.at.empty()) out += "\n";
      for (const std::string& e : seen.evidence) out += "     " + text::printable(e, 300) + "\n";
    }
    out += flowed("  fix: ", f.fix);
    if (!f.mitigation.empty()) out += "  edge: " + f.mitigation + "\n";
  }
  if (!r.not_checked.empty()) {
    out += "\nNot checked:\n";
    for (const std::string& n : r.not_checked) out += flowed("  - ", text::printable(n, 400));
  }
  // What scrolled away at the top stands at the end once more.
  if (!r.findings.empty())
    out += "\n" + std::to_string(s.total()) + (s.total() == 1 ? " finding" : " findings") + ", grade " + score.grade +
           ". More about one: gatehouse explain " + r.findings.front().id + "\n";
  if (!gap.empty()) out += (r.findings.empty() ? "\n" : "") + in("\x1b[1;31m", flowed("", gap));
  return out;
}

}  // namespace gatehouse::audit::report
